"""What lies on units that have ended, and to whom it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from handlers.office.units import Unit, UnitDirectory


@dataclass(frozen=True, slots=True)
class Held:
    """How much lies on one unit, those below it not counted."""

    requests: int = 0
    officers: int = 0
    certificates: int = 0  #: of the register
    roles: int = 0
    invitations: int = 0  #: open ones

    @property
    def movable(self) -> bool:
        """Whether there is anything that goes to a successor; a role is a trust in a person and never does."""
        return bool(self.requests or self.officers or self.certificates)


@dataclass(frozen=True, slots=True)
class Fate:
    """A unit that has ended, what lies on it, and to whom that goes."""

    unit: Unit
    held: Held
    heir: Unit | None  #: the one open unit it became; ``None``: all stays where it is
    successors: int  #: units of today that came of it, as far as they are known

    @property
    def moves(self) -> bool:
        """Whether anything goes to the heir."""
        return self.heir is not None and self.held.movable


def fates(units: UnitDirectory, held: Mapping[str, Held], today: date) -> tuple[Fate, ...]:
    """Of every ended unit on which anything lies, by code."""
    ended = (unit for code in sorted(held) if (unit := units.get(code)) and not unit.is_open(today))
    return tuple(_fate(units, unit, held[unit.code], today) for unit in ended)


def _fate(units: UnitDirectory, unit: Unit, held: Held, today: date) -> Fate:
    known = {one.code for one, path in units.today(unit.code, today) if path}
    return Fate(unit, held, units.heir(unit.code, today), len(known))
