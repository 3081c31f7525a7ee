"""A unit, its names and successions, and the search for it without accents, with short forms or typing errors."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from heapq import nsmallest
from typing import TypeVar

from rapidfuzz import fuzz, process

from handlers.model.certificate import Certificate
from rules.facts import Subject
from rules.language.spelling import fold

SHORT_FORMS = {
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "mttq": "mat tran to quoc",
    "tp": "thanh pho",
    "tx": "thi xa",
    "thcs": "trung hoc co so",
    "thpt": "trung hoc pho thong",
    "khcn": "khoa hoc va cong nghe",
    "gddt": "giao duc va dao tao",
    "tnmt": "tai nguyen va moi truong",
}
#: Short forms with two meanings.
_EITHER = {"tt": ("thi tran", "trung tam")}
#: Words that people leave out or add ("xã Phước An", "Phước An"); alone they identify nothing.
OPTIONAL_WORDS = frozenset(
    {"uy", "ban", "nhan", "dan", "xa", "phuong", "thi", "tran", "huyen", "quan", "thanh", "pho", "dac", "khu"}
)
#: The authority that governs a place: "UBND xã Phước An" and "xã Phước An" are one unit.
AUTHORITY_WORDS = "uy ban nhan dan"
_KINDS = ("xa ", "phuong ", "thi tran ", "dac khu ", "huyen ", "quan ", "thi xa ", "thanh pho ", "tinh ")


def expand_short_forms(text: str) -> str:
    """Return the folded words of a text, with unambiguous short forms written out."""
    return " ".join(SHORT_FORMS.get(word, word) for word in fold(text).split())


def name_keys(text: str) -> tuple[str, ...]:
    """Return the keys under which a name is found however it is written; several if a short form has two meanings."""
    spelt = f" {expand_short_forms(text)} "
    readings = [spelt]
    for short, meanings in _EITHER.items():
        if f" {short} " in spelt:
            readings = [one.replace(f" {short} ", f" {meaning} ") for meaning in meanings for one in readings]
    return tuple(dict.fromkeys(_without_authority(one.strip()) for one in readings))


def core_name(key: str) -> str:
    """Return a key without the kind of unit ("dai phuoc" for "xa dai phuoc"), or the key if nothing else is left."""
    return next((key.removeprefix(kind) for kind in _KINDS if key.startswith(kind)), key)


def _without_authority(spelt: str) -> str:
    return spelt.removeprefix(f"{AUTHORITY_WORDS} ")


class SuccessionKind(StrEnum):
    """The way in which a former unit ended, from its own point of view."""

    MERGED_INTO_NEW = "merged_into_new"
    MERGED_INTO_EXISTING = "merged_into_existing"
    RENAMED = "renamed"
    SPLIT = "split"
    ENDED = "ended"  #: it ceased and its area went to the successor; nothing is said of its functions


@dataclass(frozen=True, slots=True)
class Succession:
    """A former unit, its successor, and how one became the other."""

    former: str
    successor: str
    became: SuccessionKind
    since: date
    source: str  #: number of the document that says so


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the tree."""

    code: str  #: at most 32 ASCII letters, digits, "-" and "."
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    closed_on: date | None = None  #: the first day on which it no longer exists

    @property
    def names(self) -> tuple[str, ...]:
        """Return all present and former names, the present name first."""
        return (self.name, *self.aliases, *self.former_names)

    @property
    def body(self) -> str:
        """Return the name of the authority, such as "UBND xã Phước An" for the unit "xã Phước An"."""
        present = (self.name, *self.aliases)
        return next((name for name in present if expand_short_forms(name).startswith(AUTHORITY_WORDS)), self.name)

    def is_open(self, today: date | None = None) -> bool:
        """Return whether the unit exists on a day; without a day, whether no end of it is known."""
        return self.closed_on is None or (today is not None and today < self.closed_on)


#: What stands before the name of a place in the name of a body, as it is written in Vietnamese.
_PLACE = re.compile(
    r"(?:(?:UBND|HĐND|Ủy ban nhân dân|Uỷ ban nhân dân|Hội đồng nhân dân)\s+)?"
    r"(?:xã|phường|thị trấn|đặc khu|tỉnh|thành phố|tp\.?)\s+(?P<place>\S.*)",
    re.IGNORECASE,
)


