"""The process that writes an export, seen from the event loop: started, listened to, killed."""

import fcntl
import os
import shutil
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.logs import scrub
from bot.process_sandbox import SandboxProcess
from bot.settings import Settings
from handlers.model.exports import NO_REMARKS, ExportRemarks


@contextmanager
def private_folder(below: Path) -> Iterator[Path]:
    """A folder for the owner's eyes, gone at the end whatever happens. Raises OSError."""
    below.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder, lock = _locked(below)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def clean(below: Path) -> None:
    """Throw away the folders that nobody holds any more."""
    for folder in _folders(below):
        with suppress(OSError):  # somebody else cleans, or works in it
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _folders(below: Path) -> list[Path]:
    return [path for path in below.iterdir() if path.is_dir()] if below.is_dir() else []


def _locked(below: Path) -> tuple[Path, int]:
    """A folder and its lock; made anew where a cleaner was there before the lock was."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=below))  # mode 0700
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Progress(_Line):
    """So far."""

    kind: Literal["progress"] = "progress"
    done: int
    total: int


class Made(_Line):
    """A file of the folder, with the numbers of the first and the last that it holds."""

    name: str
    media_type: str
    holds: Literal["requests", "lists"] = "requests"
    first: int  #: from 1
    last: int


class Finished(_Line):
    """All files are there."""

    kind: Literal["finished"] = "finished"
    files: tuple[Made, ...]
    count: int  #: requests in them
    remarks: ExportRemarks = NO_REMARKS
    grants: tuple[str, ...]  #: ids of the roles by whose right it was written
    unit: str | None = None  #: whose admins may read of it


class Lost(_Line):
    """There is no right to it any more."""

    kind: Literal["lost"] = "lost"


class ExportRefused(_Line):
    """There is nothing to write in this form; the sentence is for the person."""

    kind: Literal["refused"] = "refused"
    why: str


LastWord = Finished | Lost | ExportRefused
Line = Annotated[Progress | LastWord, Field(discriminator="kind")]
LINES: TypeAdapter[Line] = TypeAdapter(Line)

_MODULE = "bot.exports.export_worker"
#: Bytes; the last line names every file.
_LONGEST_LINE = 4 * 1024 * 1024
#: Bytes at the end of its standard error that are looked at, and letters of its last line that are logged.
_LAST_WORDS, _SHOWN = 4096, 200

_log = structlog.get_logger(__name__)


class ExportChild:
    """A fresh interpreter that opens the store itself, so that no reply waits for the writing."""

    def __init__(self, process: SandboxProcess, folder: Path, errors: BinaryIO) -> None:
        self._process = process
        self._errors = errors  # its standard error
        self.folder = folder  #: where its files are

    @property
    def pid(self) -> int:
        return self._process.pid

    async def outcome(self, progress: Callable[[Progress], None]) -> LastWord | None:
        """Its last word; ``None`` where it died without one. Raises OSError where the pipe breaks."""
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
        """Of a traceback: the error. Our own messages quote nobody, and numbers and addresses are masked."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _LAST_WORDS))
        lines = self._errors.read().decode(errors="replace").split("\n")
        return scrub(next((line.strip() for line in reversed(lines) if line.strip()), ""))[:_SHOWN]


class ExportChildren:
    """Starts them with this process's settings, whatever the environment says."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """``folder`` is for files under way, of one channel alone."""
        self._environment = _environment(settings)
        self._folder = folder

    def clean(self) -> None:
        """Throw away what killed processes left; others may be at work beside this one."""
        clean(self._folder)

    @asynccontextmanager
    async def start_writing(self, task: str) -> AsyncIterator[ExportChild]:
        """A process that writes a task's files; at the end it is gone, and so are they.

        Raises:
            OSError: no folder can be made, or no process started.
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
    """Only what it needs: no channel's token is within its reach."""
    known = {
        "PATH": os.environ.get("PATH", ""),
        "TROLY_DATA_DIR": str(settings.data_dir.absolute()),
        "TROLY_KEY_FILE": str(settings.key_file.absolute()) if settings.key_file else "",
        "TROLY_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "TROLY_EXPORT_PART_MB": str(settings.export_part_mb),
        "TROLY_RECEIVING_OFFICE": settings.receiving_office or "",
    }
    return {name: value for name, value in known.items() if value}
