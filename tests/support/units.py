"""Trees of units for tests, and conversations where they are known."""

from functools import cache

from bot.units import plan, sample
from handlers.memory import memory_world
from handlers.office.units import NO_UNITS, UnitDirectory
from tests.support.dialogue import NOW, Dialogue, pack


@cache
def nhon_trach() -> UnitDirectory:
    """The former district of Nhơn Trạch and the three communes of today: the sample that is shipped."""
    return plan(sample("nhon-trach"), NO_UNITS).units


def dialogue(units: UnitDirectory) -> Dialogue:
    """A conversation where these units are known."""
    return Dialogue(world=memory_world(pack(), NOW, units=units))


def unit(talk: Dialogue) -> str | None:
    """Code of the unit the officer belongs to."""
    return talk.session.unit if talk.session else None


def screen(talk: Dialogue) -> str:
    """The open screen."""
    return talk.session.screen if talk.session else ""
