"""A list of units, read into rows: XLSX, or CSV in UTF-8 with semicolons or commas."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from io import StringIO
from pathlib import Path

from bot.certificates.limits import LIMITS, MEBIBYTE
from bot.reasons import reason_of
from bot.units.columns import REQUIRED, column_of, header_of
from bot.units.errors import FaultyUnitsError, UnitsFileError
from bot.units.faults import Fault
from bot.units.workbook import cells_of
from locales import N_

_ZIP = b"PK\x03\x04"
_DELIMITERS = (";", ",", "\t")
#: Cells of one line of the file, with the number of that line.
Line = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One unit as the file has it; a column that the file does not have is not in ``cells``."""

    line: int
    cells: dict[str, str] = field(default_factory=dict)


def read_file(path: Path) -> list[Row]:
    """The rows of a file.

    Raises:
        UnitsFileError: it cannot be opened, is too large, or is neither XLSX nor CSV in UTF-8.
        FaultyUnitsError: its headers are not those of a list of units.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LIMITS.file + 1)
    except OSError as error:
        raise UnitsFileError(N_("{file}: {reason}"), file=path, reason=reason_of(error)) from None
    if len(data) > LIMITS.file:
        raise UnitsFileError(N_("The file is larger than {limit} MB; split it."), limit=LIMITS.file // MEBIBYTE)
    return read_rows(data)


def read_rows(data: bytes) -> list[Row]:
    """The rows of a file's bytes; raises as ``read_file`` does."""
    lines = cells_of(data) if data.startswith(_ZIP) else _csv_lines(data)
    filled = ((number, cells) for number, cells in lines if any(map(str.strip, cells)))
    header = next(filled, None)
    if header is None:
        raise UnitsFileError(N_("The file is empty."))
    columns = _columns(*header)
    return [Row(number, _cells(columns, cells)) for number, cells in filled]


def samples() -> list[str]:
    """Names of the lists that come with the program."""
    found = (path.name for path in files("bot.units").joinpath("samples").iterdir())
    return sorted(name.removesuffix(".csv").replace("_", "-") for name in found if name.endswith(".csv"))


def sample(name: str) -> list[Row]:
    """The rows of one of them.

    Raises:
        UnitsFileError: there is none of that name.
    """
    if name not in samples():
        known = ", ".join(samples())
        raise UnitsFileError(N_("There is no sample {name}. There are: {known}"), name=name, known=known)
    file = files("bot.units").joinpath("samples", f"{name.replace('-', '_')}.csv")
    return read_rows(file.read_bytes())


def _csv_lines(data: bytes) -> Iterator[Line]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = N_("The file is neither XLSX nor CSV in UTF-8. In Excel choose: Save as, CSV UTF-8.")
        raise UnitsFileError(message) from None
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    before = 0
    try:
        for cells in reader:
            yield before + 1, cells
            before = reader.line_num
    except csv.Error:
        raise UnitsFileError(N_("Line {line}: this is no CSV; check its quotation marks."), line=before + 1) from None


def _delimiter(text: str) -> str:
    """The one that makes most known headers of the first line."""
    first = next(filter(str.strip, text.splitlines()), "")
    return max(_DELIMITERS, key=lambda mark: sum(column_of(part.strip('" ')) is not None for part in first.split(mark)))


def _columns(line: int, headers: Sequence[str]) -> list[str | None]:
    """The column of each header; empty headers are left out.

    Raises:
        FaultyUnitsError: unknown, double or missing headers.
    """
    columns = [column_of(header) for header in headers]
    known = [column for column in columns if column]
    unknown = [header for header, column in zip(headers, columns, strict=True) if header.strip() and not column]
    faults = [Fault(line, _UNKNOWN_HEADER, {"header": header}) for header in unknown]
    faults += [Fault(line, _TWICE, {"header": header_of(one)}) for one in set(known) if known.count(one) > 1]
    faults += [Fault(line, _MISSING, {"header": header_of(one)}) for one in REQUIRED if one not in known]
    if faults:
        raise FaultyUnitsError(faults)
    return columns


def _cells(columns: Sequence[str | None], cells: Sequence[str]) -> dict[str, str]:
    padded = [*cells, *[""] * (len(columns) - len(cells))]
    return {column: cell.strip() for column, cell in zip(columns, padded, strict=False) if column}


_UNKNOWN_HEADER = N_("the column “{header}” is not known; take it out or correct its header.")
_TWICE = N_("there are two columns “{header}”; take one out.")
_MISSING = N_("the column “{header}” is missing; add it.")
