"""The units, as a snapshot of the tables."""

from collections import defaultdict
from datetime import date

import structlog

from bot.store.drivers import Call, Driver, Rows
from bot.store.request_book import Ask
from handlers.office.units import NO_UNITS, Became, Succession, Unit, UnitDirectory

_log = structlog.get_logger(__name__)


async def units_version(driver: Driver) -> int:
    """Changes with every import."""
    (rows,) = await driver.run(Call("units_version"))
    return int(rows[0][0]) if rows else 0


async def read_units(ask: Ask) -> UnitDirectory:
    """All units, as one moment has them."""
    units, names, successions = await ask(Call("all_units"), Call("all_unit_names"), Call("all_successions"))
    if not units:
        return NO_UNITS
    known = _names(names)
    return UnitDirectory.of(
        (
            Unit(code, name, parent, known[code, "alias"], known[code, "former"], _day(closed))
            for code, name, parent, closed in units
        ),
        (
            Succession(former, successor, Became(became), day, source)
            for former, successor, became, since, source in successions
            if (day := _day(since))
        ),
    )


def _names(rows: Rows) -> defaultdict[tuple[str, str], tuple[str, ...]]:
    found: defaultdict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    for unit, name, kind in rows:
        found[unit, kind] += (name,)
    return found


def _day(number: int | None) -> date | None:
    """One that is beyond all days is not known: a damaged row must not keep all units from being read."""
    try:
        return None if number is None else date.fromordinal(number)
    except (ValueError, OverflowError, TypeError):
        _log.error("unit_day_unreadable", number=number)
        return None
