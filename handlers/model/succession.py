"""What lies on units that have ended, and to whom it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from handlers.office.units import Unit, UnitDirectory
from handlers.unit_words import keys_of

#: Units of one name that are looked at; more than one is a choice anyway.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Held:
    """How much lies on one unit, those below it not counted."""

    requests: int = 0
    officers: int = 0
    certificates: int = 0  #: of the register
    roles: int = 0
    invitations: int = 0  #: open ones

    @property
    def has_transferable(self) -> bool:
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
    def has_transfer(self) -> bool:
        """Whether anything goes to the heir."""
        return self.heir is not None and self.held.has_transferable


def fates(units: UnitDirectory, held: Mapping[str, Held], today: date) -> tuple[Fate, ...]:
    """Of every ended unit on which anything lies, by code."""
    ended = (unit for code in sorted(held) if (unit := units.get(code)) and not unit.is_open(today))
    return tuple(_fate(units, unit, held[unit.code], today) for unit in ended)


def _fate(units: UnitDirectory, unit: Unit, held: Held, today: date) -> Fate:
    known = {one.code for one, path in units.current_units(unit.code, today) if path}
    return Fate(unit, held, units.sole_successor(unit.code, today), len(known))


@dataclass(frozen=True, slots=True)
class Placing:
    """A request of no unit, as it was seen, and the unit that its managing body is."""

    code: str
    revision: int
    unit: str


def home(units: UnitDirectory, name: str, today: date) -> str | None:
    """The one open unit that all units of exactly this name are today; ``None`` where there is none, or a choice.

    A place that is named besides ("xã A, tỉnh B") is not read: the name is another one then.
    """
    keys = set(keys_of(name))
    named = {one.matched_code for one in units.find(name, _MOST, today=today) if keys.intersection(keys_of(one.name))}
    homes = {code if units.units[code].is_open(today) else _heir(units, code, today) for code in named}
    return homes.pop() if len(homes) == 1 else None


def _heir(units: UnitDirectory, code: str, today: date) -> str | None:
    unit = units.sole_successor(code, today)
    return unit.code if unit else None
