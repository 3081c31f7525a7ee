"""What is wrong between rows: codes used twice, units that are not there, circles."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.units.faults import Fault
from bot.units.listing import Listed
from handlers.office.units import UnitDirectory
from locales import N_


def faults_between(rows: Sequence[Listed], merged: UnitDirectory) -> Iterator[Fault]:
    """Faults of the file's rows, beside each other and beside what is stored (``merged``: both together)."""
    first = {row.unit.code: row.line for row in reversed(rows)}
    for row in rows:
        if first[row.unit.code] != row.line:
            yield Fault(row.line, _TWICE, {"code": row.unit.code, "first": first[row.unit.code]})
            continue
        yield from _of_the_tree(row, merged)
        yield from _of_what_became(row, merged)


def _of_the_tree(row: Listed, merged: UnitDirectory) -> Iterator[Fault]:
    code, parent = row.unit.code, row.unit.parent
    if parent is not None and merged.get(parent) is None:
        yield Fault(row.line, _NO_PARENT, {"parent": parent})
    if _comes_back(code, lambda at: _parent(merged, at)):
        yield Fault(row.line, _OWN_SUPERIOR, {"code": code})


def _of_what_became(row: Listed, merged: UnitDirectory) -> Iterator[Fault]:
    code = row.unit.code
    for step in row.successions:
        if merged.get(step.successor) is None:
            yield Fault(row.line, _NO_SUCCESSOR, {"code": step.successor})
    if _comes_back(code, lambda at: [step.successor for step in merged.successors(at)]):
        yield Fault(row.line, _OWN_SUCCESSOR, {"code": code})


def _parent(merged: UnitDirectory, code: str) -> list[str]:
    unit = merged.get(code)
    return [unit.parent] if unit and unit.parent else []


def _comes_back(start: str, onward: Callable[[str], Iterable[str]]) -> bool:
    """Whether some way on from a unit leads back to it."""
    seen: set[str] = set()
    waiting = list(onward(start))
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting.extend(onward(at))
    return start in seen


_TWICE = N_("the code “{code}” stands in line {first} already; give each unit a code of its own.")
_NO_PARENT = N_("the superior “{parent}” is in neither the file nor the database; correct it or add that unit.")
_OWN_SUPERIOR = N_("“{code}” lies below itself; correct the superiors.")
_NO_SUCCESSOR = N_("“{code}”, which the unit became, is in neither the file nor the database; correct it or add it.")
_OWN_SUCCESSOR = N_("“{code}” became itself in the end; correct what the units became.")
