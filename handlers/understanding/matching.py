"""Which option a typed answer means: a number, a label or synonym, or nearly one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from rapidfuzz import fuzz, process

from handlers.doubts import names_of
from handlers.folding import fold
from handlers.page import Option
from handlers.typed_numbers import typed_numbers

#: From here a match is taken; from ``MAYBE`` on it is asked ("ý anh/chị là ...?"). See the typos in the tests.
SURE, MAYBE = 84.0, 66.0
#: Words that may stand around a name ("em chon ... a") before it is a sentence of its own.
SMALL_TALK = 2
#: A sure match must stand out from the next option by this much.
CLEAR = 4.0
#: How phones are typed on.
_SHORT = {
    "cn": "ca nhan",
    "cq": "co quan",
    "ct": "chung thu",
    "cts": "chung thu so",
    "dv": "don vi",
    "ko": "khong",
    "k": "khong",
    "tb": "thiet bi",
    "tc": "to chuc",
    "tt": "thong tin",
}
#: Letters of one thing said; a longer one is a story, and like no option.
LONGEST = 1000
#: Things said in one line that are looked at: each is compared with every option.
MOST_PARTS = 30
_SEPARATORS = re.compile(r"[,;+\n]|\s(?:và|va|and)\s")
#: Words that mean another thing together than each for itself: "mật khẩu" (password) is no "mất" (lost).
_COMPOUNDS = {"mat khau": "matkhau"}

#: What turns a sentence round, leaves it open or puts it off: it is never matched by likeness. Unaccented, "dung" is
#: both "đúng" (right) and "đừng" (do not); "sắp" (soon) is not the "sáp" of a merger nor the "sắp" of a reorganisation.
_HEDGES = re.compile(
    r"\b(?:khong|chua|dung|khoan|chang|thoi|co le|hinh nhu|neu|se|du kien|chuan bi|dang cho|not|no|dont|maybe)\b"
    r"|\bsap\b(?! (?:nhap|xep))"
)


@dataclass(frozen=True, slots=True)
class Match:
    """Options meant for sure, and those to ask about, best first."""

    sure: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    likely: bool = False  #: sure by likeness only: worth saying what was understood
    numbers: tuple[int, ...] = ()  #: a line of numbers that the page does not have, or not so many at once


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the typed words are to an option, and to which of its names."""

    score: float  #: 0 to 100
    value: str
    name: str


def match(
    text: str, options: Sequence[Option], *, many: bool = False, exact: bool = False, numbered: bool = True
) -> Match:
    """The options of a page that a line means, by number or by word; by word only where not ``numbered``."""
    numbers = typed_numbers(text) if numbered else ()
    if numbers:
        return _by_number(text, numbers, options, many=many)
    return _matched(text, options, many=many, exact=exact, numbered=numbered)


def named(text: str, options: Sequence[Option], *, many: bool = False, exact: bool = False) -> Match:
    """The options a line names, seen or not; several only where ``many``, none by likeness where ``exact``."""
    return _matched(text, options, many=many, exact=exact, numbered=False)


def _matched(text: str, options: Sequence[Option], *, many: bool, exact: bool, numbered: bool) -> Match:
    by_name = _by_name(text, options)
    if by_name.sure or exact:
        return by_name
    return (_by_parts(text, options, numbered=numbered) if many else None) or _by_words(text, options)


def parts_of(text: str) -> list[str]:
    """What is said in one line, piece by piece."""
    return [part for part in _SEPARATORS.split(text) if part.strip()]


def _by_parts(text: str, options: Sequence[Option], *, numbered: bool) -> Match | None:
    """Several said in one line: what is sure of it, and what to ask about; ``None`` where it is one phrase."""
    parts = [_part(part, options, numbered=numbered) for part in parts_of(text)[:MOST_PARTS]]
    if len(parts) < 2 or not any(part.sure for part in parts):
        return None
    sure = tuple(dict.fromkeys(value for part in parts for value in part.sure))
    return Match(sure, tuple(dict.fromkeys(value for part in parts for value in part.maybe if value not in sure)))


def _part(text: str, options: Sequence[Option], *, numbered: bool) -> Match:
    numbers = typed_numbers(text) if numbered else ()
    return _by_number(text, numbers, options, many=True) if numbers else _by_words(text, options)


def _by_number(text: str, numbers: tuple[int, ...], options: Sequence[Option], *, many: bool) -> Match:
    """All of the numbers or none of them; an option may have a number for its name ("19")."""
    numbered = [option for option in options if option.numbered]
    known = [numbered[number - 1].value for number in numbers if 1 <= number <= len(numbered)]
    if len(known) == len(numbers) and (many or len(known) == 1):
        return Match(sure=tuple(known))
    return replace(_by_name(text, options), maybe=(), numbers=numbers)


def _by_name(text: str, options: Sequence[Option]) -> Match:
    typed = fold(text)
    asked = "?" in text  # a question is no answer, unless the option is one itself
    fitting = [option for option in options if not asked or "?" in option.label]
    denied = typed.startswith("dung") and "đừng" in normalize("NFC", text.lower())  # "do not", not "right"
    said = names_of(text) if typed and not denied else set()
    fits = tuple(option.value for option in fitting if said.intersection(_names(option)))
    return Match(sure=fits) if len(fits) == 1 else Match(maybe=fits)


def _by_words(text: str, options: Sequence[Option]) -> Match:
    typed, by_name = _spelt_out(fold(text)), _by_name(text, options)
    if by_name.sure or len(typed) > LONGEST:
        return by_name
    scored = sorted((_best(typed, option) for option in options), key=lambda likeness: -likeness.score)
    likely = [likeness for likeness in scored if likeness.score >= MAYBE] if len(typed) > 1 else []
    if "?" in text or _HEDGES.search(typed):
        return Match()
    if likely and _is_sure(likely):
        return Match(sure=(likely[0].value,), likely=True)
    return Match(maybe=tuple(likeness.value for likeness in likely[:3]))


def _is_sure(likely: list[Likeness]) -> bool:
    """Near enough, and clearly nearer than the next."""
    first, *others = likely
    return first.score >= SURE and (not others or first.score - others[0].score >= CLEAR)


def _spelt_out(typed: str) -> str:
    return _joined(" ".join(_SHORT.get(word, word) for word in typed.split()))


def _joined(words: str) -> str:
    for compound, one_word in _COMPOUNDS.items():
        words = words.replace(compound, one_word)
    return words


def _names(option: Option) -> list[str]:
    return [fold(name) for name in (option.label, *option.synonyms)]


def _best(typed: str, option: Option) -> Likeness:
    """The name of the option most like the typed words; order and missing small words forgiven."""
    name, score, _ = process.extractOne(typed, [_joined(name) for name in _names(option)], scorer=_likeness)
    return Likeness(score, option.value, name)


def _likeness(typed: str, name: str, **_: object) -> float:
    """As a whole, in any order; or one said inside the other, where a name in a long sentence is only asked about."""
    whole = fuzz.token_sort_ratio(typed, name)
    words, named = set(typed.split()), set(name.split())
    if min(len(words), len(named)) < 2:
        return whole
    if named <= words:
        return max(whole, SURE + CLEAR if len(words - named) <= SMALL_TALK else MAYBE + CLEAR)
    return max(whole, SURE if words <= named else min(0.8 * fuzz.token_set_ratio(typed, name), SURE - 1))
