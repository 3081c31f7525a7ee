"""Read an exported list back from a stranger's file, inside limits of time and memory.

Run as a program (``python -m bot.exports.list_reader``), it answers each spreadsheet with an ``ImportSheet`` as JSON.

XLSX, CSV and JSON Lines are read, whether as exported or as another program saved them; other formats are reported.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any, NoReturn, TypeVar

from python_calamine import CalamineError, CalamineWorkbook

from bot.certificates import Limits, UnreadableError
from bot.certificates.decompression import Unpacker
from bot.exports import COLUMNS, LIST_LIMITS
from bot.process_sandbox import serve
from bot.tables import TOO_LONG, TableError, csv_lines, decode, detect_format, unguard_formula
from bot.tables.legacy_fonts import restore_column, spellings
from handlers.model import FileProblemKind, ImportLine, ImportSheet, RequestState, SheetProblem, TableFormat
from handlers.requests import STATE_LABELS
from locales import LANGUAGES, translator
from rules.language.spelling import fold

#: The most rows of a list, over all sheets.
MOST_ROWS = 100_000
#: The headings stand in one of the first rows: somebody may have written a title above them.
_HEADING_ROWS = 20
#: The most letters kept of an unknown state, and of a heading or word that is looked up.
_WORD, _LONGEST = 40, 100
_COLUMNS_READ = ("code", "state", "note", "revision")
_REQUIRED_COLUMNS = frozenset({"code", "state"})
_TROUBLES = {
    FileProblemKind.TOO_MUCH_UNPACKED: SheetProblem.TOO_MUCH_UNPACKED,
    FileProblemKind.TOO_MANY_ENTRIES: SheetProblem.TOO_MUCH_UNPACKED,
}
#: Python also ends lines at signs such as U+2028, which may stand inside a JSON text.
_LINE_END = re.compile(r"\r\n|\r|\n")
_TAG = re.compile(r"<[^<>]*>")

_Value = TypeVar("_Value")
Rows = Sequence[Sequence[object]]
#: The rows of a table, and the number of each as a spreadsheet or an editor counts.
Table = tuple[Rows, Sequence[int]]


def read_list(data: bytes, limits: Limits = LIST_LIMITS, most_rows: int = MOST_ROWS) -> ImportSheet:
    """Return the lines of every table that is a list, or the problem of the file.

    Args:
        data: The file: XLSX, CSV or JSON Lines.
        limits: The bounds of unpacking.
        most_rows: The most rows over all tables.
    """
    try:
        return ImportSheet(lines=_read_lines(data, limits, most_rows))
    except UnreadableError as error:
        return ImportSheet(trouble=_TROUBLES.get(error.trouble, SheetProblem.BROKEN))
    except _RefusedError as error:
        return ImportSheet(trouble=error.trouble)
    except TableError as error:
        return ImportSheet(trouble=SheetProblem.TOO_MANY_ROWS if error.message == TOO_LONG else SheetProblem.BROKEN)
    except (CalamineError, ValueError, OSError):
        return ImportSheet(trouble=SheetProblem.BROKEN)
    except MemoryError:
        return ImportSheet(trouble=SheetProblem.TOO_MUCH_MEMORY)


class _RefusedError(Exception):
    def __init__(self, trouble: SheetProblem | TableFormat) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


def _refuse_file(trouble: SheetProblem | TableFormat) -> NoReturn:
    raise _RefusedError(trouble)


def _read_lines(data: bytes, limits: Limits, most: int) -> tuple[ImportLine, ...]:
    kind = detect_format(data)
    if not data:
        _refuse_file(SheetProblem.EMPTY)
    if kind is TableFormat.XLSX:
        Unpacker(limits).measure(data)
        return tuple(_lines_of_tables(_read_sheets(CalamineWorkbook.from_filelike(BytesIO(data)), most), most))
    if kind is TableFormat.TEXT:
        return _read_csv(data, most)
    if kind is TableFormat.JSON:
        return tuple(_read_json_lines(data, most))
    _refuse_file(SheetProblem.OFFICIAL if _is_official(data, kind, limits) else kind)


def _read_sheets(workbook: CalamineWorkbook, most: int) -> Iterator[Table]:
    for name in workbook.sheet_names:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most + 2 * _HEADING_ROWS)
        yield rows, range(1, len(rows) + 1)


def _read_csv(data: bytes, most: int) -> tuple[ImportLine, ...]:
    """Read CSV; in a file with one byte per letter, notes are decoded by their spelling or refused."""
    text = decode(data)
    read = list(csv_lines(text.text, lambda cell: _find_column(cell) is not None))
    rows = [[unguard_formula(cell) for cell in cells] for _, cells in read]
    lines = tuple(_lines_of_tables([(rows, [number for number, _ in read])], most))
    if not text.one_byte:
        return lines
    notes = restore_column({(cell.strip(), None) for row in rows for cell in row}, one_byte=True)
    if {line.note for line in lines} & (notes.unclear | notes.unreadable):
        _refuse_file(SheetProblem.LETTERS_LOST)
    return tuple(line.model_copy(update={"note": notes.texts.get(line.note, line.note)}) for line in lines)


def _read_json_lines(data: bytes, most: int) -> Iterator[ImportLine]:
    count = 0
    for number, text in enumerate(_LINE_END.split(decode(data).text), 1):
        if not text.strip():
            continue
        count += 1
        if count > most:
            _refuse_file(SheetProblem.TOO_MANY_ROWS)
        yield _to_line(number, _parse_object(text))


def _parse_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        _refuse_file(TableFormat.JSON)
    if not isinstance(found, dict) or not found.keys() >= _REQUIRED_COLUMNS:
        _refuse_file(TableFormat.JSON)
    return found


def _to_line(number: int, found: dict[str, Any]) -> ImportLine:
    code, state, note, revision = (found.get(key) for key in _COLUMNS_READ)
    named = _state_words().get(fold(str(state)[:_LONGEST])) or next(
        (one for one in RequestState if one.value == state), None
    )
    return ImportLine(
        number=number,
        code=str(code or "").upper(),
        state=named,
        word="" if named else str(state or "")[:_WORD],
        note=str(note or ""),
        revision=revision if isinstance(revision, int) and not isinstance(revision, bool) and revision >= 0 else None,
    )


#: Words of which every form has some.
_OF_FORMS = ("chung thu chu ky so", "thiet bi luu khoa bi mat")


def _is_official(data: bytes, kind: TableFormat, limits: Limits) -> bool:
    """Return whether the file is an exported official list: a Word file, or an archive of them with an index."""
    if kind is TableFormat.ARCHIVE and data.startswith(b"PK"):
        with Unpacker(limits).open(data) as archive:
            names = archive.namelist()
        return "index.txt" in names and any(name.endswith(".docx") for name in names)
    if kind is not TableFormat.DOCX:
        return False
    unpacker = Unpacker(limits)
    with unpacker.open(data) as archive:
        entry = next((one for one in archive.infolist() if one.filename == "word/document.xml"), None)
        document = unpacker.unpack(archive, entry).decode(errors="replace") if entry else ""
    text = fold(_TAG.sub("", document))
    return "danh sach" in text and any(words in text for words in _OF_FORMS)


def _lines_of_tables(tables: Iterator[Table] | Sequence[Table], most: int) -> Iterator[ImportLine]:
    lists, count = 0, 0
    for rows, numbers in tables:
        at, places = _find_heading(rows)
        lists += bool(places)
        for number, row in zip(numbers[at + 1 :], rows[at + 1 :] if places else (), strict=False):
            line = _row_to_line(number, row, places)
            count += line is not None
            if count > most:
                _refuse_file(SheetProblem.TOO_MANY_ROWS)
            if line is not None:
                yield line
    if not lists:
        _refuse_file(SheetProblem.NOT_A_LIST)


def _find_heading(rows: Rows) -> tuple[int, dict[str, int]]:
    """Return the row of the headings and the index of each known column; no indexes if the table is not a list."""
    for at, row in enumerate(rows[:_HEADING_ROWS]):
        places: dict[str, int] = {}
        for column, cell in enumerate(row):
            key = _find_column(_cell_text(cell))
            if key:
                places.setdefault(key, column)
        if places.keys() >= _REQUIRED_COLUMNS:
            return at, places
    return 0, {}


def _row_to_line(number: int, row: Sequence[object], places: dict[str, int]) -> ImportLine | None:
    """Return a line, or ``None`` if all known columns of the row are empty."""
    cells = {key: _cell_text(row[place]) for key, place in places.items() if place < len(row)}
    code, state, note, revision = (cells.get(key, "") for key in _COLUMNS_READ)
    if not (code or state or note):
        return None
    named = _parse_state(state)
    return ImportLine(
        number=number,
        code=code.upper(),
        state=named,
        word="" if named else state[:_WORD],
        note=note,
        revision=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 16 else None,
    )


def _cell_text(cell: object) -> str:
    """Return a cell as a person reads it: a whole number without its fraction."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _find_column(cell: str) -> str | None:
    """Return the key of the column with this heading."""
    return _look_up(cell, _column_titles())


def _parse_state(cell: str) -> RequestState | None:
    return _look_up(cell, _state_words())


def _look_up(cell: str, known: Mapping[str, _Value]) -> _Value | None:
    """Look up a word of either language, also in a legacy encoding."""
    if len(cell) > _LONGEST:
        return None
    return next((found for way in spellings(cell) if (found := known.get(fold(way)))), None)


@cache
def _column_titles() -> dict[str, str]:
    """Return folded heading in either language -> key of the column."""
    wanted = [column for column in COLUMNS if column.key in _COLUMNS_READ]
    return {fold(translator(language)(column.title)): column.key for column in wanted for language in LANGUAGES}


@cache
def _state_words() -> dict[str, RequestState]:
    """Return folded label in either language -> state."""
    return {fold(translator(language)(word)): state for state, word in STATE_LABELS.items() for language in LANGUAGES}


def main() -> None:
    """Answer requests until the input ends; the file itself does not count against the memory."""
    serve(
        lambda data: read_list(data).model_dump_json().encode(),
        memory=LIST_LIMITS.memory + LIST_LIMITS.file,
        seconds=LIST_LIMITS.seconds,
    )


if __name__ == "__main__":
    main()
