"""Certificates written more loosely than RFC 5280 asks, made from sound ones: each part may be put as any bytes."""

from asn1crypto import parser
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.support import pki

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, OID = b"\x30", b"\x31", b"\x02", b"\x03", b"\x04", b"\x06"
UTF8, UTC, GENERALIZED, BOOLEAN = b"\x0c", b"\x17", b"\x18", b"\x01"
#: Places of the parts in a certificate with a version.
_NAMES = ("version", "serial", "algorithm", "issuer", "validity", "subject", "key", "extensions")
_PLACES = {name: place for place, name in enumerate(_NAMES)}
COMMON_NAME = bytes.fromhex("0603550403")


def value(tag: bytes, *content: bytes) -> bytes:
    """Write one element in DER."""
    joined = b"".join(content)
    length = len(joined)
    if length < 0x80:
        return tag + bytes([length]) + joined
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return tag + bytes([0x80 | len(octets)]) + octets + joined


def attribute(kind: bytes, text: bytes, tag: bytes = UTF8) -> bytes:
    """Write one part of a name."""
    return value(SET, value(SEQUENCE, kind, value(tag, text)))


def encode_name(text: bytes, tag: bytes = UTF8) -> bytes:
    """Write a subject of one common name."""
    return value(SEQUENCE, attribute(COMMON_NAME, text, tag))


def validity(not_before: bytes, not_after: bytes = value(GENERALIZED, b"20281231010000Z")) -> bytes:
    """Write the period of validity from two elements."""
    return value(SEQUENCE, not_before, not_after)


def extension(oid: str, content: bytes, *, critical: bytes = b"") -> bytes:
    """Write one extension; ``critical`` is the element that says so."""
    return value(SEQUENCE, value(OID, bytes.fromhex(oid)), critical, value(OCTET_STRING, content))


def extensions_of(der: bytes) -> list[bytes]:
    """Take the extensions of a certificate, each with its header."""
    return _elements(_content(_content(_parts(der)[_PLACES["extensions"]])))


def encode_extensions(*added: bytes, der: bytes | None = None) -> bytes:
    """Write the extensions of a sound certificate and others behind them, as ``loose`` takes them."""
    return value(b"\xa3", value(SEQUENCE, *extensions_of(der or pki.make_certificate()), *added))


def make_certificate(*, signer: pki.Key | None = None, sound: bytes | None = None, **parts: bytes) -> bytes:
    """Make a certificate with some parts put as they are given, each with its header; signed where a key is given."""
    der = sound or pki.make_certificate()
    fields = _parts(der)
    for name, written in parts.items():
        fields[_PLACES[name]] = written
    tbs = value(SEQUENCE, *fields)
    _, algorithm, signature = _elements(_content(der))
    if signer is not None:
        signature = value(BIT_STRING, b"\0", _sign(tbs, signer))
    return value(SEQUENCE, tbs, algorithm, signature)


def with_long_lengths(der: bytes) -> bytes:
    """Write every outer length in four octets, as BER allows."""
    parts = _elements(_content(der))
    body = b"".join(part[:1] + b"\x84" + len(_content(part)).to_bytes(4) + _content(part) for part in parts)
    return b"\x30\x84" + len(body).to_bytes(4) + body


def with_indefinite_lengths(der: bytes) -> bytes:
    """Write the certificate, its body and its name with lengths that end where two zeros stand."""
    fields = _parts(der)
    subject = _PLACES["subject"]
    fields[subject] = b"\x30\x80" + _content(fields[subject]) + b"\0\0"
    _, *rest = _elements(_content(der))
    return b"\x30\x80" + b"\x30\x80" + b"".join(fields) + b"\0\0" + b"".join(rest) + b"\0\0"


def _sign(tbs: bytes, signer: pki.Key) -> bytes:
    if isinstance(signer, rsa.RSAPrivateKey):
        return signer.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
    return signer.sign(tbs, ec.ECDSA(hashes.SHA256()))


def _parts(der: bytes) -> list[bytes]:
    return _elements(_content(_elements(_content(der))[0]))


def _content(element: bytes) -> bytes:
    return bytes(parser.parse(element)[4])


def _elements(content: bytes) -> list[bytes]:
    found = []
    while content:
        length = int(parser.peek(content))
        found.append(content[:length])
        content = content[length:]
    return found
