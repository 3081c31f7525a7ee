"""Read a list of units as offices keep it, XLSX or CSV, into rows.

The sheet, the headings and the encoding are searched for, and ``ReadingNotes`` tell what was assumed.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path

from bot.certificates import LIMITS
from bot.errors import read_input
from bot.tables import EMPTY_CELL, TableCell, TableError, TablePage, unguard_formula
from bot.tables.headings import LEFT_OUT, ROWS_SEARCHED, HeadingRow, compose, read_tables, restore_columns
from bot.tables.legacy_fonts import Charset, RestoredColumn, possible_readings
from bot.units import (
    FaultyUnitsError,
    RowFilter,
    UnitFault,
    UnitsFileError,
    check_heading,
    columns_of,
    find_heading,
    format_row_start,
    is_complete,
    meaning_of,
    score_heading,
    to_no_heading_error,
)
from locales import N_

#: Columns of codes: zeros matter in them, blanks and accents do not.
_CODES = ("code", "parent", "successors")
_DAYS = ("closed_on", "since")
#: Legacy fonts are searched for in these columns.
_WORDS = ("name", "parent", "parent_name", "aliases", "former_names", "successors", "became", "source")
#: The most examples of converted texts.
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One row of the file; ``cells`` lacks the columns that the file lacks."""

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)  #: columns whose cell is a number instead of a text
    bare: frozenset[str] = frozenset()  #: columns of ``numbers`` whose format shows no leading zeros
    days: Mapping[str, date] = field(default_factory=dict)  #: columns whose cell is a day in Excel


@dataclass(frozen=True, slots=True)
class ReadingNotes:
    """The assumptions made in reading a file that a person should know."""

    sheet: str = ""  #: the sheet that was read, if there are several
    left_out_columns: tuple[str, ...] = ()
    left_out_rows: tuple[tuple[int, str], ...] = ()  #: line and beginning of the rows that are not units
    charset: Charset | None = None  #: the encoding from which names were converted
    converted: int = 0  #: the number of converted cells
    examples: tuple[tuple[int, str, str], ...] = ()  #: converted cells: line, before, after
    merged: bool = False  #: merged cells were filled downwards
    text: bool = False  #: read from a text file, which does not tell numbers from texts


@dataclass(frozen=True, slots=True)
class UnitList:
    """The rows of a file, with the notes on their reading."""

    rows: list[UnitRow]
    notes: ReadingNotes = ReadingNotes()


def open_list(path: Path, sheet: str = "") -> UnitList:
    """Read a list of units from a file; ``sheet`` names the sheet if there are several lists.

    Raises:
        InputError: the file cannot be opened, is empty, or is too large.
        UnitsFileError: it has an unsupported format.
        FaultyUnitsError: its headings are not those of a list of units, or its letters are unreadable.
    """
    return read_list(read_input(path, LIMITS.file), sheet)


def read_rows(data: bytes) -> list[UnitRow]:
    """Return the rows of a file's bytes; raises the errors of ``open_list``."""
    return read_list(data).rows


def read_list(data: bytes, sheet: str = "") -> UnitList:
    """Read a list of units from a file's bytes; raises the errors of ``open_list``."""
    try:
        pages = read_tables(data, meaning_of)
        return _read_page(*_choose_page(pages, sheet), several=len(pages) > 1)
    except TableError as error:
        raise UnitsFileError(error.message, **error.values) from None


def sample_names() -> list[str]:
    """Return the names of the lists that come with the program."""
    found = (path.name for path in files("bot.units").joinpath("samples").iterdir())
    return sorted(name.removesuffix(".csv").replace("_", "-") for name in found if name.endswith(".csv"))


def read_sample(name: str) -> list[UnitRow]:
    """Return the rows of a list that comes with the program.

    Raises:
        UnitsFileError: there is none of that name.
    """
    if name not in sample_names():
        known = ", ".join(sample_names())
        raise UnitsFileError(N_("There is no sample {name}. There are: {known}"), name=name, known=known)
    file = files("bot.units").joinpath("samples", f"{name.replace('-', '_')}.csv")
    return read_rows(file.read_bytes())


