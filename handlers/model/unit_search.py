"""Units by what people call them: accents or none, short forms, words left out, the superior added, slips of typing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import TypeVar

from rapidfuzz import fuzz, process

from handlers.office.unit import Unit
from handlers.unit_words import LOOSE, core, keys_of

V = TypeVar("V")

#: Characters of a text that are looked at; no unit has a longer name.
LONGEST = 300
#: From here a name counts as mistyped rather than as another one; names of fewer letters have too many neighbours.
_MISTYPED, _TYPO_FROM = 78.0, 4


@dataclass(frozen=True, slots=True)
class Named:
    """A name that a text may mean, and whose it is."""

    code: str
    name: str
    sure: bool  #: the text is this name in full


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    name: str
    key: str
    words: frozenset[str]


class UnitIndex:
    """All names of all units, to be looked up by one text at a time."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._entries = [entry for unit in units.values() for entry in _entries(unit)]
        self._by_key = _grouped((entry.key, entry) for entry in self._entries)
        self._by_core = _grouped((core(entry.key), entry) for entry in self._entries)
        self._cores = list(self._by_core)
        self._by_word = _grouped((word, at) for at, entry in enumerate(self._entries) for word in entry.words)
        self._by_rarest = _grouped(self._rarest())

    def look_up(self, text: str, limit: int) -> list[Named]:
        """The best matches first; only what is as good as the best kind of match is given."""
        whole = text[:LONGEST]
        for part in dict.fromkeys((whole, whole.partition(",")[0])):
            if found := self._best(part, limit):
                return found
        return []

    def _best(self, text: str, limit: int) -> list[Named]:
        keys = [key for key in keys_of(text) if key]
        if whole := [entry for key in keys for entry in self._by_key.get(key, ())]:
            return [Named(entry.code, entry.name, sure=True) for entry in whole]
        for look in (self._in_part, self._with_superior, self._mistyped):
            if found := [entry for key in keys for entry in look(key, limit)]:
                return [Named(entry.code, entry.name, sure=False) for entry in found]
        return []

    def _in_part(self, key: str, limit: int) -> list[_Entry]:
        """Names that hold every word of the text; words of kinds alone name nobody."""
        words = set(key.split())
        if words <= LOOSE:
            return []
        holding = sorted((self._by_word.get(word, ()) for word in words), key=len)
        common = set(holding[0]).intersection(*holding[1:])
        return self._nearest((self._entries[at] for at in common), key, limit)

    def _with_superior(self, key: str, limit: int) -> list[_Entry]:
        """Names said in full with words of a superior beside them: "xã Phước An, tỉnh Đồng Nai"."""
        words = set(key.split())
        named = (entry for word in words - LOOSE for entry in self._by_rarest.get(word, ()))
        return self._nearest((entry for entry in named if self._says(words, entry)), key, limit)

    def _mistyped(self, key: str, limit: int) -> list[_Entry]:
        """Names nearly like the text; those of the same kind first."""
        typed = core(key)
        if len(typed) < _TYPO_FROM:
            return []
        kind = key.removesuffix(typed)
        alike = process.extract(typed, self._cores, scorer=fuzz.ratio, score_cutoff=_MISTYPED, limit=limit)
        return [
            entry
            for name, _, _ in alike
            for entry in sorted(self._by_core[name], key=lambda entry: not entry.key.startswith(kind))
        ]

    def _nearest(self, entries: Iterable[_Entry], key: str, limit: int) -> list[_Entry]:
        """In this order of words first; then with the fewest words more; a unit that is open before one that is not."""
        words = set(key.split())

        def distance(entry: _Entry) -> tuple[bool, int, bool, str]:
            in_order = key in entry.key or entry.key in key
            return not in_order, len(entry.words - words), self._units[entry.code].closed_on is not None, entry.key

        return nsmallest(limit, entries, key=distance)

    def _says(self, words: set[str], entry: _Entry) -> bool:
        return entry.words - LOOSE <= words <= entry.words | self._above(entry.code)

    def _above(self, code: str) -> set[str]:
        """Words of all units above one."""
        found: set[str] = set()
        at = self._units[code].parent
        while at is not None and at in self._units:
            for name in self._units[at].names:
                found.update(word for key in keys_of(name) for word in key.split())
            at = self._units[at].parent
        return found

    def _rarest(self) -> Iterator[tuple[str, _Entry]]:
        """Each name under the one of its telling words that the fewest names have."""
        for entry in self._entries:
            if telling := entry.words - LOOSE:
                yield min(telling, key=lambda word: (len(self._by_word[word]), word)), entry


def _entries(unit: Unit) -> Iterator[_Entry]:
    """One for each way a unit may be written; where two names come to the same, the first stands for both."""
    names = {key: name for name in reversed(unit.names) for key in keys_of(name) if key}
    return (_Entry(unit.code, name, key, frozenset(key.split())) for key, name in names.items())


def _grouped(pairs: Iterable[tuple[str, V]]) -> dict[str, list[V]]:
    found: dict[str, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)
