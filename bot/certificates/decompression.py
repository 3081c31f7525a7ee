"""Decompress ZIP entries and single compressed files within limits.

Sizes are counted while bytes come out; no size in a header is trusted.
"""

import bz2
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

from bot.certificates import MEBIBYTE, Limits, UnreadableError
from handlers.model import FileProblemKind

CHUNK_SIZE = 64 * 1024
#: The dictionary of the strongest compression of 7-Zip, in bytes.
_MAX_DICTIONARY = 64 * MEBIBYTE
_LZMA_HEADER = 4 + 5  #: version, size of the properties, properties: APPNOTE 5.8.8
_ERRORS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)

_CENTRAL_ENTRY, _LOCAL_ENTRY = b"PK\x01\x02", b"PK\x03\x04"
_NOT_UTF8 = bytes(byte & ~0x08 for byte in range(256))
_ENCRYPTED = 0x1  #: general purpose bit 0: APPNOTE 4.4.4
#: Windows and Office write the first two methods; the bounded ones come from 7-Zip. Any other method is reported.
_LIBRARY_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_XZ = 95

_LOCAL = struct.Struct("<4s22xHH")  #: a local header: the mark, the lengths of name and extra field (APPNOTE 4.3.7)
_UTF8_NAME = 0x800  #: general purpose bit 11: APPNOTE 4.4.4
#: An Office document has many entries that are not read; a longer directory is an attack in itself.
_LONGEST_DIRECTORY = 20_000
#: What ``zipfile`` and ``zlib`` raise over a damaged archive; NotImplementedError where it claims a feature of ZIP that
#: ``zipfile`` lacks.
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, OSError, EOFError)


def decompress_stream(data: bytes) -> Iterator[bytes]:
    """Yield the content of a file compressed with gzip, bzip2 or xz, one member after another.

    Raises:
        UnreadableError: DAMAGED, or PACKING where it asks for more memory than is given.
    """
    start: Callable[[], _Decompressor]
    if data.startswith(b"\x1f\x8b"):
        start = _GzipDecompressor
    elif data.startswith(b"BZh"):
        start = bz2.BZ2Decompressor
    else:
        start = lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2 * _MAX_DICTIONARY)  # noqa: E731
    magic = data[:2]
    while data.startswith(magic):
        unpacker = start()
        yield from decompress_pieces(unpacker, data)
        if not unpacker.eof:
            raise UnreadableError(FileProblemKind.DAMAGED)
        data = unpacker.unused_data


def decompress_lzma(data: bytes) -> Iterator[bytes]:
    """Yield the content of a ZIP entry compressed with LZMA; raises the errors of ``decompress_stream``."""
    properties = data[4:_LZMA_HEADER]
    if len(properties) < 5 or data[2:4] != b"\x05\0" or properties[0] >= 9 * 5 * 5:
        raise UnreadableError(FileProblemKind.PACKING)
    size = int.from_bytes(properties[1:], "little")
    if size > _MAX_DICTIONARY:
        raise UnreadableError(FileProblemKind.PACKING)
    rest, literal = divmod(properties[0], 9)
    position, state = divmod(rest, 5)
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": max(size, 4096), "lc": literal, "lp": state, "pb": position}]
    yield from decompress_pieces(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), data[_LZMA_HEADER:])


def decompress_pieces(unpacker: "_Decompressor", data: bytes) -> Iterator[bytes]:
    """Yield the output of a decompressor in pieces; raises the errors of ``decompress_stream``."""
    try:
        piece = unpacker.decompress(data, CHUNK_SIZE)
        while piece:
            yield piece
            piece = b"" if unpacker.eof else unpacker.decompress(b"", CHUNK_SIZE)
    except lzma.LZMAError as error:
        limited = "memory" in str(error).lower()
        raise UnreadableError(FileProblemKind.PACKING if limited else FileProblemKind.DAMAGED) from error
    except _ERRORS as error:
        raise UnreadableError(FileProblemKind.DAMAGED) from error


