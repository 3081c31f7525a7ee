"""A tree as numbers: a unit and all below it are one range (nested sets)."""

from dataclasses import dataclass

from handlers.office.units import UnitDirectory


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit stands in a walk of the tree."""

    place: int  #: superiors first
    last: int  #: place of the last unit below it; its own where there is none


def places_of(units: UnitDirectory) -> dict[str, Place]:
    """The place of every unit, in the order of the walk; the tree has no circle."""
    first: dict[str, int] = {}
    waiting = [unit.code for unit in reversed(units.children(None))]
    while waiting:
        code = waiting.pop()
        first[code] = len(first) + 1
        waiting.extend(unit.code for unit in reversed(units.children(code)))
    last = dict(first)
    for code in reversed(first):
        parent = units.units[code].parent
        if parent is not None:
            last[parent] = max(last[parent], last[code])
    return {code: Place(place, last[code]) for code, place in first.items()}
