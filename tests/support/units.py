"""Trees of units for tests, and conversations where they are known."""

from functools import cache

from bot.units.import_plan import plan_import
from bot.units.list_reader import read_sample
from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from handlers.testing import build_memory_services
from tests.support.dialogue import NOW, Dialogue, pack


@cache
def nhon_trach() -> UnitDirectory:
    """The former district of Nhơn Trạch and the three communes of today: the sample that is shipped."""
    return plan_import(read_sample("nhon-trach"), NO_UNITS).units


def dialogue(units: UnitDirectory) -> Dialogue:
    """A conversation where these units are known."""
    return Dialogue(world=build_memory_services(pack(), NOW, units=units))


def unit(talk: Dialogue) -> str | None:
    """Code of the unit the officer belongs to."""
    return talk.session.unit if talk.session else None


def screen(talk: Dialogue) -> str:
    """The open screen."""
    return talk.session.screen if talk.session else ""
