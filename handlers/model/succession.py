"""The holdings of units that have ended, and the successors they move to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from handlers.model.unit import Unit, name_keys
from handlers.model.unit_directory import UnitDirectory

#: Units with the same name that are looked at; more than one leaves the choice open anyway.
_MAX_NAMESAKES = 20


@dataclass(frozen=True, slots=True)
class UnitHoldings:
    """The numbers of things that belong to one unit, without those below it."""

    requests: int = 0
    officers: int = 0
    certificates: int = 0  #: entries of the register
    roles: int = 0
    invitations: int = 0  #: open ones

    @property
    def has_transferable(self) -> bool:
        """Return whether there is anything that moves to a successor.

        Roles never do, because they are trust in a person.
        """
        return bool(self.requests or self.officers or self.certificates)


@dataclass(frozen=True, slots=True)
class UnitSuccession:
    """A unit that has ended, its holdings, and its successor."""

    unit: Unit
    held: UnitHoldings
    heir: Unit | None  #: the one open unit that it became; ``None``: everything stays
    successors: int  #: number of known present units that came of it

    @property
    def has_transfer(self) -> bool:
        """Return whether anything moves to the successor."""
        return self.heir is not None and self.held.has_transferable


def plan_succession(units: UnitDirectory, held: Mapping[str, UnitHoldings], today: date) -> tuple[UnitSuccession, ...]:
    """Plan the succession of every ended unit that has holdings, in order of their codes."""
    ended = (unit for code in sorted(held) if (unit := units.get(code)) and not unit.is_open(today))
    return tuple(_plan_unit_succession(units, unit, held[unit.code], today) for unit in ended)


def _plan_unit_succession(units: UnitDirectory, unit: Unit, held: UnitHoldings, today: date) -> UnitSuccession:
    known = {one.code for one, path in units.current_units(unit.code, today) if path}
    return UnitSuccession(unit, held, units.sole_successor(unit.code, today), len(known))


@dataclass(frozen=True, slots=True)
class UnitAssignment:
    """A request without a unit, at the revision at which it was seen, and the unit that its managing body is."""

    code: str
    revision: int
    unit: str


def unit_of_managing_body(units: UnitDirectory, name: str, today: date) -> str | None:
    """Return the one open unit that all units of exactly this name are today; ``None`` for no such unit or several.

    Additions such as the province ("xã A, tỉnh B") are not interpreted: with them the name is a different one.
    """
    keys = set(name_keys(name))
    named = {
        one.matched_code
        for one in units.find(name, _MAX_NAMESAKES, today=today)
        if keys.intersection(name_keys(one.name))
    }
    homes = {code if units.units[code].is_open(today) else _successor_code(units, code, today) for code in named}
    return homes.pop() if len(homes) == 1 else None


def _successor_code(units: UnitDirectory, code: str, today: date) -> str | None:
    unit = units.sole_successor(code, today)
    return unit.code if unit else None
