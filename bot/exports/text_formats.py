"""Write the list as CSV (RFC 4180) or JSON Lines.

CSV has the form that Excel opens, UTF-8 with a byte order mark, and no cell that a spreadsheet would run.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from bot.exports import COLUMNS, CellValue, ColumnValue, RowFormatter
from bot.exports.official_lists import count_unreadable
from bot.tables import guard_formula
from handlers.model import NO_REMARKS, RequestRow, UnitDirectory

BYTE_ORDER_MARK = "\ufeff"


class CsvLines:
    """Formats requests as CSV."""

    def __init__(self, cells: RowFormatter) -> None:
        self._cells = cells
        self.head = BYTE_ORDER_MARK + format_csv([cells.titles])

    def format_batch(self, batch: Sequence[RequestRow]) -> str:
        return format_csv(map(self._cells.row, batch))


def format_csv(records: Iterable[Sequence[CellValue]]) -> str:
    """Format records as CSV, each ending in CR and LF."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([guard_formula(cell) for cell in record] for record in records)
    return text.getvalue()


class TextWriter:
    """Writes requests as lines of text."""

    def __init__(self, path: Path, lines: "CsvLines | JsonLines") -> None:
        self.remarks = NO_REMARKS
        self._lines = lines
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(lines.head)

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Write the lines of the requests; unreadable ones say so and are counted."""
        self.remarks += count_unreadable(batch)
        self._file.write(self._lines.format_batch(batch))

    def finish(self) -> None:
        """Close the file; a text format has nothing at the end."""
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


class JsonLines:
    """Formats requests as JSON Lines."""

    head = ""

    def __init__(self, units: UnitDirectory) -> None:
        self._said = {column.key: column.get(units) for column in COLUMNS}
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def format_batch(self, batch: Sequence[RequestRow]) -> str:
        """Return one object per request, keys in the order of the columns; an unknown value is ``null``."""
        return "".join(f"{self._encode(self._to_object(filed))}\n" for filed in batch)

    def _to_object(self, filed: RequestRow) -> dict[str, object]:
        return {key: _to_json_value(said(filed)) for key, said in self._said.items()}


def _to_json_value(value: ColumnValue) -> object:
    """Return a value for JSON: dates and times in ISO 8601, lone surrogates replaced because UTF-8 has none."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and not value.isprintable():
        return value.encode("utf-8", "replace").decode()
    return value
