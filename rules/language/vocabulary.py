"""Loads what is known of a language from its folder of TOML files."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain, pairwise
from os import PathLike
from pathlib import Path
from typing import Any, Generic, TypeVar

import tomli
from pydantic import ValidationError

from rules.errors import PackInvalid, PackNotFound, PackUnreadable
from rules.explaining import explain
from rules.language.entries import AskEntry, FactEntry, IntentEntry, ScopeEntry, SplitEntry, _Entry
from rules.language.matching import Classes
from rules.language.patterns import Pattern, PatternError, parse_pattern
from rules.language.respelling import respell
from rules.language.spelling import Word, strip_accents, to_word
from rules.texts import N_, Sentence, place_of, sentence, shorten

E = TypeVar("E", bound=_Entry)

#: Lists that the program fills in itself: names of units and of persons, and days.
BUILT_IN = frozenset({"unit_name", "proper", "name", "day"})
_KINDS = ("facts", "asks", "intents", "scopes", "splits")
#: Typed words of which it is remembered whether they are slips.
_MOST_SLIPS = 20_000
_LISTS = ("words", "short", "units")


@dataclass(frozen=True, eq=False)
class Rule(Generic[E]):
    """An entry with its parsed patterns and its place."""

    entry: E
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    file: str
    number: int  #: position in its file, from 1
    beside: tuple[Pattern, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.file}: {self.number}"


class RuleIndex(Generic[E]):
    """Rules by words of which a sentence must have one, so that few patterns are tried on each sentence."""

    def __init__(self, rules: Sequence[Rule[E]]) -> None:
        self.rules = tuple(rules)
        self._patterns = [(rule, pattern) for rule in self.rules for pattern in rule.patterns]
        self._by_name: dict[str, list[int]] = {}
        for number, (_, pattern) in enumerate(self._patterns):
            for name in pattern.anchors:
                self._by_name.setdefault(name, []).append(number)

    def candidates(self, present: AbstractSet[str]) -> list[tuple[Rule[E], list[Pattern]]]:
        """Return the rules that may match a sentence with these words, with their patterns that may, in their order."""
        found: dict[Rule[E], list[Pattern]] = {}
        for number in sorted({one for name in present & self._by_name.keys() for one in self._by_name[name]}):
            rule, pattern = self._patterns[number]
            if pattern.is_possible(present):
                found.setdefault(rule, []).append(pattern)
        return list(found.items())


@dataclass(frozen=True)
class UnitWords:
    """The words that names of units are made of."""

    #: The kinds by their first word, each with whether its names are long.
    kinds: Mapping[str, tuple[tuple[tuple[Word, ...], bool], ...]]
    stops: frozenset[str]
    kept: frozenset[tuple[str, str]] = frozenset()  #: pairs of words, without accents, that no name ends within
    never: frozenset[tuple[str, str]] = frozenset()  #: pairs of words with which no name begins
    #: Names whose words are other words too, by their first word, the longest first.
    names: Mapping[str, tuple[tuple[Word, ...], ...]] = field(default_factory=dict)
    second: frozenset[str] = frozenset()  #: words, without accents, that end no name of which they are the second
    families: frozenset[str] = frozenset()  #: first words, without accents, of the names of persons

    @cached_property
    def stopped(self) -> frozenset[str]:
        """Return the words that end a name, without accents."""
        return frozenset(to_word(word).bare for word in self.stops)


@dataclass(frozen=True, eq=False)
class Language:
    """Holds all that is known of a language. It is compared by identity."""

    name: str
    short_forms: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, tuple[Pattern, ...]]
    list_files: Mapping[str, str]
    classes: Classes
    units: UnitWords
    facts: RuleIndex[FactEntry]
    asks: RuleIndex[AskEntry]
    intents: RuleIndex[IntentEntry]
    scopes: RuleIndex[ScopeEntry]
    splits: RuleIndex[SplitEntry]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Return every word that any pattern or list knows, without accents."""
        patterns = (pattern for rule in self.rules for pattern in rule.patterns)
        listed = chain.from_iterable(self.lists.values())
        words = (word for pattern in chain(patterns, listed) for word in pattern.vocabulary)
        return frozenset(words) | frozenset(map(strip_accents, self.units.stops))

    @cached_property
    def _slips(self) -> dict[str, tuple[str, ...]]:
        return {}

    def respell(self, typed: str) -> tuple[str, ...]:
        """Return the words that a typed word was meant to be; words are remembered up to a bound."""
        found = self._slips.get(typed)
        if found is None:
            if len(self._slips) >= _MOST_SLIPS:
                self._slips.clear()
            found = self._slips[typed] = respell(typed, self.vocabulary)
        return found

    @property
    def rules(self) -> tuple[Rule[Any], ...]:
        """Return every rule of every kind."""
        return tuple(
            rule for index in (self.facts, self.asks, self.intents, self.scopes, self.splits) for rule in index.rules
        )


def load_language(name: str | PathLike[str] = "vi") -> Language:
    """Load a language.

    Args:
        name: The name of a folder in ``rules/language``, or the path of a folder.

    Raises:
        PackNotFound: There is no such folder.
        PackUnreadable: A file cannot be read, is not UTF-8 or is not TOML.
        PackInvalid: An entry or a pattern is not as it should be; the message names file and place.
    """
    return _load_known(name) if isinstance(name, str) and name.isidentifier() else _load(Path(name), str(name))


