"""Exports: the order, the remarks about a file, the progress, and a list that comes back with changes."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handlers.model.requests import MAX_BULK_MOVES, Filter, RequestState, check_reason, transitions_from
from locales import N_


class ExportForm(StrEnum):
    """The form of an exported file; the values are those of ``troly export requests --format``."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"
    DOCX = "docx"
    IMPORT19 = "import19"


EXPORT_FORM_LABELS = {
    ExportForm.XLSX: N_("Excel spreadsheet"),
    ExportForm.CSV: N_("CSV table"),
    ExportForm.JSONL: N_("JSON Lines, for programs"),
    ExportForm.DOCX: N_("official lists on the forms, Mẫu 01 to 06 (DOCX)"),
    ExportForm.IMPORT19: N_("the table of 19 columns"),
}


class ExportOrder(BaseModel):
    """An order for an export. It carries no rights: those of the orderer are looked up when the file is written."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wanted: Filter
    form: ExportForm
    language: Literal["vi", "en"] = "vi"


class FinishedExport(ExportOrder):
    """An order with what became of it, for a page that shows both."""

    told: tuple[str, ...] = ()  #: paragraphs on the files, or on why there are none, in the HTML subset of replies
    roles: tuple[str, ...] = ()  #: ids of the roles by which the files were made
    tries: int = 1  #: the try that made them


class ExportRemarks(BaseModel):
    """Facts about an exported file to tell besides the number of requests in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sending: tuple[RequestState, ...] = ()  #: states whose requests a list to be sent on includes
    states: dict[RequestState, int] = {}  #: left out because of their state, by state
    others: int = 0  #: left out because this form of file is not for them
    serials: int = 0  #: in the file, with the serial number to be filled in by hand
    joined: int = 0  #: in the file, in the row of another request for the same certificate
    unreadable: int = 0  #: no longer readable; lists to be sent on leave them out
    missing: int = 0  #: the unreadable ones that are left out

    @property
    def left_out(self) -> int:
        """Return the number of requests that were read but are not in the file."""
        return sum(self.states.values()) + self.others + self.missing

    def __add__(self, further: "ExportRemarks") -> "ExportRemarks":
        """Return the remarks about two files of the same order."""
        return ExportRemarks(
            sending=further.sending,
            states=dict(Counter(self.states) + Counter(further.states)),
            others=self.others + further.others,
            serials=self.serials + further.serials,
            joined=self.joined + further.joined,
            unreadable=self.unreadable + further.unreadable,
            missing=self.missing + further.missing,
        )


#: No remarks: every request that was read is in the file unchanged.
NO_REMARKS = ExportRemarks()


@dataclass(frozen=True, slots=True)
class ExportStatus:
    """The progress of an export that is waiting or being written."""

    id: str  #: XD-000012
    done: int  #: requests written so far
    total: int


class TableFormat(StrEnum):
    """The format of a file, recognised by its bytes."""

    XLSX = "xlsx"
    TEXT = "text"  #: CSV and the like
    XLS = "xls"
    XLSB = "xlsb"
    ODS = "ods"
    LOCKED = "locked"
    WORD = "word"
    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"
    XML = "xml"
    JSON = "json"
    PICTURE = "picture"
    ARCHIVE = "archive"


