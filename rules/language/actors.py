"""Tells about whom a part of a sentence speaks: the body of the case, another one, a person or another thing."""

from collections.abc import Iterator
from itertools import chain

from rules.language.clauses import Part
from rules.language.entries import FactEntry
from rules.language.findings import Finding
from rules.language.matching import Matcher

#: Lists of kinds of bodies, each with how high they stand: what happens to a higher one is none of one's own.
LEVELS = {
    "level_school": 0,
    "level_health": 0,
    "level_hospital": 1,
    "level_office": 0,
    "level_commune": 1,
    "level_department": 2,
    "level_district": 2,
    "level_province": 3,
}
#: Lists of kinds that differ from each other: a "hội" is no "phòng".
_BY_WORD = frozenset({"level_health", "level_hospital", "level_office", "level_department"})
#: From here on a body is taken for no "cơ quan em".
_HIGH = 2
#: What happens to a body as a whole.
_OF_BODIES = frozenset(
    {"merged_into_new", "merged_into_existing", "renamed", "dissolved", "split", "address_changed", "unit_reorganised"}
)
#: What happens to groups and rooms too, and how near behind the verb they are named.
_OF_PARTS = frozenset({"dissolved", "split"})
_NEAR = 2
#: Facts about a merger and the names of its sides.
_OF_MERGERS = frozenset({"merged", "merger_role", "old_unit", "new_unit"})
#: Roles that tell of a certificate, which another body may choose or keep.
_OF_CERTIFICATES = frozenset({"designated", "other", "undecided"})
#: What is told of a token and may be told of a computer or a mailbox.
_OF_THINGS = frozenset({"token = locked", "token = damaged", "key_exposed = true"})
#: Lists that are looked up here.
LOOKED_UP = frozenset({*LEVELS, "own_place", "beside_actor", "thing", "account", "speaking", "not", "knowing", "minor"})


