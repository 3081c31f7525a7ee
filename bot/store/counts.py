"""Counts of everybody, each read from an index alone: statistics of units, and how many people an audience means.

An audience is counted as if each chat were all there is of its person. Few are not so, and are counted once more:
people of several chats, and those who had enough reminders lately.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from bot.store.conditions import WEEK, QueryConditions, audience_conditions, scope_conditions, start_of_day
from bot.store.context import StoreContext
from bot.store.drivers import Query, Rows, to_micros
from bot.store.drivers.kept_counts import left_number
from handlers.model import SILENT_AFTER, Audience, ChannelCounts, OpenSpan, Reach, UnitStatistics

#: Query -> what its columns after the unit count.
_COUNTS = {
    "count_officers": ("officers",),
    "count_certificates": ("certificates",),
    "count_expiring": ("expiring_30", "expiring_60", "expiring_90"),
    "count_action_needed": ("action_needed",),
    "count_requests": ("requested", "forwarded", "done"),
    "count_silent": ("silent",),
}
_FIRST_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class StatisticsRepository:
    """Counts for each unit; ``bot.services.units`` decides whose."""

    context: StoreContext
    _counted: dict[tuple[Reach, str | None, date, datetime], list[UnitStatistics]] = field(default_factory=dict)

    async def read_counts(self, reach: Reach, below: str | None, today: date, now: datetime) -> list[UnitStatistics]:
        """Return one line for each unit within reach that has something of its own, below one unit if it is named.

        It is read from the database once.
        """
        key = (reach, below, today, now)
        if key not in self._counted:
            where, parameters = _unit_conditions(reach, below)
            timed = {**parameters, "today": today.toordinal(), "quiet": to_micros(now - SILENT_AFTER)}
            calls = [Query(query, timed, where=where) for query in _COUNTS]
            results = await self._look(*calls, *([] if where else [Query("count_unplaced")]))
            names = [*_COUNTS.values(), ("officers",)]
            self._counted[key] = _merge_numbers(zip(names, results, strict=False))
        return self._counted[key]

    async def read_spans(self, reach: Reach, below: str | None, start: date, last: date) -> list[OpenSpan]:
        """Return from when to when what is owed or requested was open, within reach and below one unit if named.

        Of everybody the beginnings and the ends are counted apart, an end as a span of less than nothing; whatever
        began before ``start`` counts from there.
        """
        where, parameters = _unit_conditions(reach, below)
        if not where:
            return await self._read_days(start, last)
        queries = Query("owed_spans", parameters, where=where), Query("requested_spans", parameters, where=where)
        owed, requested = await self._look(*queries)
        return [_to_span(row) for row in (*owed, *requested)]

    async def _read_days(self, start: date, last: date) -> list[OpenSpan]:
        days = {start_of_day(start + timedelta(days=number)): number for number in range((last - start).days + 1)}
        asked = {"days": json.dumps(list(days)), "first": start_of_day(start)}
        counted = await self._look(
            Query("owed_since", asked),
            Query("requested_since", asked),
            Query("owed_until", asked),
            Query("requested_until", asked),
        )
        return [
            OpenSpan(start + timedelta(days=days[moment]), None, sign * number)
            for sign, rows in zip((1, 1, -1, -1), counted, strict=True)
            for moment, number in rows
        ]

    async def _look(self, *calls: Query) -> list[Rows]:
        return await self.context.ask(*(replace(call, wide=True, shown=True) for call in calls))


def _unit_conditions(reach: Reach, below: str | None) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the conditions for what lies within reach, and below one unit if it is named."""
    where, parameters = scope_conditions(reach)
    return (where, parameters) if below is None else ((*where, "below_unit"), {**parameters, "below": below})


def _merge_numbers(results: Iterable[tuple[tuple[str, ...], Rows]]) -> list[UnitStatistics]:
    by_unit: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
    for names, rows in results:
        for unit, *counts in rows:
            by_unit[unit or None].update(zip(names, counts, strict=True))
    return [UnitStatistics(unit, **counts) for unit, counts in by_unit.items()]