#: The answer to a file of a format that cannot be imported.
TABLE_REFUSALS: Mapping[TableFormat, str] = {
    TableFormat.XLS: N_(
        "This is an old Excel file (.xls). Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."
    ),
    TableFormat.XLSB: N_(
        "This is a binary Excel file (.xlsb). Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."
    ),
    TableFormat.ODS: N_("This is an OpenDocument table (.ods). Save it as Excel Workbook (.xlsx) and send that."),
    TableFormat.LOCKED: N_(
        "This file is locked with a password. Open it in Excel, take the password away, save it and send it again."
    ),
    TableFormat.WORD: N_(
        "This is a Word or text document, not a table. Copy its table into Excel and send that (.xlsx)."
    ),
    TableFormat.DOCX: N_("This is a Word document, not a table. Copy its table into Excel and send that (.xlsx)."),
    TableFormat.PDF: N_("This is a PDF, not a table. Please send the Excel file (.xlsx) that it was made from."),
    TableFormat.HTML: N_(
        "This is a web page, although it may be called .xls. Open it in Excel, choose Save as, Excel Workbook (.xlsx),"
        " and send that."
    ),
    TableFormat.XML: N_(
        "This is an XML file, not a table that can be read. Open it in Excel, choose Save as, Excel Workbook (.xlsx),"
        " and send that."
    ),
    TableFormat.JSON: N_("This is a JSON file for programs. Please send the list as Excel (.xlsx) or CSV."),
    TableFormat.PICTURE: N_("This is a picture, not a table. Please send the Excel file (.xlsx) that it shows."),
    TableFormat.ARCHIVE: N_(
        "This is an archive or a damaged Excel file. Unpack it, and send the Excel file (.xlsx) or CSV in it."
    ),
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImportLine(_Model):
    """A row of the list as it was read."""

    number: int  #: row number in the sheet, as a spreadsheet counts
    code: str
    state: RequestState | None  #: ``None`` if the word names no state
    word: str = ""  #: the word for the state as it was typed
    note: str = ""
    revision: int | None = None  #: revision of the request at the time of the export


class SheetProblem(StrEnum):
    """The reason why a spreadsheet could not be read as a list."""

    NOT_A_LIST = "not_a_list"  #: no row of headings with the code and the state
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MUCH_UNPACKED = "too_much_unpacked"
    TOO_MANY_ROWS = "too_many_rows"
    OFFICIAL = "official"  #: the official lists as Word files, which say nothing of states
    LETTERS_LOST = "letters_lost"  #: saved in an encoding that cannot hold, or does not tell, its letters
    BROKEN = "broken"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    UNAVAILABLE = "unavailable"  #: the process that reads did not start


class ImportSheet(_Model):
    """The lines of a spreadsheet, or the reason why it could not be read."""

    lines: tuple[ImportLine, ...] = ()
    trouble: SheetProblem | TableFormat | None = None


class LineProblem(StrEnum):
    """The reason why a line is rejected."""

    UNKNOWN = "unknown"  #: no such request within the importer's rights
    UNKNOWN_STATE = "unknown_state"
    NO_REVISION = "no_revision"
    NO_MOVE = "no_move"
    NO_REASON = "no_reason"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class CurrentRequest:
    """A request in its present state, with the history that a plan needs."""

    state: RequestState
    revision: int
    changed_at: datetime
    actor: str = ""  #: the person of the last change
    note: str = ""  #: the reason of the last move
    moves: tuple[tuple[int, RequestState], ...] = ()  #: revision and state of every move, in order

    def state_at(self, revision: int) -> RequestState | None:
        """Return the state at an earlier revision, or ``None``; amendments raise the revision without a move."""
        return next((state for at, state in reversed(self.moves) if at <= revision), None)


@dataclass(frozen=True, slots=True)
class ImportChange:
    """A move that a line asks for."""

    code: str
    before: RequestState
    to: RequestState
    note: str


@dataclass(frozen=True, slots=True)
class ImportConflict:
    """A line about a request that somebody else has changed since the export."""

    line: ImportLine
    now: CurrentRequest


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that cannot be applied, and why."""

    line: ImportLine
    fault: LineProblem
    now: RequestState | None = None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The changes of a list, applied all together or not at all."""

    changes: tuple[ImportChange, ...] = ()
    conflicts: tuple[ImportConflict, ...] = ()
    bad: tuple[RejectedLine, ...] = ()
    unchanged: int = 0
    notes_alone: tuple[str, ...] = ()  #: codes whose note was changed but not the state

    @property
    def too_many(self) -> bool:
        """Return whether there are more changes than ``MAX_BULK_MOVES``."""
        return len(self.changes) > MAX_BULK_MOVES

    @property
    def applicable(self) -> bool:
        """Return whether there is something to change and nothing against it."""
        return bool(self.changes) and not (self.conflicts or self.bad or self.too_many)

    @property
    def mark(self) -> str:
        """Return a hash of the changes: two plans with the same mark make the same changes."""
        told = "\n".join(f"{one.code} {one.before} {one.to} {one.note}" for one in self.changes)
        return hashlib.sha256(told.encode(errors="replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The plan at the time of applying it, and whether it was applied."""

    plan: ImportPlan
    applied: bool


def codes_needing_history(lines: Iterable[ImportLine], known: Mapping[str, CurrentRequest]) -> Iterator[str]:
    """Yield the codes whose history the plan needs: lines that change the state, and lines with a note."""
    for line in lines:
        now = known.get(line.code)
        if now and (line.state is not now.state or line.note):
            yield line.code


def plan_import(lines: Sequence[ImportLine], known: Mapping[str, CurrentRequest]) -> ImportPlan:
    """Plan the changes of a list.

    Args:
        lines: The lines of the list.
        known: The requests within the caller's rights, by code; lines about others are rejected as unknown.
    """
    seen: set[str] = set()
    judged: list[ImportChange | ImportConflict | RejectedLine] = []
    notes_alone = []
    for line in lines:
        found = RejectedLine(line, LineProblem.TWICE) if line.code in seen else _plan_line(line, known.get(line.code))
        seen.add(line.code)
        if found:
            judged.append(found)
        elif _has_only_new_note(line, known[line.code]):
            notes_alone.append(line.code)
    return ImportPlan(
        tuple(one for one in judged if isinstance(one, ImportChange)),
        tuple(one for one in judged if isinstance(one, ImportConflict)),
        tuple(one for one in judged if isinstance(one, RejectedLine)),
        unchanged=len(lines) - len(judged),
        notes_alone=tuple(notes_alone),
    )


def _plan_line(line: ImportLine, now: CurrentRequest | None) -> ImportChange | ImportConflict | RejectedLine | None:
    """Judge one line; return ``None`` if it changes nothing."""
    if now is None:
        return RejectedLine(line, LineProblem.UNKNOWN)
    if line.state is None:
        return RejectedLine(line, LineProblem.UNKNOWN_STATE, now.state)
    if line.state is now.state:
        return None
    if line.revision is None:
        return RejectedLine(line, LineProblem.NO_REVISION)
    if line.revision != now.revision:
        return None if now.state_at(line.revision) is line.state else ImportConflict(line, now)
    return _plan_move(line, line.state, now)


def _plan_move(line: ImportLine, to: RequestState, now: CurrentRequest) -> ImportChange | RejectedLine:
    """Judge a move; a note that was there before the export is not taken as its reason."""
    if to not in transitions_from(now.state):
        return RejectedLine(line, LineProblem.NO_MOVE, now.state)
    note = "" if line.note == now.note else line.note
    why = check_reason(to, note)
    return (
        RejectedLine(line, LineProblem.NO_REASON, now.state)
        if why is None
        else ImportChange(line.code, now.state, to, why)
    )


def _has_only_new_note(line: ImportLine, now: CurrentRequest) -> bool:
    return bool(line.note) and line.revision == now.revision and line.note != now.note
