"""Read the files of a dossier in processes of their own: certificates of any kind, and a list of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import structlog

from bot.certificates import LIMITS as FILE_LIMITS
from bot.certificates import MEBIBYTE
from bot.certificates.reader import CertificateReader
from bot.dossier.list_reader import ListReading
from bot.errors import InputError, read_beginning, unreadable
from bot.exports import LIST_LIMITS
from bot.process_sandbox import UnansweredError, answer_once
from bot.tables import UNANSWERED
from handlers.dossier.sources import sources_of_reading
from handlers.model import Source
from locales import N_

_log = structlog.get_logger(__name__)
_LIST_WORKER = "bot.dossier.list_reader"
#: The most certificates of a dossier, and files that they are looked for in.
MOST_CERTIFICATES, MOST_FILES = 1_000, 2_000
_OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})

LIST_TOO_LARGE = N_("The list is larger than {limit} MB; split it.")
TOO_MANY = N_("There are more than {limit} certificates; make a dossier for each part.")
TOO_MANY_FILES = N_("There are more than {limit} files; give the folder of the certificates alone.")

#: Told how many files are read.
Told = Callable[[int], object]


def expand_files(given: Iterable[Path]) -> list[Path]:
    """Return the files to read, each once: those that were given, and those in a folder that was given, at any depth.

    Raises:
        InputError: one cannot be read, or there are too many.
    """
    found: dict[Path, Path] = {}
    for path in given:
        try:
            for file in _walk(path) if path.is_dir() else (path,):
                found.setdefault(file.resolve(), file)
                if len(found) > MOST_FILES:
                    raise InputError(TOO_MANY_FILES, limit=MOST_FILES)
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from None
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in order, but for those that a system or a program keeps for itself."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$", "__MACOSX")) or path.name.lower() in _OF_SYSTEMS:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.is_file():
            yield path


async def read_files(files: Sequence[Path], trust: Path, told: Told) -> list[Source]:
    """Read every file in turn; what cannot be read is a source with its problem.

    Args:
        files: The files.
        trust: The folder of installed CA files.
        told: Is told how many files are read.

    Raises:
        InputError: a file is missing, or there are too many certificates.
    """
    reader, found = CertificateReader(trust), list[Source]()
    try:
        for number, file in enumerate(files, 1):
            data = read_beginning(file, FILE_LIMITS.file)
            found += sources_of_reading(str(file), await reader.read(data, file.name))
            if len(found) > MOST_CERTIFICATES:
                raise InputError(TOO_MANY, limit=MOST_CERTIFICATES)
            told(number)
    finally:
        await reader.close()
    return found


async def read_list(data: bytes) -> ListReading:
    """Read a list of certificates in a process without environment, within limits of time and memory."""
    if len(data) > LIST_LIMITS.file:
        return ListReading(trouble=LIST_TOO_LARGE, values={"limit": LIST_LIMITS.file // MEBIBYTE})
    try:
        return await answer_once(_LIST_WORKER, data, LIST_LIMITS.seconds, ListReading.model_validate_json)
    except UnansweredError as error:
        _log.warning("list_unread", cause=error.death.name, error=repr(error.__cause__))
        return ListReading(trouble=UNANSWERED[error.death])
