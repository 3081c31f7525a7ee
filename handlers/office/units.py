"""Units as a tree: tỉnh, sở, xã, phòng... One snapshot of it, in memory, as pure data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property


class Became(StrEnum):
    """What a former unit became, seen from the unit itself."""

    MERGED_INTO_NEW = "merged_into_new"
    MERGED_INTO_EXISTING = "merged_into_existing"
    RENAMED = "renamed"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Succession:
    """A former unit and what became of it."""

    former: str
    successor: str
    became: Became
    since: date
    source: str  #: the document that says so


@dataclass(frozen=True, slots=True)
class Unit:
    """A body of the tree."""

    code: str  #: at most 32 ASCII letters, digits, "-" and "."
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    closed_on: date | None = None  #: the day from which it is no more


@dataclass(frozen=True)
class UnitDirectory:
    """All units at one moment."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    successions: tuple[Succession, ...] = ()

    @classmethod
    def of(cls, units: Iterable[Unit], successions: Iterable[Succession] = ()) -> "UnitDirectory":
        """The directory of these units."""
        return cls({unit.code: unit for unit in units}, tuple(successions))

    def __bool__(self) -> bool:
        return bool(self.units)

    def get(self, code: str | None) -> Unit | None:
        """By code."""
        return self.units.get(code) if code else None

    def name(self, code: str | None) -> str:
        """The name of a unit; its code where it is not known, nothing where there is none."""
        unit = self.get(code)
        return unit.name if unit else code or ""

    def within(self, code: str, top: str) -> bool:
        """Whether a unit is ``top`` or lies below it."""
        at: str | None = code
        while at is not None and at != top:
            unit = self.units.get(at)
            at = unit.parent if unit else None
        return at is not None

    def children(self, code: str | None) -> tuple[Unit, ...]:
        """The units right below one, by name; of ``None`` the tops."""
        return self._children.get(code, ())

    def successors(self, code: str) -> tuple[Succession, ...]:
        """What became of a unit."""
        return self._successors.get(code, ())

    @cached_property
    def _children(self) -> dict[str | None, tuple[Unit, ...]]:
        found: dict[str | None, list[Unit]] = {}
        for unit in self.units.values():
            found.setdefault(unit.parent, []).append(unit)
        return {parent: tuple(sorted(below, key=lambda unit: unit.name)) for parent, below in found.items()}

    @cached_property
    def _successors(self) -> dict[str, tuple[Succession, ...]]:
        found: dict[str, list[Succession]] = {}
        for one in self.successions:
            found.setdefault(one.former, []).append(one)
        return {former: tuple(ones) for former, ones in found.items()}


#: Before any import.
NO_UNITS = UnitDirectory()
