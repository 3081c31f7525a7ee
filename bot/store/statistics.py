"""The repository of statistics: the database counts, one line for each unit."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import to_micros
from bot.store.request_filter import scope_conditions
from handlers.model.rights import Reach
from handlers.model.statistics import SILENT_AFTER, OpenSpan, UnitStatistics

#: Query -> what its columns after the unit count.
_COUNTS = {
    "count_officers": ("officers",),
    "count_certificates": ("certificates", "expiring_30", "expiring_60", "expiring_90"),
    "count_action_needed": ("action_needed",),
    "count_requests": ("requested", "forwarded", "done"),
    "count_silent": ("silent",),
}
_FIRST_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class StatisticsRepository:
    """Counts for each unit; ``bot.services.statistics`` decides whose."""

    context: StoreContext
    _counted: dict[tuple[Reach, date, datetime], list[UnitStatistics]] = field(default_factory=dict)

    async def read_counts(self, reach: Reach, today: date, now: datetime) -> list[UnitStatistics]:
        """Return one line for each unit within reach that has something of its own; read from the database once."""
        key = (reach, today, now)
        if key not in self._counted:
            where, parameters = scope_conditions(reach)
            timed = {**parameters, "today": today.toordinal(), "quiet": to_micros(now - SILENT_AFTER)}
            calls = [Query(query, timed, where=where) for query in _COUNTS]
            unplaced = [Query("count_unplaced")] if reach.everything else []
            results = await self.context.ask(*calls, *unplaced)
            names = [*_COUNTS.values(), ("officers",)]
            self._counted[key] = _merge_numbers(zip(names, results, strict=False))
        return self._counted[key]

    async def read_spans(self, reach: Reach, below: str | None) -> list[OpenSpan]:
        """Return from when to when what is owed or requested was open, within reach and below one unit if named."""
        where, parameters = scope_conditions(reach)
        where += ("below_unit",) if below else ()
        parameters |= {"below": below} if below else {}
        owed, requested = await self.context.ask(
            Query("owed_spans", parameters, where=where), Query("requested_spans", parameters, where=where)
        )
        return [_to_span(row) for row in (*owed, *requested)]


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
