"""Run the processes that write exports and read spreadsheets, seen from the event loop.

The child works in a private folder; it reports on standard output, one JSON object (``Line``) per line.
"""

import os
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.atomic_file import clean, private_folder
from bot.exports import LIST_LIMITS
from bot.logs import scrub
from bot.process_sandbox import Death, SandboxProcess, UnansweredError, answer_once
from bot.settings import Settings
from bot.tables import detect_format
from handlers.model import NO_REMARKS, TABLE_REFUSALS, ExportRemarks, ImportSheet, SheetProblem, TableFormat

_MODULE = "bot.exports.export_worker"
#: The most bytes of a line; the last line names every file.
_LONGEST_LINE = 4 * 1024 * 1024
#: The bytes read from the end of its standard error, and the letters logged of the last line there.
_LAST_WORDS, _SHOWN = 4096, 200

_log = structlog.get_logger(__name__)


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Progress(_Line):
    """Reports how many requests are written, of how many."""

    kind: Literal["progress"] = "progress"
    done: int
    total: int


class Made(_Line):
    """A file in the folder, with the numbers of the first and last request or list that it holds."""

    name: str
    media_type: str
    holds: Literal["requests", "lists"] = "requests"
    first: int  #: from 1
    last: int


class Finished(_Line):
    """Reports that all files are complete."""

    kind: Literal["finished"] = "finished"
    files: tuple[Made, ...]
    count: int  #: requests in the files
    remarks: ExportRemarks = NO_REMARKS
    grants: tuple[str, ...]  #: the ids of the roles whose rights were used
    unit: str | None = None  #: the unit whose admins may read about it


class Lost(_Line):
    """Reports that the person has no right to the export any more."""

    kind: Literal["lost"] = "lost"


class ExportRefused(_Line):
    """Reports that there is nothing to write in this form; the sentence is for the person."""

    kind: Literal["refused"] = "refused"
    why: str


LastWord = Finished | Lost | ExportRefused
Line = Annotated[Progress | LastWord, Field(discriminator="kind")]
LINES: TypeAdapter[Line] = TypeAdapter(Line)


class ExportChild:
    """A fresh interpreter that opens the store itself, so that no reply waits for the writing."""

    def __init__(self, process: SandboxProcess, folder: Path, errors: BinaryIO) -> None:
        self._process = process
        self._errors = errors  # its standard error
        self.folder = folder  #: the folder of its files

    @property
    def pid(self) -> int:
        return self._process.pid

    async def outcome(self, progress: Callable[[Progress], None]) -> LastWord | None:
        """Report the progress until the process ends, and return its last line.

        Returns ``None`` if it died without one.

        Raises:
            OSError: the pipe broke.
        """
        last: LastWord | None = None
        while line := await self._process.next_line():
            try:
                said = LINES.validate_json(line)
            except ValidationError:
                continue
            if isinstance(said, Progress):
                progress(said)
            else:
                last = said
        status = await self._process.wait()
        if status != 0:
            _log.error("export_process_died", status=status, said=self._last_line())
        return last if status == 0 else None

    def _last_line(self) -> str:
        """Return the last line of a traceback, with numbers and addresses masked; our own messages quote nobody."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _LAST_WORDS))
        lines = self._errors.read().decode(errors="replace").split("\n")
        return scrub(next((line.strip() for line in reversed(lines) if line.strip()), ""))[:_SHOWN]


class ExportChildren:
    """Starts the processes with this process's settings, whatever the environment says."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Keep the settings and the folder for files in progress, which one channel uses alone."""
        self._environment = _environment(settings)
        self._folder = folder

    def clean(self) -> None:
        """Remove the leftovers of killed processes; other processes may be at work in the same folder."""
        clean(self._folder)

    @asynccontextmanager
    async def start_writing(self, task: str) -> AsyncIterator[ExportChild]:
        """Start a process that writes a task's files; in the end it is killed, and its files are removed.

        Raises:
            OSError: the folder or the process cannot be created.
        """
        with private_folder(self._folder) as folder, tempfile.TemporaryFile() as errors:
            process = await SandboxProcess.start(
                _MODULE, task, str(folder), environment=self._environment,
                stdin=DEVNULL, stderr=errors, longest_line=_LONGEST_LINE,
            )  # fmt: skip
            try:
                yield ExportChild(process, folder, errors)
            finally:
                await process.kill()


def _environment(settings: Settings) -> dict[str, str]:
    """Return the variables the process needs; no channel's token is among them."""
    known = {
        "PATH": os.environ.get("PATH", ""),
        "TROLY_DATA_DIR": str(settings.data_dir.absolute()),
        "TROLY_KEY_FILE": str(settings.key_file.absolute()) if settings.key_file else "",
        "TROLY_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "TROLY_EXPORT_PART_MB": str(settings.export_part_mb),
        "TROLY_RECEIVING_OFFICE": settings.receiving_office or "",
    }
    return {name: value for name, value in known.items() if value}


_SHEET_MODULE = "bot.exports.list_reader"
#: These formats are opened too, to tell official lists from other documents.
_LOOKED_INTO = {TableFormat.DOCX, TableFormat.ARCHIVE, TableFormat.JSON}
#: Every XLSX has an entry of this name; names stand uncompressed in a ZIP file.
_WORKBOOK = b"xl/workbook.xml"
_UNANSWERED = {
    Death.NOT_STARTED: SheetProblem.UNAVAILABLE,
    Death.TOO_SLOW: SheetProblem.TOO_SLOW,
    Death.TOO_MUCH_MEMORY: SheetProblem.TOO_MUCH_MEMORY,
    Death.CRASHED: SheetProblem.BROKEN,
}


def is_spreadsheet(data: bytes) -> bool:
    """Return whether the bytes look like an XLSX file, whole or broken."""
    return detect_format(data) is TableFormat.XLSX and _WORKBOOK in data


def is_own_archive(data: bytes) -> bool:
    """Return whether the bytes look like an archive of official lists with its index."""
    return detect_format(data) is TableFormat.ARCHIVE and b"index.txt" in data and b".docx" in data


async def read_sheet(data: bytes) -> ImportSheet:
    """Read a list in a process without environment, so that no key and no token is in its reach."""
    kind = detect_format(data)
    if kind in TABLE_REFUSALS and kind not in _LOOKED_INTO:
        return ImportSheet(trouble=kind)
    if len(data) > LIST_LIMITS.file:
        return ImportSheet(trouble=SheetProblem.TOO_LARGE)
    try:
        return await answer_once(_SHEET_MODULE, data, LIST_LIMITS.seconds, ImportSheet.model_validate_json)
    except UnansweredError as error:
        _log.warning("sheet_unread", cause=error.death.name, error=repr(error.__cause__))
        return ImportSheet(trouble=_UNANSWERED[error.death])
