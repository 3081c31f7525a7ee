"""The tree of units (tỉnh, sở, xã, phòng...) in memory, and what moves when a unit ends."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice

from handlers.model.unit import Succession, Unit, UnitIndex, name_keys
from rules.language.spelling import in_order

__all__ = ["NO_UNITS", "Succession", "Unit", "UnitDirectory", "UnitMatch"]

#: Ancestors shown in a full name. No real unit lies deeper, but a hostile list may be a chain of thousands.
_MAX_ANCESTORS = 8


@dataclass(frozen=True, slots=True)
class UnitMatch:
    """A unit that a text may mean."""

    unit: Unit  #: the present unit; a closed one only if no successor is known
    name: str  #: the name that matched
    sure: bool  #: whether the text is that name in full
    path: tuple[Succession, ...] = ()  #: successions from the former unit of this name to the present unit

    @property
    def matched_code(self) -> str:
        """Return the code of the unit that has the name: the former unit, else the unit itself."""
        return self.path[0].former if self.path else self.unit.code


@dataclass(frozen=True)
class UnitDirectory:
    """All units and successions at one moment."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    successions: tuple[Succession, ...] = ()

    @classmethod
    def of(cls, units: Iterable[Unit], successions: Iterable[Succession] = ()) -> "UnitDirectory":
        """Build the directory from units and successions."""
        return cls({unit.code: unit for unit in units}, tuple(successions))

    def __bool__(self) -> bool:
        return bool(self.units)

    def get(self, code: str | None) -> Unit | None:
        """Return the unit with this code, or ``None``."""
        return self.units.get(code) if code else None

    def name(self, code: str | None) -> str:
        """Return the name of a unit, its code if it is not known, or an empty text for ``None``."""
        unit = self.get(code)
        return unit.name if unit else code or ""

    def path_name(self, code: str | None) -> str:
        """Return the name of a unit with those above it, such as "xã Đại Phước – tỉnh Đồng Nai".

        Very long chains are cut.
        """
        names = [unit.name for unit in islice(self.ancestors(code), _MAX_ANCESTORS + 1)]
        return " – ".join([self.name(code), *names[:_MAX_ANCESTORS], *(["…"] if len(names) > _MAX_ANCESTORS else [])])

    def ancestors(self, code: str | None) -> Iterator[Unit]:
        """Yield the units above one, the nearest first."""
        unit = self.get(code)
        while unit is not None and (unit := self.get(unit.parent)) is not None:
            yield unit

    def line(self, code: str | None) -> tuple[str, ...]:
        """Return a code and those of the units above it, the nearest first; nothing for ``None``."""
        return (code, *(above.code for above in self.ancestors(code))) if code else ()

    def is_within(self, code: str, top: str) -> bool:
        """Return whether a unit is ``top`` or lies below it."""
        at: str | None = code
        while at is not None and at != top:
            unit = self.units.get(at)
            at = unit.parent if unit else None
        return at is not None

    def children(self, code: str | None) -> tuple[Unit, ...]:
        """Return the units right below one, by name; for ``None`` those at the top."""
        return self._children.get(code, ())

    def successors(self, code: str) -> tuple[Succession, ...]:
        """Return the successions from a former unit."""
        return self._successors.get(code, ())

    def find(self, text: str, limit: int = 10, *, today: date | None = None) -> tuple[UnitMatch, ...]:
        """Find the units that a text may mean, the likeliest first; full matches exclude partial ones.

        Args:
            text: The name as it was typed.
            limit: The greatest number of matches to return.
            today: The day that decides which units are closed; without it, every unit with a known end is.
        """
        distinct: dict[tuple[str, tuple[Succession, ...]], UnitMatch] = {}
        for named in self._index.look_up(text, limit):
            for unit, path in self.current_units(named.code, today):
                distinct.setdefault((unit.code, path), UnitMatch(unit, named.name, named.sure, path))
        ordered = sorted(distinct.values(), key=lambda one: bool(one.path) or not one.unit.is_open(today))
        return tuple(ordered[:limit])

    def find_exact(self, name: str) -> set[str]:
        """Return the codes of all units, former ones too, that bear exactly this name."""
        return self._index.find_exact(name)

    def with_index(self) -> "UnitDirectory":
        """Return this directory with its search index built already; for 11,000 units that takes about 0.3 seconds."""
        _ = self._index
        return self

    def current_units(self, code: str, today: date | None = None) -> tuple[tuple[Unit, tuple[Succession, ...]], ...]:
        """Return the open units that a unit is today, each with the successions leading to it.

        An open unit, or one whose successors are unknown, is returned itself with an empty path.
        """
        unit = self.units[code]
        if unit.is_open(today):
            return ((unit, ()),)
        return tuple(self._follow_successions(code, today)) or ((unit, ()),)

    def sole_successor(self, code: str, today: date | None = None) -> Unit | None:
        """Return the one open unit that all of a closed one became.

        ``None`` for several, or if a successor is unknown.
        """
        ends: set[str] = set()
        seen: set[str] = set()
        waiting = [] if (own := self.get(code)) and own.is_open(today) else [code]
        while waiting:
            at = waiting.pop()
            unit, onward = self.get(at), self.successors(at)
            if unit and unit.is_open(today):
                ends.add(at)
            elif not onward:
                return None
            elif at not in seen:
                seen.add(at)
                waiting.extend(step.successor for step in onward)
        return self.units[ends.pop()] if len(ends) == 1 else None

    def _follow_successions(self, code: str, today: date | None) -> Iterator[tuple[Unit, tuple[Succession, ...]]]:
        """Yield every path from a former unit to an open one; a cycle is followed once."""
        waiting: list[tuple[Succession, ...]] = [(step,) for step in reversed(self.successors(code))]
        while waiting:
            path = waiting.pop()
            unit = self.get(path[-1].successor)
            if unit is None or unit.code in {step.former for step in path}:
                continue
            if unit.is_open(today):
                yield unit, path
            else:
                waiting.extend((*path, step) for step in reversed(self.successors(unit.code)))

    @cached_property
    def _index(self) -> UnitIndex:
        return UnitIndex(self.units)

    @cached_property
    def in_order(self) -> tuple[Unit, ...]:
        """List all units by name, as a Vietnamese dictionary orders them."""
        return tuple(sorted(self.units.values(), key=lambda unit: in_order(unit.name)))

    @cached_property
    def _children(self) -> dict[str | None, tuple[Unit, ...]]:
        found: dict[str | None, list[Unit]] = {}
        for unit in self.in_order:
            found.setdefault(unit.parent, []).append(unit)
        return {parent: tuple(below) for parent, below in found.items()}

    @cached_property
    def _successors(self) -> dict[str, tuple[Succession, ...]]:
        found: dict[str, list[Succession]] = {}
        for one in self.successions:
            found.setdefault(one.former, []).append(one)
        return {former: tuple(ones) for former, ones in found.items()}


#: The empty directory, before any import.
NO_UNITS = UnitDirectory()

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
