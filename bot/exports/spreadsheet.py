"""Read a stranger's spreadsheet in a process of its own, within limits of time and memory."""

import asyncio

import structlog
from pydantic import ValidationError

from bot.exports.list_reader import LIMITS
from bot.process_sandbox import Death, SandboxProcess, StartError
from bot.tables.formats import detect_format
from handlers.model.imports import TABLE_REFUSALS, ImportSheet, SheetProblem, TableFormat

_SHEET_MODULE = "bot.exports.sheet_worker"
#: These formats are opened too, to tell official lists from other documents.
_LOOKED_INTO = {TableFormat.DOCX, TableFormat.ARCHIVE, TableFormat.JSON}
#: Every XLSX has an entry of this name; names stand uncompressed in a ZIP file.
_WORKBOOK = b"xl/workbook.xml"
#: Seconds that a slow process has to end itself before it is killed.
_GRACE = 10.0
_DEATHS = {
    Death.TOO_SLOW: SheetProblem.TOO_SLOW,
    Death.TOO_MUCH_MEMORY: SheetProblem.TOO_MUCH_MEMORY,
    Death.CRASHED: SheetProblem.BROKEN,
}

_log = structlog.get_logger(__name__)


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
    if len(data) > LIMITS.file:
        return ImportSheet(trouble=SheetProblem.TOO_LARGE)
    try:
        process = await SandboxProcess.start_server(_SHEET_MODULE)
    except StartError as error:
        _log.error("sheet_process_not_started", error=repr(error.__cause__))
        return ImportSheet(trouble=SheetProblem.UNAVAILABLE)
    try:
        return await _answer(process, data)
    finally:
        await process.kill()


async def _answer(process: SandboxProcess, data: bytes) -> ImportSheet:
    try:
        async with asyncio.timeout(LIMITS.seconds + _GRACE):
            answer = await process.ask(data)
        return await asyncio.to_thread(ImportSheet.model_validate_json, answer)
    except TimeoutError:
        return ImportSheet(trouble=SheetProblem.TOO_SLOW)
    except ValidationError:
        return ImportSheet(trouble=SheetProblem.BROKEN)
    except (EOFError, OSError):
        death = await process.death()
        _log.warning("sheet_process_died", death=death.name)
        return ImportSheet(trouble=_DEATHS[death])
