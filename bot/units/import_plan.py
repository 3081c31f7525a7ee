"""What an import would do: the file beside what is stored. Nothing is ever deleted; a unit ends by its day."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

from bot.units.faults import FaultyUnitsError, UnitFault
from bot.units.list_reader import UnitRow
from bot.units.rows import ListedUnit, ResolvedUnit, RowReader, UnitLookup
from bot.units.validation import find_faults_between
from handlers.model.unit import Unit, name_keys
from handlers.model.unit_directory import UnitDirectory

_COLUMNS = tuple(column.name for column in fields(Unit))
#: Digits that no official code of a place has (they have 2, 3 or 5).
_UNUSUAL = {1, 4}


class UnitChangeKind(StrEnum):
    """What happens to a unit."""

    ADDED = "added"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class UnitChange:
    """One unit that the import touches."""

    kind: UnitChangeKind
    unit: Unit
    columns: tuple[str, ...] = ()  #: what is different, of a unit that is stored


@dataclass(frozen=True, slots=True)
class UnitRename:
    """A stored code under another name: a new name of the body, or another body that got the code."""

    code: str
    before: str
    after: str
    elsewhere: tuple[str, ...] = ()  #: codes that the file adds under the name of before


@dataclass(frozen=True, slots=True)
class UnderstoodDay:
    """A day as the file writes it, and as it was understood."""

    text: str
    day: date
    rows: int


@dataclass(frozen=True, slots=True)
class UnitImportPlan:
    """All that would be done, and the units as they would be."""

    changes: tuple[UnitChange, ...]
    units: UnitDirectory
    missing: tuple[str, ...]  #: codes that are stored and not in the file: they stay as they are
    renames: tuple[UnitRename, ...] = ()
    tops: tuple[str, ...] = ()  #: codes of the file that have no superior
    days: tuple[UnderstoodDay, ...] = ()
    resolved: tuple[ResolvedUnit, ...] = ()  #: superiors and successors that the file does not name by their codes
    lengths: Mapping[int, int] | None = None  #: digits -> codes that are bare numbers, where zeros may be lost

    def of(self, kind: UnitChangeKind) -> tuple[UnitChange, ...]:
        """The changes of one kind, in the order of the file."""
        return tuple(change for change in self.changes if change.kind is kind)


def plan_import(rows: Sequence[UnitRow], stored: UnitDirectory, *, text: bool = False) -> UnitImportPlan:
    """What importing these rows would do.

    Args:
        rows: The rows of a file.
        stored: What is known already.
        text: The file is a text file, in which every code of digits may have been a number once.

    Raises:
        FaultyUnitsError: rows are wrong; all faults of the file are named.
    """
    read, faults = _read_rows(rows, stored)
    listed = [_with_former_name(one, stored) for one in read]
    merged = _merge_units(listed, stored)
    if every := [*faults, *find_faults_between(listed, merged)]:
        raise FaultyUnitsError(every)
    changes = tuple(change for was, one in zip(read, listed, strict=True) if (change := _to_change(was, one, stored)))
    return UnitImportPlan(
        changes,
        merged,
        tuple(sorted(set(stored.units) - {one.unit.code for one in listed})),
        tuple(_find_renames(listed, stored)),
        tuple(one.unit.code for one in listed if one.unit.parent is None),
        tuple(_understood_days(listed)),
        tuple(dict.fromkeys(one for row in listed for one in row.resolved)),
        _code_lengths(rows, text=text),
    )


def _read_rows(rows: Sequence[UnitRow], stored: UnitDirectory) -> tuple[list[ListedUnit], list[UnitFault]]:
    naming = UnitLookup(rows, stored)
    readers = [RowReader(row, stored, naming) for row in rows]
    listed = [reader.read() for reader in readers]
    return listed, [fault for reader in readers for fault in reader.faults]


def _with_former_name(one: ListedUnit, stored: UnitDirectory) -> ListedUnit:
    """With the name that the code had before among the former ones, so that it still finds the unit."""
    before, unit = stored.get(one.unit.code), one.unit
    if before is None or set(name_keys(before.name)) & {key for name in unit.names for key in name_keys(name)}:
        return one
    return replace(one, unit=replace(unit, former_names=tuple(sorted({*unit.former_names, before.name}))))


def _find_renames(listed: Iterable[ListedUnit], stored: UnitDirectory) -> Iterator[UnitRename]:
    rows = list(listed)
    added: dict[str, list[str]] = {}
    for one in rows:
        if stored.get(one.unit.code) is None:
            for key in name_keys(one.unit.name):
                added.setdefault(key, []).append(one.unit.code)
    for one in rows:
        before = stored.get(one.unit.code)
        if before and before.name != one.unit.name:
            elsewhere = {code: None for key in name_keys(before.name) for code in added.get(key, ())}
            yield UnitRename(one.unit.code, before.name, one.unit.name, tuple(elsewhere))


def _understood_days(listed: Iterable[ListedUnit]) -> Iterator[UnderstoodDay]:
    """Each once, in the order of the file."""
    counts = Counter(day for one in listed for day in one.days)
    return (UnderstoodDay(text, day, rows) for (text, day), rows in counts.items())


def _code_lengths(rows: Sequence[UnitRow], *, text: bool) -> dict[int, int] | None:
    """How long codes are that a spreadsheet may have cut zeros off; ``None`` where nothing tells so.

    Zeros were lost where units below one superior have codes of different lengths, or of a length that no official
    code has. A code that is text, or is shown with zeros, has lost none.
    """
    digits = [row for row in rows if (text or "code" in row.bare) and row.cells["code"].isdigit()]
    codes = [row.cells["code"] for row in digits]
    beside: dict[str, set[int]] = {}
    for row in rows:
        if row.cells["code"].isdigit():
            beside.setdefault(row.cells.get("parent", ""), set()).add(len(row.cells["code"]))
    short = any(len(beside[row.cells.get("parent", "")]) > 1 or len(row.cells["code"]) in _UNUSUAL for row in digits)
    if not short or any(code.startswith("0") for code in codes):
        return None
    return dict(sorted(Counter(map(len, codes)).items()))


def _merge_units(listed: Iterable[ListedUnit], stored: UnitDirectory) -> UnitDirectory:
    """Both together; of a code that stands in the file twice, which is a fault, the first row."""
    rows = {one.unit.code: one for one in reversed(list(listed))}
    units = {**stored.units, **{code: one.unit for code, one in rows.items()}}
    became = {code: stored.successors(code) for code in stored.units}
    became.update({code: one.successions for code, one in rows.items()})
    return UnitDirectory(units, tuple(step for steps in became.values() for step in steps))


def _to_change(said: ListedUnit, one: ListedUnit, stored: UnitDirectory) -> UnitChange | None:
    """What the file says is different; a former name that follows from a new one is not told beside it."""
    before, unit = stored.get(one.unit.code), said.unit
    if before is None:
        return UnitChange(UnitChangeKind.ADDED, one.unit)
    columns = [
        name for name in _COLUMNS if _without_order(getattr(before, name)) != _without_order(getattr(unit, name))
    ]
    if set(stored.successors(unit.code)) != set(one.successions):
        columns.append("successors")
    if not columns:
        return None
    closed = before.closed_on is None and unit.closed_on is not None
    return UnitChange(UnitChangeKind.CLOSED if closed else UnitChangeKind.CHANGED, one.unit, tuple(columns))


def _without_order(value: object) -> object:
    """Names have no order."""
    return frozenset(value) if isinstance(value, tuple) else value
