"""The small language of patterns, in which people who write no program describe what others type.

==========  ===========================================================================================
``mất``     this word, with or without accents; other accents are another word
``=chờ``    this word, only with its accents ("cho" is another word)
``<token>``  a word of the list ``token``
``(a|b c)``  one of these
``[a]``     this or nothing; ``[a|b]`` one of these or nothing
``..``      up to two words in between
``...``     up to seven words in between
``^ $``     beginning and end of the part of the sentence
``/``       (in ``splits`` only) the place at which the sentence is divided
==========  ===========================================================================================
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from rules.language.spelling import Token, Word, to_word

#: The most words that a gap spans.
GAPS = {"..": 2, "...": 7}
_NOWHERE: dict[int, set[int]] = {}
_PIECE = re.compile(r"<([a-z_]+)>|(\.\.\.|\.\.|[()\[\]|^$/])|(=?[^\s()\[\]|<>^$/.=]+)|(\S)")


@dataclass(frozen=True, slots=True)
class Class:
    """A reference to a list of words."""

    name: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to so many words in between."""

    most: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place and no word: ``^``, ``$`` or ``/``."""

    sign: str


Sequence_ = tuple["Element", ...]


@dataclass(frozen=True, eq=False)
class Choice:
    """Several ways of saying something; an empty one makes it optional."""

    ways: tuple[Sequence_, ...]

    @cached_property
    def first_names(self) -> frozenset[str]:
        """Return the names that the ways begin with; one of them must be there."""
        return frozenset(name for way in self.ways for name in _first_names(way))

    @cached_property
    def by_first(self) -> dict[str, tuple[Sequence_, ...]]:
        """Return the ways that begin with a word, by that word."""
        found: dict[str, tuple[Sequence_, ...]] = {}
        for way in self.ways:
            if way and isinstance(way[0], Word):
                found[way[0].bare] = (*found.get(way[0].bare, ()), way)
        return found

    @cached_property
    def others(self) -> tuple[Sequence_, ...]:
        """Return the ways that begin with anything else, the empty one included."""
        return tuple(way for way in self.ways if not (way and isinstance(way[0], Word)))

    @property
    def optional(self) -> bool:
        """Return whether one of the ways is to say nothing."""
        return () in self.ways


Element = Word | Class | Gap | Mark | Choice


class PatternError(ValueError):
    """A pattern cannot be read; the argument says at which sign."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """A pattern as it was written, and the plain sequences that it stands for."""

    text: str
    sequences: tuple[Sequence_, ...]

    @cached_property
    def needs(self) -> tuple[tuple[frozenset[str], tuple[frozenset[str], ...]], ...]:
        """Return, for each sequence, the names without which it cannot match, and sets of which one must be there."""
        return tuple((_required(sequence), _choices(sequence)) for sequence in self.sequences)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Return names of which one must be in a sentence for the pattern to match."""
        return frozenset(chain.from_iterable(_anchors(*needs) for needs in self.needs))

    @cached_property
    def classes(self) -> frozenset[str]:
        """Return the lists that it refers to."""
        return frozenset(chain.from_iterable(map(_classes, self.sequences)))

    @property
    def vocabulary(self) -> frozenset[str]:
        """Return its words, without accents."""
        return frozenset(chain.from_iterable(map(_words, self.sequences)))

    @property
    def words(self) -> tuple[Word, ...] | None:
        """Return the words of a plain phrase, or ``None`` if it is more than that."""
        plain = self.sequences[0] if len(self.sequences) == 1 else ()
        words = tuple(element for element in plain if isinstance(element, Word))
        return words if words and len(words) == len(plain) else None


def _name(element: Word | Class) -> str:
    return element.bare if isinstance(element, Word) else f"<{element.name}>"


def _required(sequence: Sequence_) -> frozenset[str]:
    return frozenset(_name(element) for element in sequence if isinstance(element, Word | Class))


def _anchors(required: frozenset[str], choices: tuple[frozenset[str], ...]) -> frozenset[str]:
    """Return the names to look a sequence up by: its longest word, else a list, else its smallest choice."""
    if required:
        return frozenset([max(required, key=lambda name: (not name.startswith("<"), len(name), name))])
    return min(choices, key=len)


def _choices(sequence: Sequence_) -> tuple[frozenset[str], ...]:
    return tuple(e.first_names for e in sequence if isinstance(e, Choice) and not e.optional)


def _first_names(sequence: Sequence_) -> Iterator[str]:
    for element in sequence:
        if isinstance(element, Word | Class):
            yield _name(element)
            return
        if isinstance(element, Choice):
            yield from element.first_names
            if not element.optional:
                return


def _classes(sequence: Sequence_) -> Iterator[str]:
    for element in sequence:
        if isinstance(element, Class):
            yield element.name
        elif isinstance(element, Choice):
            yield from chain.from_iterable(map(_classes, element.ways))


def _words(sequence: Sequence_) -> Iterator[str]:
    for element in sequence:
        if isinstance(element, Word):
            yield element.bare
        elif isinstance(element, Choice):
            yield from chain.from_iterable(map(_words, element.ways))


def _says_something(sequence: Sequence_) -> bool:
    return any(isinstance(e, Word | Class) or (isinstance(e, Choice) and not e.optional) for e in sequence)


def parse_pattern(text: str, short_forms: Mapping[str, tuple[str, ...]]) -> Pattern:
    """Parse a pattern.

    Raises:
        PatternError: a bracket is missing, a sign is unknown, the pattern is empty or stands for too much.
    """
    parser = _Parser(list(_pieces(text)), short_forms)
    sequences = tuple(parser.alternatives(closing=""))
    if parser.rest or not all(map(_says_something, sequences)):
        raise PatternError(parser.rest[0] if parser.rest else text)
    return Pattern(text, sequences)


