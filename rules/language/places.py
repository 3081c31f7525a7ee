"""Finds names of units and days in a sentence; there is no list of units."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise

from rules.language.spelling import STOPS, Token, Word, to_word
from rules.language.vocabulary import UnitWords

#: What every commune has: such a word and a kind are no name yet.
_COMMITTEES = frozenset({"ubnd", "uy", "hdnd"})
#: Words for oneself, without accents: "hội nông dân xã em".
_SPEAKERS = frozenset({"em", "toi", "minh", "tui", "chau", "nha"})
#: Levels that end a name, without accents ("hội văn học nghệ thuật tỉnh").
_LEVELS = frozenset({"tinh", "huyen", "xa", "phuong"})
#: Words, without accents, that stand between two names ("phòng A thành phòng B").
_BETWEEN = frozenset({"thanh", "sang", "vao", "vo", "ve", "qua", "ra"})
#: Words of a name that is written in small letters; with capitals a name ends where they do.
_MOST_SMALL, _MOST_PERSON, _MOST_LONG, _MOST_CAPITAL = 3, 4, 9, 7
#: Share of words with capitals from which on they tell no name.
_SHOUTED_SHARE = 0.8
#: A name of a single letter is whole ("xã A").
_SHORTEST_SYLLABLE = 2


def find_units(tokens: Sequence[Token], known: UnitWords) -> dict[int, tuple[int, ...]]:
    """Return where names of units begin and end, such as "xã Phú Hữu" or "phong kinh te"."""
    found: dict[int, tuple[int, ...]] = {}
    at = 0
    while at < len(tokens):
        end = _unit_end(tokens, at, known)
        if end is not None:
            found[at] = (end,)
        at = end or at + 1
    return found


def _unit_end(tokens: Sequence[Token], start: int, known: UnitWords) -> int | None:
    if start and (tokens[start - 1].word.bare, tokens[start].word.bare) == ("tru", "so"):
        return None  # "trụ sở" is no "sở"
    for kind, long in known.kinds.get(tokens[start].word.bare, ()):
        end = start + len(kind)
        if _is_kind(tokens, start, kind) and not _is_kept(tokens, end - 1, known):
            inner = _unit_end(tokens, end, known) if end < len(tokens) and not tokens[end].before else None
            if inner is None and _begins_kind(tokens, end, known) and _is_ours(tokens, start, end):
                return None  # "UBND xã" names no unit, "hội nông dân xã em" is one's own
            if inner is not None and kind[0].bare == "van" and tokens[end].word.bare in _COMMITTEES:
                return None  # the office of a committee is told by the committee
            return inner or _name_end(tokens, end, known, long=long)
    return None


def _is_ours(tokens: Sequence[Token], start: int, end: int) -> bool:
    speaker = end + 1 < len(tokens) and tokens[end + 1].word.bare in _SPEAKERS
    return speaker or tokens[start].word.bare in _COMMITTEES


def _begins_kind(tokens: Sequence[Token], start: int, known: UnitWords) -> bool:
    kinds = known.kinds.get(tokens[start].word.bare, ()) if start < len(tokens) else ()
    return any(_is_kind(tokens, start, kind) for kind, _ in kinds)


def _is_kind(tokens: Sequence[Token], start: int, kind: tuple[Word, ...]) -> bool:
    part = tokens[start : start + len(kind)]
    return len(part) == len(kind) and all(
        token.word.may_be(meant) and not (at and token.before)
        for at, (token, meant) in enumerate(zip(part, kind, strict=True))
    )


def _name_end(tokens: Sequence[Token], start: int, known: UnitWords, *, long: bool) -> int | None:
    """Return the end of the name that begins at ``start``, or ``None`` if none does."""
    if start >= len(tokens) or tokens[start].before:
        return None
    if tokens[start].number:
        return start + 1
    if (known_end := _known_name_end(tokens, start, known)) is not None:
        return known_end
    if [token.word.bare for token in tokens[start : start + 2]] == ["khu", "vuc"]:
        return _name_end(tokens, start + 2, known, long=long) or start + 2
    end = free = start
    capital = tokens[start].name
    family = tokens[start].word.bare in known.families
    most = _MOST_LONG if long else _MOST_CAPITAL if capital else _MOST_PERSON if family else _MOST_SMALL
    while (
        end < len(tokens)
        and (end - start < most or tokens[end].name or _goes_on(tokens, end, known))
        and not (end > start and tokens[end].before and not _is_listed_name(tokens, end, long))
    ):
        if long and tokens[end].word.bare == "va" and end > start and not _begins_kind(tokens, end + 1, known):
            free = end + 3  # what follows "và" belongs to the name ("hạ tầng và đô thị")
        if end >= free and (
            _ends_name(tokens, end, start, known)
            or (capital and not tokens[end].name and not long and not tokens[end].number)
        ):
            break
        end += 1
    return end if end > start else None


def is_certain_name(tokens: Sequence[Token], start: int, end: int, known: UnitWords) -> bool:
    """Return whether the name of a unit that was found is no guess: it has capitals or a number, or it is listed."""
    if tokens[end - 1].name or tokens[end - 1].number:
        return True
    return any(_known_name_end(tokens, at, known) == end for at in range(start + 1, end))


def _known_name_end(tokens: Sequence[Token], start: int, known: UnitWords) -> int | None:
    """Return the end of a name that is listed because its words are other words too ("lý tự trọng")."""
    for name in known.names.get(tokens[start].word.bare, ()):
        if _is_kind(tokens, start, name):
            return start + len(name)
    return None


def _ends_name(tokens: Sequence[Token], at: int, start: int, known: UnitWords) -> bool:
    """Return whether a word is none of a name, unless it belongs together with the one before or behind."""
    if at > start and _is_between(tokens, at, known):
        return True
    if not _is_stop(tokens[at], known.stops):
        return False
    if tokens[at].name and at > start and tokens[at - 1].name and not _is_shouted(tokens):
        return False  # "truong Nguyen Van Troi", typed without accents
    if at == start + 1 and _is_second_syllable(tokens, at, known):
        return False
    if tokens[at].number and at > start and tokens[at - 1].name and (at + 1 == len(tokens) or tokens[at + 1].before):
        return False  # "trường Nhơn Trạch 2"
    bare = [token.word.bare for token in tokens[max(start, at - 1) : at + 2]]
    return not any(pair in known.kept for pair in pairwise(bare))


def _is_between(tokens: Sequence[Token], at: int, known: UnitWords) -> bool:
    """Return whether another name follows behind a word that leads to it ("phòng A thành phòng B")."""
    leads = tokens[at].word.bare in _BETWEEN and not tokens[at].name
    return leads and _begins_kind(tokens, at + 1, known) and not tokens[at + 1].before


def _goes_on(tokens: Sequence[Token], at: int, known: UnitWords) -> bool:
    """Return whether a word belongs together with the one before ("nghệ thuật")."""
    ends = at + 1 == len(tokens) or bool(tokens[at + 1].before)
    return (tokens[at - 1].word.bare, tokens[at].word.bare) in known.kept or (ends and tokens[at].word.bare in _LEVELS)


def _is_second_syllable(tokens: Sequence[Token], at: int, known: UnitWords) -> bool:
    """Return whether a word goes on with a name of one syllable so far: names have two ("xa long thanh")."""
    first, second = tokens[at - 1], tokens[at]
    if first.number or second.before or len(first.word.bare) < _SHORTEST_SYLLABLE or first.word.bare in known.kinds:
        return False
    return second.word.bare in known.second or (first.name and second.name and not _is_shouted(tokens))


def _is_shouted(tokens: Sequence[Token]) -> bool:
    """Return whether capitals tell nothing, because nearly every word has them."""
    return sum(token.name for token in tokens) > _SHOUTED_SHARE * len(tokens)


def _is_kept(tokens: Sequence[Token], at: int, known: UnitWords) -> bool:
    """Return whether a word belongs to the next one ("quản lý" begins no name of a "quận")."""
    return at + 1 < len(tokens) and (tokens[at].word.bare, tokens[at + 1].word.bare) in known.never


def _is_listed_name(tokens: Sequence[Token], at: int, long: bool) -> bool:
    return long and tokens[at].before == "soft" and tokens[at].name


@lru_cache(maxsize=2)
def _stop_words(stops: frozenset[str]) -> dict[str, list[Word]]:
    found: dict[str, list[Word]] = {}
    for stop in stops:
        word = to_word(stop)
        found.setdefault(word.bare, []).append(word)
    return found


def _is_stop(token: Token, stops: frozenset[str]) -> bool:
    if token.name and token.word.marks:
        return False
    return any(token.word.may_be(word) for word in _stop_words(stops).get(token.word.bare, ()))


def find_names(tokens: Sequence[Token], known: UnitWords) -> dict[int, tuple[int, ...]]:
    """Return where names of persons may stand; they count only behind a form of address."""
    found: dict[int, tuple[int, ...]] = {}
    for at, token in enumerate(tokens):
        following = at + 1 < len(tokens) and tokens[at + 1].name and not tokens[at + 1].before
        if token.name or not _is_stop(token, known.stops):
            found[at] = (at + 1, at + 2) if token.name and following else (at + 1,)
    return found


def find_proper(tokens: Sequence[Token], known: UnitWords) -> dict[int, tuple[int, ...]]:
    """Return where words with capitals stand together ("Tân Phú"), which may be a name without its kind."""
    found: dict[int, tuple[int, ...]] = {}
    at = 1
    while at < len(tokens):
        end = at
        while end < len(tokens) and tokens[end].name and (end == at or not tokens[end].before):
            end += 1
        kinds_only = all(token.word.bare in known.kinds for token in tokens[at:end])
        if end > at and tokens[at].before not in STOPS and not kinds_only:
            found[at] = (end,)
        at = max(end, at + 1)
    return found


def find_days(tokens: Sequence[Token], text: str) -> dict[int, tuple[int, ...]]:
    """Return where full days stand: "30/6/2025", "ngày 30 tháng 6 năm 2025"."""
    return {start: (end,) for start, end, _ in _days(tokens, text)}


def has_impossible_day(tokens: Sequence[Token], text: str) -> bool:
    """Return whether a day is written that no calendar has ("31/02/2027")."""
    return any(len(parts) == 3 and not _to_day(parts) for parts, _ in _written_days(tokens, text))


def day_at(tokens: Sequence[Token], text: str, start: int) -> date | None:
    """Return the day that begins at a place."""
    return next((day for first, _, day in _days(tokens, text) if first == start), None)


def _days(tokens: Sequence[Token], text: str) -> Iterator[tuple[int, int, date]]:
    for start in range(len(tokens)):
        parts, end = _day_parts(tokens, text, start)
        if len(parts) == 3 and (day := _to_day(parts)):
            yield start, end, day


def _written_days(tokens: Sequence[Token], text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the numbers of each day as it is written, each once, and where it ends."""
    at = 0
    while at < len(tokens):
        parts, end = _day_parts(tokens, text, at)
        if len(parts) == 3:
            yield parts, end
        at = end if len(parts) == 3 else at + 1


def _day_parts(tokens: Sequence[Token], text: str, start: int) -> tuple[list[str], int]:
    parts: list[str] = []
    at = start
    for word in ("ngay", "thang", "nam"):
        if at < len(tokens) and tokens[at].word.bare == word and (parts or word == "ngay") and at != start:
            at += 1
        elif parts and not _is_joined(tokens, text, at):
            return [], at
        if at >= len(tokens) or not tokens[at].number:
            return [], at
        parts.append(tokens[at].number)
        at += 1
    return parts, at


def _is_joined(tokens: Sequence[Token], text: str, at: int) -> bool:
    return at < len(tokens) and text[tokens[at - 1].end : tokens[at].start].strip() in {"/", "-", "."}


def _to_day(parts: list[str]) -> date | None:
    day, month, year = (int(part) if len(part) <= 4 else 0 for part in parts)
    if len(parts[0]) == 4:
        day, year = year, day
    year += 2000 if year < 100 else 0
    try:
        return date(year, month, day) if 1990 <= year <= 2100 else None
    except ValueError:
        return None
