"""Which option a typed answer means: a number, a label or synonym, or nearly one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from rapidfuzz import fuzz, process

from handlers.core.screen import Option, Page
from handlers.core.text import MarkupTranslator
from handlers.folding import fold
from handlers.understanding.doubts import name_variants
from handlers.understanding.typed_numbers import parse_numbers
from locales import N_

#: From here a match is taken; from ``MAYBE`` on it is asked ("ý anh/chị là ...?"). See the typos in the tests.
SURE_SIMILARITY, POSSIBLE_SIMILARITY = 84.0, 66.0
#: Words that may stand around a name ("em chon ... a") before it is a sentence of its own.
SMALL_TALK = 2
#: A sure match must stand out from the next option by this much.
CLEAR_MARGIN = 4.0
#: How phones are typed on.
_ABBREVIATIONS = {
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
MAX_PHRASE_LENGTH = 1000
#: Things said in one line that are looked at: each is compared with every option.
MAX_PARTS = 30
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
class Similarity:
    """How like the typed words are to an option, and to which of its names."""

    score: float  #: 0 to 100
    value: str
    name: str


def match_page(
    text: str, options: Sequence[Option], *, many: bool = False, exact: bool = False, numbered: bool = True
) -> Match:
    """The options of a page that a line means, by number or by word; by word only where not ``numbered``."""
    numbers = parse_numbers(text) if numbered else ()
    if numbers:
        return _match_numbers(text, numbers, options, many=many)
    return _match_line(text, options, many=many, exact=exact, numbered=numbered)


def match_names(text: str, options: Sequence[Option], *, many: bool = False, exact: bool = False) -> Match:
    """The options a line names, seen or not; several only where ``many``, none by likeness where ``exact``."""
    return _match_line(text, options, many=many, exact=exact, numbered=False)


def _match_line(text: str, options: Sequence[Option], *, many: bool, exact: bool, numbered: bool) -> Match:
    by_name = _match_name(text, options)
    if by_name.sure or exact:
        return by_name
    return (_match_parts(text, options, numbered=numbered) if many else None) or _match_words(text, options)


def split_parts(text: str) -> list[str]:
    """What is said in one line, piece by piece."""
    return [part for part in _SEPARATORS.split(text) if part.strip()]


def _match_parts(text: str, options: Sequence[Option], *, numbered: bool) -> Match | None:
    """Several said in one line: what is sure of it, and what to ask about; ``None`` where it is one phrase."""
    parts = [_match_part(part, options, numbered=numbered) for part in split_parts(text)[:MAX_PARTS]]
    if len(parts) < 2 or not any(part.sure for part in parts):
        return None
    sure = tuple(dict.fromkeys(value for part in parts for value in part.sure))
    return Match(sure, tuple(dict.fromkeys(value for part in parts for value in part.maybe if value not in sure)))


def _match_part(text: str, options: Sequence[Option], *, numbered: bool) -> Match:
    numbers = parse_numbers(text) if numbered else ()
    return _match_numbers(text, numbers, options, many=True) if numbers else _match_words(text, options)


def _match_numbers(text: str, numbers: tuple[int, ...], options: Sequence[Option], *, many: bool) -> Match:
    """All of the numbers or none of them; an option may have a number for its name ("19")."""
    numbered = [option for option in options if option.numbered]
    known = [numbered[number - 1].value for number in numbers if 1 <= number <= len(numbered)]
    if len(known) == len(numbers) and (many or len(known) == 1):
        return Match(sure=tuple(known))
    return replace(_match_name(text, options), maybe=(), numbers=numbers)


def _match_name(text: str, options: Sequence[Option]) -> Match:
    typed = fold(text)
    asked = "?" in text  # a question is no answer, unless the option is one itself
    fitting = [option for option in options if not asked or "?" in option.label]
    denied = typed.startswith("dung") and "đừng" in normalize("NFC", text.lower())  # "do not", not "right"
    said = name_variants(text) if typed and not denied else set()
    fits = tuple(option.value for option in fitting if said.intersection(_option_names(option)))
    return Match(sure=fits) if len(fits) == 1 else Match(maybe=fits)


def _match_words(text: str, options: Sequence[Option]) -> Match:
    typed, by_name = _expand_compounds(fold(text)), _match_name(text, options)
    if by_name.sure or len(typed) > MAX_PHRASE_LENGTH:
        return by_name
    scored = sorted((_best_similarity(typed, option) for option in options), key=lambda likeness: -likeness.score)
    likely = [likeness for likeness in scored if likeness.score >= POSSIBLE_SIMILARITY] if len(typed) > 1 else []
    if "?" in text or _HEDGES.search(typed):
        return Match()
    if likely and _is_clear_match(likely):
        return Match(sure=(likely[0].value,), likely=True)
    return Match(maybe=tuple(likeness.value for likeness in likely[:3]))


def _is_clear_match(likely: list[Similarity]) -> bool:
    """Near enough, and clearly nearer than the next."""
    first, *others = likely
    return first.score >= SURE_SIMILARITY and (not others or first.score - others[0].score >= CLEAR_MARGIN)


def _expand_compounds(typed: str) -> str:
    return _join_compounds(" ".join(_ABBREVIATIONS.get(word, word) for word in typed.split()))


def _join_compounds(words: str) -> str:
    for compound, one_word in _COMPOUNDS.items():
        words = words.replace(compound, one_word)
    return words


def _option_names(option: Option) -> list[str]:
    return [fold(name) for name in (option.label, *option.synonyms)]


def _best_similarity(typed: str, option: Option) -> Similarity:
    """The name of the option most like the typed words; order and missing small words forgiven."""
    name, score, _ = process.extractOne(
        typed, [_join_compounds(name) for name in _option_names(option)], scorer=_similarity
    )
    return Similarity(score, option.value, name)


def _similarity(typed: str, name: str, **_: object) -> float:
    """As a whole, in any order; or one said inside the other, where a name in a long sentence is only asked about."""
    whole = fuzz.token_sort_ratio(typed, name)
    words, named = set(typed.split()), set(name.split())
    if min(len(words), len(named)) < 2:
        return whole
    if named <= words:
        return max(
            whole,
            SURE_SIMILARITY + CLEAR_MARGIN if len(words - named) <= SMALL_TALK else POSSIBLE_SIMILARITY + CLEAR_MARGIN,
        )
    return max(
        whole, SURE_SIMILARITY if words <= named else min(0.8 * fuzz.token_set_ratio(typed, name), SURE_SIMILARITY - 1)
    )


#: Says no to every guess; the whole page comes back.
NEITHER = "neither"
_YES = ("dung", "co", "phai", "u", "uh", "vang", "da", "ok", "yes", "dung roi", "dung vay")


def match_line(text: str, page: Page, guesses: tuple[str, ...]) -> Match:
    """The options meant; after "did you mean", numbers speak of the guesses, and a yes of a single one."""
    if not guesses:
        return _match_page_line(text, page)
    if len(guesses) == 1 and match_page(text, [Option(guesses[0], "", _YES)], exact=True, numbered=False).sure:
        return Match(sure=guesses)
    offered = [option for value in guesses if (option := page.option(value))]
    neither = Option(NEITHER, "", ("khong", "khong phai", "no", "khac"))
    narrow = match_page(text, [*offered, neither], many=page.many and bool(parse_numbers(text)))
    return narrow if narrow.sure or narrow.numbers else _match_page_line(text, page)


def _match_page_line(text: str, page: Page) -> Match:
    return match_page(text, page.options, many=page.many, exact=page.exact, numbered=page.numbers != "values")


def to_guess_page(page: Page, guesses: tuple[str, ...], say: MarkupTranslator) -> Page:
    """The page with the guesses only, and a no that brings the others back."""
    options = tuple(option for value in guesses if (option := page.option(value)))
    neither = Option(NEITHER, say.t(N_("None of these, show all")), ticks=False)
    return replace(page, options=(*options, neither), paragraphs=())
