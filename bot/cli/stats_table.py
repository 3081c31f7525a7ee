"""The numbers as a table: drawn on a terminal, plain columns in a pipe."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.columns import columns
from handlers.office.picture import COUNTED, Numbers
from handlers.office.picture_words import LABELS, heading, line_name, number
from handlers.office.units import UnitDirectory
from handlers.voice import Voice, plain
from locales import N_

_SHORT = {"expiring_30": "≤ 30", "expiring_60": "≤ 60", "expiring_90": "≤ 90"}


def as_columns(say: Voice, units: UnitDirectory, total: Numbers, lines: Sequence[Numbers]) -> str:
    """A heading, a row for each unit that has anything, and the total."""
    return columns([_heading(say), *_rows(say, units, total, lines)])


def show(say: Voice, units: UnitDirectory, total: Numbers, lines: Sequence[Numbers], now: datetime) -> None:
    """The same on this terminal."""
    table = Table(title=Text(plain(heading(say, units, total.unit, now))), title_justify="left")
    for place, label in enumerate(_heading(say)):
        table.add_column(Text(label), justify="right" if place else "left", overflow="fold")
    *rows, last = _rows(say, units, total, lines)
    for row in rows:
        table.add_row(*map(Text, row))
    table.add_section()
    table.add_row(*(Text(cell, "bold") for cell in last))
    Console().print(table)


def _heading(say: Voice) -> list[str]:
    return [say.t(N_("Unit")), *(_SHORT.get(name, say.t(LABELS[name])) for name in COUNTED)]


def _rows(say: Voice, units: UnitDirectory, total: Numbers, lines: Sequence[Numbers]) -> list[list[str]]:
    told = [_row(say, line_name(say, units, one, total), one) for one in lines if one]
    return [*told, _row(say, say.t(N_("Total")), total)]


def _row(say: Voice, name: str, one: Numbers) -> list[str]:
    return [" ".join(name.split()), *(number(say, getattr(one, count)) for count in COUNTED)]
