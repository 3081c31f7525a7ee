"""Reading a stranger's spreadsheet beside the event loop, inside limits of time and memory."""

import asyncio

import structlog
from pydantic import ValidationError

from bot.exports.reading import LIMITS
from bot.process_sandbox import Death, SandboxProcess, StartError
from bot.tables.kinds import kind_of
from handlers.office.importing import Sheet, SheetTrouble
from handlers.office.table_kinds import REFUSALS, TableKind

_MODULE = "bot.exports.sheet_process"
#: Kinds that are looked into: the official lists are told from other documents there.
_LOOKED_INTO = {TableKind.DOCX, TableKind.ARCHIVE, TableKind.JSON}
#: The name of an entry that every XLSX has; names stand uncompressed in a ZIP file.
_WORKBOOK = b"xl/workbook.xml"
#: Seconds that a process may take to end itself where it takes too long.
_GRACE = 10.0
_DEATHS = {
    Death.TOO_SLOW: SheetTrouble.TOO_SLOW,
    Death.TOO_MUCH_MEMORY: SheetTrouble.TOO_MUCH_MEMORY,
    Death.CRASHED: SheetTrouble.BROKEN,
}

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
        process = await SandboxProcess.start_server(_MODULE)
    except StartError as error:
        _log.error("sheet_process_not_started", error=repr(error.__cause__))
        return Sheet(trouble=SheetTrouble.UNAVAILABLE)
    try:
        return await _answer(process, data)
    finally:
        await process.kill()


async def _answer(process: SandboxProcess, data: bytes) -> Sheet:
    try:
        async with asyncio.timeout(LIMITS.seconds + _GRACE):
            answer = await process.ask(data)
        return await asyncio.to_thread(Sheet.model_validate_json, answer)
    except TimeoutError:
        return Sheet(trouble=SheetTrouble.TOO_SLOW)
    except ValidationError:
        return Sheet(trouble=SheetTrouble.BROKEN)
    except (EOFError, OSError):
        death = await process.death()
        _log.warning("sheet_process_died", death=death.name)
        return Sheet(trouble=_DEATHS[death])