class _GzipDecompressor:
    """Gives ``zlib`` the interface of ``bz2`` and ``lzma``: it keeps the input that it has not consumed yet."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = CHUNK_SIZE, /) -> bytes:
        return self._inner.decompress(data or self._inner.unconsumed_tail, max_length)


_Decompressor = bz2.BZ2Decompressor | lzma.LZMADecompressor | _GzipDecompressor

_BOUNDED_METHODS: dict[int, Callable[[bytes], Iterator[bytes]]] = {
    zipfile.ZIP_BZIP2: decompress_stream,
    zipfile.ZIP_LZMA: decompress_lzma,
    _XZ: decompress_stream,
}


class Unpacker:
    """Unpacks within the budget of one file; a document inside an archive spends from the same budget."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.unpacked

    def open(self, data: bytes) -> zipfile.ZipFile:
        """Open an archive; raises ``UnreadableError`` if it is not a ZIP or its directory is too long."""
        if data.count(_CENTRAL_ENTRY) > _LONGEST_DIRECTORY:
            raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
        try:
            return zipfile.ZipFile(BytesIO(data))
        except UnicodeDecodeError:
            return self._open_without_utf8_names(data)
        except _DAMAGED as error:
            raise UnreadableError(FileProblemKind.DAMAGED) from error

    def _open_without_utf8_names(self, data: bytes) -> zipfile.ZipFile:
        """Open an archive whose names claim to be UTF-8 but are not, by clearing that flag on every entry."""
        patched, at = bytearray(data), data.find(_CENTRAL_ENTRY)
        while at >= 0:
            local = int.from_bytes(data[at + 42 : at + 46], "little")
            places = (at + 9, local + 7) if data[local : local + 4] == _LOCAL_ENTRY else (at + 9,)
            for place in places:
                patched[place : place + 1] = patched[place : place + 1].translate(_NOT_UTF8)
            at = data.find(_CENTRAL_ENTRY, at + 4)
        try:
            return zipfile.ZipFile(BytesIO(patched))
        except _DAMAGED as error:
            raise UnreadableError(FileProblemKind.DAMAGED) from error

    def read_start(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        """Return the first 64 KB of an entry without charging the budget.

        Raises the errors of ``unpack`` except TOO_MUCH_UNPACKED.
        """
        with _translate_errors(entry):
            return next(_entry_pieces(archive, entry), b"")

    def unpack(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        """Return the bytes of an entry.

        Raises:
            UnreadableError: ENCRYPTED, PACKING for a compression that is not read, TOO_MUCH_UNPACKED or DAMAGED.
        """
        with _translate_errors(entry):
            return b"".join(self._counted_pieces(archive, entry))

    def measure(self, data: bytes) -> None:
        """Unpack a whole archive within the limits and keep nothing, before a library without limits reads it.

        Raises:
            UnreadableError: for the reasons of ``open`` and ``unpack``, or TOO_MANY_ENTRIES beyond the limit.
        """
        with self.open(data) as archive:
            entries = archive.infolist()
            if len(entries) > self.limits.entries:
                raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
            for entry in entries:
                with _translate_errors(entry):
                    for _ in self._counted_pieces(archive, entry):
                        pass

    def unpack_stream(self, data: bytes) -> bytes:
        """Return the content of a file compressed with gzip, bzip2 or xz; raises the errors of ``unpack``."""
        return b"".join(self._charge_pieces(decompress_stream(data)))

    def _counted_pieces(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        return self._charge_pieces(_entry_pieces(archive, entry))

    def _charge_pieces(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._left -= len(piece)
            if self._left < 0:
                raise UnreadableError(FileProblemKind.TOO_MUCH_UNPACKED)
            yield piece


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Return the intended name of an entry: many programs write UTF-8 without setting the flag for it."""
    if entry.flag_bits & _UTF8_NAME or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _entry_pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    raw = _raw_reader(archive, entry)
    if unpack := _BOUNDED_METHODS.get(entry.compress_type):
        yield from _check_crc(unpack(raw()), entry)
        return
    with archive.open(entry) as stream:
        while piece := stream.read(CHUNK_SIZE):
            yield piece


def _raw_reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    """Return a reader of the compressed bytes.

    The name in the local header may differ in length from the directory's.
    """
    stream = archive.fp
    if stream is None:
        raise UnreadableError(FileProblemKind.DAMAGED)
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_LOCAL_ENTRY):
        raise UnreadableError(FileProblemKind.DAMAGED)
    _, length, extra = _LOCAL.unpack(header)
    name = stream.read(length)
    entry.orig_filename = name.decode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437")

    def read() -> bytes:
        stream.seek(entry.header_offset + _LOCAL.size + length + extra)
        return stream.read(entry.compress_size)

    return read


def _check_crc(pieces: Iterator[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total = zlib.crc32(piece, total)
        yield piece
    if total != entry.CRC:
        raise UnreadableError(FileProblemKind.DAMAGED)


@contextmanager
def _translate_errors(entry: zipfile.ZipInfo) -> Iterator[None]:
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableError(FileProblemKind.ENCRYPTED)
    if entry.compress_type not in _LIBRARY_METHODS and entry.compress_type not in _BOUNDED_METHODS:
        raise UnreadableError(FileProblemKind.PACKING)
    try:
        yield
    except _DAMAGED as error:
        raise UnreadableError(FileProblemKind.DAMAGED) from error
