"""Matches a typed line with the options of a page: by number, by label or synonym, or by similarity."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import normalize

from rapidfuzz import fuzz, process

from handlers.core import Context, MarkupTranslator, Option, Page
from handlers.folding import fold
from handlers.model import has_personal_number
from handlers.understanding.doubts import name_variants
from locales import N_
from rules.language import Language, Reading, load_language, read
from rules.language.spelling import strip_accents

#: Number words, also without accents if that makes no other word.
_WORDS = {
    "một": 1, "mot": 1, "hai": 2, "ba": 3, "bốn": 4, "bon": 4, "tư": 4, "năm": 5, "lăm": 5, "sáu": 6, "bảy": 7,
    "bẩy": 7, "bay": 7, "tám": 8, "chín": 9, "chin": 9, "mười": 10, "muoi": 10,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
#: Words that mean something else without accents ("sau" is "later"): they count only behind a word of choosing.
_EITHER = {"nam": 5, "sau": 6, "tam": 8, "tu": 4}
#: Pairs of words that ask to choose; neither does so alone ("phường 1" is a place).
_OF_TWO = re.compile(r"\b(?:(?:đáp|dap|phương|phuong) (?:án|an)|(?:lựa|lua) (?:chọn|chon)|(?:trả|tra) (?:lời|loi))\b")
_CHOOSING = frozenset(
    {"so", "cau", "muc", "y", "chon", "lay", "bam", "nhan", "go", "option", "number", "no", "choose", "take", "pick"}
)
_BEFORE = _CHOOSING | {"em", "toi", "minh", "da", "vang", "u", "uh", "cho", "xin", "la", "i"}
_BETWEEN = _CHOOSING | {"va", "and", "voi", "cung"}
_AFTER = frozenset({"a", "ah", "nhe", "nha", "nhi", "em", "anh", "chi", "ban", "oi", "thoi", "please", "ok"})
#: A range ("1-3"), a fraction ("1/3"), a sign ("-1") or a question is not a choice.
_NO_CHOICE = re.compile(r"[-–—−~/\\⁄?=*%<>@]")
_TOKEN = re.compile(r"[^\W_]+")
#: A longer line is not a choice, and a longer number is a code or a year.
_LONGEST_LINE, _DIGITS = 120, 3


def parse_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers in the order typed, each once; empty if the line says anything else."""
    line = normalize("NFKC", text).lower()
    if len(line) > _LONGEST_LINE or _NO_CHOICE.search(line) or not "".join(line.split()).isprintable():
        return ()
    tokens = _TOKEN.findall(_OF_TWO.sub("chon", line))
    words = [strip_accents(token) for token in tokens]
    numbers = [_parse_number(token, before) for token, before in zip(tokens, ["", *words], strict=False)]
    known = [place for place, number in enumerate(numbers) if number is not None]
    if not known:
        return ()
    first, last = known[0], known[-1]
    between = [word for place, word in enumerate(words) if first < place < last and numbers[place] is None]
    said = _BEFORE.issuperset(words[:first]) and _BETWEEN.issuperset(between) and _AFTER.issuperset(words[last + 1 :])
    return tuple(dict.fromkeys(number for number in numbers if number is not None)) if said else ()


def _parse_number(token: str, before: str) -> int | None:
    if token.isdecimal():
        return int(token) if len(token) <= _DIGITS else None
    if token in _EITHER and before in _CHOOSING:
        return _EITHER[token]
    return _WORDS.get(token)


#: Similarity, in percent, from which a match is taken; from the second value on the person is asked. The typos in the
#: tests show why.
SURE_SIMILARITY, POSSIBLE_SIMILARITY = 84.0, 66.0
#: Words that may surround a name ("em chon ... a") before the line counts as a sentence of its own.
SMALL_TALK = 2
#: Distance that a sure match must have from the next option.
CLEAR_MARGIN = 4.0
#: Short forms used on phones.
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
#: Greatest length of one phrase in characters; a longer one is a story and matches no option.
MAX_PHRASE_LENGTH = 1000
#: Phrases of one line that are looked at, because each is compared with every option.
MAX_PARTS = 30
_SEPARATORS = re.compile(r"[,;+\n]|\s(?:và|va|and)\s")
#: Words with another meaning together than apart: "mật khẩu" (password) is not "mất" (lost).
_COMPOUNDS = {"mat khau": "matkhau"}

