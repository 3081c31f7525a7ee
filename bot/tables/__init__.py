"""Read tables from files of strangers: detect the format and the encoding, split lines into cells, disarm formulas."""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any

from bot.errors import TrolyError
from bot.process_sandbox import Death
from bot.tables.legacy_fonts import CP1252, LegacyFont
from handlers.core import format_day
from handlers.model import TABLE_REFUSALS, TableFormat
from locales import N_

_ZIP = b"PK\x03\x04"
_CENTRAL_ENTRY = b"PK\x01\x02"
_OLE = b"\xd0\xcf\x11\xe0"
#: First bytes -> format.
_FORMAT_BY_START: Mapping[bytes, TableFormat] = {
    b"%PDF-": TableFormat.PDF,
    b"{\\rtf": TableFormat.WORD,
    b"\xff\xd8\xff": TableFormat.PICTURE,
    b"\x89PNG": TableFormat.PICTURE,
    b"GIF8": TableFormat.PICTURE,
    b"II*\x00": TableFormat.PICTURE,
    b"MM\x00*": TableFormat.PICTURE,
    b"Rar!": TableFormat.ARCHIVE,
    b"7z\xbc\xaf": TableFormat.ARCHIVE,
    b"\x1f\x8b": TableFormat.ARCHIVE,
    b"\x09\x08": TableFormat.XLS,
    b"\x09\x04": TableFormat.XLS,
    b"\x09\x02": TableFormat.XLS,
    b"\x09\x00\x04": TableFormat.XLS,
}
#: Names of entries, which stand uncompressed in a ZIP file, -> format.
_FORMAT_BY_ENTRY: Mapping[bytes, TableFormat] = {
    b"xl/workbook.xml": TableFormat.XLSX,
    b"xl/workbook.bin": TableFormat.XLSB,
    b"xl/worksheets/": TableFormat.XLSX,
    b"word/document.xml": TableFormat.DOCX,
    b"opendocument.spreadsheet": TableFormat.ODS,
    b"opendocument.text": TableFormat.WORD,
}
#: Names of streams in a file of Office 97, in UTF-16, -> format.
_FORMAT_BY_STREAM: Mapping[str, TableFormat] = {
    "EncryptedPackage": TableFormat.LOCKED,
    "WordDocument": TableFormat.WORD,
    "Workbook": TableFormat.XLS,
    "Book": TableFormat.XLS,
}
_HTML = re.compile(rb"<(?:!doctype html|html|head|meta|table|body|style)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[\{\[])")
#: So many bytes at the beginning are searched for marks; a mail's MIME part may precede a table in HTML.
_START = 4096

#: What is said of a list whose process gave no answer.
UNANSWERED = {
    Death.NOT_STARTED: N_("The file cannot be read just now. Please try again in a moment."),
    Death.TOO_SLOW: N_("Reading the file takes too long. Save the list alone as a new Excel workbook, or as CSV."),
    Death.TOO_MUCH_MEMORY: N_("The file is too large when it is opened. Save the list alone as CSV."),
    Death.CRASHED: N_("The file is damaged. Open it in Excel, save it anew, and send it again."),
}


class TableError(TrolyError):
    """The file cannot be read as a table."""


def detect_format(data: bytes) -> TableFormat:
    """Return the format of the bytes; text if nothing tells otherwise."""
    start = data[:_START].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(_ZIP):
        other = (
            TableFormat.ARCHIVE if _CENTRAL_ENTRY in data else TableFormat.XLSX
        )  # a truncated ZIP is reported as a broken XLSX
        return next((kind for name, kind in _FORMAT_BY_ENTRY.items() if name in data), other)
    if data.startswith(_OLE):
        return next(
            (kind for name, kind in _FORMAT_BY_STREAM.items() if name.encode("utf-16-le") in data), TableFormat.LOCKED
        )
    found = next((kind for mark, kind in _FORMAT_BY_START.items() if start.startswith(mark)), None)
    if found or not start:
        return found or TableFormat.TEXT
    if start.startswith((b"<", b"MIME-Version")):
        of_xml = start.startswith(b"<?xml") and b"<html" not in data[:_START].lower()
        return TableFormat.HTML if _HTML.search(data[:_START]) and not of_xml else TableFormat.XML
    return TableFormat.JSON if _JSON.match(start) else TableFormat.TEXT


