"""Declare what happened to made-up officers, as the facts they state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from rules.facts import Event, MergerRole, Subject, Token

_BODY, _PERSON, _DEVICE = Subject.ORGANISATION, Subject.INDIVIDUAL, Subject.DEVICE


@dataclass(frozen=True, slots=True)
class Story:
    """One officer's answers without the certificate, and their weight."""

    often: int
    subject: Subject
    events: tuple[Event, ...] = ()
    role: MergerRole | None = None
    token: Token = Token.IN_HAND
    exposed: bool = False
    matches: bool = False
    merged: bool = False  #: only for units that were formed from others

    def answer(self, fact: str) -> Any:
        """Return the answer as a session keeps it."""
        return self._answers()[fact]

    def _answers(self) -> Mapping[str, Any]:
        return {
            "subject": self.subject.value,
            "events": [event.value for event in self.events],
            "merger_role": self.role.value if self.role else None,
            "information_matches": self.matches,
            "token": self.token.value,
            "key_exposed": self.exposed,
        }


STORIES = (
    Story(10, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.DESIGNATED, merged=True),
    Story(9, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.OTHER, merged=True),
    Story(3, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.UNDECIDED, merged=True),
    Story(4, _BODY, (Event.MERGED_INTO_EXISTING,), MergerRole.ABSORBED, merged=True),
    Story(3, _BODY, (Event.MERGED_INTO_EXISTING,), MergerRole.SURVIVING, merged=True),
    Story(10, _BODY, (Event.SUPERIOR_CHANGED,)),
    Story(4, _BODY, (Event.SUPERIOR_CHANGED, Event.ADDRESS_CHANGED)),
    Story(5, _BODY, (Event.RENAMED,)),
    Story(3, _BODY, (Event.DISSOLVED,)),
    Story(25, _PERSON, (Event.UNIT_REORGANISED,)),
    Story(8, _PERSON, (Event.MOVED_WITHIN_STATE,)),
    Story(5, _PERSON, (Event.LEFT_STATE_SERVICE,)),
    Story(6, _PERSON, (Event.UNIT_REORGANISED, Event.EMAIL_CHANGED)),
    Story(5, _PERSON, (), token=Token.LOCKED, matches=True),
    Story(4, _PERSON, (Event.UNIT_REORGANISED,), token=Token.LOST),
    Story(2, _PERSON, (), token=Token.DAMAGED, exposed=True),
    Story(3, _PERSON, (), matches=True),
    Story(2, _PERSON, (Event.UNIT_REORGANISED,), matches=True),
    Story(2, _PERSON, (Event.EMAIL_CHANGED,), token=Token.REMOTE),
    Story(1, _PERSON, (Event.MANAGING_BODY_REVOKES,)),
    Story(3, _DEVICE, (Event.DEVICE_UPGRADED,)),
)
_UNMERGED = tuple(story for story in STORIES if not story.merged)


def choose_story(chosen: Random, *, merged: bool) -> Story:
    """Choose a story that can happen in a unit."""
    known: Sequence[Story] = STORIES if merged else _UNMERGED
    return chosen.choices(known, [story.often for story in known])[0]
