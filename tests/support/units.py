"""Trees of units for tests, and conversations that know them."""

from functools import cache

from bot.units.import_plan import plan_import
from bot.units.list_reader import read_sample
from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from handlers.testing import build_memory_services
from tests.support.dialogue import NOW, Dialogue, pack


@cache
def nhon_trach() -> UnitDirectory:
    """Return the shipped sample: the former district of Nhơn Trạch and its three present communes."""
    return plan_import(read_sample("nhon-trach"), NO_UNITS).units


def dialogue(units: UnitDirectory) -> Dialogue:
    """Return a conversation that knows these units."""
    return Dialogue(world=build_memory_services(pack(), NOW, units=units))


def unit(talk: Dialogue) -> str | None:
    """Return the code of the officer's unit."""
    return talk.session.unit if talk.session else None


def screen(talk: Dialogue) -> str:
    """Return the name of the open screen."""
    return talk.session.screen if talk.session else ""
