"""Walk DER, and BER where a writer was loose (ITU-T X.690), without judging what is not asked for.

A value is cut into its elements one level at a time, so that a fault in a part nobody reads harms nothing. Lengths that
are longer than they need be, indefinite lengths and strings written in pieces are read as what they mean.
"""

from functools import lru_cache

from bot.certificates.errors import MalformedError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31

#: A tag, and what lies in the element.
Element = tuple[int, bytes]

CONSTRUCTED = 0x20
_LONG_TAG = 0x1F  #: the number of the tag follows: 8.1.2.4
_INDEFINITE = 0x80  #: two zeros mark the end: 8.1.3.6
_LENGTH_OCTETS = 8
#: Elements on one level; certificates have under a hundred, the longest lists of names met have some thousands.
_MOST_ELEMENTS = 20_000
#: Indefinite lengths within each other, and strings in pieces that are in pieces.
_DEEPEST = 16
#: Bytes of an object identifier; registered ones have under twenty.
_LONGEST_OID = 128


def split(content: bytes) -> list[Element]:
    """Cut what lies in a constructed value into its elements.

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


def extent(data: bytes, at: int = 0, depth: int = 0) -> tuple[int, int, int]:
    """Measure the element that begins there: where its content starts and stops, and where the element ends.

    Raises:
        MalformedError: its length is none, or it is nested too deep. The end may lie behind the data.
        IndexError: its header is cut short.
    """
    start = _behind_tag(data, at)
    length = data[start]
    start += 1
    if length < _INDEFINITE:
        return start, start + length, start + length
    if length == _INDEFINITE:
        stop = _end_of_contents(data, start, depth)
        return start, stop, stop + 2
    octets = length - _INDEFINITE
    if octets > _LENGTH_OCTETS or start + octets > len(data):
        raise MalformedError
    start += octets
    stop = start + int.from_bytes(data[start - octets : start])
    return start, stop, stop


def _behind_tag(data: bytes, at: int) -> int:
    at += 1
    if data[at - 1] & _LONG_TAG == _LONG_TAG:
        while data[at] & 0x80:
            at += 1
        at += 1
    return at


def _end_of_contents(data: bytes, at: int, depth: int) -> int:
    if depth >= _DEEPEST:
        raise MalformedError
    for _ in range(_MOST_ELEMENTS):
        if not data[at] and not data[at + 1]:
            return at
        at = extent(data, at, depth + 1)[2]
    raise MalformedError


def content_of(data: bytes, tag: int) -> bytes:
    """Take what lies in the one element with that tag; bytes behind it are left alone.

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


def written(element: Element) -> bytes:
    """Write an element in DER, for a library that takes it whole."""
    tag, content = element
    length = len(content)
    if length < _INDEFINITE:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, _INDEFINITE | len(octets))) + octets + content


def string(element: Element, depth: int = 0) -> bytes:
    """Take the bytes of a string, put together where it is written in pieces (8.7.3, 8.23.6)."""
    tag, content = element
    if not tag & CONSTRUCTED:
        return content
    if depth >= _DEEPEST:
        raise MalformedError
    return b"".join(string(piece, depth + 1) for piece in split(content))


def bits(element: Element) -> bytes:
    """Take the bytes of a BIT STRING, without the number of bits that do not count in the last."""
    tag, content = element
    pieces = split(content) if tag & CONSTRUCTED else [element]
    return b"".join(piece[1:] for _, piece in pieces)


@lru_cache(maxsize=1024)
def oid(content: bytes) -> str:
    """Write an object identifier with dots (8.19).

    Raises:
        MalformedError: it is empty, cut short or of absurd length.
    """
    if not content or content[-1] & 0x80 or len(content) > _LONGEST_OID:
        raise MalformedError
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))
