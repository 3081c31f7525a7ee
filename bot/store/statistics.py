"""The picture, counted by the database per unit and summed up the tree here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import to_micros
from bot.store.request_filter import scope_conditions
from handlers.model.rights import Act, Reach, Rights
from handlers.model.statistics import (
    SILENT_AFTER,
    BurnDown,
    OpenSpan,
    UnitStatistics,
    build_burn_down,
    line_units,
    roll_up,
    statistics_root,
)

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
class StoredStatistics:
    """Counts all within reach once, whichever units are then looked at."""

    acting: StoreContext
    counted: dict[tuple[Reach, date, datetime], list[UnitStatistics]] = field(default_factory=dict)

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
        """The total of a unit, or of all within reach, and its lines; what lies out of reach is never read."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        if not reach:
            return UnitStatistics(top), ()
        rows = await self._rows(reach, today, now)
        return roll_up(rows, rights.units, top, line_units(rights, top))

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        """What was open day by day."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        if not reach:
            return build_burn_down((), start, until, today)
        where, parameters = scope_conditions(reach)
        where += ("below_unit",) if top else ()
        parameters |= {"below": top} if top else {}
        owed, requested = await self.acting.ask(
            Query("owed_spans", parameters, where=where), Query("requested_spans", parameters, where=where)
        )
        return build_burn_down((_to_span(row) for row in (*owed, *requested)), start, until, today)

    async def _rows(self, reach: Reach, today: date, now: datetime) -> list[UnitStatistics]:
        """A line for each unit that has something of its own."""
        key = (reach, today, now)
        if key not in self.counted:
            where, parameters = scope_conditions(reach)
            timed = {**parameters, "today": today.toordinal(), "quiet": to_micros(now - SILENT_AFTER)}
            calls = [Query(query, timed, where=where) for query in _COUNTS]
            unplaced = [Query("count_unplaced")] if reach.everything else []
            results = await self.acting.ask(*calls, *unplaced)
            names = [*_COUNTS.values(), ("officers",)]
            self.counted[key] = _merge_numbers(zip(names, results, strict=False))
        return self.counted[key]


def _merge_numbers(results: Iterable[tuple[tuple[str, ...], Rows]]) -> list[UnitStatistics]:
    by_unit: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
    for names, rows in results:
        for unit, *counts in rows:
            by_unit[unit or None].update(zip(names, counts, strict=True))
    return [UnitStatistics(unit, **counts) for unit, counts in by_unit.items()]


def _to_span(row: tuple[Any, ...]) -> OpenSpan:
    begun, ended, count = row
    return OpenSpan(_to_day(begun), None if ended is None else _to_day(ended), count)


def _to_day(number: int) -> date:
    return date.fromordinal(_FIRST_DAY + number)