#: Words that negate, hedge or postpone: such a line is never matched by similarity. Without accents "dung" is both
#: "đúng" (right) and "đừng" (do not); "sắp" (soon) is not the "sáp" of a merger nor the "sắp" of a reorganisation.
_HEDGES = re.compile(
    r"\b(?:khong|chua|dung|khoan|chang|thoi|co le|hinh nhu|neu|se|du kien|chuan bi|dang cho|not|no|dont|maybe)\b"
    r"|\bsap\b(?! (?:nhap|xep))"
)


@dataclass(frozen=True, slots=True)
class Match:
    """The options that a line surely names, and those to ask about, best first."""

    sure: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    likely: bool = False  #: sure by similarity only, so that the person should be told
    numbers: tuple[int, ...] = ()  #: numbers that the page does not have, or too many at once


@dataclass(frozen=True, slots=True)
class Similarity:
    """The similarity of typed words to an option, and the name of it that was most similar."""

    score: float  #: 0 to 100
    value: str
    name: str


def match_page(
    text: str, options: Sequence[Option], *, many: bool = False, exact: bool = False, numbered: bool = True
) -> Match:
    """Match a line by number or name; only by name if not ``numbered``.

    Args:
        text: The typed line.
        options: The options of the page.
        many: Whether several may be named.
        exact: Whether similarity is excluded.
        numbered: Whether numbers count.
    """
    numbers = parse_numbers(text) if numbered else ()
    if numbers:
        return _match_numbers(text, numbers, options, many=many)
    return _match_line(text, options, many=many, exact=exact, numbered=numbered)


def match_names(text: str, options: Sequence[Option], *, many: bool = False, exact: bool = False) -> Match:
    """Match a line by name only, also for options that the person does not see (``many`` and ``exact`` as above)."""
    return _match_line(text, options, many=many, exact=exact, numbered=False)


def _match_line(text: str, options: Sequence[Option], *, many: bool, exact: bool, numbered: bool) -> Match:
    by_name = _match_name(text, options)
    if by_name.sure or exact:
        return by_name
    return (_match_parts(text, options, numbered=numbered) if many else None) or _match_words(text, options)


def split_parts(text: str) -> list[str]:
    """Split a line into the phrases it consists of."""
    return [part for part in _SEPARATORS.split(text) if part.strip()]


def _match_parts(text: str, options: Sequence[Option], *, numbered: bool) -> Match | None:
    """Match the phrases of a line one by one; return ``None`` if it is a single phrase."""
    parts = [_match_part(part, options, numbered=numbered) for part in split_parts(text)[:MAX_PARTS]]
    if len(parts) < 2 or not any(part.sure for part in parts):
        return None
    sure = tuple(dict.fromkeys(value for part in parts for value in part.sure))
    return Match(sure, tuple(dict.fromkeys(value for part in parts for value in part.maybe if value not in sure)))


def _match_part(text: str, options: Sequence[Option], *, numbered: bool) -> Match:
    numbers = parse_numbers(text) if numbered else ()
    return _match_numbers(text, numbers, options, many=True) if numbers else _match_words(text, options)


def _match_numbers(text: str, numbers: tuple[int, ...], options: Sequence[Option], *, many: bool) -> Match:
    """Take all numbers or none; an option may also have a number for a name ("19")."""
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
    """Return whether the best match is similar enough, and clearly better than the next."""
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
    """Return the most similar name of an option; word order and missing small words do not matter."""
    name, score, _ = process.extractOne(
        typed, [_join_compounds(name) for name in _option_names(option)], scorer=_similarity
    )
    return Similarity(score, option.value, name)


def _similarity(typed: str, name: str, **_: object) -> float:
    """Compare as a whole in any word order, or one inside the other; a name in a long sentence is only asked about."""
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


#: Value of the option that rejects every guess and brings back the whole page.
NEITHER = "neither"
_YES = ("dung", "co", "phai", "u", "uh", "vang", "da", "ok", "yes", "dung roi", "dung vay")


