"""Whom an audience means, as conditions of a query over chats."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.store.moments import stored
from bot.store.office.filtering import Meant
from bot.store.office.reaching import reaching
from handlers.broadcasts.model import Audience
from handlers.office.rights import Reach, Role
from rules.calendar import VIETNAM, vietnamese_day

#: One person may get so many reminders within this time.
WEEK = timedelta(days=7)
_FIRST_DAY, _LAST_DAY = date.min.toordinal(), date.max.toordinal()


def meant_by(audience: Audience, reach: Reach, now: datetime) -> Meant | None:
    """Those of an audience who are within reach at this moment; ``None`` where there can be nobody.

    A list of chats is not among the conditions: it may be long, and ``Roll`` goes through it page by page.
    """
    if not reach or audience.chats == ():
        return None
    found = (
        Meant().with_condition("within_one", top=reach.units[0]) if len(reach.units) == 1 else Meant(*reaching(reach))
    )
    for condition, values in _conditions(audience, vietnamese_day(now)):
        found = found.with_condition(condition, **values)
    return found


def _conditions(audience: Audience, today: date) -> Iterator[tuple[str, dict[str, Any]]]:
    if audience.unit is not None:
        yield "below_unit", {"below": audience.unit}
    if by_role(audience):
        yield "with_role", {"role": audience.role}
    else:
        yield "agreed", {}
    if audience.to_do:
        yield "has_to_do", {}
    if audience.owed:
        yield "owes", {"owed": json.dumps(audience.owed)}
    if audience.states:
        yield "has_request", {"states": json.dumps(audience.states)}
    if (window := window_of(audience, today)) is not None:
        yield "has_certificate", {"ends_from": window[0], "ends_until": window[1]}
    if audience.channel is not None:
        yield "over_channel", {"channel": audience.channel, "channels": f"{audience.channel}:"}
    if (since := _silent_since(audience, today)) is not None:
        yield "silent_before", {"silent_before": stored(datetime.combine(since, time(), VIETNAM))}


def by_role(audience: Audience) -> bool:
    """Whether it is for people with a role: these hear of their work, whoever else only what they agreed to."""
    return audience.role not in {None, Role.OFFICER}


def window_of(audience: Audience, today: date) -> tuple[int, int] | None:
    """The first and the last day on which a certificate may end, as ordinals; ``None`` where that is not asked."""
    first, last, within = audience.expires_from, audience.expires_until, audience.expires_within
    if first is None and last is None and within is None:
        return None
    firsts = [day.toordinal() for day in (first,) if day] + ([] if within is None else [today.toordinal()])
    lasts = [day.toordinal() for day in (last,) if day] + ([] if within is None else [today.toordinal() + within])
    return max(firsts, default=_FIRST_DAY), min(lasts, default=_LAST_DAY)


def _silent_since(audience: Audience, today: date) -> date | None:
    days = [audience.silent_since] if audience.silent_since else []
    if audience.silent_days is not None:
        days.append(date.fromordinal(max(today.toordinal() - audience.silent_days, _FIRST_DAY)))
    return min(days, default=None)
