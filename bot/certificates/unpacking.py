"""ZIP entries, unpacked inside limits: sizes are counted while bytes come, no header is believed."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from bot.certificates.errors import UnreadableError
from bot.certificates.limits import Limits
from handlers.certificate import Trouble

_CHUNK = 64 * 1024
_CENTRAL_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1  #: general purpose bit 0: APPNOTE 4.4.4
#: The methods Windows and Office write; LZMA and the like may ask for any amount of memory.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
#: Entries of an Office document are many and are not read; beyond this its directory alone is an attack.
_LONGEST_DIRECTORY = 20_000
#: What ``zipfile`` raises for a damaged archive; its NotImplementedError is a feature that the file merely claims.
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, OSError, EOFError)


class Unpacker:
    """The budget of one file: what is unpacked of a document inside an archive counts too."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.unpacked

    def open(self, data: bytes) -> zipfile.ZipFile:
        """Open an archive; raises ``UnreadableError`` where it is none or its directory is too long."""
        if data.count(_CENTRAL_ENTRY) > _LONGEST_DIRECTORY:
            raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
        try:
            return zipfile.ZipFile(BytesIO(data))
        except _DAMAGED as error:
            raise UnreadableError(Trouble.BROKEN) from error

    def start(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        """The first 64 KB of an entry, outside the budget; raises as ``unpack`` does, but never for what is much."""
        with _readable(entry), archive.open(entry) as stream:
            return stream.read(_CHUNK)

    def unpack(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        """The bytes of an entry.

        Raises:
            UnreadableError: ENCRYPTED, UNKNOWN_TYPE for an unusual compression, TOO_MUCH_UNPACKED or BROKEN.
        """
        with _readable(entry):
            return b"".join(self._counted(archive, entry))

    def measure(self, data: bytes) -> None:
        """Unpack all of an archive within the limits, keeping nothing; for a library that knows no limits.

        Raises:
            UnreadableError: as ``open`` and ``unpack`` do; TOO_MANY_ENTRIES beyond the limit.
        """
        with self.open(data) as archive:
            entries = archive.infolist()
            if len(entries) > self.limits.entries:
                raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
            for entry in entries:
                with _readable(entry):
                    for _ in self._counted(archive, entry):
                        pass

    def _counted(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise UnreadableError(Trouble.TOO_MUCH_UNPACKED)
                yield chunk


@contextmanager
def _readable(entry: zipfile.ZipInfo) -> Iterator[None]:
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableError(Trouble.ENCRYPTED)
    if entry.compress_type not in _METHODS:
        raise UnreadableError(Trouble.UNKNOWN_TYPE)
    try:
        yield
    except _DAMAGED as error:
        raise UnreadableError(Trouble.BROKEN) from error
