"""Plan an import: find the faults between rows, and compare the file with the stored units.

An import never deletes; a unit ends by its day.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

from bot.units import FaultyUnitsError, UnitFault
from bot.units.list_reader import UnitRow
from bot.units.rows import ListedUnit, ResolvedUnit, RowReader, UnitLookup
from handlers.model import Unit, UnitDirectory, name_keys
from locales import N_


def find_faults_between(rows: Sequence[ListedUnit], merged: UnitDirectory) -> Iterator[UnitFault]:
    """Yield the faults of rows in relation to each other and to the store; ``merged`` holds both together."""
    first = {row.unit.code: row.line for row in reversed(rows)}
    below_itself = find_circular(first, lambda at: _parent_codes(merged, at))
    became_itself = find_circular(first, lambda at: [step.successor for step in merged.successors(at)])
    for row in rows:
        code = row.unit.code
        if first[code] != row.line:
            if code:  # a row without a code is a fault of its own
                yield UnitFault(row.line, _TWICE, {"code": code, "first": first[code]})
            continue
        yield from _find_missing(row, merged)
        if code in below_itself:
            yield UnitFault(row.line, _OWN_SUPERIOR, {"code": code})
        if code in became_itself:
            yield UnitFault(row.line, _OWN_SUCCESSOR, {"code": code})


def _find_missing(row: ListedUnit, merged: UnitDirectory) -> Iterator[UnitFault]:
    parent = row.unit.parent
    if parent is not None and merged.get(parent) is None:
        yield UnitFault(row.line, _NO_PARENT, {"parent": parent})
    for step in row.successions:
        if merged.get(step.successor) is None:
            yield UnitFault(row.line, _NO_SUCCESSOR, {"code": step.successor})


def _parent_codes(merged: UnitDirectory, code: str) -> list[str]:
    unit = merged.get(code)
    return [unit.parent] if unit and unit.parent else []


def find_circular(starts: Iterable[str], onward: Callable[[str], Iterable[str]]) -> set[str]:
    """Return every node on a circle, each visited once (Tarjan's components, without recursion)."""
    found: set[str] = set()
    low: dict[str, int] = {}
    order: dict[str, int] = {}
    open_: dict[str, None] = {}  # visited, with the circle still unknown
    for start in starts:
        walk = [] if start in order else [_enter_node(start, onward, order, low, open_)]
        while walk:
            at, ways = walk[-1]
            step = next(ways, None)
            if step is None:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    low[above] = min(low[above], low[at])
                if low[at] == order[at]:
                    found |= _close_component(at, onward, open_)
            elif step not in order:
                walk.append(_enter_node(step, onward, order, low, open_))
            elif step in open_:
                low[at] = min(low[at], order[step])
    return found


def _enter_node(
    at: str,
    onward: Callable[[str], Iterable[str]],
    order: dict[str, int],
    low: dict[str, int],
    open_: dict[str, None],
) -> tuple[str, Iterator[str]]:
    order[at] = low[at] = len(order)
    open_[at] = None
    return at, iter(onward(at))


def _close_component(first: str, onward: Callable[[str], Iterable[str]], open_: dict[str, None]) -> set[str]:
    """Return the circle whose first node was just finished; empty for a single node that does not lead to itself."""
    circle: set[str] = set()
    while first not in circle:
        circle.add(open_.popitem()[0])
    return circle if len(circle) > 1 or first in onward(first) else set()


_TWICE = N_("the code “{code}” stands in line {first} already; give each unit a code of its own.")
_NO_PARENT = N_("the superior “{parent}” is in neither the file nor the database; correct it or add that unit.")
_OWN_SUPERIOR = N_("“{code}” lies below itself; correct the superiors.")
_NO_SUCCESSOR = N_("“{code}”, which the unit became, is in neither the file nor the database; correct it or add it.")
_OWN_SUCCESSOR = N_("“{code}” became itself in the end; correct what the units became.")

_COLUMNS = tuple(column.name for column in fields(Unit))
#: Official codes of places have 2, 3 or 5 digits, never so many.
_UNUSUAL = {1, 4}


class UnitChangeKind(StrEnum):
    """The kind of change to a unit."""

    ADDED = "added"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit that the import changes."""

    kind: UnitChangeKind
    unit: Unit
    columns: tuple[str, ...] = ()  #: the changed columns of a stored unit


@dataclass(frozen=True, slots=True)
class UnitRename:
    """A stored code with a new name: the body was renamed, or another body got its code."""

    code: str
    before: str
    after: str
    elsewhere: tuple[str, ...] = ()  #: codes that the file adds under the old name


@dataclass(frozen=True, slots=True)
class UnderstoodDay:
    """A day as written in the file, and as understood."""

    text: str
    day: date
    rows: int


@dataclass(frozen=True, slots=True)
class UnitImportPlan:
    """All changes of an import, and the units as they would be afterwards."""

    changes: tuple[UnitChange, ...]
    units: UnitDirectory
    missing: tuple[str, ...]  #: stored codes that the file lacks; they stay as they are
    renames: tuple[UnitRename, ...] = ()
    tops: tuple[str, ...] = ()  #: codes of the file without a superior
    days: tuple[UnderstoodDay, ...] = ()
    resolved: tuple[ResolvedUnit, ...] = ()  #: superiors and successors that the file names otherwise than by code
    lengths: Mapping[int, int] | None = None  #: digits -> number of codes that are plain numbers, if zeros may be lost

    def of(self, kind: UnitChangeKind) -> tuple[UnitChange, ...]:
        """Return the changes of one kind, in the order of the file."""
        return tuple(change for change in self.changes if change.kind is kind)


def plan_import(rows: Sequence[UnitRow], stored: UnitDirectory, *, text: bool = False) -> UnitImportPlan:
    """Return what importing these rows would change.

    Args:
        rows: The rows of a file.
        stored: The units stored already.
        text: The file is a text file, in which any code of digits may have lost zeros.

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
    """Add the code's earlier name to the former names, so that it still finds the unit."""
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
    """Return each day once, in the order of the file."""
    counts = Counter(day for one in listed for day in one.days)
    return (UnderstoodDay(text, day, rows) for (text, day), rows in counts.items())


def _code_lengths(rows: Sequence[UnitRow], *, text: bool) -> dict[int, int] | None:
    """Return the lengths of codes whose leading zeros a spreadsheet may have cut off; ``None`` without a sign of that.

    The sign is that units below one superior have codes of different lengths, or of a length that no official code has.
    A code that is text, or is shown with zeros, has lost none.
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
    """Merge both; a code that the file has twice, which is a fault, gets its first row."""
    rows = {one.unit.code: one for one in reversed(list(listed))}
    units = {**stored.units, **{code: one.unit for code, one in rows.items()}}
    became = {code: stored.successors(code) for code in stored.units}
    became.update({code: one.successions for code, one in rows.items()})
    return UnitDirectory(units, tuple(step for steps in became.values() for step in steps))


def _to_change(said: ListedUnit, one: ListedUnit, stored: UnitDirectory) -> UnitChange | None:
    """Return the change of a unit; a former name that only follows from a new name is not reported as well."""
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
    """Return names as a set, because they have no order."""
    return frozenset(value) if isinstance(value, tuple) else value
