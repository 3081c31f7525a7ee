"""Reading a stranger's spreadsheet beside the event loop, inside limits of time and memory."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

import structlog
from pydantic import ValidationError

from bot.exports.reading import LIMITS
from bot.tables.kinds import kind_of
from handlers.office.importing import Sheet, SheetTrouble
from handlers.office.table_kinds import REFUSALS, TableKind

_MODULE = "bot.exports.sheet_process"
#: Kinds that are looked into: the official lists are told from other documents there.
_LOOKED_INTO = {TableKind.DOCX, TableKind.ARCHIVE, TableKind.JSON}
#: The name of an entry that every XLSX has; names stand uncompressed in a ZIP file.
_WORKBOOK = b"xl/workbook.xml"
#: Seconds that a process may take to start, and to end itself where it takes too long.
_GRACE = 10.0

_log = structlog.get_logger(__name__)


def is_spreadsheet(data: bytes) -> bool:
    """Whether it looks like an XLSX file, whole or broken."""
    return kind_of(data) is TableKind.XLSX and _WORKBOOK in data


def is_own_archive(data: bytes) -> bool:
    """Whether it looks like an archive of official lists, with its index."""
    return kind_of(data) is TableKind.ARCHIVE and b"index.txt" in data and b".docx" in data


async def read_sheet(data: bytes) -> Sheet:
    """What a list says: in a process that gets no environment, so no key and no token is within its reach."""
    kind = kind_of(data)
    if kind in REFUSALS and kind not in _LOOKED_INTO:
        return Sheet(trouble=kind)
    if len(data) > LIMITS.file:
        return Sheet(trouble=SheetTrouble.TOO_LARGE)
    try:
        process = await _started()
    except OSError as error:
        _log.error("sheet_process_not_started", error=type(error).__name__)
        return Sheet(trouble=SheetTrouble.UNAVAILABLE)
    return await _answer(process, data)


async def _started() -> Process:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", _MODULE, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        env={"PYTHONPATH": path, "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
    )  # fmt: skip


async def _answer(process: Process, data: bytes) -> Sheet:
    try:
        async with asyncio.timeout(LIMITS.seconds + _GRACE):
            answer, _ = await process.communicate(data)
        return await asyncio.to_thread(Sheet.model_validate_json, answer)
    except TimeoutError:
        return Sheet(trouble=SheetTrouble.TOO_SLOW)
    except ValidationError:
        return Sheet(trouble=_death(process.returncode))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _death(status: int | None) -> SheetTrouble:
    """Rust aborts where it gets no memory, the kernel kills; the alarm means that it took too long."""
    _log.warning("sheet_process_died", status=status)
    if status == -signal.SIGALRM:
        return SheetTrouble.TOO_SLOW
    return SheetTrouble.TOO_MUCH_MEMORY
