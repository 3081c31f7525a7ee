"""Which option a typed answer means: a number, a label or synonym, or nearly one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from handlers.folding import fold
from handlers.page import Option

#: From here a match is taken; from ``MAYBE`` on it is asked ("ý anh/chị là ...?"). See the typos in the tests.
SURE, MAYBE = 84.0, 58.0
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
_SEPARATORS = re.compile(r"[,;+\n]|\s(?:và|va|and)\s")
NUMBERS = re.compile(r"[\s,;+.]*\d{1,2}(?:[\s,;+.]+(?:và|va|and)?\s*\d{1,2})*[\s,;+.)]*")


#: Words that turn a sentence round or leave it open. Unaccented, "dung" is both "đúng" (right) and "đừng" (do not).
_HEDGES = frozenset(
    {"khong", "chua", "dung", "khoan", "chang", "thoi", "co le", "hinh nhu", "neu", "not", "no", "dont", "maybe"}
)


@dataclass(frozen=True, slots=True)
class Match:
    """Options meant for sure, and those to ask about, best first."""

    sure: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the typed words are to an option, and to which of its names."""

    score: float  #: 0 to 100
    value: str
    name: str


def match(text: str, options: Sequence[Option], *, many: bool = False, exact: bool = False) -> Match:
    """The options a line means; several only where several may be chosen, none by likeness where ``exact``."""
    if NUMBERS.fullmatch(text):
        return _by_number([int(number) for number in re.findall(r"\d+", text)], options, many=many)
    whole = _by_name(text, options) if exact else _by_words(text, options)
    if whole.sure or not many:
        return whole
    parts = [_by_words(part, options) for part in _SEPARATORS.split(text) if part.strip()]
    if len(parts) > 1 and all(part.sure for part in parts):
        return Match(sure=tuple(dict.fromkeys(value for part in parts for value in part.sure)))
    return whole


def _by_number(numbers: list[int], options: Sequence[Option], *, many: bool) -> Match:
    known = [options[number - 1].value for number in dict.fromkeys(numbers) if 1 <= number <= len(options)]
    complete = len(known) == len(set(numbers)) and (many or len(known) == 1)
    return Match(sure=tuple(known)) if complete else Match()


def _by_name(text: str, options: Sequence[Option]) -> Match:
    typed = fold(text)
    named = [option.value for option in options if typed and typed in _names(option)]
    return Match(sure=tuple(named)) if len(named) == 1 else Match()


def _by_words(text: str, options: Sequence[Option]) -> Match:
    typed, named = _spelt_out(fold(text)), _by_name(text, options)
    if named.sure:
        return named
    scored = sorted((_best(typed, option) for option in options), key=lambda likeness: -likeness.score)
    likely = [likeness for likeness in scored if likeness.score >= MAYBE] if len(typed) > 1 else []
    if likely and _is_sure(typed, likely):
        return Match(sure=(likely[0].value,))
    return Match(maybe=tuple(likeness.value for likeness in likely[:3]))


def _is_sure(typed: str, likely: list[Likeness]) -> bool:
    """Near enough, clearly nearer than the next, and not said in the negative of what the name says."""
    first, *others = likely
    clear = not others or first.score - others[0].score >= CLEAR
    return first.score >= SURE and clear and _hedges(typed) <= _hedges(first.name)


def _hedges(text: str) -> set[str]:
    return {hedge for hedge in _HEDGES if f" {hedge} " in f" {text} "}


def _spelt_out(typed: str) -> str:
    return " ".join(_SHORT.get(word, word) for word in typed.split())


def _names(option: Option) -> list[str]:
    return [fold(name) for name in (option.label, *option.synonyms)]


def _best(typed: str, option: Option) -> Likeness:
    """The name of the option most like the typed words; order and missing small words forgiven."""
    name, score, _ = process.extractOne(typed, _names(option), scorer=_likeness)
    return Likeness(score, option.value, name)


def _likeness(typed: str, name: str, **_: object) -> float:
    """Whole words in any order; a short input must not match a long label by a single common word."""
    whole = fuzz.token_sort_ratio(typed, name)
    part = fuzz.token_set_ratio(typed, name) if min(len(typed), len(name)) >= 5 else 0.0
    return max(whole, 0.9 * part)