@lru_cache(maxsize=2)
def _load_known(name: str) -> Language:
    return _load(files("rules") / "language" / name, name)


def _load(folder: Traversable, name: str) -> Language:
    if not folder.is_dir():
        raise PackNotFound(sentence(N_("no language {name}: there is no such folder"), name=shorten(name)))
    contents = {
        one.name: _read(one) for one in sorted(folder.iterdir(), key=lambda one: one.name) if one.name.endswith(".toml")
    }
    short = {key: tuple(words.split()) for file in contents.values() for key, words in file.get("short", {}).items()}
    loader = _Loader(contents, short)
    lists, list_files = loader.lists()
    units: dict[str, list[str]] = next((file["units"] for file in contents.values() if "units" in file), {})
    language = Language(
        name=name,
        short_forms=short,
        lists=lists,
        list_files=list_files,
        classes=Classes.of(lists),
        units=_unit_words(units),
        facts=RuleIndex(tuple(loader.rules("facts", FactEntry))),
        asks=RuleIndex(tuple(loader.rules("asks", AskEntry))),
        intents=RuleIndex(tuple(loader.rules("intents", IntentEntry))),
        scopes=RuleIndex(tuple(loader.rules("scopes", ScopeEntry))),
        splits=RuleIndex(tuple(loader.rules("splits", SplitEntry))),
    )
    if loader.wrong:
        raise PackInvalid(*loader.wrong)
    return language


def _read(file: Traversable) -> dict[str, Any]:
    try:
        return tomli.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        unreadable = N_("{file}: cannot be read as TOML in UTF-8: {detail}")
        raise PackUnreadable(sentence(unreadable, file=file.name, detail=place_of(error))) from None


def _unit_words(units: Mapping[str, list[str]]) -> UnitWords:
    kinds: dict[str, list[tuple[tuple[Word, ...], bool]]] = {}
    for key, long in (("kinds", False), ("long_kinds", True)):
        for kind in sorted(units.get(key, []), key=lambda kind: -len(kind.split())):
            words = tuple(map(to_word, kind.split()))
            kinds.setdefault(words[0].bare, []).append((words, long))
    return UnitWords(
        {first: tuple(found) for first, found in kinds.items()},
        frozenset(units.get("stops", [])),
        kept=frozenset(_pairs(units.get("kept", []))),
        never=frozenset(_pairs(units.get("never", []))),
        names=_names(units.get("names", [])),
        second=frozenset(to_word(word).bare for word in units.get("second", [])),
        families=frozenset(to_word(word).bare for word in units.get("families", [])),
    )


def _names(names: Sequence[str]) -> dict[str, tuple[tuple[Word, ...], ...]]:
    found: dict[str, tuple[tuple[Word, ...], ...]] = {}
    for name in sorted(names, key=lambda name: -len(name.split())):
        words = tuple(map(to_word, name.split()))
        found[words[0].bare] = (*found.get(words[0].bare, ()), words)
    return found


def _pairs(phrases: Sequence[str]) -> Iterator[tuple[str, str]]:
    for phrase in phrases:
        yield from pairwise(to_word(word).bare for word in phrase.split())


class _Loader:
    """Parses entries and collects what is wrong with them."""

    def __init__(self, contents: Mapping[str, dict[str, Any]], short: Mapping[str, tuple[str, ...]]) -> None:
        self._contents, self._short = contents, short
        self.wrong: list[Sentence] = []
        for file, content in contents.items():
            for key in content.keys() - {*_KINDS, *_LISTS}:
                odd = N_("{file}: {names} is not known here")
                self.wrong.append(sentence(odd, file=file, names=key))

    def lists(self) -> tuple[dict[str, tuple[Pattern, ...]], dict[str, str]]:
        lists: dict[str, tuple[Pattern, ...]] = {}
        places: dict[str, str] = {}
        for file, content in self._contents.items():
            for name, phrases in content.get("words", {}).items():
                lists[name] = self._patterns(f"{file}: {name}", phrases)
                places[name] = file
        return lists, places

    def rules(self, kind: str, model: type[E]) -> Iterator[Rule[E]]:
        for file, content in self._contents.items():
            for number, raw in enumerate(content.get(kind, []), start=1):
                where = f"{file}: {kind} {number}"
                try:
                    entry = model.model_validate(raw)
                except ValidationError as error:
                    self.wrong.extend(explain(where, error))
                    continue
                unless = self._patterns(where, getattr(entry, "unless", ()))
                beside = self._patterns(where, getattr(entry, "beside", ()))
                yield Rule(entry, self._patterns(where, entry.patterns), unless, file, number, beside)

    def _patterns(self, where: str, texts: Any) -> tuple[Pattern, ...]:
        found = []
        for text in texts:
            try:
                found.append(parse_pattern(text, self._short))
            except PatternError as error:
                broken = N_("{where}: the pattern {pattern} cannot be read at {sign}; see the head of words.toml")
                self.wrong.append(sentence(broken, where=where, pattern=text, sign=str(error)))
        return tuple(found)
