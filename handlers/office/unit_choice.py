"""Units to choose from: those of one's own rights, and those of a name."""

from datetime import date

from handlers.office.rights import Act, Rights
from handlers.office.units import UnitDirectory


def coverable(rights: Rights, act: Act, today: date) -> tuple[str, ...]:
    """The units right at hand: those of the grants, or the tops of the tree."""
    reach = rights.reach(act)
    tops = tuple(unit.code for unit in rights.units.children(None) if unit.is_open(today))
    return tops if reach.everything else reach.units


def units_named(units: UnitDirectory, text: str, today: date) -> tuple[str, ...]:
    """The open unit of that code, else those that the text may mean by any of their names, former ones too."""
    named = units.get(text.strip())
    found = (named,) if named else tuple(one.unit for one in units.find(text, today=today))
    return tuple(dict.fromkeys(unit.code for unit in found if unit.is_open(today)))
