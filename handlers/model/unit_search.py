"""Units by what people call them: accents or none, short forms, words left out, the superior added, slips of typing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import TypeVar

from rapidfuzz import fuzz, process

from handlers.model.certificate import Certificate
from handlers.model.unit import OPTIONAL_WORDS, Unit, core_name, expand_short_forms, name_keys
from rules.facts import Subject

V = TypeVar("V")

#: Characters of a text that are looked at; no unit has a longer name.
MAX_QUERY_LENGTH = 300
#: From here a name counts as mistyped rather than as another one; names of fewer letters have too many neighbours.
_MIN_TYPO_SIMILARITY, _MIN_TYPO_LENGTH = 78.0, 4


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name that a text may mean, and whose it is."""

    code: str
    name: str
    sure: bool  #: the text is this name in full


@dataclass(frozen=True, slots=True)
class _IndexEntry:
    code: str
    name: str
    key: str
    words: frozenset[str]


class UnitIndex:
    """All names of all units, to be looked up by one text at a time."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._entries = [entry for unit in units.values() for entry in _index_entries(unit)]
        self._by_key = _group_pairs((entry.key, entry) for entry in self._entries)
        self._by_core = _group_pairs((core_name(entry.key), entry) for entry in self._entries)
        self._cores = list(self._by_core)
        self._by_word = _group_pairs((word, at) for at, entry in enumerate(self._entries) for word in entry.words)
        self._by_rarest = _group_pairs(self._rarest())

    def look_up(self, text: str, limit: int) -> list[NameMatch]:
        """The best matches first; only what is as good as the best kind of match is given."""
        whole = text[:MAX_QUERY_LENGTH]
        for part in dict.fromkeys((whole, whole.partition(",")[0])):
            if found := self._best(part, limit):
                return found
        return []

    def _best(self, text: str, limit: int) -> list[NameMatch]:
        keys = [key for key in name_keys(text) if key]
        if whole := [entry for key in keys for entry in self._by_key.get(key, ())]:
            return [NameMatch(entry.code, entry.name, sure=True) for entry in whole]
        for look in (self._in_part, self._with_superior, self._mistyped):
            if found := [entry for key in keys for entry in look(key, limit)]:
                return [NameMatch(entry.code, entry.name, sure=False) for entry in found]
        return []

    def _in_part(self, key: str, limit: int) -> list[_IndexEntry]:
        """Names that hold every word of the text; words of kinds alone name nobody."""
        words = set(key.split())
        if words <= OPTIONAL_WORDS:
            return []
        holding = sorted((self._by_word.get(word, ()) for word in words), key=len)
        common = set(holding[0]).intersection(*holding[1:])
        return self._nearest((self._entries[at] for at in common), key, limit)

    def _with_superior(self, key: str, limit: int) -> list[_IndexEntry]:
        """Names said in full with words of a superior beside them: "xã Phước An, tỉnh Đồng Nai"."""
        words = set(key.split())
        named = (entry for word in words - OPTIONAL_WORDS for entry in self._by_rarest.get(word, ()))
        return self._nearest((entry for entry in named if self._says(words, entry)), key, limit)

    def _mistyped(self, key: str, limit: int) -> list[_IndexEntry]:
        """Names nearly like the text; those of the same kind first."""
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
        """In this order of words first; then with the fewest words more; a unit that is open before one that is not."""
        words = set(key.split())

        def distance(entry: _IndexEntry) -> tuple[bool, int, bool, str]:
            in_order = key in entry.key or entry.key in key
            return not in_order, len(entry.words - words), self._units[entry.code].closed_on is not None, entry.key

        return nsmallest(limit, entries, key=distance)

    def _says(self, words: set[str], entry: _IndexEntry) -> bool:
        return entry.words - OPTIONAL_WORDS <= words <= entry.words | self._above(entry.code)

    def _above(self, code: str) -> set[str]:
        """Words of all units above one."""
        found: set[str] = set()
        at = self._units[code].parent
        while at is not None and at in self._units:
            for name in self._units[at].names:
                found.update(word for key in name_keys(name) for word in key.split())
            at = self._units[at].parent
        return found

    def _rarest(self) -> Iterator[tuple[str, _IndexEntry]]:
        """Each name under the one of its telling words that the fewest names have."""
        for entry in self._entries:
            if telling := entry.words - OPTIONAL_WORDS:
                yield min(telling, key=lambda word: (len(self._by_word[word]), word)), entry


def _index_entries(unit: Unit) -> Iterator[_IndexEntry]:
    """One for each way a unit may be written; where two names come to the same, the first stands for both."""
    names = {key: name for name in reversed(unit.names) for key in name_keys(name) if key}
    return (_IndexEntry(unit.code, name, key, frozenset(key.split())) for key, name in names.items())


def _group_pairs(pairs: Iterable[tuple[str, V]]) -> dict[str, list[V]]:
    found: dict[str, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)


#: From here two words of at least ``_TYPO_FROM`` letters are the same; shorter ones must be equal ("xã" is not "xá").
_SAME_WORD_SIMILARITY, _MIN_TYPO_LENGTH = 80.0, 4
_SMALL_WORDS = {"va", "cua", "thuoc", "tai", "nuoc", "viet", "nam", "tinh"}


def matches_unit(certificate: Certificate, stated: str) -> bool | None:
    """Whether the unit is the certificate's; ``None`` where the words allow both, or nothing was stated.

    An organisation is compared by its name, a person by units and superior; words of the superior and of the locality
    may be added in either case ("UBND xã Phước An, huyện Nhơn Trạch").
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
    """True where each names the other; False where a telling word of one has no like in the other."""
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
