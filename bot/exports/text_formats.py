"""The list as CSV (RFC 4180), in the form Excel opens: UTF-8 with a byte order mark, nothing that it would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from bot.exports.cells import Cell, Cells
from handlers.dates import day
from handlers.office.model import Filed

BYTE_ORDER_MARK = "\ufeff"
#: Where a spreadsheet may take what follows for a formula: at the beginning of a cell, and behind every separator that
#: it may split at. Vietnamese Excel splits at ``;`` and then no quotation mark holds a cell together. What stands
#: between (blanks, quotation marks, our own apostrophes) hides no sign. A blank is a separator for whoever ticks it; a
#: sign that stands between two blanks is a cell of its own then, and does nothing.
_FORMULA = re.compile(
    r"""(^[\t\r]?|[,;|\t\r\n])([\s"]*)('*)(?=[=+\-@＝＋－＠])|([\s]"*)('*)(?=[=+\-@＝＋－＠](?!\s))"""
)


class CsvLines:
    """Implements ``bot.exports.text.Lines``."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.head = BYTE_ORDER_MARK + written([cells.titles])

    def format_batch(self, batch: Sequence[Filed]) -> str:
        """A record each."""
        return written(map(self._cells.row, batch))


def written(records: Iterable[Sequence[Cell]]) -> str:
    """The records, each ending in CR and LF."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([guarded(cell) for cell in record] for record in records)
    return text.getvalue()


def guarded(cell: Cell) -> str:
    """Return the cell as text, with an apostrophe before whatever a spreadsheet would run.

    Every run of apostrophes before a sign grows by one, so that ``unguarded`` gives back what was there.
    """
    if isinstance(cell, str):
        return _FORMULA.sub(lambda found: f"{_before(found)}'{_apostrophes(found)}", cell)
    if isinstance(cell, datetime):
        return f"{cell:%H:%M} {day(cell)}"
    return day(cell) if isinstance(cell, date) else str(cell)


def unguarded(text: str) -> str:
    """Return a cell of our own CSV as it was before ``guarded``."""
    return _FORMULA.sub(lambda found: f"{_before(found)}{_apostrophes(found)[1:]}", text)


def _before(found: re.Match[str]) -> str:
    return found[4] or f"{found[1] or ''}{found[2] or ''}"


def _apostrophes(found: re.Match[str]) -> str:
    return found[3] or found[5] or ""
