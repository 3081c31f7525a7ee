"""Write the tree of units as the list that an import reads: as it stands, it changes nothing."""

import csv
from collections.abc import Iterator
from io import StringIO

from bot.tables import guard_formula
from bot.units.headings import header_of
from bot.units.rows import SUCCESSION_LABELS
from handlers.core import format_day
from handlers.model import Unit, UnitDirectory

_COLUMNS = (
    "code", "name", "parent", "aliases", "former_names", "closed_on", "successors", "became", "since", "source",
)  # fmt: skip


def write_list(units: UnitDirectory) -> bytes:
    """Return the list as CSV in UTF-8 with a mark, as Excel opens it; each unit stands after its superior."""
    text = StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(header_of(column) for column in _COLUMNS)
    lines.writerows([guard_formula(cell) for cell in row] for row in _rows(units))
    return text.getvalue().encode("utf-8-sig")


def _rows(units: UnitDirectory) -> Iterator[list[str]]:
    waiting = [unit.code for unit in reversed(units.children(None))]
    while waiting:
        unit = units.units[waiting.pop()]
        waiting.extend(below.code for below in reversed(units.children(unit.code)))
        yield _row(units, unit)


def _row(units: UnitDirectory, unit: Unit) -> list[str]:
    became = units.successors(unit.code)
    first = became[0] if became else None
    return [
        unit.code,
        unit.name,
        unit.parent or "",
        "; ".join(unit.aliases),
        "; ".join(unit.former_names),
        format_day(unit.closed_on) if unit.closed_on else "",
        "; ".join(one.successor for one in became),
        SUCCESSION_LABELS[first.became] if first else "",
        format_day(first.since) if first else "",
        first.source if first else "",
    ]
