"""Units on a terminal, as tables, or as plain lines in a pipe."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.cli.columns import print_rows
from handlers.dates import day
from handlers.office.units import Found, Unit, UnitDirectory
from locales import N_, Translator


def listed(units: UnitDirectory, top: str | None) -> Iterator[dict[str, Any]]:
    """Every unit as JSON-ready values, each after its superior; days are ISO 8601."""
    for _, unit in _walked(units, top):
        yield {
            "code": unit.code,
            "name": unit.name,
            "parent": unit.parent,
            "aliases": list(unit.aliases),
            "former_names": list(unit.former_names),
            "closed_on": unit.closed_on.isoformat() if unit.closed_on else None,
            "became": [
                {"code": step.successor, "how": step.became, "since": step.since.isoformat(), "source": step.source}
                for step in units.successors(unit.code)
            ],
        }


def print_units(units: UnitDirectory, top: str | None, t: Translator, *, as_json: bool) -> None:
    """The tree, what is below indented."""
    rows = ((unit.code, "  " * depth + unit.name, _ended(units, unit)) for depth, unit in _walked(units, top))
    print_rows(rows, [t(heading) for heading in (*UNIT, N_("Ended"))], json=listed(units, top) if as_json else None)


def print_found(units: UnitDirectory, found: Sequence[Found], t: Translator) -> None:
    """Units of today, each with the name it was found by."""
    rows = ((one.unit.code, units.path_name(one.unit.code), _found_by(one, t)) for one in found)
    print_rows(rows, [t(heading) for heading in (*UNIT, N_("Found by"))])


def _found_by(one: Found, t: Translator) -> str:
    if not one.path:
        return one.name
    last = one.path[0]
    return t(N_("{name} (until {day}, {source})"), name=one.name, day=day(last.since), source=last.source)


def _ended(units: UnitDirectory, unit: Unit) -> str:
    if unit.closed_on is None:
        return ""
    became = ", ".join(units.name(step.successor) for step in units.successors(unit.code))
    return f"{day(unit.closed_on)} → {became}" if became else day(unit.closed_on)


def _walked(units: UnitDirectory, top: str | None) -> Iterator[tuple[int, Unit]]:
    """Units from the top down, each after its superior, with how deep it lies."""
    first = units.get(top)
    waiting = [(0, first)] if first else [(0, unit) for unit in reversed(units.children(None))]
    while waiting:
        depth, unit = waiting.pop()
        yield depth, unit
        waiting.extend((depth + 1, below) for below in reversed(units.children(unit.code)))


UNIT = (N_("Code"), N_("Unit"))