def _choose_page(pages: Sequence[TablePage], wanted: str) -> tuple[TablePage, HeadingRow]:
    """Return the one sheet that is a list of units, with its headings.

    Raises:
        UnitsFileError: no sheet is a list, or several are.
        FaultyUnitsError: the likeliest sheet lacks a heading.
    """
    if wanted:
        return _page_by_name(pages, wanted)
    filled = [page for page in pages if _has_text(page)]
    if not filled:
        raise UnitsFileError(N_("The file is empty."))
    found = [(page, heading) for page in filled if (heading := find_heading(_first_texts(page)))]
    lists = [one for one in found if is_complete(one[1])]
    shown_ = [one for one in lists if not one[0].hidden]
    if len(shown_) > 1:
        raise UnitsFileError(_SEVERAL, sheets=_format_page_names(page for page, _ in shown_))
    if lists and not shown_:
        raise UnitsFileError(_HIDDEN, sheets=_format_page_names(page for page, _ in lists))
    if shown_ or found:
        return shown_[0] if shown_ else max(found, key=lambda one: score_heading(one[1]))
    raise to_no_heading_error([[cell.text for cell in row] for row in _first_rows(filled[0])])


def _page_by_name(pages: Sequence[TablePage], wanted: str) -> tuple[TablePage, HeadingRow]:
    page = next((page for page in pages if page.name.strip().casefold() == wanted.strip().casefold()), None)
    if page is None:
        raise UnitsFileError(_NO_SHEET, sheet=wanted, sheets=_format_page_names(pages))
    heading = find_heading(_first_texts(page))
    if heading is None:
        raise to_no_heading_error(_first_texts(page))
    return page, heading


def _format_page_names(pages: Iterable[TablePage]) -> str:
    return ", ".join(f"“{page.name}”" for page in pages)


def _has_text(page: TablePage) -> bool:
    return any(cell.text.strip() for row in page.rows for cell in row)


def _first_texts(page: TablePage) -> list[list[str]]:
    return [[_normalize_spaces(cell.text) for cell in row] for row in _first_rows(page)]


def _first_rows(page: TablePage) -> list[list[TableCell]]:
    """Return the rows up to the last filled one that is searched; empty rows between keep their places."""
    filled = 0
    for at, row in enumerate(page.rows):
        filled += any(cell.text.strip() for cell in row)
        if filled > ROWS_SEARCHED:
            return page.rows[:at]
    return page.rows


def _read_page(page: TablePage, heading: HeadingRow, *, several: bool) -> UnitList:
    from bot.tables.workbook import fill_merged  # noqa: PLC0415 - a service starts without what reads workbooks

    check_heading(heading, page.lines[heading.at])
    first = heading.at + heading.depth
    merged = fill_merged(page.rows, page.merged, first)
    columns = columns_of(heading)
    taken, left_out = _filter_rows(page, columns, first)
    places = [place for place, column in enumerate(columns) if column in _WORDS]
    restored = restore_columns([cells for _, cells in taken], places, heading.texts if page.one_byte else ())
    faults = list(_letter_faults(taken, restored))
    if faults:
        raise FaultyUnitsError(faults)
    rows = [_to_row(line, cells, columns, restored) for line, cells in taken]
    changed = _find_conversions(taken, columns, restored)
    charset = next((one.charset for one in restored.values() if one.charset), None)
    if charset is None and changed:
        charset = _charset_of(*changed[0][1:])
    sheet = page.name if several else ""
    examples = tuple(changed[:_EXAMPLES])
    pairs = zip(heading.texts, heading.meanings, strict=True)
    ignored = tuple(text for text, meaning in pairs if meaning == LEFT_OUT)
    notes = ReadingNotes(sheet, ignored, tuple(left_out), charset, len(changed), examples, merged, page.is_text)
    return UnitList(rows, notes)


KeptRow = tuple[int, Sequence[TableCell]]