def refuse_format(kind: TableFormat) -> None:
    """Raise ``TableError`` for a format that is never read as a table."""
    if kind in TABLE_REFUSALS:
        raise TableError(TABLE_REFUSALS[kind])


#: The most lines and columns, more than a list has; Excel writes separators for empty columns too.
ROWS, COLUMNS = 200_000, 64
#: The separator is detected from so many lines at the beginning.
_LOOKED_AT = 30
_SEPARATORS = (";", ",", "\t", "|")
_SAYS_SEPARATOR = re.compile(r'"?sep=(.)"?[\t;,|]*\r?\n?', re.IGNORECASE)
#: Bytes that never occur in a text.
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
#: The number of a record's first line, and its cells.
CsvRecord = tuple[int, Sequence[str]]

NO_TEXT = N_("The file is neither XLSX nor CSV in UTF-8. In Excel choose: Save as, CSV UTF-8.")
NO_CSV = N_("Line {line}: this is no CSV; check its quotation marks.")
TOO_LONG = N_("The file has more than {rows} rows or {columns} columns. Delete what is not needed, or split it.")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file."""

    text: str
    one_byte: bool = False  #: each byte was read as a letter of Windows-1252, and may mean another letter


def decode(data: bytes) -> DecodedText:
    """Decode a file in UTF-8, UTF-16, or an encoding with one byte per letter.

    Raises:
        TableError: the file is not a text.
    """
    mark = next((encoding for start, encoding in _BYTE_ORDER_MARKS.items() if data.startswith(start)), None)
    encoding = mark or _decode_utf16(data) or "utf-8"
    try:
        return DecodedText(_check_text(data.decode(encoding)))
    except UnicodeDecodeError:
        return _decode_bytewise(data) if encoding == "utf-8" else _refuse_text()


def _decode_utf16(data: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark: every other byte of ASCII text is zero."""
    start = data[:2000]
    return next(
        (code for at, code in ((1, "utf-16-le"), (0, "utf-16-be")) if start[at::2].count(0) > len(start) / 6), None
    )


def _decode_bytewise(data: bytes) -> DecodedText:
    if _CONTROLS.search(data):
        _refuse_text()
    return DecodedText("".join(map(CP1252.__getitem__, data)), one_byte=True)


def _check_text(text: str) -> str:
    if "\x00" in text:
        _refuse_text()
    return text


def _refuse_text() -> DecodedText:
    raise TableError(NO_TEXT)


def csv_lines(text: str, known: Callable[[str], bool]) -> Iterator[CsvRecord]:
    """Yield the cells of each record with the number of its first line.

    Args:
        text: The text of the file.
        known: Returns whether a cell is a known heading; the separator that gives most of them is chosen.

    Raises:
        TableError: quotation marks do not match, or the file is larger than a list.
    """
    said = _SAYS_SEPARATOR.match(text)
    separator = said[1] if said else _detect_separator(text, known)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for cells in reader:
            if not (said and before == 0):
                yield before + 1, _check_columns(cells, before)
            before = reader.line_num
    except csv.Error:
        raise TableError(NO_CSV, line=before + 1) from None


def _check_columns(cells: list[str], before: int) -> list[str]:
    if before > ROWS or any(map(str.strip, cells[COLUMNS:])):
        raise TableError(TOO_LONG, rows=ROWS, columns=COLUMNS)
    return cells[:COLUMNS]


def _detect_separator(text: str, known: Callable[[str], bool]) -> str:
    """Return the separator that gives most known headings in a line, or else the one found in most lines."""
    lines = [line for line in text[:200_000].splitlines()[: 4 * _LOOKED_AT] if line.strip()][:_LOOKED_AT]

    def worth(mark: str) -> tuple[int, int]:
        headings = max((sum(known(part.strip('" ')) for part in line.split(mark)) for line in lines), default=0)
        return headings, sum(mark in line for line in lines)

    return max(_SEPARATORS, key=worth)


