"""Read the sheets of a stranger's XLSX file, cell by cell.

No size in the file is trusted: bytes are counted while they come out, and the reader gets only what was counted. It
lays out a sheet as a full rectangle, so that one cell in the last corner would take gigabytes: far corners are refused
before.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from posixpath import join, normpath
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString
from python_calamine import CalamineError, CalamineSheet, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

from bot.certificates import LIMITS, MEBIBYTE, UnreadableError
from bot.certificates.decompression import Unpacker
from bot.tables import EMPTY_CELL, LARGEST_EXACT, CellPosition, TableCell, TableError, TablePage, format_cell
from bot.tables.legacy_fonts import LegacyFont, find_font
from handlers.model import FileProblemKind
from locales import N_

_PLACE = re.compile(r"([A-Za-z]{0,4})(\d{0,8})")
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
#: The most cells whose format is kept; a list has fewer.
_MOST_LOOKS = 1_000_000

#: The most rows and columns of a sheet, more than a list of all units has, and the most cells of all sheets.
ROWS, COLUMNS = 200_000, 64
_CELLS = 2 * ROWS * COLUMNS
#: The most cells that merged ones may fill, in all.
_FILLED = 4 * ROWS
#: Day 0 of Excel, and of workbooks that count from 1904.
_DAY_0, _DAY_0_OF_1904 = date(1899, 12, 30), date(1904, 1, 1)
#: In a column of days, these numbers are taken for days: 1954 to 2119.
_DAYS = range(20_000, 80_000)


@dataclass(frozen=True, slots=True)
class CellFormat:
    """The format of a cell, if it matters for reading."""

    digits: int = 0  #: the least digits shown, with leading zeros; 0 means as many as the number has
    font: LegacyFont | None = None


@dataclass(slots=True)
class SheetLayout:
    """The extent and the formats of a sheet, from its XML."""

    height: int = 0  #: rows down to the last with a value
    width: int = 0
    looks: dict[CellPosition, CellFormat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkbookLayout:
    """The layout of all sheets of a workbook, in their order."""

    sheets: tuple[SheetLayout, ...] = ()
    since_1904: bool = False  #: days are counted from 1904


def count_format_digits(code: str) -> int:
    """Return the least digits that a number format shows: 5 for ``00000``, 0 for a format not made for codes."""
    first = _LITERAL.sub("", code.split(";", maxsplit=1)[0]).strip()
    return len(first) if first and set(first) == {"0"} and len(first) > 1 else 0


def read_layout(parts: Mapping[str, bytes], rows: int, columns: int) -> WorkbookLayout:
    """Return the layout of a workbook from the parts of its archive.

    Args:
        parts: Names of the parts -> their XML.
        rows: The most rows of a sheet.
        columns: The most columns of a sheet.

    Raises:
        UnreadableError: a part is not XML, or a sheet is too large.
    """
    looks = _read_formats(parts.get("xl/styles.xml", b""))
    sheets = {name: _read_sheet(data, looks, rows, columns) for name, data in parts.items() if b"sheetData" in data}
    book = _WorkbookHandler()
    _parse(parts.get("xl/workbook.xml", b""), book)
    targets = _RelationshipHandler()
    _parse(parts.get("xl/_rels/workbook.xml.rels", b""), targets)
    names = [targets.found.get(key, "") for key in book.sheets]
    return WorkbookLayout(tuple(sheets.get(name, SheetLayout()) for name in names), book.since_1904)


def _parse(data: bytes, handler: ContentHandler) -> None:
    if not data:
        return
    try:
        parseString(data, handler, forbid_dtd=True)
    except (SAXException, DefusedXmlException, ValueError, LookupError):
        raise UnreadableError(FileProblemKind.BROKEN) from None


def _local_name(name: str) -> str:
    return name.rpartition(":")[2]


class _WorkbookHandler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[str] = []
        self.since_1904 = False

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        if _local_name(name) == "sheet":
            self.sheets.append(next((attrs[key] for key in attrs.getNames() if key.endswith(":id")), ""))
        elif _local_name(name) == "workbookPr":
            self.since_1904 = attrs.get("date1904", "").lower() in {"1", "true"}


class _RelationshipHandler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        if _local_name(name) == "Relationship":
            target = attrs.get("Target", "")
            self.found[attrs.get("Id", "")] = target[1:] if target.startswith("/") else normpath(join("xl", target))


def _read_formats(styles: bytes) -> dict[str, CellFormat]:
    """Return number of a cell's style -> its format, only for formats that matter."""
    handler = _StylesHandler()
    _parse(styles, handler)
    found = {}
    for number, (format_, font) in enumerate(handler.styles):
        name = handler.fonts[int(font)] if font.isdigit() and len(font) < 6 and int(font) < len(handler.fonts) else ""
        look = CellFormat(count_format_digits(handler.formats.get(format_, "")), find_font(name))
        if look != CellFormat():
            found[str(number)] = look
    return found


