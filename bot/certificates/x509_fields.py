"""The extensions that are asked for, each decoded alone: e-mail, policies, purposes, and what makes a CA's certificate.

All others are never looked into, so that nothing written loosely in them harms the certificate.
"""

from typing import NamedTuple

from bot.certificates import der
from bot.certificates.der import BOOLEAN, INTEGER, OCTET_STRING, OID, SEQUENCE
from bot.certificates.errors import MalformedError
from bot.certificates.structure import Structure

_SUBJECT_KEY, _USAGE, _ALTERNATIVE_NAME = b"\x55\x1d\x0e", b"\x55\x1d\x0f", b"\x55\x1d\x11"
_BASIC, _POLICIES, _AUTHORITY_KEY = b"\x55\x1d\x13", b"\x55\x1d\x20", b"\x55\x1d\x23"
_PURPOSES = b"\x55\x1d\x25"
_MAIL = 0x81  #: rfc822Name: RFC 5280, 4.2.1.6
_KEY_IDENTIFIER = 0x80
_MOST_POLICIES = 50
_KEY_CERT_SIGN = 0x04  #: bit 5 of KeyUsage


class Basic(NamedTuple):
    """Whether the subject is a CA, and how many CAs may stand below it."""

    ca: bool
    path_length: int | None


def value(structure: Structure, oid: bytes) -> bytes | None:
    """Take the value of an extension; the first where it is there twice."""
    for extension in structure.extensions:
        if extension.oid == oid:
            return extension.value
    return None


def email(structure: Structure) -> str | None:
    """Take the first e-mail address of the alternative name; other kinds of names in it are not read.

    Raises:
        MalformedError: the extension cannot be cut, or the address is no text or hides another behind a zero byte.
    """
    written = value(structure, _ALTERNATIVE_NAME)
    for element in der.split(der.content_of(written, SEQUENCE)) if written is not None else ():
        if element[0] & ~der.CONSTRUCTED == _MAIL:
            return _address(der.string(element))
    return None


def _address(written: bytes) -> str:
    if b"\0" in written:
        raise MalformedError
    try:
        return written.decode()
    except UnicodeDecodeError as error:
        raise MalformedError from error


def policies(structure: Structure) -> list[str]:
    """Take the identifiers of the certificate policies, without their qualifiers.

    Raises:
        MalformedError: one of them has no identifier, or there are absurdly many.
    """
    written = [extension.value for extension in structure.extensions if extension.oid == _POLICIES]
    listed = [information for one in written for _, information in der.split(der.content_of(one, SEQUENCE))]
    if len(listed) > _MOST_POLICIES:
        raise MalformedError
    return [der.oid(der.content_of(information, OID)) for information in listed]


def purposes(structure: Structure) -> set[bytes]:
    """Take the identifiers of what the key may be used for beyond its usage (RFC 5280, 4.2.1.12); empty for anything.

    Raises:
        MalformedError: the extension cannot be cut.
    """
    written = value(structure, _PURPOSES)
    return {content for _, content in der.split(der.content_of(written, SEQUENCE))} if written is not None else set()


def basic(structure: Structure) -> Basic | None:
    """Decode the basic constraints; ``None`` where there are none.

    Raises:
        MalformedError: they are written as something else.
    """
    written = value(structure, _BASIC)
    if written is None:
        return None
    ca, path_length = False, None
    for tag, content in der.split(der.content_of(written, SEQUENCE)):
        if tag == BOOLEAN and content:
            ca = any(content)
        elif tag == INTEGER and content:
            path_length = int.from_bytes(content, signed=True)
        else:
            raise MalformedError
    return Basic(ca, path_length)


def may_sign_certificates(structure: Structure) -> bool:
    """Whether the key usage, where it is stated, has keyCertSign.

    Raises:
        MalformedError: it is no BIT STRING.
    """
    written = value(structure, _USAGE)
    if written is None:
        return True
    usage = der.content_of(written, der.BIT_STRING)
    return len(usage) > 1 and bool(usage[1] & _KEY_CERT_SIGN)


def subject_key(structure: Structure) -> bytes | None:
    """Take the identifier of the subject's key.

    Raises:
        MalformedError: it is no OCTET STRING.
    """
    written = value(structure, _SUBJECT_KEY)
    return der.content_of(written, OCTET_STRING) if written is not None else None


def authority_key(structure: Structure) -> bytes | None:
    """Take the identifier of the issuer's key.

    Raises:
        MalformedError: it is written as something else.
    """
    written = value(structure, _AUTHORITY_KEY)
    for tag, content in der.split(der.content_of(written, SEQUENCE)) if written is not None else ():
        if tag == _KEY_IDENTIFIER:
            return content
    return None


def is_doubled(structure: Structure) -> bool:
    """Whether an extension is there twice: a CA of which that is true signs nothing (RFC 5280, 4.2)."""
    return len({extension.oid for extension in structure.extensions}) < len(structure.extensions)
