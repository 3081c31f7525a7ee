"""Counts of officers, certificates and requests for each unit, and of what was open on each day."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers import Query, Rows
from bot.store.encoding import to_micros
from bot.store.request_filter import scope_conditions, start_of_day
from handlers.model import SILENT_AFTER, OpenSpan, Reach, UnitStatistics

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
