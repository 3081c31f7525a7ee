"""The list as CSV (RFC 4180), in the form Excel opens: UTF-8 with a byte order mark, nothing that it would run."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

from bot.exports.columns import COLUMNS, CellValue, ColumnValue, RowFormatter
from bot.exports.official_lists import count_unreadable
from bot.tables.formulas import guard_formula
from handlers.model.exports import NO_REMARKS
from handlers.model.request_list import RequestRow
from handlers.model.unit_directory import UnitDirectory

BYTE_ORDER_MARK = "\ufeff"


class CsvLines:
    """Implements ``bot.exports.text_formats.LineFormat``."""

    def __init__(self, cells: RowFormatter) -> None:
        self._cells = cells
        self.head = BYTE_ORDER_MARK + format_csv([cells.titles])

    def format_batch(self, batch: Sequence[RequestRow]) -> str:
        """A record each."""
        return format_csv(map(self._cells.row, batch))


def format_csv(records: Iterable[Sequence[CellValue]]) -> str:
    """The records, each ending in CR and LF."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([guard_formula(cell) for cell in record] for record in records)
    return text.getvalue()


class LineFormat(Protocol):
    """Requests as text."""

    head: str  #: stands before the first

    def format_batch(self, batch: Sequence[RequestRow]) -> str:
        """The lines of some requests, each with its end."""


class TextWriter:
    """Implements ``bot.exports.model.ExportWriter``."""

    def __init__(self, path: Path, lines: LineFormat) -> None:
        self.remarks = NO_REMARKS
        self._lines = lines
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(lines.head)

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Their lines; those that cannot be read say so, and are counted."""
        self.remarks += count_unreadable(batch)
        self._file.write(self._lines.format_batch(batch))

    def finish(self) -> None:
        """Nothing stands at the end."""
        self._file.close()

    def abandon(self) -> None:
        """Close it."""
        self._file.close()


class JsonLines:
    """Implements ``bot.exports.text_formats.LineFormat``."""

    head = ""

    def __init__(self, units: UnitDirectory) -> None:
        self._said = {column.key: column.get(units) for column in COLUMNS}
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def format_batch(self, batch: Sequence[RequestRow]) -> str:
        """An object each, the keys in the order of the columns; what is not known is ``null``."""
        return "".join(f"{self._encode(self._to_object(filed))}\n" for filed in batch)

    def _to_object(self, filed: RequestRow) -> dict[str, object]:
        return {key: _to_json_value(said(filed)) for key, said in self._said.items()}


def _to_json_value(value: ColumnValue) -> object:
    """As JSON takes it: days and moments in ISO 8601, half characters replaced, for no UTF-8 holds them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and not value.isprintable():
        return value.encode("utf-8", "replace").decode()
    return value
