"""What a certificate says of itself that containers refer to, read without decoding it (RFC 5280, 4.1)."""

import re
from hashlib import sha1
from typing import NamedTuple

from bot.certificates import der
from handlers.certificate import Trouble

_KEY_IDENTIFIER = re.compile(rb"\x06\x03\x55\x1d\x0e\x04.\x04(.)", re.DOTALL)
#: Extended key usage: RFC 5280, 4.2.1.12; its value begins where this ends.
_PURPOSES = re.compile(rb"\x06\x03\x55\x1d\x25(?:\x01\x01.)?\x04(?:.|\x81.|\x82..)(?=\x30)", re.DOTALL)
_ID_KP = bytes.fromhex("2b060105050703")
_SERVICES = {_ID_KP + b"\x08": Trouble.TIME_STAMP, _ID_KP + b"\x09": Trouble.STATUS}


class Outline(NamedTuple):
    """The parts by which a signature names its certificate, as they are written."""

    serial: bytes
    issuer: bytes
    key: bytes  #: SHA-1 of the public key: RFC 5280, 4.2.1.2 (1)


def outline(certificate: bytes) -> Outline | None:
    """The outline; ``None`` where the bytes are no certificate."""
    body = der.children(_body(certificate))
    parts = body[1:] if body and body[0].tag == der.TAGGED_0 else body
    if [part.tag for part in parts[:6]] != [der.INTEGER, *[der.SEQUENCE] * 5]:
        return None
    bits = der.children(parts[5])[-1:]
    key = sha1(bits[0].content[1:], usedforsecurity=False).digest() if bits else b""
    return Outline(parts[0].content, parts[2].whole, key)


def key_identifier(certificate: bytes) -> bytes:
    """The subject key identifier; empty for none."""
    match = _KEY_IDENTIFIER.search(certificate)
    return certificate[match.end() : match.end() + match.group(1)[0]] if match else b""


def service_of(certificate: bytes) -> Trouble | None:
    """What a certificate of a service is good for, where stamping times or telling states is all its key may do."""
    match = _PURPOSES.search(certificate)
    if not match:
        return None
    purposes = {one.content for one in der.children(der.first(certificate[match.end() :]))}
    return _SERVICES[min(purposes)] if purposes and purposes <= _SERVICES.keys() else None


def other_sort(data: bytes) -> Trouble | None:
    """What DER is that begins much as a certificate does; ``None`` for a certificate and for what has no name here."""
    outer = der.children(der.first(data), 4)
    tags = [part.tag for part in outer]
    inner = der.children(outer[0]) if outer else []
    if tags[:2] == [der.ENUMERATED, der.TAGGED_0]:  # OCSPResponse: RFC 6960, 4.2.1
        return Trouble.STATUS
    if tags[:2] == [der.INTEGER, der.INTEGER] or (_is_algorithm(outer[:1]) and tags[1:2] == [der.BITS]):
        return Trouble.PUBLIC_KEY  # RSAPublicKey: RFC 8017, A.1.1; SubjectPublicKeyInfo: RFC 5280, 4.1
    return _by_body(inner, outer)


def _by_body(inner: list[der.Value], outer: list[der.Value]) -> Trouble | None:
    tags = [part.tag for part in inner]
    if _is_status(inner) and (len(outer) == 1 or (outer[1].tag == der.SEQUENCE and _is_algorithm(outer[1:2]))):
        return Trouble.TIME_STAMP  # TimeStampResp: RFC 3161, 2.4.2
    if tags[:3] == [der.INTEGER, der.SEQUENCE, der.SEQUENCE] and der.SEQUENCE not in tags[3:] and _is_key(inner[2]):
        return Trouble.REQUEST  # CertificationRequest: RFC 2986, 4.2
    rest = inner[1:] if tags[:1] == [der.INTEGER] else inner
    if _is_algorithm(rest[:1]) and [part.tag for part in rest[1:3]] in ([der.SEQUENCE, 0x17], [der.SEQUENCE, 0x18]):
        return Trouble.STATUS  # CertificateList: RFC 5280, 5.1
    return None


def _is_status(inner: list[der.Value]) -> bool:
    """PKIStatusInfo: a small number, perhaps texts and bits."""
    tags = [part.tag for part in inner]
    return tags in ([2], [2, 0x30], [2, 3], [2, 0x30, 3]) and len(inner[0].content) == 1 and inner[0].content[0] < 6


def _is_algorithm(values: list[der.Value]) -> bool:
    return bool(values) and values[0].tag == der.SEQUENCE and values[0].content[:1] == b"\x06"


def _is_key(value: der.Value) -> bool:
    return _is_algorithm(der.children(value)[:1])


def _body(certificate: bytes) -> der.Value | None:
    return next(iter(der.children(der.first(certificate), 1)), None)
