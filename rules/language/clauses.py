"""Divides a sentence into parts, and finds the words that change what is said in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rules.language.entries import ScopeEntry
from rules.language.matching import Match, Matcher
from rules.language.patterns import Pattern
from rules.language.spelling import STOPS, Token
from rules.language.vocabulary import Language, Rule

#: Where more words than this share have capitals, capitals tell no name.
_TELLING_CAPITALS = 0.6
#: Words that may stand between a word such as "not" and what it belongs to.
NEAR = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sentence: the places of its words, and how it goes on from the part before."""

    start: int
    end: int
    fresh: bool  #: begins after a full stop or the like
    contrast: bool  #: begins with a contrast ("but", "now")
    follows: bool  #: begins with "then" (thì): the part before may be a condition
    asked: bool  #: ends with a question mark


@dataclass(frozen=True, slots=True)
class Scope:
    """A word that changes what others mean, at its place."""

    rule: Rule[ScopeEntry]
    match: Match
    part: int

    @property
    def kind(self) -> str:
        return self.rule.entry.kind

    def reaches(self, hit: Match, part: int) -> bool:
        """Return whether it changes the meaning of a match in a part."""
        if part != self.part:
            return part > self.part
        if self._is_own(hit):
            return False
        inside = hit.start < self.match.end and self.match.start < hit.end
        reach = self.rule.entry.reach
        if reach == "part" or inside:
            return True
        if reach == "before":
            return self.match.start >= hit.end
        distance = hit.start - self.match.end
        return 0 <= distance <= NEAR if reach == "near" else distance >= 0

    def _is_own(self, hit: Match) -> bool:
        """Return whether the match names one of these words itself ("không tìm thấy"); a wish stays one."""
        stays = self.kind == "condition" or self.rule.entry.beside
        return not stays and set(self.match.own) <= set(hit.own)


def divide(tokens: Sequence[Token], matcher: Matcher, language: Language) -> tuple[Part, ...]:
    """Divide a sentence into parts at its signs and at the words that begin a new thought."""
    last = {at for at in range(len(tokens)) if at + 1 == len(tokens) or tokens[at + 1].before in STOPS}
    places: dict[int, bool] = {at: False for at, token in enumerate(tokens) if token.before}
    joined: set[int] = set()
    names = matcher.places("unit_name", 0, len(tokens))
    for at in [at for at in places if any(start < at < end for start, end in names)]:
        del places[at]  # "phòng kinh tế, hạ tầng và đô thị" is one name
    for rule, patterns in language.splits.candidates(matcher.present):
        for pattern in patterns:
            for match in matcher.find(pattern, 0, len(tokens)):
                place = match.start if match.split is None else match.split
                if rule.entry.joins:
                    joined.add(place)
                elif place not in last and not any(start < place < end for start, end in names):
                    places[place] = places.get(place, False) or rule.entry.contrast
    places = {at: contrast for at, contrast in places.items() if at not in joined or tokens[at].before}
    bounds = sorted({0, *places, len(tokens)}) if tokens else []
    return tuple(_part(tokens, start, end, places) for start, end in pairwise(bounds))


def _part(tokens: Sequence[Token], start: int, end: int, places: dict[int, bool]) -> Part:
    return Part(
        start,
        end,
        fresh=tokens[start].before == "hard",
        contrast=places.get(start, False),
        follows=tokens[start].word.bare == "thi",
        asked=tokens[end - 1].asked,
    )


def find_scopes(parts: Sequence[Part], matcher: Matcher, language: Language) -> tuple[Scope, ...]:
    """Find the words of scopes in each part, without those that stand inside a longer harmless phrase."""
    found = [
        scope
        for rule, patterns in language.scopes.candidates(matcher.present)
        for scope in _scopes_of(rule, patterns, parts, matcher)
    ]
    calm = [set(one.match.own) for one in found if one.kind in {"neutral", "idiom"}]
    names = list(_names(parts, matcher))
    return tuple(
        one
        for one in found
        if one.kind in {"neutral", "idiom"}
        or not any(set(one.match.own) <= words for words in (calm if one.kind == "elsewhere" else [*calm, *names]))
    )


def _scopes_of(
    rule: Rule[ScopeEntry], patterns: Sequence[Pattern], parts: Sequence[Part], matcher: Matcher
) -> Iterator[Scope]:
    for number, part in enumerate(parts):
        found = [match for pattern in patterns for match in matcher.find(pattern, part.start, part.end)]
        if not found or _stands(rule.unless, matcher, part.start, part.end):
            continue
        if not rule.beside or _stands(rule.beside, matcher, 0, parts[-1].end):
            yield from (Scope(rule, match, number) for match in found)


def _stands(patterns: Sequence[Pattern], matcher: Matcher, low: int, high: int) -> bool:
    """Return whether one of the patterns is found between two places."""
    return any(True for one in patterns for _ in matcher.find(one, low, high))


def _names(parts: Sequence[Part], matcher: Matcher) -> Iterator[set[int]]:
    """Yield the places of names: their words change nothing ("trường Hoa Mai" is none of tomorrow)."""
    length = parts[-1].end if parts else 0
    told = sum(token.name for token in matcher.tokens) <= _TELLING_CAPITALS * length
    for name in ("unit_name", "proper") if told else ("unit_name",):
        yield from (set(range(start, end)) for start, end in matcher.places(name, 0, length))


def scopes_in_reach(scopes: Sequence[Scope], parts: Sequence[Part], hit: Match, number: int) -> Iterator[Scope]:
    """Yield the scopes that change the meaning of a match, those of earlier parts included."""
    for scope in scopes:
        if scope.part == number:
            reached = scope.reaches(hit, number)
        elif scope.part < number:
            reached = scope.rule.entry.spreads and not _is_ended(scope, scopes, parts, number)
        else:
            reached = scope.rule.entry.back and not any(part.fresh for part in parts[number + 1 : scope.part + 1])
        if reached:
            yield scope


def _is_ended(scope: Scope, scopes: Sequence[Scope], parts: Sequence[Part], number: int) -> bool:
    """Return whether a scope ends before a part: at a full stop, a contrast, or a part that speaks for itself."""
    if scope.rule.entry.over_stops:
        return any(one.kind == "own" and scope.part < one.part <= number for one in scopes)
    return any(
        parts[at].fresh or parts[at].contrast or _speaks_for_itself(scopes, at)
        for at in range(scope.part + 1, number + 1)
    )


def _speaks_for_itself(scopes: Sequence[Scope], number: int) -> bool:
    kinds = {scope.kind for scope in scopes if scope.part == number}
    return "done" in kinds and bool(kinds & {"own", "topic"})