def find_signing_place(names: Iterable[str]) -> str:
    """Return the place to stand before the date of a paper: the first commune or province that a name is of.

    Args:
        names: The body that files, and those above it, the nearest first.
    """
    found = (_PLACE.fullmatch(" ".join(name.split())) for name in names)
    return next((match["place"] for match in found if match), "")


V = TypeVar("V")

#: Characters of a text that are looked at; no unit has a longer name.
MAX_QUERY_LENGTH = 300
#: Similarity, in percent, from which a name counts as mistyped, and the shortest name for which that is tried: shorter
#: ones have too many similar neighbours.
_MIN_TYPO_SIMILARITY, _MIN_TYPO_LENGTH = 78.0, 4


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name that a text may mean, and the unit it belongs to."""

    code: str
    name: str
    sure: bool  #: whether the text is this name in full


@dataclass(frozen=True, slots=True)
class _IndexEntry:
    code: str
    name: str
    key: str
    words: frozenset[str]


class UnitIndex:
    """The index of all names of all units."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._entries = [entry for unit in units.values() for entry in _index_entries(unit)]
        self._by_key = _group_pairs((entry.key, entry) for entry in self._entries)
        self._by_core = _group_pairs((core_name(entry.key), entry) for entry in self._entries)
        self._cores = list(self._by_core)
        self._by_word = _group_pairs((word, at) for at, entry in enumerate(self._entries) for word in entry.words)
        self._by_rarest = _group_pairs(self._rarest())
        self._words = _join_words(self._entries)

    def look_up(self, text: str, limit: int) -> list[NameMatch]:
        """Return the best matches first.

        Only the best kind of match (full, partial, with superior, mistyped) is returned.
        """
        whole = text[:MAX_QUERY_LENGTH]
        for part in dict.fromkeys((whole, whole.partition(",")[0])):
            if found := self._best(part, limit):
                return found
        return []

    def find_exact(self, text: str) -> set[str]:
        """Return the codes of all units that bear exactly this name, today or before."""
        return {entry.code for key in name_keys(text[:MAX_QUERY_LENGTH]) for entry in self._by_key.get(key, ())}

    def _best(self, text: str, limit: int) -> list[NameMatch]:
        keys = [key for key in name_keys(text) if key]
        if whole := [entry for key in keys for entry in self._by_key.get(key, ())]:
            return [NameMatch(entry.code, entry.name, sure=True) for entry in whole]
        for look in (self._in_part, self._with_superior, self._find_mistyped):
            if found := [entry for key in keys for entry in look(key, limit)]:
                return [NameMatch(entry.code, entry.name, sure=False) for entry in found]
        return []

    def _in_part(self, key: str, limit: int) -> list[_IndexEntry]:
        """Find names that contain every word of the text; words for kinds of units alone identify nothing."""
        words = set(key.split())
        if words <= OPTIONAL_WORDS:
            return []
        holding = sorted((self._by_word.get(word, ()) for word in words), key=len)
        common = set(holding[0]).intersection(*holding[1:])
        return self._nearest((self._entries[at] for at in common), key, limit)

    def _with_superior(self, key: str, limit: int) -> list[_IndexEntry]:
        """Find names that are typed in full together with words of a superior: "xã Phước An, tỉnh Đồng Nai"."""
        words = set(key.split())
        named = (entry for word in words - OPTIONAL_WORDS for entry in self._by_rarest.get(word, ()))
        return self._nearest((entry for entry in named if self._says(words, entry)), key, limit)

    def _find_mistyped(self, key: str, limit: int) -> list[_IndexEntry]:
        """Find names that are spelt nearly like the text, those of the same kind of unit first."""
        typed = core_name(key)
        if len(typed) < _MIN_TYPO_LENGTH:
            return []
        kind = key.removesuffix(typed)
        alike = process.extract(typed, self._cores, scorer=fuzz.ratio, score_cutoff=_MIN_TYPO_SIMILARITY, limit=limit)
        return [
            entry
            for name, _, _ in alike
            for entry in sorted(self._by_core[name], key=lambda entry: not entry.key.startswith(kind))
        ]

    def _nearest(self, entries: Iterable[_IndexEntry], key: str, limit: int) -> list[_IndexEntry]:
        """Order by: words in the same order, fewest additional words, open units before closed ones."""
        words = set(key.split())

        def distance(entry: _IndexEntry) -> tuple[bool, int, bool, str]:
            in_order = key in entry.key or entry.key in key
            return not in_order, len(entry.words - words), self._units[entry.code].closed_on is not None, entry.key

        return nsmallest(limit, entries, key=distance)

    def _says(self, words: set[str], entry: _IndexEntry) -> bool:
        """Tell whether a text says a whole name, and beyond it only words of the units above."""
        if not entry.words - OPTIONAL_WORDS <= words:
            return False
        left, at = words - entry.words, self._units[entry.code].parent
        while left and at is not None and at in self._units:
            left -= self._words.get(at, set())
            at = self._units[at].parent
        return not left

    def _rarest(self) -> Iterator[tuple[str, _IndexEntry]]:
        """Pair each name with its rarest significant word, so that few names must be compared."""
        for entry in self._entries:
            if telling := entry.words - OPTIONAL_WORDS:
                yield min(telling, key=lambda word: (len(self._by_word[word]), word)), entry


