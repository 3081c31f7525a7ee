"""ZIP and tar: an archive of files; a ZIP that is a document goes to ``documents``.

A document inside an archive is read; an archive inside an archive is not.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator

from bot.certificates import documents, tape
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Finding, Missed
from bot.certificates.kinds import is_archive, is_zip
from bot.certificates.names import shown
from bot.certificates.unpacking import Unpacker, name_of
from handlers.certificate import Trouble

#: What desktops add to an archive without being asked.
_FOLDER_LITTER = "__MACOSX"
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
#: Of an archive with its folders and litter.
_MOST_ENTRIES = 1_000

#: Reads the bytes of an entry, as the file itself would be read.
Reader = Callable[[bytes], Iterable[Finding]]
#: An entry: its name, and what unpacks it.
_Entry = tuple[str, Callable[[], bytes]]


def findings(data: bytes, unpacker: Unpacker, read: Reader, *, nested: bool) -> Iterator[Finding]:
    """What a document's signatures or an archive's entries hold; ``nested`` is true inside an archive.

    Raises:
        UnreadableError: NESTED_ARCHIVE, TOO_MANY_ENTRIES, NO_SIGNATURE, NO_CERTIFICATE or DAMAGED.
        SecretError: an entry is a private key.
    """
    with unpacker.open(data) as archive:
        if documents.is_document(archive):
            yield from documents.findings(archive, unpacker, read)
        elif nested:
            raise UnreadableError(Trouble.NESTED_ARCHIVE)
        else:
            every = archive.infolist()
            files = [(name_of(entry), _unpacks(unpacker, archive, entry)) for entry in every if not entry.is_dir()]
            yield from _entries(files, len(every), unpacker.limits.entries, read)


def packed(data: bytes, unpacker: Unpacker, read: Reader, *, nested: bool) -> Iterator[Finding]:
    """What a tar holds, or one file packed by itself; raises as ``findings`` does."""
    if nested:
        raise UnreadableError(Trouble.NESTED_ARCHIVE)
    content = data if tape.is_tar(data) else unpacker.unpack_stream(data)
    if not tape.is_tar(content):
        if is_archive(content):
            raise UnreadableError(Trouble.NESTED_ARCHIVE)
        yield from read(content)
        return
    members = tape.members(content, _MOST_ENTRIES + 1)
    files = [(member.name, _gives(member.content)) for member in members]
    yield from _entries(files, len(members), unpacker.limits.entries, read)


def _unpacks(unpacker: Unpacker, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    return lambda: unpacker.unpack(archive, entry)


def _gives(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def _entries(files: list[_Entry], every: int, most: int, read: Reader) -> Iterator[Finding]:
    entries = [(name, unpack) for name, unpack in files if not _is_litter(name)]
    if len(entries) > most or every > _MOST_ENTRIES:
        raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
    if not entries:
        raise UnreadableError(Trouble.NO_CERTIFICATE)
    for name, unpack in entries:
        try:
            yield from _entry(name, unpack, read)
        except UnreadableError as error:
            error.where = error.where or shown(name)
            if error.ends_reading:
                raise
            yield Missed(error.trouble, error.where)


def _entry(name: str, unpack: Callable[[], bytes], read: Reader) -> Iterator[Finding]:
    content = unpack()
    if is_archive(content) and not is_zip(content):
        raise UnreadableError(Trouble.NESTED_ARCHIVE)
    for finding in read(content):
        yield finding._replace(where=shown(name))


def _is_litter(name: str) -> bool:
    *folders, last = name.replace("\\", "/").split("/")
    return _FOLDER_LITTER in folders or last in _LITTER or last.startswith("._")