def _to_span(row: tuple[Any, ...]) -> OpenSpan:
    begun, ended, count = row
    return OpenSpan(_to_statistics_day(begun), None if ended is None else _to_statistics_day(ended), count)


def _to_statistics_day(number: int) -> date:
    return date.fromordinal(_FIRST_DAY + number)


async def count_audience(
    context: StoreContext, audience: Audience, reach: Reach, per_week: int, *, shown: bool = False
) -> tuple[ChannelCounts, ...]:
    """Count those of an audience who are within a reach, by channel and by what keeps a message from them.

    A person of several chats counts once, over the channel that a reminder would take.

    Args:
        context: the moment for which they are counted, and its transaction.
        audience: whom it means.
        reach: beyond it nobody is counted.
        per_week: reminders after which a person gets none for the rest of seven days.
        shown: the numbers decide nothing; within a turn they are counted once.
    """
    these = audience_conditions(audience, reach, context.now)
    if these is None:
        return ()
    if audience.chats is not None:
        these = these.with_condition("listed", chats=json.dumps(sorted(set(audience.chats))))
    week = {"after": "", "week": to_micros(context.now - WEEK), "most": per_week}
    ask = partial(_ask_wide, context, shown=shown)
    (recent,) = await ask(Query("week_broadcasts", week))
    of_linked, linked = await ask(*_linked_queries(these, audience, week))
    alone = await ask(*(one.to_query("audience_counts", after="") for one in _by_kind_of_chat(these)))
    # Of a broadcast nobody has more than one message: whoever has enough has one of a broadcast beyond the largest few.
    beyond = [name for (name,) in recent[per_week - 1 :]]
    others = these.with_condition("not_linked").to_query("audience_capped", broadcasts=json.dumps(beyond), **week)
    capped = (await ask(others))[0] if beyond else []
    return to_channel_counts([
        *_spread((row for rows in alone for row in rows), 1), *_spread(of_linked, -1), *linked,
        *(row for channel, number in capped for row in ((channel, "reachable", -number), (channel, "capped", number))),
    ])  # fmt: skip


def _spread(rows: Iterable[tuple[Any, ...]], sign: int) -> Iterator[tuple[str, str, int]]:
    """Give each number of a row a row of its own, to be added or taken away."""
    for channel, *numbers in rows:
        for obstacle, number in zip(("reachable", "stopped", "blocked"), numbers, strict=True):
            yield channel, obstacle, sign * number


async def _ask_wide(context: StoreContext, *calls: Query, shown: bool) -> list[Rows]:
    return await context.ask(*(replace(call, anew=True, shown=shown, wide=True) for call in calls))


def _by_kind_of_chat(these: QueryConditions) -> Iterator[QueryConditions]:
    """Part addresses from all other chats, whose consent and ends stand in the index that they are counted by."""
    if "agreed" not in these.where:
        yield these
        return
    yield these.with_other_condition("agreed", "agreed_by_mail")
    these = these.with_other_condition("agreed", "agreed_in_a_chat")
    ends = ("first_or_last_ends", "another_ends") if "has_certificate" in these.where else ("",)
    for kind in ends:
        yield these.with_other_condition("has_certificate", kind)


def _linked_queries(these: QueryConditions, audience: Audience, week: Mapping[str, Any]) -> Iterator[Query]:
    """Count the chats that are one of several of their person, as they were counted, and the people that they mean."""
    yield these.with_condition("among_linked").to_query("audience_counts", after="")
    asked = {
        "asks": int(audience.to_do or audience.unfinished or bool(audience.owed)),
        "wanted": audience.channel or "",
    }
    left = {"owed": left_number(audience.owed or ()), "finished": int(audience.unfinished)}
    yield these.to_query("audience_linked", **week, **asked, **left)


def to_channel_counts(rows: Iterable[tuple[str, str, int]]) -> tuple[ChannelCounts, ...]:
    """Sum rows of channel, what keeps messages back, and number; all of ``terminal:NAME`` are one channel."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for channel, obstacle, number in rows:
        found[channel.partition(":")[0]][obstacle] += number
    return tuple(ChannelCounts(channel=channel, **(+counts)) for channel, counts in sorted(found.items()) if +counts)
