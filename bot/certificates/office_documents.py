"""Read a ZIP that is one document: Office (ECMA-376, part 2), ODF, EPUB, ASiC (EN 319 162), a Java program."""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator

from bot.certificates import signed_xml
from bot.certificates.decompression import Unpacker, entry_name
from bot.certificates.errors import SecretError, UnreadableError
from bot.certificates.findings import Finding, FoundCertificate, read_each
from bot.certificates.formats import padding_end, refuse_secret
from bot.certificates.names import clean_text
from bot.certificates.pem import refuse_secret_text
from bot.certificates.text_decoding import to_plain_text
from handlers.model.certificate import FileProblemKind

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
