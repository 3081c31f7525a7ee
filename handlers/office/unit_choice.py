"""Units to choose from: those of one's own rights, and those of a name."""

from handlers.folding import fold
from handlers.office.rights import Act, Rights
from handlers.office.units import Unit, UnitDirectory


def coverable(rights: Rights, act: Act) -> tuple[str, ...]:
    """The units right at hand: those of the grants, or the tops of the tree."""
    reach = rights.reach(act)
    tops = tuple(unit.code for unit in rights.units.children(None) if unit.closed_on is None)
    return tops if reach.everything else reach.units


def units_named(units: UnitDirectory, text: str) -> tuple[str, ...]:
    """Open units of that code or name, else those whose name holds all the words."""
    wanted = fold(text)
    if not wanted:
        return ()
    open_ones = [unit for unit in units.units.values() if unit.closed_on is None]
    exact = tuple(unit.code for unit in open_ones if wanted in {fold(unit.code), *_names(unit)})
    return exact or tuple(unit.code for unit in open_ones if any(_holds(name, wanted) for name in _names(unit)))


def _names(unit: Unit) -> set[str]:
    return {fold(name) for name in (unit.name, *unit.aliases)}


def _holds(name: str, wanted: str) -> bool:
    return set(wanted.split()) <= set(name.split())
