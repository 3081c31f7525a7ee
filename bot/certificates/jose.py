"""JWS and JAdES (RFC 7515; TS 119 182-1): the certificates of the x5c header, compact or as JSON."""

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import islice

from bot.certificates.armour import decode_base64
from bot.certificates.findings import Found

#: '{"' in base64 of an address: a protected header.
_HEADER = re.compile(rb"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{20,}+")
_CHAIN = re.compile(rb'"x5c"\s{0,99}+:\s{0,99}+\[([^\]\[{}]*+)')
_STRING = re.compile(rb'"([^"]{40,}+)"')
#: Headers that are looked at, and certificates of a chain.
_MOST, _LONGEST = 1_000, 20
_LONGEST_HEADER = 1024 * 1024


def certificates(text: bytes) -> Iterator[Found]:
    """The signer's certificate of every x5c, which comes first there, and its chain as companions."""
    for chain in _chains(text):
        for number, match in enumerate(islice(_STRING.finditer(chain), _LONGEST)):
            yield Found(decode_base64(match.group(1)), signer=number == 0, companion=number > 0)


def _chains(text: bytes) -> Iterator[bytes]:
    for header in islice(_HEADER.finditer(text), _MOST):
        yield from (match.group(1) for match in _CHAIN.finditer(_decoded(header.group()[:_LONGEST_HEADER])))
    yield from (match.group(1) for match in islice(_CHAIN.finditer(text), _MOST))


def _decoded(header: bytes) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(header[: len(header) - (len(header) % 4 == 1)] + b"===")
    except binascii.Error:
        return b""
    return decoded.replace(b"\\/", b"/").replace(b"\\u002b", b"+")