def _filter_rows(
    page: TablePage, columns: Sequence[str | None], first: int
) -> tuple[list[KeptRow], list[tuple[int, str]]]:
    row_filter, taken, left_out = RowFilter(columns), list[KeptRow](), list[tuple[int, str]]()
    for line, row in zip(page.lines[first:], page.rows[first:], strict=True):
        texts = [_normalize_spaces(cell.text) for cell in row]
        if not any(texts):
            continue
        if not row_filter.is_excluded(texts):
            taken.append((line, row))
        elif beginning := format_row_start(texts):
            left_out.append((line, beginning))
    return taken, left_out


def _letter_faults(rows: Sequence[KeptRow], restored: Mapping[int, RestoredColumn]) -> Iterator[UnitFault]:
    for line, cells in rows:
        for place, one in restored.items():
            text = compose(cells[place].text) if place < len(cells) else ""
            if text in one.unclear:
                ways = "”, “".join(dict.fromkeys((text, *possible_readings(text).values())))
                yield UnitFault(line, _UNCLEAR, {"text": text, "ways": ways})
            elif text in one.unreadable:
                yield UnitFault(line, _UNREADABLE, {"text": text})


def _find_conversions(
    rows: Sequence[KeptRow], columns: Sequence[str | None], restored: Mapping[int, RestoredColumn]
) -> list[tuple[int, str, str]]:
    """Return every converted text: line, before, after; names come first."""
    places = sorted(restored, key=lambda place: columns[place] != "name")
    return [
        (line, text, restored[place].texts[text])
        for place in places
        for line, cells in rows
        if place < len(cells) and (text := compose(cells[place].text)) in restored[place].texts
    ]


def _charset_of(before: str, after: str) -> Charset | None:
    return next((charset for charset, read in possible_readings(before).items() if read.lower() == after.lower()), None)


def _to_row(
    line: int, cells: Sequence[TableCell], columns: Sequence[str | None], restored: Mapping[int, RestoredColumn]
) -> UnitRow:
    given = {
        column: (place, cells[place] if place < len(cells) else EMPTY_CELL) for place, column in enumerate(columns)
    }
    said = {column: one for column, one in given.items() if column}
    texts = {column: _to_text(column, place, cell, restored) for column, (place, cell) in said.items()}
    numbers = {column: cell.number for column, (_, cell) in said.items() if cell.number is not None}
    bare = frozenset(column for column, (_, cell) in said.items() if cell.number is not None and not cell.padded)
    days = {column: cell.day for column, (_, cell) in said.items() if column in _DAYS and cell.day}
    return UnitRow(line, texts, numbers, bare, days)


def _to_text(column: str, place: int, cell: TableCell, restored: Mapping[int, RestoredColumn]) -> str:
    text = compose(cell.text)
    if place in restored:
        text = restored[place].texts.get(text, text)
    if column not in _CODES:
        return unguard_formula(text.strip())
    if cell.day and cell.number is None:
        return f"{cell.day:%d/%m/%Y}"  # Excel read a code as a day: it is not a code, and is reported
    return "; ".join(_clean_code(part) for part in text.split(";")) if column == "successors" else _clean_code(text)


def _clean_code(text: str) -> str:
    """Strip what nobody sees from a code: blanks around it, full width, the apostrophe that marks a number as text."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf").strip()
    return seen.lstrip("'’`").strip() or seen


def _normalize_spaces(text: str) -> str:
    return " ".join(text.split())


_SEVERAL = N_("Several sheets are lists of units: {sheets}. Say which one is meant by --sheet, or keep only one.")
_HIDDEN = N_("The list of units stands in a hidden sheet: {sheets}. Show that sheet, or name it by --sheet.")
_NO_SHEET = N_("There is no sheet “{sheet}”. There are: {sheets}.")
_UNCLEAR = N_("“{text}” can be read in several ways (“{ways}”); convert the file to Unicode first, or type it anew.")
_UNREADABLE = N_("the letters of “{text}” cannot be read; convert the file to Unicode first, or type it anew.")