class Actors:
    """Tells whether what a finding says is said of somebody or something else than the case."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._length = len(matcher.tokens)
        heads = list(self._own_heads())
        self._own = dict.fromkeys(self._level(head) if head is not None else None for head in heads)
        self._kinds = {self._kind(head) for head in heads if head is not None}

    def stranger(self, finding: Finding, part: Part) -> str | None:
        """Return why a fact is none of the case, in the words of an explanation, or ``None``."""
        entry: FactEntry = finding.rule.entry
        if entry.value in _OF_CERTIFICATES:
            return None
        if entry.fact in _OF_MERGERS or (entry.fact == "events" and entry.value in _OF_BODIES):
            if self._is_minor(finding, part):
                return "a part of a body"
            return "another body" if self._is_other_body(finding, part) else None
        if entry.fact == "events" and entry.value == "moved_within_state":
            return "a body moved" if self._is_body(finding, part) else None
        if entry.label in _OF_THINGS:
            return "another thing" if self._is_other_thing(finding, part) else None
        return None

    def _own_heads(self) -> Iterator[int | None]:
        """Yield where the names begin of the bodies that are the speaker's or the holder's, ``None`` without one."""
        inside = {
            at for start, end in self._matcher.places("our_unit", 0, self._length) for at in range(start + 1, end)
        }
        for start, end in self._matcher.places("own_place", 0, self._length):
            if start in inside:
                continue
            heads = [place for place, last in self._matcher.places("unit", start, end) if place < last]
            yield min(heads) if heads else None

    def _level(self, start: int) -> str | None:
        """Return the kind of the body that begins at a place: the fullest phrase tells it ("ubnd huyện")."""
        found = [
            (end, name) for name in LEVELS for at, end in self._matcher.places(name, start, start + 5) if at == start
        ]
        return max(found)[1] if found else None

    def _kind(self, start: int) -> tuple[str | None, str]:
        """Return the kind of the body that begins at a place, with its first word where these differ."""
        level = self._level(start)
        return level, self._matcher.words[start].bare if level in _BY_WORD else ""

    def _verb(self, finding: Finding) -> int:
        """Return the place of the first word of a match that names no body."""
        bodies = self._bodies(finding.match.start, finding.match.end)
        inside = {place for body in bodies for place in range(*body)}
        return next((place for place in sorted(finding.match.own) if place not in inside), finding.match.start)

    def _bodies(self, low: int, high: int) -> list[tuple[int, int]]:
        places = chain.from_iterable(self._matcher.places(name, low, high) for name in ("unit", "our_unit", *LEVELS))
        return sorted(places, key=lambda place: (place[0], -place[1]))

    def _is_other_body(self, finding: Finding, part: Part) -> bool:
        verb = self._verb(finding)
        ours = {start for start, _ in self._matcher.places("our_unit", part.start, part.end)}
        if any(verb < start <= finding.match.end for start in ours):
            return False  # "sở giải thể chi cục em"
        beside = {end for _, end in self._matcher.places("beside_actor", part.start, part.end)}
        bodies = [body for body in self._bodies(part.start, verb) if body[0] not in beside]
        if not bodies or not self._own:
            return False
        mine = [start for start, _ in bodies if start in ours]
        level = self._level(self._head(bodies, mine[-1]) if mine else bodies[0][0])
        if level is None:
            return False
        levels = [own for own in self._own if own is not None]
        if mine:
            return any(LEVELS[own] < LEVELS[level] for own in levels)
        if not levels:
            return LEVELS[level] >= _HIGH
        kind = self._kind(bodies[0][0])
        return all(kind != own for own in self._kinds)

    def _head(self, bodies: list[tuple[int, int]], place: int) -> int:
        """Return where the whole name begins that a place belongs to ("phòng giáo dục huyện em")."""
        for start, end in reversed(bodies):
            low, high = self._level(start), self._level(place)
            if start < place <= end and low and high and LEVELS[low] < LEVELS[high]:
                place = start
        return place

    def _is_minor(self, finding: Finding, part: Part) -> bool:
        """Return whether it happened to a group, a hamlet or a room ("khu phố đổi tên", "tách phòng họp")."""
        verb = self._verb(finding)
        named = self._matcher.places("minor", part.start, self._length)
        places = [one for one in named if one[0] == part.start or not self._matcher.tokens[one[0]].name]
        behind = finding.rule.entry.value in _OF_PARTS and any(
            verb < start <= verb + _NEAR and not self._matcher.tokens[start].before for start, _ in places
        )
        head, last = next(iter(self._bodies(part.start, verb)), (verb, verb))
        before = any((start, -end) <= (head, -last) and end <= verb for start, end in places)
        return behind or before

    def _is_body(self, finding: Finding, part: Part) -> bool:
        bodies = self._bodies(part.start, finding.match.end)
        if not bodies or bodies[0][0] > self._verb(finding):
            return False
        inside = {place for start, end in self._bodies(part.start, part.end) for place in range(start, end)}
        persons = chain.from_iterable(
            self._matcher.places(name, part.start, finding.match.end) for name in ("i", "person", "pronoun")
        )
        return all(start in inside for start, _ in persons)

    def _is_other_thing(self, finding: Finding, part: Part) -> bool:
        """Return whether a computer or a mailbox stands nearer before the last word than the token and its PIN."""
        last = max(finding.match.own) + 1
        exposed = finding.rule.entry.fact == "key_exposed"
        kind = "account" if exposed else "thing"
        things = self._matcher.places(kind, part.start, part.end)
        signers = [end for _, end in self._matcher.places("signer", part.start, part.end)]
        pins = self._matcher.places("pin", part.start, last)
        if pins and not self._matcher.places("signer", 0, self._length):
            return any(start < pins[0][0] for start, _ in self._matcher.places("account", 0, self._length))
        if not things:
            return False
        if pins and not signers:
            return things[0][0] < pins[0][0] or any(self._belongs(pins[-1][1], start) for start, _ in things)
        near = max((end for _, end in things if end <= last), default=0)
        named = (*signers, *(end for _, end in pins))
        return not exposed and near > max((end for end in named if end <= last), default=0)

    def _belongs(self, end: int, start: int) -> bool:
        """Return whether the second of two names follows at once or behind "của"."""
        return end == start or (end + 1 == start and self._matcher.words[end].bare == "cua")
