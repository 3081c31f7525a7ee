"""What an import would do: the file beside what is stored. Nothing is ever deleted; a unit ends by its day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from bot.units.checking import faults_between
from bot.units.errors import FaultyUnitsError
from bot.units.faults import Fault
from bot.units.listing import Listed, RowReader
from bot.units.reading import Row
from handlers.office.units import Unit, UnitDirectory

_COLUMNS = tuple(column.name for column in fields(Unit))


class Kind(StrEnum):
    """What happens to a unit."""

    ADDED = "added"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Change:
    """One unit that the import touches."""

    kind: Kind
    unit: Unit
    columns: tuple[str, ...] = ()  #: what is different, of a unit that is stored


@dataclass(frozen=True, slots=True)
class Plan:
    """All that would be done, and the units as they would be."""

    changes: tuple[Change, ...]
    units: UnitDirectory
    missing: tuple[str, ...]  #: codes that are stored and not in the file: they stay as they are

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind, in the order of the file."""
        return tuple(change for change in self.changes if change.kind is kind)


def plan(rows: Sequence[Row], stored: UnitDirectory) -> Plan:
    """What importing these rows would do.

    Raises:
        FaultyUnitsError: rows are wrong; all faults of the file are named.
    """
    listed, faults = _read(rows, stored)
    merged = _merged(listed, stored)
    if every := [*faults, *faults_between(listed, merged)]:
        raise FaultyUnitsError(every)
    changes = tuple(change for one in listed if (change := _change(one, stored)))
    return Plan(changes, merged, tuple(sorted(set(stored.units) - {one.unit.code for one in listed})))


def _read(rows: Iterable[Row], stored: UnitDirectory) -> tuple[list[Listed], list[Fault]]:
    readers = [RowReader(row, stored) for row in rows]
    listed = [reader.read() for reader in readers]
    return listed, [fault for reader in readers for fault in reader.faults]


def _merged(listed: Iterable[Listed], stored: UnitDirectory) -> UnitDirectory:
    """Both together; of a code that stands in the file twice, which is a fault, the first row."""
    rows = {one.unit.code: one for one in reversed(list(listed))}
    units = {**stored.units, **{code: one.unit for code, one in rows.items()}}
    became = {code: stored.successors(code) for code in stored.units}
    became.update({code: one.successions for code, one in rows.items()})
    return UnitDirectory(units, tuple(step for steps in became.values() for step in steps))


def _change(one: Listed, stored: UnitDirectory) -> Change | None:
    before, unit = stored.get(one.unit.code), one.unit
    if before is None:
        return Change(Kind.ADDED, unit)
    columns = [name for name in _COLUMNS if _plain(getattr(before, name)) != _plain(getattr(unit, name))]
    if set(stored.successors(unit.code)) != set(one.successions):
        columns.append("successors")
    if not columns:
        return None
    closed = before.closed_on is None and unit.closed_on is not None
    return Change(Kind.CLOSED if closed else Kind.CHANGED, unit, tuple(columns))


def _plain(value: object) -> object:
    """Names have no order."""
    return frozenset(value) if isinstance(value, tuple) else value
