"""The numbers as a table: drawn on a terminal, plain columns in a pipe."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.text import Text

from bot.cli.columns import print_rows, terminal_width
from bot.safe_console import SafeConsole
from handlers.office.picture import COUNTED, Numbers
from handlers.office.picture_words import LABELS, heading, line_name, number, remarks
from handlers.office.units import UnitDirectory
from handlers.voice import Voice, plain
from locales import N_

#: Characters in a line that a table needs.
_WIDE = 120
#: A blank at which ``textwrap`` breaks no line.
_FIRM = "\N{NO-BREAK SPACE}"


def show(say: Voice, units: UnitDirectory, total: Numbers, lines: Sequence[Numbers], now: datetime) -> None:
    """A row for each unit that has anything, and the total; a few lines for each on a narrow terminal."""
    title, rows, width = (
        Text(plain(heading(say, units, total.unit, now))),
        _rows(say, units, total, lines),
        terminal_width(),
    )
    if width and width < _WIDE:
        SafeConsole(highlight=False).print(title, *_stacked(say, rows, width), sep="\n")
    else:
        print_rows(rows, _heading(say), aligned=True, title=title)
    if width:
        SafeConsole(highlight=False).print(Text(remarks(say, units, total, lines)))


def _stacked(say: Voice, rows: Sequence[Sequence[str]], width: int) -> Iterator[Text]:
    """The name, and indented below it what there is of each count; no count is parted from its figure."""
    labels = [say.t(LABELS[name]) for name in COUNTED]
    for name, *figures in rows:
        told = (f"{label} {figure}" for label, figure in zip(labels, figures, strict=True) if figure != "0")
        told_firmly = " · ".join(one.replace(" ", _FIRM) for one in told) or "0"
        filled = textwrap.fill(told_firmly, width, initial_indent="  ", subsequent_indent="  ")
        yield Text(name, "bold")
        yield Text(filled.replace(_FIRM, " "))


def _heading(say: Voice) -> list[str]:
    return [say.t(N_("Unit")), *(say.t(LABELS[name]) for name in COUNTED)]


def _rows(say: Voice, units: UnitDirectory, total: Numbers, lines: Sequence[Numbers]) -> list[list[str]]:
    told = [_row(say, line_name(say, units, one, total), one) for one in lines if one]
    return [*told, _row(say, say.t(N_("Total")), total)]


def _row(say: Voice, name: str, one: Numbers) -> list[str]:
    return [" ".join(name.split()), *(number(say, getattr(one, count)) for count in COUNTED)]
