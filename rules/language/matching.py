"""Finds patterns in one sentence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rules.language.patterns import Choice, Class, Element, Gap, Mark, Pattern, Sequence_
from rules.language.spelling import Token, Word

#: Lists whose phrases may go on over a comma.
_OVER_COMMAS = frozenset({"unit", "speaking"})
_NOWHERE: dict[int, set[int]] = {}

#: An end, the places of the words named on the way, and the place at which the sentence is divided.
Step = tuple[int, tuple[int, ...], int | None]


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a pattern was found: the span, and the places whose words it names itself (not those of gaps)."""

    start: int
    end: int
    own: tuple[int, ...]
    split: int | None = None


class Matcher:
    """Finds patterns in one sentence; lists of words are looked up once."""

    def __init__(
        self, tokens: Sequence[Token], classes: "Classes", given: Mapping[str, dict[int, tuple[int, ...]]]
    ) -> None:
        self.tokens = tokens
        self.words = [token.word for token in tokens]
        self.present: set[str] = {word.bare for word in self.words}
        self._at = {bare: [at for at, word in enumerate(self.words) if word.bare == bare] for bare in self.present}
        self._found: dict[str, dict[int, set[int]]] = {}
        for name, places in given.items():
            self._add_all(name, places)
        for start, word in enumerate(self.words):
            for name, phrase in classes.by_first.get(word.bare, ()):
                if self._is_phrase(start, phrase):
                    self._add(name, start, start + len(phrase))
        self._possible: dict[Pattern, tuple[tuple[Sequence_, list[int] | None], ...]] = {}
        for name, pattern in classes.composite:
            if pattern.anchors.isdisjoint(self.present):
                continue
            for match in self.find(pattern, 0, len(tokens)):
                if not any(token.before for token in tokens[match.start + 1 : match.end]) or name in _OVER_COMMAS:
                    self._add(name, match.start, match.end)
        self._possible.clear()

    def _add_all(self, name: str, places: Mapping[int, tuple[int, ...]]) -> None:
        for start, ends in places.items():
            for end in ends:
                self._add(name, start, end)

    def _add(self, name: str, start: int, end: int) -> None:
        if name == "machine" and any(at < start and end <= last for at, last in self.places("unit_name", 0, end)):
            return  # "trung tâm cung ứng dịch vụ công" is a body
        if name == "unit" and start and (self.words[start - 1].bare, self.words[start].bare) == ("tru", "so"):
            return  # "trụ sở" is no "sở"
        self._found.setdefault(name, {}).setdefault(start, set()).add(end)
        self.present.add(f"<{name}>")

    def _is_phrase(self, start: int, phrase: tuple[Word, ...]) -> bool:
        words = self.words[start : start + len(phrase)]
        return len(words) == len(phrase) and all(word.may_be(meant) for word, meant in zip(words, phrase, strict=True))

    def places(self, name: str, low: int, high: int) -> list[tuple[int, int]]:
        """Return where words of a list stand between two places."""
        found = self._found.get(name, {})
        return [(start, end) for start in sorted(found) for end in found[start] if low <= start and end <= high]

    def _ways(self, pattern: Pattern) -> tuple[tuple[Sequence_, list[int] | None], ...]:
        ways = self._possible.get(pattern)
        if ways is None:
            ways = self._possible[pattern] = tuple(self._possible_sequences(pattern))
        return ways

    def find(self, pattern: Pattern, low: int, high: int) -> Iterator[Match]:
        """Yield every place between ``low`` and ``high`` where a pattern matches."""
        for sequence, places in self._ways(pattern):
            if places is None:
                starts: Iterable[int] = (low,) if _is_beginning(sequence[0]) else range(low, high)
            else:
                starts = [place for place in places if low <= place < high]
            for start in starts:
                yield from self._match(sequence, start, low, high)

    def _possible_sequences(self, pattern: Pattern) -> Iterator[tuple[Sequence_, list[int] | None]]:
        """Yield the sequences whose words are all there, each with the places where it may begin (``None``: any)."""
        for way in pattern.ways:
            if way.is_possible(self.present):
                yield way.sequence, None if way.begins is None else self._places_of(way.begins)

    def _places_of(self, names: AbstractSet[str]) -> list[int]:
        """Return the places where one of the names begins, in order."""
        found: set[int] = set()
        for name in names & self.present:
            found.update(self._found.get(name[1:-1], ()) if name.startswith("<") else self._at.get(name, ()))
        return sorted(found)

    def _match(self, sequence: Sequence_, start: int, low: int, high: int) -> Iterator[Match]:
        for end, own, split in self._ends(sequence, start, low, high):
            yield Match(start, end, own, split)

    def _ends(self, sequence: Sequence_, at: int, low: int, high: int) -> Iterator[Step]:
        """Yield where a sequence that begins at a place may end, with its own places and its dividing place."""
        words, there = self.words, at
        for element in sequence:
            if not isinstance(element, Word):
                break
            if there >= high or not words[there].may_be(element):
                return
            there += 1
        said = tuple(range(at, there))
        if there - at == len(sequence):
            yield there, said, None
            return
        element, rest = sequence[there - at], sequence[there - at + 1 :]
        if isinstance(element, Gap) and rest and isinstance(rest[0], Word | Class):
            steps: Iterable[Step] = self._skipped(element.most, rest[0], there, high)
        else:
            steps = self._steps(element, there, low, high)
        for after, mine, first in steps:
            for end, own, split in self._ends(rest, after, low, high) if rest else ((after, (), None),):
                yield end, (*said, *mine, *own), split if first is None else first

    def _skipped(self, most: int, element: Word | Class, at: int, high: int) -> Iterator[Step]:
        """Yield where a gap may end before a word or a list: nothing has to be tried at all the other places."""
        until = min(at + most, high - 1) + 1
        if isinstance(element, Word):
            yield from ((there, (), None) for there in range(at, until) if self.words[there].may_be(element))
        elif known := self._found.get(element.name):
            yield from ((there, (), None) for there in range(at, until) if there in known)

    def _steps(self, element: Element, at: int, low: int, high: int) -> Iterator[Step]:
        """Yield where a single element that begins at a place, and is no word, may end."""
        if isinstance(element, Choice):
            ways = element.by_first.get(self.words[at].bare, ()) if at < high else ()
            for way in (*ways, *element.others):
                yield from self._ends(way, at, low, high)
        elif isinstance(element, Class):
            yield from (
                (end, tuple(range(at, end)), None)
                for end in self._found.get(element.name, _NOWHERE).get(at, ())
                if end <= high
            )
        elif isinstance(element, Gap):
            yield from ((there, (), None) for there in range(at, min(at + element.most, high) + 1))
        elif isinstance(element, Mark):
            if element.sign == "/":
                yield at, (), at
            elif at == (low if element.sign == "^" else high):
                yield at, (), None


def _is_beginning(element: Element) -> bool:
    return isinstance(element, Mark) and element.sign == "^"


@dataclass(frozen=True, slots=True)
class Classes:
    """The lists of words, ready to be looked up."""

    by_first: Mapping[str, tuple[tuple[str, tuple[Word, ...]], ...]]
    composite: tuple[tuple[str, Pattern], ...]

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[Pattern]]) -> "Classes":
        """Index lists of words; entries that refer to other lists keep their order."""
        by_first: dict[str, list[tuple[str, tuple[Word, ...]]]] = {}
        composite: list[tuple[str, Pattern]] = []
        for name, patterns in lists.items():
            for pattern in patterns:
                if (words := pattern.words) is not None:
                    by_first.setdefault(words[0].bare, []).append((name, words))
                else:
                    composite.append((name, pattern))
        return cls({bare: tuple(found) for bare, found in by_first.items()}, tuple(composite))
