"""The sheets of an XLSX file of a stranger, cell by cell.

Nothing is believed: sizes are counted while bytes come, and the reader is given only what was counted. It lays a sheet
out as a full rectangle, so that one cell in the last corner would take gigabytes: far corners are refused before.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineSheet, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

from bot.certificates.errors import UnreadableError
from bot.certificates.limits import LIMITS, MEBIBYTE
from bot.certificates.unpacking import Unpacker
from bot.tables.errors import TableError
from bot.tables.legacy import Font
from bot.units.layout import Layout, Look, Place, Sheet, read_layout
from handlers.certificate import Trouble
from locales import N_

#: More units than there are in the country; more columns than a list has; and cells, over all sheets.
ROWS, COLUMNS = 200_000, 64
_CELLS = 2 * ROWS * COLUMNS
#: Cells that merged ones may fill, in all.
_FILLED = 4 * ROWS
#: Whole numbers beyond it are not kept exactly by a spreadsheet.
_EXACT = 10**15


#: Day 0 of Excel, and of workbooks that count from 1904.
_DAY_0, _DAY_0_OF_1904 = date(1899, 12, 30), date(1904, 1, 1)
#: Numbers that are taken for days where a day is wanted: 1954 to 2119.
_DAYS = range(20_000, 80_000)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is shown, and what it is."""

    text: str = ""
    number: float | None = None
    padded: bool = False  #: its format shows a number with zeros in front
    day: date | None = None  #: what it is, or would be in a column of days
    font: Font | None = None


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet, or the one table of a text file."""

    rows: list[list[Cell]]  #: merged cells say something in their first row and column alone
    lines: Sequence[int]  #: number of each row, as an editor or Excel counts
    name: str = ""
    hidden: bool = False
    merged: tuple[tuple[Place, Place], ...] = ()  #: first and last place of each
    one_byte: bool = False  #: see ``bot.tables.text``


def pages_of(data: bytes) -> Iterator[Page]:
    """The sheets of a workbook, one at a time.

    Raises:
        TableError: broken, too large unpacked, or no workbook.
    """
    try:
        packed, layout = _counted(data)
        workbook = load_workbook(BytesIO(packed))
        for at, about in enumerate(workbook.sheets_metadata):
            if about.typ == SheetTypeEnum.WorkSheet:
                hidden = about.visible != SheetVisibleEnum.Visible
                yield _page(workbook.get_sheet_by_name(about.name), layout, at, hidden=hidden)
    except UnreadableError as error:
        raise TableError(_TROUBLES.get(error.trouble, _BROKEN), **_BOUNDS) from None
    except PasswordError:
        raise TableError(_BROKEN) from None
    except (CalamineError, IndexError, ValueError, OSError):
        raise TableError(_BROKEN) from None


def _page(sheet: CalamineSheet, layout: Layout, at: int, *, hidden: bool) -> Page:
    looks = (layout.sheets[at] if at < len(layout.sheets) else Sheet()).looks
    day_0 = _DAY_0_OF_1904 if layout.since_1904 else _DAY_0
    values = sheet.to_python(skip_empty_area=False)
    rows = [
        [_cell(value, looks.get((row, column)), day_0) for column, value in enumerate(cells)]
        for row, cells in enumerate(values)
    ]
    return Page(rows, range(1, len(rows) + 1), sheet.name, hidden, tuple(sheet.merged_cell_ranges or ()))


def _cell(value: Any, look: Look | None, day_0: date) -> Cell:
    if value == "" and isinstance(value, str):
        return EMPTY
    if isinstance(value, date):
        return Cell(text_of(value), day=value.date() if isinstance(value, datetime) else value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        whole = abs(value) < _EXACT and float(value).is_integer()
        digits = look.digits if look and whole and value >= 0 else 0
        day = day_0 + timedelta(days=int(value)) if int(min(max(value, 0), _DAYS.stop)) in _DAYS else None
        return Cell(text_of(value).zfill(digits), float(value), bool(digits), day)
    return Cell(str(value), font=look.font if look else None)


def fill_merged(rows: Sequence[list[Cell]], merged: Sequence[tuple[Place, Place]], first: int) -> bool:
    """Put what stands in a merged cell into every row that it goes down to, from the row ``first`` on.

    Returns:
        Whether there are such cells.

    Raises:
        TableError: they go over more cells than a list has.
    """
    filled = 0
    for (top, left), (bottom, _) in merged:
        last = min(bottom, len(rows) - 1)
        if top < first or last <= top or left >= len(rows[top]):
            continue
        filled += last - top
        if filled > _FILLED:
            raise TableError(_TROUBLES[Trouble.TOO_MUCH_UNPACKED], **_BOUNDS)
        for row in rows[top + 1 : last + 1]:
            if left < len(row) and row[left] is EMPTY:
                row[left] = rows[top][left]
    return filled > 0


def _counted(data: bytes) -> tuple[bytes, Layout]:
    """The same archive, packed anew from what was counted, and its layout."""
    unpacker, packed, parts = Unpacker(LIMITS), BytesIO(), dict[str, bytes]()
    with unpacker.open(data) as archive, zipfile.ZipFile(packed, "w") as copy:
        if len(archive.infolist()) > LIMITS.entries:
            raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
        if len(set(archive.namelist())) < len(archive.infolist()):
            raise UnreadableError(Trouble.BROKEN)
        for entry in archive.infolist():
            content = unpacker.unpack(archive, entry)
            copy.writestr(zipfile.ZipInfo(entry.filename), content)
            if entry.filename.lower().endswith((".xml", ".rels")) or b"sheetData" in content:
                parts[entry.filename] = content
    layout = read_layout(parts, ROWS, COLUMNS)
    if sum(sheet.height * sheet.width for sheet in layout.sheets) > _CELLS:
        raise UnreadableError(Trouble.TOO_MUCH_UNPACKED)
    return packed.getvalue(), layout


def text_of(cell: Any) -> str:
    """A cell as it would be typed: a code that Excel took for a number has no decimals, a day no hours."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time | timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return str(cell)


_BROKEN = N_("This XLSX file is broken or locked with a password. Save it anew, or save it as CSV UTF-8.")
_BOUNDS = {"entries": LIMITS.entries, "limit": LIMITS.unpacked // MEBIBYTE, "rows": ROWS, "columns": COLUMNS}
_TROUBLES = {
    Trouble.TOO_MANY_ENTRIES: N_("This XLSX file has more than {entries} parts; it was not opened. Save it as CSV."),
    Trouble.TOO_MUCH_UNPACKED: N_(
        "This XLSX file is larger than {limit} MB unpacked, {rows} rows or {columns} columns; it was not opened."
        " Delete what is not needed, or save it as CSV."
    ),
}