class _StylesHandler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.formats: dict[str, str] = {}
        self.fonts: list[str] = []
        self.styles: list[tuple[str, str]] = []
        self._within: list[str] = []

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        name = _local_name(name)
        above = self._within[-1] if self._within else ""
        self._within.append(name)
        if name == "numFmt" and above == "numFmts":
            self.formats[attrs.get("numFmtId", "")] = attrs.get("formatCode", "")
        elif name == "font" and above == "fonts":
            self.fonts.append("")
        elif name == "name" and above == "font" and self.fonts:
            self.fonts[-1] = attrs.get("val", "")
        elif name == "xf" and above == "cellXfs":
            self.styles.append((attrs.get("numFmtId", ""), attrs.get("fontId", "")))

    def endElement(self, _name: str) -> None:  # noqa: N802 - the name is the library's
        self._within.pop()


def _read_sheet(data: bytes, looks: Mapping[str, CellFormat], rows: int, columns: int) -> SheetLayout:
    handler = _CellHandler(looks, rows, columns)
    _parse(data, handler)
    return handler.sheet


class _CellHandler(ContentHandler):
    """Counts only cells with a value: a format without a value takes no room."""

    def __init__(self, looks: Mapping[str, CellFormat], rows: int, columns: int) -> None:
        super().__init__()
        self.sheet = SheetLayout()
        self._looks, self._rows, self._columns = looks, rows, columns
        self._row, self._column = -1, -1
        self._look: CellFormat | None = None
        self._on: Mapping[str, Callable[[Any], None]] = {
            "row": self._start_row, "c": self._start_cell, "v": self._hold, "is": self._hold, "f": self._hold,
        }  # fmt: skip

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        if do := self._on.get(_local_name(name)):
            do(attrs)

    def _start_row(self, attrs: Any) -> None:
        given = attrs.get("r", "")
        self._row = _parse_number(given) - 1 if given else self._row + 1
        self._column = -1

    def _start_cell(self, attrs: Any) -> None:
        if given := attrs.get("r", ""):
            found = _PLACE.fullmatch(given.strip())
            if found is None:
                raise UnreadableError(FileProblemKind.TOO_MUCH_UNPACKED)
            self._column = _parse_column(found[1]) - 1 if found[1] else self._column + 1
            self._row = _parse_number(found[2]) - 1 if found[2] else self._row
        else:
            self._column += 1
        self._look = self._looks.get(attrs.get("s", ""))

    def _hold(self, _attrs: Any) -> None:
        if self._row >= self._rows or self._column >= self._columns:
            raise UnreadableError(FileProblemKind.TOO_MUCH_UNPACKED)
        sheet = self.sheet
        sheet.height, sheet.width = max(sheet.height, self._row + 1), max(sheet.width, self._column + 1)
        if self._look and len(sheet.looks) < _MOST_LOOKS:
            sheet.looks[self._row, self._column] = self._look


def _parse_number(text: str) -> int:
    """Return a number; one too long for any sheet becomes a value beyond all sheets."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 10**9


def _parse_column(letters: str) -> int:
    """Return the number of a column: ``A`` is 1, ``AA`` 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def read_pages(data: bytes) -> Iterator[TablePage]:
    """Yield the sheets of a workbook, one at a time.

    Raises:
        TableError: the file is broken, too large when unpacked, or not a workbook.
    """
    try:
        packed, layout = _repack(data)
        workbook = load_workbook(BytesIO(packed))
        for at, about in enumerate(workbook.sheets_metadata):
            if about.typ == SheetTypeEnum.WorkSheet:
                hidden = about.visible != SheetVisibleEnum.Visible
                yield _to_page(workbook.get_sheet_by_name(about.name), layout, at, hidden=hidden)
    except UnreadableError as error:
        raise TableError(_TROUBLES.get(error.trouble, _BROKEN), **_BOUNDS) from None
    except PasswordError:
        raise TableError(_BROKEN) from None
    except (CalamineError, IndexError, ValueError, OSError):
        raise TableError(_BROKEN) from None


