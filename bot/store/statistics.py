"""The picture, counted by the database per unit and summed up the tree here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.store.drivers import Call, Rows
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.reaching import reaching
from handlers.office.picture import (
    SILENT_AFTER,
    BurnDown,
    Numbers,
    Span,
    burnt_down,
    lines_of,
    opened,
    rolled_up,
)
from handlers.office.rights import Act, Reach, Rights

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
class StoredPicture:
    """Implements ``handlers.ports.Picture``: all within reach is counted once, whichever units are then looked at."""

    acting: Acting
    counted: dict[tuple[Reach, date, datetime], list[Numbers]] = field(default_factory=dict)

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[Numbers, tuple[Numbers, ...]]:
        """The total of a unit, or of all within reach, and its lines; what lies out of reach is never read."""
        top, reach = opened(rights, unit), rights.reach(Act.SEE_PICTURE)
        if not reach:
            return Numbers(top), ()
        rows = await self._rows(reach, today, now)
        return rolled_up(rows, rights.units, top, lines_of(rights, top))

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        """What was open day by day."""
        top, reach = opened(rights, unit), rights.reach(Act.SEE_PICTURE)
        if not reach:
            return burnt_down((), start, until, today)
        where, parameters = reaching(reach)
        where += ("below_unit",) if top else ()
        parameters |= {"below": top} if top else {}
        owed, requested = await self.acting.ask(
            Call("owed_spans", parameters, where=where), Call("requested_spans", parameters, where=where)
        )
        return burnt_down((_span(row) for row in (*owed, *requested)), start, until, today)

    async def _rows(self, reach: Reach, today: date, now: datetime) -> list[Numbers]:
        """A line for each unit that has something of its own."""
        key = (reach, today, now)
        if key not in self.counted:
            where, parameters = reaching(reach)
            timed = {**parameters, "today": today.toordinal(), "quiet": stored(now - SILENT_AFTER)}
            calls = [Call(query, timed, where=where) for query in _COUNTS]
            unplaced = [Call("count_unplaced")] if reach.everything else []
            results = await self.acting.ask(*calls, *unplaced)
            names = [*_COUNTS.values(), ("officers",)]
            self.counted[key] = _joined(zip(names, results, strict=False))
        return self.counted[key]


def _joined(results: Iterable[tuple[tuple[str, ...], Rows]]) -> list[Numbers]:
    by_unit: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
    for names, rows in results:
        for unit, *counts in rows:
            by_unit[unit or None].update(zip(names, counts, strict=True))
    return [Numbers(unit, **counts) for unit, counts in by_unit.items()]


def _span(row: tuple[Any, ...]) -> Span:
    begun, ended, count = row
    return Span(_day(begun), None if ended is None else _day(ended), count)


def _day(number: int) -> date:
    return date.fromordinal(_FIRST_DAY + number)
