"""DER and BER, walked without a schema: tags and contents as far as the bytes go (X.690, 8.1).

A container is walked rather than parsed, so that one loose part of it does not hide the certificates beside it.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

SEQUENCE, SET, INTEGER, OID, OCTETS, BITS, ENUMERATED = 0x30, 0x31, 0x02, 0x06, 0x04, 0x03, 0x0A
TAGGED_0, TAGGED_1 = 0xA0, 0xA1
_INDEFINITE = 0x80  #: X.690, 8.1.3.6
#: Of a long definite length: X.690, 8.1.3.5; four speak of 4 GB.
_LENGTH_OCTETS = 4
#: Of values of indefinite length inside one another, and of values inside one; what has more runs to the end.
_DEEPEST, _MOST_STEPS = 64, 100_000
_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_END = b"\0\0"


class Value(NamedTuple):
    """One value; what is cut short has the content that is there."""

    tag: int
    content: bytes
    whole: bytes


def first(data: bytes) -> Value | None:
    """The value that the bytes begin with; ``None`` for none."""
    return next(walk(data), None)


def children(value: Value | None, most: int = 16) -> list[Value]:
    """The first values inside a value."""
    return list(islice(walk(value.content), most)) if value else []


def walk(data: bytes) -> Iterator[Value]:
    """The values one after another; ends at what is none."""
    at = 0
    while at + 1 < len(data) and data[at : at + 2] != _END:
        start, length = _header(data, at)
        if start is None:
            return
        content_end = start + length if length >= 0 else _end_of_indefinite(data, start)
        end = content_end if length >= 0 else content_end + len(_END)
        yield Value(data[at], data[start:content_end], data[at:end])
        at = end


def end_of(data: bytes, at: int) -> int:
    """Where the value that begins there ends; beyond the bytes where it is cut short."""
    start, length = _header(data, at)
    if start is None:
        return len(data)
    return start + length if length >= 0 else _end_of_indefinite(data, start) + len(_END)


def _header(data: bytes, at: int) -> tuple[int | None, int]:
    """Where the content begins, and its length; -1 for an indefinite one. No start for what is no header."""
    here = at + 1
    if data[at] & _LONG_TAG == _LONG_TAG:
        while here < len(data) and data[here] & 0x80 and here < at + 6:
            here += 1
        here += 1
    if here >= len(data):
        return None, 0
    octets = data[here] - _INDEFINITE
    here += 1
    if octets < 0:
        return here, octets + _INDEFINITE
    if octets == 0:
        return (here, -1) if data[at] & _CONSTRUCTED else (None, 0)
    if octets > _LENGTH_OCTETS:
        return None, 0
    return here + octets, int.from_bytes(data[here : here + octets])


def _end_of_indefinite(data: bytes, at: int) -> int:
    """Where the end mark stands; a loop and not a recursion, for nesting is a stranger's to choose."""
    depth, steps = 1, 0
    while at < len(data) and depth < _DEEPEST and steps < _MOST_STEPS:
        steps += 1
        if data[at : at + 2] == _END:
            depth -= 1
            if depth == 0:
                return at
            at += len(_END)
            continue
        start, length = _header(data, at)
        if start is None:
            return len(data)
        depth += length < 0
        at = start + max(length, 0)
    return len(data)
