"""Decode text files and split CSV into cells, as Excel and other programs write it."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from bot.tables.formats import TableError
from bot.tables.legacy_fonts import CP1252
from locales import N_

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
