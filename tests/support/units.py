"""Trees of units for tests: the sample that is shipped, as the program reads it."""

from functools import cache

from bot.units import plan, sample
from handlers.office.units import NO_UNITS, UnitDirectory


@cache
def nhon_trach() -> UnitDirectory:
    """The former district of Nhơn Trạch and the three communes of today."""
    return plan(sample("nhon-trach"), NO_UNITS).units
