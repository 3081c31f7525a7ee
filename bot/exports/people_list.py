"""Read the recipients of a broadcast from a spreadsheet or CSV with request codes, codes of people or chats."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bot.certificates import LIMITS, MEBIBYTE
from bot.errors import InputError, to_reason
from bot.tables import NO_CSV, NO_TEXT, TableError
from bot.tables.headings import read_tables
from handlers.folding import fold
from handlers.model import CHANNEL_LABELS, PERSON_CODE, REQUEST_CODE
from locales import N_

#: The most people on a list.
MOST_ROWS = 100_000
#: The headings of the column that is read, without accents and capitals; those of exported lists and reports too.
HEADINGS = frozenset({"ma", "code", "ma yeu cau", "request code", "ma nguoi nhan", "recipient", "ma so"})
#: The heading stands in one of the first rows: somebody may have written a title above it.
_HEADING_ROWS = 20
#: These texts name a person: YC-2026-000123, N-3F2A91C0, telegram:123456789, terminal:lan.
_PERSON_PATTERN = re.compile(
    rf"{REQUEST_CODE.pattern}|{PERSON_CODE.pattern}|(?:{'|'.join(CHANNEL_LABELS)}):\S+", re.IGNORECASE
)

_TOO_LARGE = N_("{file} is larger than {limit} MB; split it.")
_TOO_LONG = N_("{file} names more than {most} people; split it.")
_NO_CODES = N_(
    "{file} has no column that names people: give one the heading “Mã” or “Code”, with request codes such as"
    " YC-2026-000123, codes of people such as N-3F2A91C0, or telegram:ID in it."
)
_NO_TEXT = N_("{file} is neither XLSX nor CSV in UTF-8. In Excel choose: Save as, CSV UTF-8.")
_NO_CSV = N_("{file}, line {line}: this is no CSV; check its quotation marks.")


class ListedPerson(NamedTuple):
    """A person on a list, as typed."""

    line: int  #: the number of the line as a spreadsheet counts
    name: str


def read_people(path: Path) -> tuple[ListedPerson, ...]:
    """Return the people on a list, line by line, without empty lines.

    Raises:
        InputError: the file cannot be opened, is too large or broken, has an unsupported format, or names nobody.
    """
    data = _read_bytes(path)
    try:
        found = next((named for rows in _visible_tables(data) if (named := _find_people(rows))), ())
    except TableError as error:
        message = {NO_TEXT: _NO_TEXT, NO_CSV: _NO_CSV}.get(error.message, error.message)
        raise InputError(message, **{**error.values, "file": path}) from None
    if not found:
        raise InputError(_NO_CODES, file=path)
    if len(found) > MOST_ROWS:
        raise InputError(_TOO_LONG, file=path, most=MOST_ROWS)
    return found


Rows = Sequence[tuple[int, Sequence[str]]]


def _visible_tables(data: bytes) -> Iterator[Rows]:
    """Yield every visible sheet, or the one table of a text file."""
    for page in read_tables(data, lambda cell: cell if fold(cell) in HEADINGS else None):
        if not page.hidden:
            yield list(zip(page.lines, ([cell.text for cell in row] for row in page.rows), strict=True))


def _find_people(rows: Rows) -> tuple[ListedPerson, ...]:
    first, column = _find_start(rows)
    return tuple(_people_in_column(rows[first:], column)) if column is not None else ()


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(LIMITS.file + 1)
    except (OSError, ValueError) as error:
        raise InputError(N_("{file} cannot be read ({reason})"), file=path, reason=to_reason(error)) from None
    if len(data) > LIMITS.file:
        raise InputError(_TOO_LARGE, file=path, limit=LIMITS.file // MEBIBYTE)
    return data


def _find_start(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, int | None]:
    """Return the row and column where the names begin: below a heading, or else at the first name."""
    for at, (_, cells) in enumerate(rows[:_HEADING_ROWS]):
        for column, cell in enumerate(cells):
            if fold(cell) in HEADINGS:
                return at + 1, column
    for at, (_, cells) in enumerate(rows[:_HEADING_ROWS]):
        for column, cell in enumerate(cells):
            if _PERSON_PATTERN.fullmatch(cell.strip()):
                return at, column
    return 0, None


def _people_in_column(rows: Sequence[tuple[int, Sequence[str]]], column: int) -> Iterator[ListedPerson]:
    for line, cells in rows:
        name = cells[column].strip().lstrip("'’") if column < len(cells) else ""
        if name:
            yield ListedPerson(line, name)
