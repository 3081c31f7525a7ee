"""Make PDFs of Word files with LibreOffice, where it is installed: apart, bounded, and with a profile of its own."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

import structlog

from bot.atomic_file import clean, private_folder
from bot.process_sandbox import SandboxProcess

_MODULE = "bot.forms.pdf_worker"
#: Seconds for all files of a dossier; the process itself gives up a little earlier.
SECONDS = 60.0
_PROGRAMS = ("soffice", "libreoffice")
#: LibreOffice takes 300 MB and a processor: one conversion at a time, and nobody waits longer than this for theirs.
_TURN, _PATIENCE = BoundedSemaphore(1), 60.0

_log = structlog.get_logger(__name__)


@cache
def find_converter() -> str | None:
    """Return where LibreOffice is, or ``None``; a missing one is told in the log, once."""
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        _log.warning("pdf_not_available", reason="LibreOffice is not installed: papers go out as DOCX alone")
    return found


def convert_to_pdf(documents: Mapping[str, bytes], templates: Path | None) -> dict[str, bytes]:
    """Return the PDF of each document that could be converted, by its name; blocks.

    All are converted by one start of LibreOffice, which is most of the time that one takes.

    Args:
        documents: Word files by name.
        templates: The folder of templates; the files in progress lie in the folder ``exports`` beside it, which every
            start clears of what a killed process left.
    """
    converter = find_converter()
    if converter is None or not documents or not _TURN.acquire(timeout=_PATIENCE):
        return {}
    try:
        below = _work_folder(templates)
        clean(below)
        with private_folder(below) as folder:
            return _convert(converter, documents, folder)
    except OSError as error:
        _log.error("pdf_not_made", error=type(error).__name__)
        return {}
    finally:
        _TURN.release()


def _work_folder(templates: Path | None) -> Path:
    return templates.parent / "exports" / "forms" if templates else Path(tempfile.gettempdir()) / "troly-forms"


def _convert(converter: str, documents: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    for name, content in documents.items():
        (folder / name).write_bytes(content)
    status = asyncio.run(_run(converter, folder))
    found = {
        path.name: path.read_bytes() for name in documents if (path := (folder / name).with_suffix(".pdf")).is_file()
    }
    if len(found) < len(documents):
        _log.error("pdf_not_made", status=status, documents=len(documents), made=len(found))
    return found


async def _run(converter: str, folder: Path) -> int | None:
    """Convert every Word file in a folder; ``None`` means that it took too long."""
    process = await SandboxProcess.start(
        _MODULE, converter, str(folder), str(SECONDS), stdin=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(SECONDS + 5):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        if not process.has_ended:
            await process.kill()
