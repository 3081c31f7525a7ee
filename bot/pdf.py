"""Make PDFs of Word files with LibreOffice, where it is installed.

A process of its own, ``python -m bot.pdf CONVERTER FOLDER SECONDS``, runs LibreOffice, which dies with it. LibreOffice
is given a new profile, so that no setting, macro or add-on has a say, and no other one of the same user is disturbed.
"""

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

import structlog

from bot.atomic_file import clean, private_folder
from bot.process_sandbox import SandboxProcess, exit_with_parent, give_way

_MODULE = "bot.pdf"
#: Seconds for all files of a dossier, and what the process has beyond them to end by itself.
SECONDS, _GRACE = 60.0, 5.0
_PROGRAMS = ("soffice", "libreoffice")
#: LibreOffice takes 300 MB and a processor: one conversion at a time, and nobody waits longer than this for theirs.
_TURN, _PATIENCE = BoundedSemaphore(1), 60.0
#: Seconds between two looks how far it is.
_LOOK = 0.5
#: Is told how many documents are converted; what it raises ends the conversion.
Told = Callable[[int], object]

#: A PDF without it was being written when time ran out.
_END = b"%%EOF"

_log = structlog.get_logger(__name__)


@cache
def find_converter() -> str | None:
    """Return where LibreOffice is, or ``None``."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


@cache
def log_missing_converter() -> None:
    """Tell a service's log, once, that papers go out without PDF; a command says so itself."""
    if find_converter() is None:
        _log.warning("pdf_not_available", reason="LibreOffice is not installed: papers go out as DOCX alone")


def convert_to_pdf(
    documents: Mapping[str, bytes], templates: Path | None, told: Told | None = None
) -> dict[str, bytes]:
    """Return the PDF of each document that could be converted, by its name; blocks.

    All are converted by one start of LibreOffice, which is most of the time that one takes.

    Args:
        documents: Word files by name.
        templates: The folder of templates; the files in progress lie in the folder ``exports`` beside it, which every
            start clears of what a killed process left.
        told: Is told, now and then, how many are converted; what it raises ends the conversion.
    """
    log_missing_converter()
    converter, tell = find_converter(), told or _tell_nobody
    if converter is None or not documents or not _wait_for_turn(tell):
        return {}
    try:
        with _open_folder(templates) as folder:
            return _convert(converter, documents, folder, tell)
    except OSError as error:
        _log.error("pdf_not_made", error=type(error).__name__)
        return {}
    finally:
        _TURN.release()


def _tell_nobody(done: int) -> None:
    """Tell nobody how far it is."""


def _wait_for_turn(tell: Told) -> bool:
    until = time.monotonic() + _PATIENCE
    while not _TURN.acquire(timeout=_LOOK):
        tell(0)
        if time.monotonic() > until:
            return False
    return True


@contextmanager
def _open_folder(templates: Path | None) -> Iterator[Path]:
    """Open a folder that only the owner can read; first remove those that killed processes left."""
    if templates is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    below = templates.parent / "exports" / "forms"
    clean(below)
    with private_folder(below) as held:
        yield held


def _convert(converter: str, documents: Mapping[str, bytes], folder: Path, tell: Told) -> dict[str, bytes]:
    for name, content in documents.items():
        (folder / name).write_bytes(content)
    status = asyncio.run(_run(converter, folder, tell))
    paths = ((folder / name).with_suffix(".pdf") for name in documents)
    read = {path.name: path.read_bytes() for path in paths if path.is_file()}
    found = {name: content for name, content in read.items() if content.rstrip().endswith(_END)}
    if len(found) < len(documents):
        _log.error("pdf_not_made", status=status, documents=len(documents), made=len(found))
    return found


async def _run(converter: str, folder: Path, tell: Told) -> int | None:
    """Convert every Word file in a folder; ``None`` means that it took too long."""
    process = await SandboxProcess.start(
        _MODULE, converter, str(folder), str(SECONDS), stdin=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(SECONDS + _GRACE):
            ended = asyncio.create_task(process.wait())
            while not (await asyncio.wait([ended], timeout=_LOOK))[0]:
                tell(await asyncio.to_thread(_count_made, folder))
            return ended.result()
    except TimeoutError:
        return None
    finally:
        if not process.has_ended:
            await process.kill()


def _count_made(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*.pdf"))


#: LibreOffice's own word for "start me again": the first start with a new profile may end so.
_START_AGAIN = 81
_LIMITS = {
    resource.RLIMIT_CPU: 120,
    resource.RLIMIT_AS: 4 * 1024**3,
    resource.RLIMIT_FSIZE: 200 * 1024**2,
    resource.RLIMIT_CORE: 0,
}


def main(arguments: list[str]) -> int:
    """Convert the Word files of a folder, and return the exit status."""
    converter, folder, seconds = arguments
    exit_with_parent()
    give_way()
    os.umask(0o077)
    documents = sorted(str(path) for path in Path(folder).glob("*.docx"))
    with tempfile.TemporaryDirectory(dir=folder) as profile:
        command = [
            _find_binary(converter), f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore",
            "--nolockcheck", "--nodefault", "--convert-to", "pdf:writer_pdf_Export", "--outdir", folder, *documents,
        ]  # fmt: skip
        until = time.monotonic() + float(seconds)
        status = _run_converter(command, profile, until)
        return _run_converter(command, profile, until) if status == _START_AGAIN else status


def _find_binary(converter: str) -> str:
    """Return the program itself: the script before it starts it as a grandchild, which would outlive us."""
    binary = Path(converter).resolve().with_name("soffice.bin")
    return str(binary) if binary.is_file() else converter


def _run_converter(command: list[str], profile: str, until: float) -> int:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": profile, "TMPDIR": profile, "LANG": "C.UTF-8"}
    with subprocess.Popen(  # noqa: S603 - our own command; the texts are in the files
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=_confine,  # noqa: PLW1509 - this process has one thread
    ) as process:  # fmt: skip
        try:
            return process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return process.wait()


def _confine() -> None:
    exit_with_parent()
    for limit, most in _LIMITS.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
