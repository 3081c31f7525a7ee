"""The list as CSV (RFC 4180), in the form Excel opens: UTF-8 with a byte order mark, nothing that it would run."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from bot.exports.cells import Cell, Cells
from handlers.dates import day
from handlers.office.model import Filed

BYTE_ORDER_MARK = "\ufeff"
#: What a spreadsheet takes for the beginning of a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class CsvLines:
    """Implements ``bot.exports.text.Lines``."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.head = BYTE_ORDER_MARK + written([cells.titles])

    def of(self, batch: Sequence[Filed]) -> str:
        """A record each."""
        return written(map(self._cells.row, batch))


def written(records: Iterable[Sequence[Cell]]) -> str:
    """The records, each ending in CR and LF."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([guarded(cell) for cell in record] for record in records)
    return text.getvalue()


def guarded(cell: Cell) -> str:
    """The cell as text; an apostrophe before what would be a formula, and before one that is there already."""
    if isinstance(cell, str):
        return f"'{cell}" if _needs_guard(cell) else cell
    if isinstance(cell, datetime):
        return f"{cell:%H:%M} {day(cell)}"
    return day(cell) if isinstance(cell, date) else str(cell)


def unguarded(text: str) -> str:
    """What was guarded, as it was before."""
    return text[1:] if text.startswith("'") and _needs_guard(text) else text


def _needs_guard(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA_SIGNS)
