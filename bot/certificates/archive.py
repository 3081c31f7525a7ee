"""ZIP: an archive of files, or an Office document (ECMA-376, part 2) with its signatures.

An Office document inside an archive is a document and is read; an archive inside an archive is not.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator

from bot.certificates import signed_xml
from bot.certificates.armour import plain, refuse_secret_text
from bot.certificates.errors import SecretError, UnreadableError
from bot.certificates.findings import Finding, Missed, each
from bot.certificates.kinds import is_archive, is_zip, padding_end, refuse_secret
from bot.certificates.names import shown
from bot.certificates.unpacking import Unpacker
from handlers.certificate import Trouble

_CONTENT_TYPES = "[Content_Types].xml"
_SIGNATURES = "_xmlsignatures/"
#: What desktops add to an archive without being asked.
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

#: Of an archive with its folders and litter, and parts of a document that are looked at for keys.
_MOST_ENTRIES = 1_000

#: Reads the bytes of an entry, as the file itself would be read.
Reader = Callable[[bytes], Iterable[Finding]]


def findings(data: bytes, unpacker: Unpacker, read: Reader, *, nested: bool) -> Iterator[Finding]:
    """What a document's signatures or an archive's entries hold; ``nested`` is true inside an archive.

    Raises:
        UnreadableError: NESTED_ARCHIVE, TOO_MANY_ENTRIES, NO_SIGNATURE, NO_CERTIFICATE or BROKEN.
        SecretError: an entry is a private key.
    """
    with unpacker.open(data) as archive:
        if _CONTENT_TYPES in archive.namelist():
            yield from _document(archive, unpacker)
        elif nested:
            raise UnreadableError(Trouble.NESTED_ARCHIVE)
        else:
            yield from _entries(archive, unpacker, read)


def _document(archive: zipfile.ZipFile, unpacker: Unpacker) -> Iterator[Finding]:
    _refuse_keys(archive, unpacker)
    parts = [e for e in archive.infolist() if e.filename.startswith(_SIGNATURES) and e.filename.endswith(".xml")]
    if not parts:
        raise UnreadableError(Trouble.NO_SIGNATURE)
    if len(parts) > unpacker.limits.entries:
        raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
    yield from each(parts, lambda part: signed_xml.certificates(unpacker.unpack(archive, part)))


def _refuse_keys(archive: zipfile.ZipFile, unpacker: Unpacker) -> None:
    """Raise ``SecretError`` where a part of a document begins as a private key, or has one written near its start."""
    for part in archive.infolist()[:_MOST_ENTRIES]:
        try:
            start = unpacker.start(archive, part)
            refuse_secret(start[padding_end(start, 0) :])
            refuse_secret_text(plain(start))
        except SecretError as error:
            error.where = shown(part.filename)
            raise
        except UnreadableError:
            continue  # only what is read has to be readable


def _entries(archive: zipfile.ZipFile, unpacker: Unpacker, read: Reader) -> Iterator[Finding]:
    entries = [e for e in archive.infolist() if not e.is_dir() and not _is_litter(e.filename)]
    if len(entries) > unpacker.limits.entries or len(archive.infolist()) > _MOST_ENTRIES:
        raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
    if not entries:
        raise UnreadableError(Trouble.NO_CERTIFICATE)
    for entry in entries:
        try:
            yield from _entry(archive, entry, unpacker, read)
        except UnreadableError as error:
            error.where = error.where or shown(entry.filename)
            if error.ends_the_file:
                raise
            yield Missed(error.trouble, error.where)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, unpacker: Unpacker, read: Reader) -> Iterator[Finding]:
    content = unpacker.unpack(archive, entry)
    if is_archive(content) and not is_zip(content):
        raise UnreadableError(Trouble.NESTED_ARCHIVE)
    for finding in read(content):
        yield finding._replace(where=shown(entry.filename))


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or name.rpartition("/")[2] in _LITTER
