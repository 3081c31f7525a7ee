"""Files that come with a broadcast: a list of the people it is for, and a document that goes along.

Run as a program (``python -m bot.exports.broadcast_files``), it answers each list with the people on it, inside limits
of time and memory; ``read_people_apart`` is what others call.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from pydantic import BaseModel, ConfigDict

from bot.certificates import MEBIBYTE, Limits
from bot.errors import InputError, refusal_of
from bot.process_sandbox import UnansweredError, answer_once, serve
from bot.streams import sanitize
from bot.tables import NO_CSV, NO_TEXT, UNANSWERED, TableError
from bot.tables.headings import read_tables
from handlers.core import AdminServices
from handlers.model import CHANNEL_LABELS, PERSON_CODE, REQUEST_CODE, ChannelAddress, Rights
from locales import N_, Translator
from rules.language.spelling import fold

_MODULE = "bot.exports.broadcast_files"
LIMITS = Limits(seconds=20.0, memory=512 * MEBIBYTE)
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

_TOO_LONG = N_("{file} names more than {most} people; split it.")
_NO_CODES = N_(
    "{file} has no column that names people: give one the heading “Mã” or “Code”, with request codes such as"
    " YC-2026-000123, codes of people such as N-3F2A91C0, or telegram:ID in it."
)
_NO_TEXT = N_("{file} is neither XLSX nor CSV in UTF-8. In Excel choose: Save as, CSV UTF-8.")
_NO_CSV = N_("{file}, line {line}: this is no CSV; check its quotation marks.")

_log = structlog.get_logger(__name__)


class ListedPerson(NamedTuple):
    """A person on a list, as typed."""

    line: int  #: the number of the line as a spreadsheet counts
    name: str


def read_people(data: bytes, file: object) -> tuple[ListedPerson, ...]:
    """Return the people on a list, line by line, without empty lines.

    Args:
        data: The bytes of the file.
        file: Its name, for the error.

    Raises:
        InputError: the file is too large or broken, has an unsupported format, or names nobody.
    """
    if (refusal := refusal_of(file, data, LIMITS.file)) is not None:
        raise refusal
    try:
        found = next((named for rows in _visible_tables(data) if (named := _find_people(rows))), ())
    except TableError as error:
        message = {NO_TEXT: _NO_TEXT, NO_CSV: _NO_CSV}.get(error.message, error.message)
        raise InputError(message, **{**error.values, "file": file}) from None
    if not found:
        raise InputError(_NO_CODES, file=file)
    if len(found) > MOST_ROWS:
        raise InputError(_TOO_LONG, file=file, most=MOST_ROWS)
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


class _Answer(BaseModel):
    """The people, or what is wrong with the file."""

    model_config = ConfigDict(frozen=True)

    people: tuple[ListedPerson, ...] = ()
    message: str = ""
    values: dict[str, str | int] = {}


async def read_people_apart(data: bytes, file: str) -> tuple[ListedPerson, ...]:
    """Read a list of people in another process, which has no key and no token in its reach.

    Raises:
        InputError: as ``read_people``, or the process does not start or ends before its time.
    """
    if (refusal := refusal_of(file, data, LIMITS.file)) is not None:
        raise refusal
    try:
        answer = await answer_once(_MODULE, data, LIMITS.seconds, _Answer.model_validate_json)
    except UnansweredError as error:
        _log.warning("people_list_unread", cause=error.death.name, error=repr(error.__cause__))
        raise InputError(UNANSWERED[error.death]) from None
    if answer.message:
        raise InputError(answer.message, **{**answer.values, "file": file})
    return answer.people


def _answer(data: bytes) -> bytes:
    try:
        told = _Answer(people=read_people(data, ""))
    except InputError as error:
        values = {name: one if isinstance(one, int) else str(one) for name, one in error.values.items()}
        told = _Answer(message=error.message, values=values)
    return told.model_dump_json().encode()


#: The most lines of a list that an error names, and the most letters of each.
_NAMED, _LONGEST_SHOWN = 20, 40
_NOBODY = N_("no person within your rights has this name")
_SEVERAL = N_("several people have this code; write the code of a request instead")


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """The people of a list as the assistant knows them, and the lines that mean no one person."""

    chats: tuple[str, ...]  #: ids, as in ``Audience.chats``
    wrong: tuple[tuple[ListedPerson, str], ...] = ()  #: with the reason: a message id

    def tell_wrong(self, t: Translator) -> list[str]:
        """Name the first wrong lines, and count the others."""
        line = N_("line {line}: {name}: {fault}")
        shown = [
            t(line, line=one.line, name=sanitize(one.name)[:_LONGEST_SHOWN].replace("\n", " "), fault=t(fault))
            for one, fault in self.wrong[:_NAMED]
        ]
        more = len(self.wrong) - len(shown)
        return [*shown, t(N_("and {count} more"), count=more)] if more else shown


async def find_people(
    admin: AdminServices,
    rights: Rights,
    people: Sequence[ListedPerson],
    parse: Callable[[str], ChannelAddress | None],
) -> FoundPeople:
    """Look up the people of a list within the rights; ``parse`` reads an address such as ``telegram:ID``."""
    names = [parse(one.name.strip()) or one.name for one in people]
    found = await admin.broadcasts.resolve_names(rights, names)
    faults = ((one, _fault(len(found.get(name, ())))) for one, name in zip(people, names, strict=True))
    wrong = tuple((one, fault) for one, fault in faults if fault)
    return FoundPeople(tuple(sorted({chat for chats in found.values() for chat in chats})), wrong)


def _fault(matches: int) -> str:
    """Return the problem of a name that matches so many people; empty if it matches exactly one."""
    if matches == 1:
        return ""
    return _SEVERAL if matches else _NOBODY


_LARGEST = 20 * MEBIBYTE
_LONGEST_NAME = 100
#: Suffix -> media type, and the first bytes of such a file.
DOCUMENTS = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}


@dataclass(frozen=True, slots=True)
class BroadcastDocument:
    """A document that is sent with a broadcast."""

    name: str
    media_type: str
    content: bytes


def read_document(name: str, data: bytes, file: object) -> BroadcastDocument:
    """Return the document that goes along, if it is what its name says.

    Args:
        name: The name that recipients see.
        data: The bytes of the file.
        file: Its name, for the error.

    Raises:
        InputError: it is too large, or of a kind that is not sent.
    """
    stem, dot, extension = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    suffix = dot + extension.lower()
    kind = DOCUMENTS.get(suffix)
    if kind is None or not data.startswith(kind[1]):
        message = N_("{file} is not a PDF, DOCX, XLSX, PNG or JPG file; its name must end in that extension.")
        raise InputError(message, file=file)
    if len(data) > _LARGEST:
        raise InputError(N_("{file} is larger than {limit} MB."), file=file, limit=_LARGEST // MEBIBYTE)
    shown = sanitize(stem)[:_LONGEST_NAME].replace("\n", " ") + suffix
    return BroadcastDocument(shown, kind[0], data)


def main() -> None:
    """Answer requests until the input ends; the file itself does not count against the memory."""
    serve(_answer, memory=LIMITS.memory + LIMITS.file, seconds=LIMITS.seconds)


if __name__ == "__main__":
    main()
