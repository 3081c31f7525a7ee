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
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from rules.language.spelling import Word, to_word

#: The most words that a gap spans.
GAPS = {"..": 2, "...": 7}
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


class Way(NamedTuple):
    """A sequence of a pattern, and what a sentence must hold for it to match."""

    sequence: Sequence_
    needs: frozenset[str]  #: names of which none may be missing
    choices: tuple[frozenset[str], ...]  #: sets of names, of each of which one must be there
    begins: frozenset[str] | None  #: the names that it may begin with; ``None``: any word

    def is_possible(self, present: AbstractSet[str]) -> bool:
        """Return whether a sentence with these names may match."""
        if not self.needs <= present:
            return False
        for names in self.choices:  # noqa: SIM110 - asked of hundreds of patterns a sentence: a generator takes longer
            if names.isdisjoint(present):
                return False
        return True


@dataclass(frozen=True, eq=False)
class Pattern:
    """A pattern as it was written, and the plain sequences that it stands for."""

    text: str
    sequences: tuple[Sequence_, ...]

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """Return its sequences with what a sentence must hold for them."""
        return tuple(Way(one, _required(one), _choices(one), _begins(one)) for one in self.sequences)

    def is_possible(self, present: AbstractSet[str]) -> bool:
        """Return whether a sentence with these names may match."""
        for way in self.ways:  # noqa: SIM110 - as in Way
            if way.is_possible(present):
                return True
        return False

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Return names of which one must be in a sentence for the pattern to match."""
        return frozenset(chain.from_iterable(_anchors(way.needs, way.choices) for way in self.ways))

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


def _begins(sequence: Sequence_) -> frozenset[str] | None:
    found: set[str] = set()
    for element in sequence:
        if isinstance(element, Word | Class):
            return frozenset([*found, _name(element)])
        if not isinstance(element, Choice) or any(way and isinstance(way[0], Gap | Mark) for way in element.ways):
            return None
        for way in filter(None, element.ways):
            names = _begins(way)
            if names is None:
                return None
            found |= names
        if not element.optional:
            return frozenset(found)
    return None


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
