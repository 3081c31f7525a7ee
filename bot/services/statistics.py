"""The use cases of statistics: numbers of units, and how what is open becomes less, within reach."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.store.statistics import StatisticsRepository
from handlers.model.rights import Act, Rights
from handlers.model.statistics import (
    BurnDown,
    UnitStatistics,
    build_burn_down,
    line_units,
    roll_up,
    statistics_root,
)


@dataclass(frozen=True, slots=True)
class StatisticsService:
    """Implements ``handlers.core.ports.Statistics``: sums the counts of single units up the tree."""

    statistics: StatisticsRepository

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
        """Read all within reach once, whichever units are looked at; what lies out of reach is never read."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        if not reach:
            return UnitStatistics(top), ()
        rows = await self.statistics.read_counts(reach, today, now)
        return roll_up(rows, rights.units, top, line_units(rights, top))

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        """Return a curve of zeros where nothing is within reach."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        spans = await self.statistics.read_spans(reach, top) if reach else []
        return build_burn_down(spans, start, until, today)