#: Where a spreadsheet may take what follows for a formula: at the beginning of a cell, and behind every separator that
#: it may split at. Vietnamese Excel splits at ``;`` and then no quotation mark holds a cell together. What stands
#: between (blanks, quotation marks, our own apostrophes) hides no sign. A blank is a separator for whoever ticks it; a
#: sign that stands between two blanks is a cell of its own then, and does nothing.
_FORMULA = re.compile(
    r"""(^[\t\r]?|[,;|\t\r\n])([\s"]*)('*)(?=[=+\-@＝＋－＠])|([\s]"*)('*)(?=[=+\-@＝＋－＠](?!\s))"""
)


def guard_formula(cell: str | int | date) -> str:
    """Return the cell as text, with an apostrophe before whatever a spreadsheet would run.

    Every run of apostrophes before a sign grows by one, so that ``unguard_formula`` gives back what was there.
    """
    if isinstance(cell, str):
        return _FORMULA.sub(lambda found: f"{_before(found)}'{_apostrophes(found)}", cell)
    if isinstance(cell, datetime):
        return f"{cell:%H:%M} {format_day(cell)}"
    return format_day(cell) if isinstance(cell, date) else str(cell)


def unguard_formula(text: str) -> str:
    """Return a cell of our own CSV as it was before ``guard_formula``."""
    return _FORMULA.sub(lambda found: f"{_before(found)}{_apostrophes(found)[1:]}", text)


def _before(found: re.Match[str]) -> str:
    return found[4] or f"{found[1] or ''}{found[2] or ''}"


def _apostrophes(found: re.Match[str]) -> str:
    return found[3] or found[5] or ""


CellPosition = tuple[int, int]  #: row and column, from 0
#: A spreadsheet does not keep larger whole numbers exactly.
LARGEST_EXACT = 10**15


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell: its text as shown, and its value."""

    text: str = ""
    number: float | None = None
    padded: bool = False  #: its format shows leading zeros
    day: date | None = None  #: its day, or the day it would be in a column of days
    font: LegacyFont | None = None


EMPTY_CELL = TableCell()


@dataclass(frozen=True, slots=True)
class TablePage:
    """A sheet, or the one table of a text file."""

    rows: list[list[TableCell]]  #: a merged cell has its value only in its first row and column
    lines: Sequence[int]  #: the number of each row as an editor or Excel counts
    name: str = ""
    hidden: bool = False
    merged: tuple[tuple[CellPosition, CellPosition], ...] = ()  #: the first and last place of each merged cell
    one_byte: bool = False  #: see ``DecodedText``
    is_text: bool = False  #: of a text file, which does not tell numbers from texts


def format_cell(cell: Any) -> str:
    """Return a cell as it would be typed: a whole number has no decimals, a day no hours."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time | timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST_EXACT:
        return str(int(cell))
    return str(cell)


_DAY_FIRST = re.compile(r"(?:ngày\s*)?(\d{1,2})\s*(?:[/.-]|tháng)\s*(\d{1,2})\s*(?:[/.-]|năm)\s*(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{4})(\d{2})(\d{2})")
_HOURS = re.compile(r"[t\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?z?$")
_SHORT_YEAR_DAY = re.compile(r"\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2}")
#: What is listed may end far in the future, but a year outside these is a typing error.
_YEARS = range(1900, 3000)


def read_day(text: str) -> date | None:
    """Return the day that the whole text states; ``None`` if it states none, or one that does not exist."""
    plain = _without_hours(text)
    if found := _DAY_FIRST.fullmatch(plain):
        number, month, year = map(int, found.groups())
    elif found := _YEAR_FIRST.fullmatch(plain):
        year, month, number = (int(part) for part in found.groups() if part)
    else:
        return None
    try:
        return date(year, month, number) if year in _YEARS else None
    except ValueError:
        return None


def has_short_year(text: str) -> bool:
    """Return whether the text is a day with a year of two digits, whose century is unknown."""
    return _SHORT_YEAR_DAY.fullmatch(_without_hours(text)) is not None


def _without_hours(text: str) -> str:
    return _HOURS.sub("", unicodedata.normalize("NFKC", text).strip().lower())
