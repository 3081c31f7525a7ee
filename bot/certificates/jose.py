"""JWS and JAdES (RFC 7515; TS 119 182-1): the certificates of the x5c header, compact or as JSON."""

import base64
import binascii
import re
from collections.abc import Iterator
from hashlib import new
from itertools import islice

from bot.certificates.armour import decode_base64
from bot.certificates.findings import Found

#: '{"' in base64 of an address: a protected header.
_HEADER = re.compile(rb"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{20,}+")
_CHAIN = re.compile(rb'"x5c"\s{0,99}+:\s{0,99}+(\[[^\]\[{}]*+|"[^"]*+")')
_STRING = re.compile(rb'"(M[A-I][^"]{40,}+)"')
_HASHES = ("sha256", "sha512", "sha384", "sha1")
#: A signer's digest, where the certificate itself lies beside the signature: x5t#S256, and digVal of x5t#o.
_DIGEST = re.compile(rb'"(?:x5t#S256|digVal)"\s{0,99}+:\s{0,99}+"([A-Za-z0-9_+/-]{27,99}={0,2})"')
#: Headers and values that are looked at, and certificates of a chain.
_MOST, _LONGEST = 1_000, 20
_LONGEST_HEADER = 1024 * 1024


def certificates(text: bytes) -> Iterator[Found]:
    """The signer's certificate of every signature, and its chain as companions."""
    parts = [text, *(_decoded(one.group()[:_LONGEST_HEADER]) for one in islice(_HEADER.finditer(text), _MOST))]
    chains = [match.group(1) for part in parts for match in islice(_CHAIN.finditer(part), _MOST)]
    for chain in chains:
        for number, match in enumerate(islice(_STRING.finditer(chain), _LONGEST)):
            yield Found(decode_base64(match.group(1)), signer=number == 0, companion=number > 0)
    if not chains:
        yield from _by_digest(parts)


def _by_digest(parts: list[bytes]) -> Iterator[Found]:
    wanted = {decode_base64(match.group(1)) for part in parts for match in islice(_DIGEST.finditer(part), _MOST)}
    if not wanted:
        return
    for part in parts:
        for match in islice(_STRING.finditer(part), _MOST):
            der = decode_base64(match.group(1))
            if not wanted.isdisjoint(new(name, der, usedforsecurity=False).digest() for name in _HASHES):
                yield Found(der, signer=True)


def _decoded(header: bytes) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(header[: len(header) - (len(header) % 4 == 1)] + b"===")
    except binascii.Error:
        return b""
    return decoded.replace(b"\\/", b"/").replace(b"\\u002b", b"+").replace(b"\\u002B", b"+")
