"""Find the faults between rows: duplicated codes, missing units, and circles."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.units.faults import UnitFault
from bot.units.rows import ListedUnit
from handlers.model.unit_directory import UnitDirectory
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
