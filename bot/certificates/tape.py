"""A tar, read as a list of headers and contents (POSIX.1-2017, pax): nothing is extracted, links lead nowhere."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from bot.certificates.errors import UnreadableError
from handlers.certificate import Trouble

_BLOCK = 512
_FILES = (b"0", b"\0", b"7")
_LONG_NAME, _PAX = b"L", b"x"
_PAX_PATH = re.compile(rb"\d{1,9} path=([^\n]*)\n")


class Member(NamedTuple):
    """A file of a tar."""

    name: str
    content: bytes


def is_tar(data: bytes) -> bool:
    """Whether the bytes begin as a tar does."""
    return data[257:262] == b"ustar"


def members(data: bytes, most: int) -> list[Member]:
    """The first files, in their order; folders, links and devices are passed over.

    Raises:
        UnreadableError: DAMAGED.
    """
    return list(islice(_members(data), most))


def _members(data: bytes) -> Iterator[Member]:
    at, named = 0, ""
    while header := data[at : at + _BLOCK].rstrip(b"\0"):
        size = _size(data[at + 124 : at + 136])
        content = data[at + _BLOCK : at + _BLOCK + size]
        kind = data[at + 156 : at + 157]
        at += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK
        if kind == _LONG_NAME:
            named = _text(content)
        elif kind == _PAX:
            found = _PAX_PATH.search(content)
            named = _text(found.group(1)) if found else named
        else:
            if kind in _FILES:
                yield Member(named or _name(header), content)
            named = ""


def _size(digits: bytes) -> int:
    """Octal, or binary where the first bit says so; a negative one is an attack."""
    try:
        size = int.from_bytes(digits[1:]) if digits[:1] == b"\x80" else int(digits.strip(b" \0") or b"0", 8)
    except ValueError:
        size = -1
    if not 0 <= size < 1 << 40:
        raise UnreadableError(Trouble.DAMAGED)
    return size


def _name(header: bytes) -> str:
    prefix = header[345:500] if header[257:263] == b"ustar\0" else b""
    return "/".join(part for part in (_text(prefix), _text(header[:100])) if part)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")
