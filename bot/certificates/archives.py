"""Read archives, ZIP and tar, and a ZIP that is one document (Office, ODF, EPUB, ASiC, a Java program).

A document inside an archive is read; an archive inside an archive is refused.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from bot.certificates import SecretError, UnreadableError, signed_xml
from bot.certificates.containers import Finding, FoundCertificate, UnreadPart, read_each
from bot.certificates.decompression import Unpacker, entry_name
from bot.certificates.formats import is_archive, is_zip, padding_end, refuse_secret
from bot.certificates.names import clean_text
from bot.certificates.pem import refuse_secret_text, to_plain_text
from handlers.model import FileProblemKind

_CONTENT_TYPES = "[Content_Types].xml"
_MARKER_FILES = {_CONTENT_TYPES, "mimetype"}
_SIGNATURE_FOLDER = "META-INF/"
#: The places of signatures: in Office and its kin, in ODF, EPUB and ASiC, in Java, in NuGet.
_SIGNATURES = re.compile(
    r"_xmlsignatures/.+\.xml|package/services/digital-signature/.+\.(?:xml|psdsxs|psdcer|cer)"
    r"|META-INF/(?:.+/)?[^/]*signatures?[^/]*\.(?:xml|p7[sm]|p7|cms)|META-INF/(?:.+/)?[^/]*\.tst"
    r"|META-INF/[^/]+\.(?:RSA|DSA|EC)|\.signature\.p7s",
    re.IGNORECASE,
)
_OWN_FOLDERS = re.compile(r"(?:META-INF|_rels|docProps)/|mimetype$", re.IGNORECASE)
_ASIC = b"application/vnd.etsi.asic-"
#: The most parts of a document that are searched for private keys.
_MOST_ENTRIES = 1_000

_ContentReader = Callable[[bytes], Iterable[Finding]]


def is_document(archive: zipfile.ZipFile) -> bool:
    """Return whether an archive is one document rather than a collection of files."""
    names = archive.namelist()
    return not _MARKER_FILES.isdisjoint(names) or any(
        name.startswith(_SIGNATURE_FOLDER) or _SIGNATURES.fullmatch(name) for name in names
    )


def document_findings(archive: zipfile.ZipFile, unpacker: Unpacker, read: _ContentReader) -> Iterator[Finding]:
    """Yield the certificates of the document's signatures; a container without any yields those of its signed files.

    Args:
        archive: The opened document.
        unpacker: The budget of the whole file.
        read: Reads the bytes of a part.

    Raises:
        UnreadableError: TOO_MANY_ENTRIES or NO_SIGNATURE.
        SecretError: a part is a private key.
    """
    _refuse_keys(archive, unpacker)
    signatures = [entry for entry in archive.infolist() if _is_signature(entry)]
    if len(signatures) > unpacker.limits.entries:
        raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
    found = list(read_each(signatures, lambda part: _read_part(unpacker.unpack(archive, part), read)))
    yield from found
    if not any(isinstance(finding, FoundCertificate) for finding in found) and _is_container(archive, unpacker):
        found += (contents := list(_read_signed_files(archive, unpacker, read)))
        yield from contents
    if not found:
        raise UnreadableError(FileProblemKind.NO_SIGNATURE)


def _is_signature(entry: zipfile.ZipInfo) -> bool:
    return bool(_SIGNATURES.fullmatch(entry.filename))


def _read_part(content: bytes, read: _ContentReader) -> Iterator[Finding]:
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return signed_xml.certificates(content)
    return iter(read(content))


def _is_container(archive: zipfile.ZipFile, unpacker: Unpacker) -> bool:
    entries = {entry.filename: entry for entry in archive.infolist()}
    try:
        return "mimetype" in entries and unpacker.read_start(archive, entries["mimetype"]).startswith(_ASIC)
    except UnreadableError:
        return False


def _read_signed_files(archive: zipfile.ZipFile, unpacker: Unpacker, read: _ContentReader) -> Iterator[Finding]:
    """Yield the signers of the signed files themselves, such as a PDF that only got a time stamp here."""
    files = [e for e in archive.infolist() if not e.is_dir() and not _OWN_FOLDERS.match(e.filename)]
    for file in files[: unpacker.limits.entries]:
        for finding in read_each([file], lambda part: iter(read(unpacker.unpack(archive, part)))):
            if isinstance(finding, FoundCertificate):
                yield finding._replace(where=clean_text(entry_name(file)))


def _refuse_keys(archive: zipfile.ZipFile, unpacker: Unpacker) -> None:
    """Raise ``SecretError`` if a part begins as a private key, or has one in text within its first 64 KB."""
    for part in archive.infolist()[:_MOST_ENTRIES]:
        try:
            start = unpacker.read_start(archive, part)
            refuse_secret(start[padding_end(start, 0) :])
            refuse_secret_text(to_plain_text(start))
        except SecretError as error:
            error.where = clean_text(entry_name(part))
            raise
        except UnreadableError:
            continue  # only signed parts have to be readable


_BLOCK = 512
_FILES = (b"0", b"\0", b"7")
_LONG_NAME, _PAX = b"L", b"x"
_PAX_PATH = re.compile(rb"\d{1,9} path=([^\n]*)\n")

#: Desktops add these files to an archive on their own.
_FOLDER_LITTER = "__MACOSX"
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")

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
        if is_document(archive):
            yield from document_findings(archive, unpacker, read)
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
