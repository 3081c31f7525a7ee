"""Notices: who is told of a request and when, what its officer learns of it, and the alarms of owners."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from math import ceil
from statistics import median

from handlers.model.requests import UNFINISHED, Filter, RequestState
from handlers.model.rights import MACHINE, Act, Grant, Rights, Role, may_any_role
from rules.language.spelling import fold


class NoticeTiming(StrEnum):
    """The time at which a person with a role is told of new requests."""

    AT_ONCE = "at_once"
    MORNING = "morning"  #: once a day, all of them in one message


#: The time of day in Viet Nam from which the overview of the morning is sent.
DIGEST_TIME = time(7, 30)
#: Requests that one overview names.
MAX_DIGEST_ROWS = 8
#: People who are told of one request at once; those nearest to its unit come first.
MAX_WATCHERS = 50
#: Answers of the past that are looked at, and the fewest from which "usually" may be said.
ANSWERS_READ, ANSWERS_NEEDED = 200, 5
#: Days after which an unfinished request counts as late, and before the end of a certificate as soon.
LATE_DAYS, SOON_DAYS = 7, 30


@dataclass(frozen=True, slots=True)
class RequestOffice:
    """An office that has a request or moved it: a role in a unit, never a person's name."""

    role: Role
    unit: str | None = None  #: code; ``None``: everything


@dataclass(frozen=True, slots=True)
class RequestHandling:
    """The handling of a request as its officer may know it."""

    unit: str | None = None  #: code of the unit that it was filed under
    offices: tuple[RequestOffice, ...] = ()  #: those nearest to the unit; none if nobody has a role there
    usual_days: int | None = None  #: days until the first answer, the median of the past; ``None``: not known
    steps: Mapping[str, RequestOffice] = field(default_factory=dict)  #: by the actor of a step


@dataclass(frozen=True, slots=True)
class Watcher:
    """A person by one of the roles in whose scope a request is."""

    chat: str
    channel: str
    language: str | None
    timing: NoticeTiming | None  #: what they chose
    grant: Grant


def default_timing(roles: Iterable[Role]) -> NoticeTiming:
    """Return the timing of a person who chose none: owners, who see everything, get the overview only."""
    return NoticeTiming.MORNING if set(roles) <= {Role.OWNER} else NoticeTiming.AT_ONCE


def select_watchers(watchers: Sequence[Watcher], registrant: str, timing: NoticeTiming) -> dict[str, list[Watcher]]:
    """Group the roles of those who are told at this timing by their chat, the nearest first; never the registrant."""
    found: dict[str, list[Watcher]] = {}
    for one in watchers:
        if one.chat != registrant and may_any_role([one.grant.role], Act.SEE_REQUESTS):
            found.setdefault(one.chat, []).append(one)
    told = [chat for chat, held in found.items() if person_timing(held) is timing]
    return {chat: found[chat] for chat in told[:MAX_WATCHERS]}


def select_receivers(watchers: Iterable[Watcher], registrant: str) -> list[Watcher]:
    """Return the admins and owners but this person, the nearest role of each, at most as many as are ever told."""
    found: dict[str, Watcher] = {}
    for one in watchers:
        if one.grant.role is not Role.FOCAL and one.chat != registrant:
            found.setdefault(one.chat, one)
    return list(found.values())[:MAX_WATCHERS]


def person_timing(held: Sequence[Watcher]) -> NoticeTiming:
    """Return the timing of a person by their choice, else by their roles."""
    chosen = next((one.timing for one in held if one.timing), None)
    return chosen or default_timing(one.grant.role for one in held)


def may_see_personal(held: Iterable[Watcher]) -> bool:
    """Return whether one of the roles shows the request unmasked; all of them cover its unit."""
    return may_any_role((one.grant.role for one in held), Act.SEE_PERSONAL)


def nearest_offices(watchers: Iterable[Watcher]) -> tuple[RequestOffice, ...]:
    """Return the offices of the unit nearest to a request; ``watchers`` begin with the nearest."""
    grants = [one.grant for one in watchers if may_any_role([one.grant.role], Act.SEE_REQUESTS)]
    nearest = [grant for grant in grants if grant.unit == grants[0].unit]
    return tuple(dict.fromkeys(RequestOffice(grant.role, grant.unit) for grant in nearest))


