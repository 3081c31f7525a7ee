"""Declare what happened to made-up officers, as the facts they state, and when they wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from rules.calendar import VIETNAM, to_vietnam_time
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


#: The conversations go back so many days, less than the default retention, so that a clean-up keeps them.
DAYS = 150
_OPENS, _HOURS = 8, 9
_WEEKEND = 5
_DESK = 16


class WorkingHours:
    """The working days before a moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        today = now.astimezone(VIETNAM).replace(hour=_OPENS, minute=0, second=0, microsecond=0)
        days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
        self._days = [day for day in days if day.weekday() < _WEEKEND]

    def time_at(self, share: float) -> datetime:
        """Return the moment at this share of all working hours, from 0 to below 1."""
        day, hours = divmod(share * len(self._days) * _HOURS, _HOURS)
        return (self._days[int(day)] + timedelta(hours=hours)).astimezone(UTC)

    def add_working_days(self, moment: datetime, chosen: Random, days: float) -> datetime:
        """Return a moment about so many working days later, in working hours; it may lie in the future."""
        there = moment + timedelta(days=days * chosen.uniform(0.3, 1.7), hours=chosen.uniform(-2, 2))
        there = max(there, moment + timedelta(minutes=10))
        local = there.astimezone(VIETNAM)
        local += timedelta(days=max(0, 7 - local.weekday()) if local.weekday() >= _WEEKEND else 0)
        if not _OPENS <= local.hour < _OPENS + _HOURS:
            local = local.replace(hour=chosen.randrange(14, 16))
        return local.astimezone(UTC)

    def next_desk_hour(self, moment: datetime) -> datetime:
        """Return the next hour at which people with a role work through everything that has come in."""
        local = to_vietnam_time(moment)
        there = local.replace(hour=_DESK, minute=0, second=0, microsecond=0)
        there += timedelta(days=there <= local)
        while there.weekday() >= _WEEKEND:
            there += timedelta(days=1)
        return there.astimezone(UTC)
