"""Packed bytes, unpacked piece by piece: no piece is larger than asked for, and no dictionary than a limit.

``zipfile`` unpacks bzip2 and LZMA without a bound for a piece, so those entries are unpacked here.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from bot.certificates.errors import UnreadableError
from bot.certificates.limits import MEBIBYTE
from handlers.certificate import Trouble

CHUNK = 64 * 1024
#: What 7-Zip asks for at its strongest.
_DICTIONARY = 64 * MEBIBYTE
_LZMA_HEADER = 4 + 5  #: version, size of the properties, properties: APPNOTE 5.8.8
_ERRORS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def of_stream(data: bytes) -> Iterator[bytes]:
    """A file packed with gzip, bzip2 or xz, members one after another.

    Raises:
        UnreadableError: DAMAGED, or PACKING where it asks for more memory than is given.
    """
    start: Callable[[], _Unpacker]
    if data.startswith(b"\x1f\x8b"):
        start = _Gzip
    elif data.startswith(b"BZh"):
        start = bz2.BZ2Decompressor
    else:
        start = lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2 * _DICTIONARY)  # noqa: E731
    magic = data[:2]
    while data.startswith(magic):
        unpacker = start()
        yield from pieces(unpacker, data)
        if not unpacker.eof:
            raise UnreadableError(Trouble.DAMAGED)
        data = unpacker.unused_data


def of_lzma(data: bytes) -> Iterator[bytes]:
    """An entry of a ZIP packed with LZMA; raises as ``of_stream`` does."""
    properties = data[4:_LZMA_HEADER]
    if len(properties) < 5 or data[2:4] != b"\x05\0" or properties[0] >= 9 * 5 * 5:
        raise UnreadableError(Trouble.PACKING)
    size = int.from_bytes(properties[1:], "little")
    if size > _DICTIONARY:
        raise UnreadableError(Trouble.PACKING)
    rest, literal = divmod(properties[0], 9)
    position, state = divmod(rest, 5)
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": max(size, 4096), "lc": literal, "lp": state, "pb": position}]
    yield from pieces(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), data[_LZMA_HEADER:])


def pieces(unpacker: _Unpacker, data: bytes) -> Iterator[bytes]:
    """What comes out, in pieces; raises as ``of_stream`` does."""
    try:
        piece = unpacker.decompress(data, CHUNK)
        while piece:
            yield piece
            piece = b"" if unpacker.eof else unpacker.decompress(b"", CHUNK)
    except lzma.LZMAError as error:
        limited = "memory" in str(error).lower()
        raise UnreadableError(Trouble.PACKING if limited else Trouble.DAMAGED) from error
    except _ERRORS as error:
        raise UnreadableError(Trouble.DAMAGED) from error


class _Gzip:
    """``zlib`` with the face of the other two: it keeps what it has not taken yet."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = CHUNK, /) -> bytes:
        return self._inner.decompress(data or self._inner.unconsumed_tail, max_length)
