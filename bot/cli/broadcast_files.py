"""Read the files of a broadcast before anything is stored."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bot.cli.broadcast_options import Typed
from bot.cli.options import to_bad_parameter
from bot.errors import InputError, to_reason
from bot.exports.people_list import ListedPerson, read_people
from bot.sanitizing import sanitize
from locales import N_

MEBIBYTE = 1024 * 1024
#: The most bytes of the text and of the document; the limits of a channel are checked for each recipient.
_LONGEST, _LARGEST = 256 * 1024, 20 * MEBIBYTE
_LONGEST_NAME = 100
#: Suffix -> media type, and the first bytes of such a file.
DOCUMENTS = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
#: An empty text in place of a file's name clears the earlier value.
NO_FILE = Path()
_STANDARD_INPUT = Path("-")
_UNREADABLE = N_("{file} cannot be read ({reason})")


@dataclass(frozen=True, slots=True)
class BroadcastDocument:
    """A document that is sent with a broadcast."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class BroadcastFiles:
    """The contents of the files; ``None`` means not given, an empty list of people clears the earlier list."""

    vi: str | None
    en: str | None
    people: tuple[ListedPerson, ...] | None
    document: BroadcastDocument | None


def read_files(typed: Typed) -> BroadcastFiles:
    """Read all given files.

    Raises:
        InputError: a file cannot be read or has the wrong format.
        typer.BadParameter: both texts are to be read from standard input.
    """
    if typed.text_vi == _STANDARD_INPUT == typed.text_en:
        raise to_bad_parameter("--text-en", N_("only one text can be read from standard input"))
    return BroadcastFiles(
        vi=_read_text(typed.text_vi) if typed.text_vi else None,
        en=_read_text(typed.text_en) if typed.text_en else None,
        people=_read_recipients(typed.listed) if typed.listed else None,
        document=_read_document(typed.document) if typed.document and typed.document != NO_FILE else None,
    )


def _read_text(file: Path) -> str:
    data = sys.stdin.buffer.read(_LONGEST + 1) if file == _STANDARD_INPUT else _read_bytes(file, _LONGEST)
    if len(data) > _LONGEST:
        raise InputError(N_("{file} is longer than any message can be."), file=file)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise InputError(N_("{file} is not UTF-8 text. Please save it as UTF-8."), file=file) from None


def _read_recipients(file: Path) -> tuple[ListedPerson, ...]:
    return () if file == NO_FILE else read_people(file)


def _read_document(file: Path) -> BroadcastDocument:
    kind = DOCUMENTS.get(file.suffix.lower())
    data = _read_bytes(file, _LARGEST)
    if kind is None or not data.startswith(kind[1]):
        message = N_("{file} is not a PDF, DOCX, XLSX, PNG or JPG file; its name must end in that extension.")
        raise InputError(message, file=file)
    if len(data) > _LARGEST:
        raise InputError(N_("{file} is larger than {limit} MB."), file=file, limit=_LARGEST // MEBIBYTE)
    name = sanitize(file.stem)[:_LONGEST_NAME] + file.suffix.lower()
    return BroadcastDocument(name.replace("\n", " "), kind[0], data)


def _read_bytes(file: Path, most: int) -> bytes:
    """Return at most one byte more than allowed, so that a longer file is noticed."""
    try:
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except (OSError, ValueError) as error:
        raise InputError(_UNREADABLE, file=file, reason=to_reason(error)) from None