def match_line(text: str, page: Page, guesses: tuple[str, ...]) -> Match:
    """Match a line on a page; after "did you mean", numbers refer to the guesses and a yes to the only one."""
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
    """Return the page with only the guesses, and an option to reject them."""
    options = tuple(option for value in guesses if (option := page.option(value)))
    neither = Option(NEITHER, say.t(N_("None of these, show all")), ticks=False)
    return replace(page, options=(*options, neither), paragraphs=())


#: Screens on which a sentence may tell anything about the case.
TELLING_SCREENS = frozenset(
    {
        *("welcome", "question", "condition", "certificate", "understood", "answer"),
        *("review", "next", "requests", "request", "stopped"),
    }
)
#: Screens that take names and values: there a question about the procedure, thanks and what concerns safety are heard.
ASKING_SCREENS = frozenset(
    {"unit", "former_unit", "belonging", "form", "confirm", "retraction", "papers", "papers_review"}
)
#: What is heard even where a name is awaited; no name reads like this, and it must not be lost or stand on a form.
_SAFETY: Mapping[str, frozenset[Any]] = {
    "token": frozenset({"lost", "damaged"}),
    "key_exposed": frozenset({True}),
    "events": frozenset({"deceased"}),
}
#: Screens that ask for a yes or no, or a choice that is no fact: there only a command in words is heard.
COMMANDED_SCREENS = frozenset(
    {"withdraw", "erase", "language", "leave_form", "stop_reminders", "no_reminders", "restart"}
)
_NOTHING = Reading()


def known_language() -> Language:
    """Return the language that people type; it is loaded once."""
    return load_language("vi")


def read_sentence(here: Context, text: str, *, prose: bool = False) -> Reading:
    """Read a typed line as far as the open screen lets sentences through; a line it keeps for itself says nothing.

    Args:
        here: The session and services of the turn.
        text: The line.
        prose: Whether the screen awaits words that may tell of a loss, such as the reason for a revocation.
    """
    screen = here.session.screen
    if screen in TELLING_SCREENS:
        return _of_known_subject(here, read(text, known_language()))
    if screen in ASKING_SCREENS:
        reading = _of_known_subject(here, read(text, known_language()))
        if screen == "unit" and _tells_what_happened(here, text, reading):
            return reading
        heard = _hear_beside_names(reading)
        held = prose or screen == "retraction" or has_personal_number(text)  # the screen deletes such a message
        return _NOTHING if heard.facts and held else heard
    if screen in COMMANDED_SCREENS:
        intent = read(text, known_language()).intent
        return Reading(intent=intent) if intent.startswith("command:") else _NOTHING
    return _NOTHING


def _of_known_subject(here: Context, reading: Reading) -> Reading:
    """Leave the kind of certificate that was chosen as it is where "của tôi" says only whose hands hold it.

    Alone it tells nothing either, except where the kind is the open question.
    """
    session = here.session
    waiting = session.understood.answers if session.understood else {}
    known = {**session.answers, **waiting}.get("subject")
    other = known is not None and reading.facts.get("subject", known) != known
    alone = bool(reading.facts) and not reading.impersonal and (known is not None or session.screen != "question")
    return replace(reading, facts=reading.impersonal) if other or alone else reading


def _tells_what_happened(here: Context, text: str, reading: Reading) -> bool:
    """Return whether a line at the question for the unit states facts and is no name of a unit."""
    return bool(reading.facts) and not here.world.units.find(text, 1, today=here.today)


def _hear_beside_names(reading: Reading) -> Reading:
    """Return what no name says: a command ("xóa hết thông tin của tôi"), a question, thanks, or a grave fact."""
    if reading.intent.startswith("command:") or reading.intent == "thanks":
        return Reading(intent=reading.intent)
    if reading.intent == "question":
        return Reading(intent="question", asks=reading.asks)
    grave = _find_grave_facts(reading.facts)
    return Reading(facts=grave, intent="statement") if grave else _NOTHING


def _find_grave_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a loss, an exposed key or a death; none if a line tells of nothing of the kind."""
    return {fact: value for fact, value in facts.items() if _is_among(value, _SAFETY.get(fact, frozenset()))}


def _is_among(value: Any, grave: frozenset[Any]) -> bool:
    return grave.issuperset(value) if isinstance(value, list) else value in grave
