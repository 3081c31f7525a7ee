"""The process that writes an export, seen from the event loop: started, listened to, killed."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from bot.exports.lines import LINES, Finished, Lost, Progress
from bot.settings import Settings

_MODULE = "bot.exports.task"


class ExportChild:
    """A fresh interpreter that opens the store itself, so that no reply waits for the writing."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def outcome(self, progress: Callable[[Progress], None]) -> Finished | Lost | None:
        """Its last word; ``None`` where it died without one. Raises OSError where the pipe breaks."""
        pipe, last = self._process.stdout, None
        while pipe is not None and (line := await pipe.readline()):
            try:
                said = LINES.validate_json(line)
            except ValidationError:
                continue
            if isinstance(said, Progress):
                progress(said)
            else:
                last = said
        return last if await self._process.wait() == 0 else None

    async def kill(self) -> None:
        """End it at once and reap it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class ExportChildren:
    """Starts them with this process's settings, whatever the environment says."""

    def __init__(self, settings: Settings) -> None:
        self._environment = _environment(settings)

    async def start(self, task: str, folder: Path) -> ExportChild:
        """Begin to write a task's files into a folder; raises OSError where no process can be started."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", _MODULE, task, str(folder),
            stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, limit=2**22, env=self._environment,
        )  # fmt: skip
        return ExportChild(process)


def _environment(settings: Settings) -> dict[str, str]:
    """Only what it needs: no channel's token is within its reach."""
    known = {
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PATH": os.environ.get("PATH", ""),
        "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""),
        "TROLY_DATA_DIR": str(settings.data_dir.absolute()),
        "TROLY_KEY_FILE": str(settings.key_file.absolute()) if settings.key_file else "",
        "TROLY_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "TROLY_EXPORT_PART_MB": str(settings.export_part_mb),
        "TROLY_RECEIVING_OFFICE": settings.receiving_office or "",
    }
    return {name: value for name, value in known.items() if value}
