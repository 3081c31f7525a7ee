"""The first sheet of an XLSX file of a stranger, as text.

Nothing is believed: sizes are counted while bytes come, and the reader is given only what was counted. It lays a sheet
out as a full rectangle, so that one cell in the last corner would take gigabytes: far corners are refused before.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, load_workbook

from bot.certificates.errors import UnreadableError
from bot.certificates.limits import LIMITS, MEBIBYTE
from bot.certificates.unpacking import Unpacker
from bot.units.errors import UnitsFileError
from handlers.certificate import Trouble
from locales import N_

#: More units than there are in the country; more columns than a list has.
ROWS, COLUMNS = 200_000, 64
#: Where a row or a cell says it stands: r="12", r="C12".
_PLACE = re.compile(rb"""(?<![\w:.-])r\s*=\s*["']\s*([A-Za-z]*)(\d*)""")


def cells_of(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row with its number.

    Raises:
        UnitsFileError: broken, too large unpacked, or no workbook.
    """
    try:
        workbook = load_workbook(BytesIO(_counted(data)))
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except UnreadableError as error:
        raise UnitsFileError(_TROUBLES.get(error.trouble, _BROKEN), **_BOUNDS) from None
    except (CalamineError, IndexError):
        raise UnitsFileError(_BROKEN) from None
    for number, cells in enumerate(rows, start=1):
        yield number, [_text(cell) for cell in cells]


def _counted(data: bytes) -> bytes:
    """The same archive, packed anew from what was counted."""
    unpacker, packed = Unpacker(LIMITS), BytesIO()
    with unpacker.open(data) as archive, zipfile.ZipFile(packed, "w") as copy:
        if len(archive.infolist()) > LIMITS.entries:
            raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
        if len(set(archive.namelist())) < len(archive.infolist()):
            raise UnreadableError(Trouble.BROKEN)
        for entry in archive.infolist():
            content = unpacker.unpack(archive, entry)
            if entry.filename.startswith("xl/worksheets/"):
                _refuse_far_corners(content)
            copy.writestr(zipfile.ZipInfo(entry.filename), content)
    return packed.getvalue()


def _refuse_far_corners(sheet: bytes) -> None:
    for letters, digits in _PLACE.findall(sheet):
        if len(digits) > len(str(ROWS)) or int(digits or 0) > ROWS or _column(letters) > COLUMNS:
            raise UnreadableError(Trouble.TOO_MUCH_UNPACKED)


def _column(letters: bytes) -> int:
    """``A`` is 1, ``AA`` 27; four letters are more than a sheet has."""
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _text(cell: Any) -> str:
    """A cell as it would be typed: a code that Excel took for a number has no decimals, a day no hours."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
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
