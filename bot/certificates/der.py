"""Parse DER, and BER from loose writers (ITU-T X.690), without judging the parts that nobody asks for.

A value is split into its elements one level at a time, so that a fault in an unread part does no harm. Lengths longer
than necessary, indefinite lengths and strings in pieces are read by their meaning. Section numbers are those of X.690.

A certificate is split strictly (``split``): a truncated element is an error. A container is walked as far as possible
(``walk``), so that a truncated element does not hide the certificates before it.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from bot.certificates import MalformedError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
ENUMERATED, TAGGED_0 = 0x0A, 0xA0
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31

#: The tag of an element, and its content.
Element = tuple[int, bytes]


class DerValue(NamedTuple):
    """An element of a container with its original bytes; a truncated one has the bytes that are there."""

    tag: int
    content: bytes
    whole: bytes

    @property
    def element(self) -> Element:
        return self.tag, self.content


CONSTRUCTED = 0x20
_LONG_TAG = 0x1F  #: the number of the tag follows: 8.1.2.4
_INDEFINITE, _END = 0x80, b"\0\0"  #: two zeros mark the end: 8.1.3.6
_LENGTH_OCTETS = 8
#: The most elements on one level; certificates have under a hundred, the longest lists of names seen some thousands.
_MOST_ELEMENTS = 20_000
#: The most nested indefinite lengths, and the most elements inside one: a signed document inside lies in pieces.
_DEEPEST, _MOST_STEPS = 64, 100_000
#: The deepest nesting of strings in pieces.
_DEEPEST_STRING = 16
#: The most bytes of an object identifier; registered ones have under twenty.
_LONGEST_OID_BYTES = 128


def split(content: bytes) -> list[Element]:
    """Split the content of a constructed value into its elements.

    Raises:
        MalformedError: an element is cut short, or there are too many of them.
    """
    elements: list[Element] = []
    at, end = 0, len(content)
    try:
        while at < end:
            tag, length = content[at], content[at + 1]
            if length < _INDEFINITE and tag & _LONG_TAG != _LONG_TAG:
                start, stop = at + 2, at + 2 + length
                at = stop
            else:
                start, stop, at = extent(content, at)
            elements.append((tag, content[start:stop]))
            if at > end or len(elements) > _MOST_ELEMENTS:
                raise MalformedError
    except IndexError as error:
        raise MalformedError from error
    return elements


def extent(data: bytes, at: int = 0) -> tuple[int, int, int]:
    """Measure the element that begins at ``at``: the offsets of its content's start and stop, and of the element's end.

    The end lies behind the data if the element is truncated or nested too deep.

    Raises:
        MalformedError: its length is invalid.
        IndexError: its header is truncated.
    """
    start, length = _read_header(data, at)
    if length >= 0:
        return start, start + length, start + length
    stop = _end_of_contents(data, start)
    return start, stop, stop + len(_END)


def _read_header(data: bytes, at: int) -> tuple[int, int]:
    """Return the offset of the content, and its length; -1 for an indefinite one."""
    start = at + 2
    if data[at] & _LONG_TAG == _LONG_TAG:
        while data[start - 1] & 0x80:
            start += 1
        start += 1
    length = data[start - 1]
    if length < _INDEFINITE:
        return start, length
    octets = length - _INDEFINITE
    if not octets:
        return start, -1
    if octets > _LENGTH_OCTETS or start + octets > len(data):
        raise MalformedError
    return start + octets, int.from_bytes(data[start : start + octets])


def _end_of_contents(data: bytes, at: int) -> int:
    """Return the offset of the end mark, or else the end of the data; a loop, because strangers choose the nesting."""
    depth = 1
    try:
        for _ in range(_MOST_STEPS):
            if data[at : at + 2] == _END:
                depth -= 1
                if not depth:
                    return at
                at += len(_END)
                continue
            at, length = _read_header(data, at)
            at += max(length, 0)
            depth += length < 0
            if depth > _DEEPEST:
                break
    except (MalformedError, IndexError):
        pass
    return len(data)


def end_of(data: bytes, at: int = 0) -> int:
    """Return the offset at which the element ends; behind the data if the element is truncated or invalid."""
    try:
        return extent(data, at)[2]
    except (MalformedError, IndexError):
        return len(data) + 1


def walk(data: bytes) -> Iterator[DerValue]:
    """Yield the elements one after another up to the first invalid one; the last may be truncated."""
    at = 0
    while at < len(data) and data[at : at + 2] != _END:
        try:
            start, stop, end = extent(data, at)
        except (MalformedError, IndexError):
            return
        yield DerValue(data[at], data[start:stop], data[at:end])
        at = end


def first_value(data: bytes) -> DerValue | None:
    """Return the element that the bytes begin with; ``None`` if there is none."""
    return next(walk(data), None)


def children(value: DerValue | None, most: int = 16) -> list[DerValue]:
    """Return the first ``most`` elements inside an element."""
    return list(islice(walk(value.content), most)) if value else []


def content_of(data: bytes, tag: int) -> bytes:
    """Return the content of the one element with that tag; bytes behind it are ignored.

    Raises:
        MalformedError: there is another element, or it is cut short.
    """
    try:
        start, stop, end = extent(data)
    except IndexError as error:
        raise MalformedError from error
    if data[0] != tag or end > len(data):
        raise MalformedError
    return data[start:stop]


def encode_element(element: Element) -> bytes:
    """Encode an element in DER, for a library that needs the whole element."""
    tag, content = element
    length = len(content)
    if length < _INDEFINITE:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, _INDEFINITE | len(octets))) + octets + content


def string_content(element: Element, depth: int = 0) -> bytes:
    """Return the bytes of a string, joined if it is written in pieces (8.7.3, 8.23.6).

    Raises:
        MalformedError: a piece is truncated, or pieces are nested too deep.
    """
    tag, content = element
    if not tag & CONSTRUCTED:
        return content
    if depth >= _DEEPEST_STRING:
        raise MalformedError
    return b"".join(string_content(piece, depth + 1) for piece in split(content))


def bit_string_content(element: Element) -> bytes:
    """Return the bytes of a BIT STRING, without the leading count of unused bits.

    Raises:
        MalformedError: a piece is truncated.
    """
    tag, content = element
    pieces = split(content) if tag & CONSTRUCTED else [element]
    return b"".join(piece[1:] for _, piece in pieces)


@lru_cache(maxsize=1024)
def format_oid(content: bytes) -> str:
    """Format an object identifier with dots (8.19).

    Raises:
        MalformedError: it is empty, cut short or of absurd length.
    """
    if not content or content[-1] & 0x80 or len(content) > _LONGEST_OID_BYTES:
        raise MalformedError
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))