def _index_entries(unit: Unit) -> Iterator[_IndexEntry]:
    """Yield an entry for each way in which a unit may be written; of two names with the same key, the first is used."""
    names = {key: name for name in reversed(unit.names) for key in name_keys(name) if key}
    return (_IndexEntry(unit.code, name, key, frozenset(key.split())) for key, name in names.items())


def _join_words(entries: Iterable[_IndexEntry]) -> dict[str, set[str]]:
    """Return the words in all names of each unit; spelt out once, because a text may be compared with very many."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        found[entry.code] |= entry.words
    return dict(found)


def _group_pairs(pairs: Iterable[tuple[str, V]]) -> dict[str, list[V]]:
    found: dict[str, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)


#: Similarity, in percent, from which two words of at least ``_MIN_TYPO_LENGTH`` letters are equal; shorter words must
#: match exactly ("xã" is not "xá").
_SAME_WORD_SIMILARITY, _MIN_TYPO_LENGTH = 80.0, 4
_SMALL_WORDS = {"va", "cua", "thuoc", "tai", "nuoc", "viet", "nam", "tinh"}


def matches_unit(certificate: Certificate, stated: str) -> bool | None:
    """Return whether a certificate belongs to the stated unit, or ``None`` if the words do not decide it.

    For an organisation its name is compared, for a person the units and the superior. Words of the superior and of the
    locality may be added in either case ("UBND xã Phước An, huyện Nhơn Trạch").
    """
    words = _telling_words(stated)
    if not words:
        return None
    around = _telling_words(
        " ".join([certificate.name, certificate.superior or "", *certificate.units, certificate.locality or ""])
    )
    answers = {_compare_names(words, _telling_words(candidate), around) for candidate in _candidate_names(certificate)}
    if True in answers:
        return True
    return None if None in answers or not answers else False


def _candidate_names(certificate: Certificate) -> list[str]:
    bodies = [body for body in (*certificate.units, certificate.superior) if body]
    if certificate.subscriber is Subject.INDIVIDUAL:
        return bodies
    return [certificate.name] if certificate.subscriber is Subject.ORGANISATION else [certificate.name, *bodies]


def _compare_names(stated: list[str], candidate: list[str], around: list[str]) -> bool | None:
    """Return True if each name covers the other, False if each has a significant word that the other lacks."""
    extra, missing = _unmatched_words(stated, around), _unmatched_words(candidate, stated)
    if not extra and not missing:
        return True
    if extra and missing:
        return False
    return None if set(extra) <= OPTIONAL_WORDS else False


def _unmatched_words(words: Iterable[str], others: list[str]) -> list[str]:
    return [word for word in words if not any(_is_same_word(word, other) for other in others)]


def _is_same_word(word: str, other: str) -> bool:
    if min(len(word), len(other)) < _MIN_TYPO_LENGTH or not (word + other).isalpha():
        return word == other
    return fuzz.ratio(word, other) >= _SAME_WORD_SIMILARITY


def _telling_words(text: str) -> list[str]:
    return [word for word in expand_short_forms(text).split() if word not in _SMALL_WORDS]