def _to_page(sheet: CalamineSheet, layout: WorkbookLayout, at: int, *, hidden: bool) -> TablePage:
    looks = (layout.sheets[at] if at < len(layout.sheets) else SheetLayout()).looks
    day_0 = _DAY_0_OF_1904 if layout.since_1904 else _DAY_0
    values = sheet.to_python(skip_empty_area=False)
    rows = [
        [_to_cell(value, looks.get((row, column)), day_0) for column, value in enumerate(cells)]
        for row, cells in enumerate(values)
    ]
    return TablePage(rows, range(1, len(rows) + 1), sheet.name, hidden, tuple(sheet.merged_cell_ranges or ()))


def _to_cell(value: Any, look: CellFormat | None, day_0: date) -> TableCell:
    if value == "" and isinstance(value, str):
        return EMPTY_CELL
    if isinstance(value, date):
        return TableCell(format_cell(value), day=value.date() if isinstance(value, datetime) else value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        whole = abs(value) < LARGEST_EXACT and float(value).is_integer()
        digits = look.digits if look and whole and value >= 0 else 0
        day = day_0 + timedelta(days=int(value)) if int(min(max(value, 0), _DAYS.stop)) in _DAYS else None
        return TableCell(format_cell(value).zfill(digits), float(value), bool(digits), day)
    return TableCell(str(value), font=look.font if look else None)


def fill_merged(
    rows: Sequence[list[TableCell]], merged: Sequence[tuple[CellPosition, CellPosition]], first: int
) -> bool:
    """Copy the value of each merged cell into every row it covers, from the row ``first`` on.

    Returns:
        Whether there are such cells.

    Raises:
        TableError: they cover more cells than a list has.
    """
    filled = 0
    for (top, left), (bottom, _) in merged:
        last = min(bottom, len(rows) - 1)
        if top < first or last <= top or left >= len(rows[top]):
            continue
        filled += last - top
        if filled > _FILLED:
            raise TableError(_TROUBLES[FileProblemKind.TOO_MUCH_UNPACKED], **_BOUNDS)
        for row in rows[top + 1 : last + 1]:
            if left < len(row) and row[left] is EMPTY_CELL:
                row[left] = rows[top][left]
    return filled > 0


def _repack(data: bytes) -> tuple[bytes, WorkbookLayout]:
    """Return the same archive, repacked from the counted bytes, and its layout."""
    unpacker, packed, parts = Unpacker(LIMITS), BytesIO(), dict[str, bytes]()
    with unpacker.open(data) as archive, zipfile.ZipFile(packed, "w") as copy:
        if len(archive.infolist()) > LIMITS.entries:
            raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
        if len(set(archive.namelist())) < len(archive.infolist()):
            raise UnreadableError(FileProblemKind.BROKEN)
        for entry in archive.infolist():
            content = unpacker.unpack(archive, entry)
            copy.writestr(zipfile.ZipInfo(entry.filename), content)
            if entry.filename.lower().endswith((".xml", ".rels")) or b"sheetData" in content:
                parts[entry.filename] = content
    layout = read_layout(parts, ROWS, COLUMNS)
    if sum(sheet.height * sheet.width for sheet in layout.sheets) > _CELLS:
        raise UnreadableError(FileProblemKind.TOO_MUCH_UNPACKED)
    return packed.getvalue(), layout


_BROKEN = N_("This XLSX file is broken or locked with a password. Save it anew, or save it as CSV UTF-8.")
_BOUNDS = {"entries": LIMITS.entries, "limit": LIMITS.unpacked // MEBIBYTE, "rows": ROWS, "columns": COLUMNS}
_TROUBLES = {
    FileProblemKind.TOO_MANY_ENTRIES: N_(
        "This XLSX file has more than {entries} parts; it was not opened. Save it as CSV."
    ),
    FileProblemKind.TOO_MUCH_UNPACKED: N_(
        "This XLSX file is larger than {limit} MB unpacked, {rows} rows or {columns} columns; it was not opened."
        " Delete what is not needed, or save it as CSV."
    ),
}