def usual_days(durations: Sequence[timedelta]) -> int | None:
    """Return the median of past durations in whole days, at least one; ``None`` if there are too few."""
    if len(durations) < ANSWERS_NEEDED:
        return None
    return max(1, ceil(median(one / timedelta(days=1) for one in durations)))


def acting_office(rights: Rights, unit: str | None) -> RequestOffice:
    """Return the office by which a person changes a request of a unit."""
    if rights.actor == MACHINE:
        return RequestOffice(Role.OPERATOR)
    able = (grant for grant in rights.grants if _covers(rights, grant, unit))
    held = next(able, None) or (rights.grants[0] if rights.grants else None)
    return RequestOffice(held.role, held.unit) if held else RequestOffice(Role.OPERATOR)


def _covers(rights: Rights, grant: Grant, unit: str | None) -> bool:
    return Rights.of((grant,), rights.units).may(Act.CHANGE_REQUESTS, unit)


#: The states of a request that has just come and of one that its officer has to complete.
NEW_STATES, INCOMPLETE_STATES = (RequestState.SUBMITTED,), (RequestState.SENT_BACK,)
#: The filter with which the request list opens: whatever is not finished.
OPEN_LIST = Filter(states=UNFINISHED)


#: Words that people type for a filter of the desk, without accents.
DESK_FILTER_WORDS = {
    "new": ("moi", "yeu cau moi", "new"),
    "late": ("qua 7 ngay", "qua han", "tre han", "late"),
    "expiring": ("sap het han", "expiring"),
    "incomplete": ("thieu thong tin", "cho bo sung", "incomplete"),
    "unplaced": ("chua co don vi", "without a unit"),
}


def find_desk_filter(text: str, today: date, *, everything: bool) -> Filter | None:
    """Return the filter of the desk that typed words name, or ``None``."""
    named = (name for name, words in DESK_FILTER_WORDS.items() if fold(text) in words)
    return desk_filters(today, everything=everything).get(next(named, ""))


def pressing_filters(today: date) -> dict[str, Filter]:
    """Return the filters of what presses in an overview, by name; there only what was sent back is incomplete."""
    soon = {"expires_from": today, "expires_until": today + timedelta(days=SOON_DAYS)}
    return {
        "late": Filter(states=UNFINISHED, until=today - timedelta(days=LATE_DAYS + 1)),
        "expiring": Filter(states=UNFINISHED, **soon),
        "incomplete": Filter(states=INCOMPLETE_STATES),
    }


def desk_filters(today: date, *, everything: bool) -> dict[str, Filter]:
    """Return the filters of the desk, by name; requests without a unit are seen only by those who see everything."""
    unplaced = {"unplaced": Filter(states=UNFINISHED, without_unit=True)} if everything else {}
    incomplete = {"incomplete": Filter(states=UNFINISHED, incomplete=True)}
    return {"new": Filter(states=NEW_STATES), **pressing_filters(today), **incomplete, **unplaced}


class AlarmKind(StrEnum):
    """The reason of an alarm."""

    CHANNEL = "channel"  #: a platform is not reached, for so many minutes
    REFUSED = "refused"  #: a platform does not accept our token
    UPDATES = "updates"  #: what people wrote waits for an answer, for so many minutes
    MESSAGES = "messages"  #: messages wait to be sent, for so many minutes
    PAUSED = "paused"  #: a broadcast paused by itself
    BACKUP = "backup"  #: the last backup failed, or is overdue
    RETENTION = "retention"  #: data past their time could not be deleted
    DISK = "disk"  #: so many percent of a disk are free
    FULL = "full"  #: the database found no room on its disk
    MEMORY = "memory"  #: a process holds so many percent of the memory that it may
    AUTHORITY = "authority"  #: a CA file ends in so many days
    KEYS = "keys"  #: the key in use is so many days old
