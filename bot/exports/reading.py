"""An exported list read back from a spreadsheet of a stranger: run where time and memory are bounded."""

from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook

from bot.certificates.errors import UnreadableError
from bot.certificates.limits import MEBIBYTE, Limits
from bot.certificates.unpacking import Unpacker
from bot.exports.columns import COLUMNS
from handlers.certificate import Trouble
from handlers.folding import fold
from handlers.office.importing import Line, Sheet, SheetTrouble
from handlers.requests.model import State
from handlers.requests.words import STATES
from locales import LANGUAGES, translator

#: Rows of a list, over all sheets.
MOST_ROWS = 100_000
#: What an export of so many requests needs, every column filled: 168 MiB unpacked, half a gigabyte and 5 s where nobody
#: else is at work.
LIMITS = Limits(entries=200, unpacked=176 * MEBIBYTE, seconds=20.0, memory=640 * MEBIBYTE)
#: The headings stand in one of the first rows: somebody may have written a title above them.
_HEADING_ROWS = 20
#: Letters that are kept of a word that names no state.
_WORD = 40
_READ = ("code", "state", "note", "revision")
_NEEDED = frozenset({"code", "state"})
_TROUBLES = {
    Trouble.TOO_MUCH_UNPACKED: SheetTrouble.TOO_MUCH_UNPACKED,
    Trouble.TOO_MANY_ENTRIES: SheetTrouble.TOO_MUCH_UNPACKED,
}


def read_list(data: bytes, limits: Limits = LIMITS, most_rows: int = MOST_ROWS) -> Sheet:
    """The lines of every sheet that is a list; a trouble where there is none, or a limit is passed."""
    try:
        Unpacker(limits).measure(data)
        lines = tuple(_lines(CalamineWorkbook.from_filelike(BytesIO(data)), most_rows))
    except UnreadableError as error:
        return Sheet(trouble=_TROUBLES.get(error.trouble, SheetTrouble.BROKEN))
    except _TooManyRows:
        return Sheet(trouble=SheetTrouble.TOO_MANY_ROWS)
    except (_NotAListError, CalamineError, ValueError, OSError) as error:
        broken = not isinstance(error, _NotAListError)
        return Sheet(trouble=SheetTrouble.BROKEN if broken else SheetTrouble.NOT_A_LIST)
    except MemoryError:
        return Sheet(trouble=SheetTrouble.TOO_MUCH_MEMORY)
    return Sheet(lines=lines)


class _NotAListError(Exception):
    pass


class _TooManyRows(Exception):  # noqa: N818 - a state
    pass


def _lines(workbook: CalamineWorkbook, most: int) -> Iterator[Line]:
    lists, count = 0, 0
    for name in workbook.sheet_names:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most + 2 * _HEADING_ROWS)
        at, places = _heading(rows)
        lists += bool(places)
        for number, row in enumerate(rows[at + 1 :] if places else (), at + 2):
            line = _line(number, row, places)
            count += line is not None
            if count > most:
                raise _TooManyRows
            if line is not None:
                yield line
    if not lists:
        raise _NotAListError


def _heading(rows: Sequence[Sequence[object]]) -> tuple[int, dict[str, int]]:
    """Which row has the headings, and where each column that is read stands; nowhere where it is no list."""
    titles = _titles()
    for at, row in enumerate(rows[:_HEADING_ROWS]):
        places: dict[str, int] = {}
        for column, cell in enumerate(row):
            key = titles.get(fold(_text(cell)))
            if key:
                places.setdefault(key, column)
        if places.keys() >= _NEEDED:
            return at, places
    return 0, {}


def _line(number: int, row: Sequence[object], places: dict[str, int]) -> Line | None:
    """``None`` where the row is empty in all that is read."""
    code, state, note, revision = (_text(row[places[key]]) if key in places else "" for key in _READ)
    if not (code or state or note):
        return None
    named = _states().get(fold(state))
    return Line(
        number=number,
        code=code.upper(),
        state=named,
        word="" if named else state[:_WORD],
        note=note,
        revision=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 16 else None,
    )


def _text(cell: object) -> str:
    """A cell as somebody reads it: a whole number without its fraction."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


@cache
def _titles() -> dict[str, str]:
    """Folded heading in either language -> key of the column."""
    wanted = [column for column in COLUMNS if column.key in _READ]
    return {fold(translator(language)(column.title)): column.key for column in wanted for language in LANGUAGES}


@cache
def _states() -> dict[str, State]:
    """Folded word in either language -> state."""
    return {fold(translator(language)(word)): state for state, word in STATES.items() for language in LANGUAGES}