def _pieces(text: str) -> Iterator[str]:
    for match in _PIECE.finditer(text):
        if match.group(4):
            raise PatternError(match.group(4))
        yield f"<{match.group(1)}>" if match.group(1) else match.group(2) or match.group(3)


_SIGNS = frozenset({*GAPS, "^", "$", "/"})


def _sign(piece: str) -> Gap | Mark:
    return Gap(GAPS[piece]) if piece in GAPS else Mark(piece)


class _Parser:
    def __init__(self, pieces: list[str], short_forms: Mapping[str, tuple[str, ...]]) -> None:
        self.rest = pieces
        self._short_forms = short_forms

    def alternatives(self, closing: str) -> list[Sequence_]:
        found = [self._sequence()]
        while self.rest and self.rest[0] == "|":
            self.rest.pop(0)
            found.append(self._sequence())
        if closing:
            if not self.rest or self.rest[0] != closing:
                raise PatternError(closing)
            self.rest.pop(0)
        return found

    def _sequence(self) -> Sequence_:
        found: list[Element] = []
        while self.rest and self.rest[0] not in {")", "]", "|"}:
            found.extend(self._part())
        return tuple(found)

    def _part(self) -> Sequence_:
        piece = self.rest.pop(0)
        if piece == "(":
            return self._choice(self.alternatives(")"))
        if piece == "[":
            return self._choice([(), *self.alternatives("]")])
        return (_sign(piece),) if piece in _SIGNS else self._word(piece)

    def _word(self, piece: str) -> Sequence_:
        if piece.startswith("<"):
            return (Class(piece[1:-1]),)
        if piece.startswith("="):
            return (to_word(piece[1:])._replace(exact=True),)
        return tuple(to_word(word) for word in self._short_forms.get(piece.lower(), (piece,)))

    def _choice(self, ways: list[Sequence_]) -> Sequence_:
        if not all(ways[1:]):
            raise PatternError("|")
        return ways[0] if len(ways) == 1 else (Choice(tuple(ways)),)


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
        self._found: dict[str, dict[int, set[int]]] = {}
        for name, places in given.items():
            for start, ends in places.items():
                for end in ends:
                    self._add(name, start, end)
        for start, word in enumerate(self.words):
            for name, phrase in classes.by_first.get(word.bare, ()):
                if self._is_phrase(start, phrase):
                    self._add(name, start, start + len(phrase))
        self._possible: dict[Pattern, tuple[Sequence_, ...]] = {}
        for name, pattern in classes.composite:
            for match in self.find(pattern, 0, len(tokens)):
                if not any(token.before for token in tokens[match.start + 1 : match.end]) or name == "unit":
                    self._add(name, match.start, match.end)
        self._possible.clear()

    def _add(self, name: str, start: int, end: int) -> None:
        self._found.setdefault(name, {}).setdefault(start, set()).add(end)
        self.present.add(f"<{name}>")

    def _is_phrase(self, start: int, phrase: tuple[Word, ...]) -> bool:
        words = self.words[start : start + len(phrase)]
        return len(words) == len(phrase) and all(word.may_be(meant) for word, meant in zip(words, phrase, strict=True))

    def places(self, name: str, low: int, high: int) -> list[tuple[int, int]]:
        """Return where words of a list stand between two places."""
        found = self._found.get(name, {})
        return [(start, end) for start in sorted(found) for end in found[start] if low <= start and end <= high]

    def find(self, pattern: Pattern, low: int, high: int) -> Iterator[Match]:
        """Yield every place between ``low`` and ``high`` where a pattern matches."""
        sequences = self._possible.get(pattern)
        if sequences is None:
            sequences = self._possible[pattern] = self._possible_sequences(pattern)
        for sequence in sequences:
            for start in self._starts(sequence, low, high):
                yield from self._match(sequence, start, low, high)

    def _possible_sequences(self, pattern: Pattern) -> tuple[Sequence_, ...]:
        present = self.present
        return tuple(
            sequence
            for (needs, choices), sequence in zip(pattern.needs, pattern.sequences, strict=True)
            if needs <= present and not any(names.isdisjoint(present) for names in choices)
        )

    def _starts(self, sequence: Sequence_, low: int, high: int) -> Iterator[int]:
        first = sequence[0]
        if isinstance(first, Mark) and first.sign == "^":
            yield low
        elif isinstance(first, Class):
            yield from (start for start in self._found.get(first.name, ()) if low <= start < high)
        elif isinstance(first, Word):
            yield from (at for at in range(low, high) if self.words[at].bare == first.bare)
        else:
            yield from range(low, high)

    def _match(self, sequence: Sequence_, start: int, low: int, high: int) -> Iterator[Match]:
        for end, own, split in self._ends(sequence, start, low, high):
            yield Match(start, end, own, split)

    def _ends(self, sequence: Sequence_, at: int, low: int, high: int) -> Iterator[Step]:
        """Yield where a sequence that begins at a place may end, with its own places and its dividing place."""
        if not sequence:
            yield at, (), None
            return
        for there, mine, first in self._steps(sequence[0], at, low, high):
            for end, own, split in self._ends(sequence[1:], there, low, high):
                yield end, (*mine, *own), split if first is None else first

    def _steps(self, element: Element, at: int, low: int, high: int) -> Iterator[Step]:
        """Yield where a single element that begins at a place may end."""
        if isinstance(element, Word):
            if at < high and self.words[at].may_be(element):
                yield at + 1, (at,), None
        elif isinstance(element, Choice):
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
        elif element.sign == "/":
            yield at, (), at
        elif at == (low if element.sign == "^" else high):
            yield at, (), None


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
