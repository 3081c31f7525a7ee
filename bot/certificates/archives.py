"""Read archives, ZIP and tar; a ZIP that is one document goes to ``office_documents``.

A document inside an archive is read; an archive inside an archive is refused.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from bot.certificates import office_documents
from bot.certificates.decompression import Unpacker, entry_name
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Finding, UnreadPart
from bot.certificates.formats import is_archive, is_zip
from bot.certificates.names import clean_text
from handlers.model.certificate import FileProblemKind

_BLOCK = 512
_FILES = (b"0", b"\0", b"7")
_LONG_NAME, _PAX = b"L", b"x"
_PAX_PATH = re.compile(rb"\d{1,9} path=([^\n]*)\n")

#: Desktops add these files to an archive on their own.
_FOLDER_LITTER = "__MACOSX"
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
#: The most entries of an archive, folders and litter included.
_MOST_ENTRIES = 1_000

#: Reads the bytes of an entry like a file of its own.
ContentReader = Callable[[bytes], Iterable[Finding]]
#: The name of an entry, and a function that unpacks it.
_Entry = tuple[str, Callable[[], bytes]]


class TarMember(NamedTuple):
    """A regular file in a tar."""

    name: str
    content: bytes


def is_tar(data: bytes) -> bool:
    """Return whether the bytes have the magic of a tar."""
    return data[257:262] == b"ustar"


def tar_members(data: bytes, most: int) -> list[TarMember]:
    """Return the first ``most`` files, in their order; folders, links and devices are skipped.

    A long name is read from a GNU or a PAX header (POSIX.1-2001).

    Raises:
        UnreadableError: DAMAGED.
    """
    return list(islice(_iter_members(data), most))


def _iter_members(data: bytes) -> Iterator[TarMember]:
    at, named = 0, ""
    while header := data[at : at + _BLOCK].rstrip(b"\0"):
        size = _decode_size(data[at + 124 : at + 136])
        content = data[at + _BLOCK : at + _BLOCK + size]
        kind = data[at + 156 : at + 157]
        at += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK
        if kind == _LONG_NAME:
            named = _decode_text(content)
        elif kind == _PAX:
            found = _PAX_PATH.search(content)
            named = _decode_text(found.group(1)) if found else named
        else:
            if kind in _FILES:
                yield TarMember(named or _decode_name(header), content)
            named = ""


def _decode_size(digits: bytes) -> int:
    """Decode a size: octal, or binary when the first bit is set. A negative size is an attack and raises DAMAGED."""
    try:
        size = int.from_bytes(digits[1:]) if digits[:1] == b"\x80" else int(digits.strip(b" \0") or b"0", 8)
    except ValueError:
        size = -1
    if not 0 <= size < 1 << 40:
        raise UnreadableError(FileProblemKind.DAMAGED)
    return size


def _decode_name(header: bytes) -> str:
    prefix = header[345:500] if header[257:263] == b"ustar\0" else b""
    return "/".join(part for part in (_decode_text(prefix), _decode_text(header[:100])) if part)


def _decode_text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def archive_findings(data: bytes, unpacker: Unpacker, read: ContentReader, *, nested: bool) -> Iterator[Finding]:
    """Yield the findings of a document's signatures or of an archive's entries.

    Args:
        data: The bytes of a ZIP.
        unpacker: The budget of the whole file.
        read: Reads the bytes of an entry.
        nested: Whether the ZIP lies in another archive; then only a document is read.

    Raises:
        UnreadableError: NESTED_ARCHIVE, TOO_MANY_ENTRIES, NO_SIGNATURE, NO_CERTIFICATE or DAMAGED.
        SecretError: an entry is a private key.
    """
    with unpacker.open(data) as archive:
        if office_documents.is_document(archive):
            yield from office_documents.document_findings(archive, unpacker, read)
        elif nested:
            raise UnreadableError(FileProblemKind.NESTED_ARCHIVE)
        else:
            every = archive.infolist()
            files = [
                (entry_name(entry), _entry_reader(unpacker, archive, entry)) for entry in every if not entry.is_dir()
            ]
            yield from _read_entries(files, len(every), unpacker.limits.entries, read)


def compressed_findings(data: bytes, unpacker: Unpacker, read: ContentReader, *, nested: bool) -> Iterator[Finding]:
    """Yield the findings of a tar or of one compressed file; takes the arguments of ``archive_findings``.

    Raises:
        UnreadableError: NESTED_ARCHIVE, TOO_MANY_ENTRIES, NO_CERTIFICATE, TOO_MUCH_UNPACKED or DAMAGED.
        SecretError: an entry is a private key.
    """
    if nested:
        raise UnreadableError(FileProblemKind.NESTED_ARCHIVE)
    content = data if is_tar(data) else unpacker.unpack_stream(data)
    if not is_tar(content):
        if is_archive(content):
            raise UnreadableError(FileProblemKind.NESTED_ARCHIVE)
        yield from read(content)
        return
    members = tar_members(content, _MOST_ENTRIES + 1)
    files = [(member.name, _content_reader(member.content)) for member in members]
    yield from _read_entries(files, len(members), unpacker.limits.entries, read)


def _entry_reader(unpacker: Unpacker, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    return lambda: unpacker.unpack(archive, entry)


def _content_reader(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def _read_entries(files: list[_Entry], every: int, most: int, read: ContentReader) -> Iterator[Finding]:
    entries = [(name, unpack) for name, unpack in files if not _is_litter(name)]
    if len(entries) > most or every > _MOST_ENTRIES:
        raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
    if not entries:
        raise UnreadableError(FileProblemKind.NO_CERTIFICATE)
    for name, unpack in entries:
        try:
            yield from _read_entry(name, unpack, read)
        except UnreadableError as error:
            error.where = error.where or clean_text(name)
            if error.ends_reading:
                raise
            yield UnreadPart(error.trouble, error.where)


def _read_entry(name: str, unpack: Callable[[], bytes], read: ContentReader) -> Iterator[Finding]:
    content = unpack()
    if is_archive(content) and not is_zip(content):
        raise UnreadableError(FileProblemKind.NESTED_ARCHIVE)
    for finding in read(content):
        yield finding._replace(where=clean_text(name))


def _is_litter(name: str) -> bool:
    *folders, last = name.replace("\\", "/").split("/")
    return _FOLDER_LITTER in folders or last in _LITTER or last.startswith("._")
