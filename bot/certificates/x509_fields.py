"""Split a certificate into the parts of RFC 5280, 4.1, and decode its extensions and times.

Splitting does not judge the content of a part: a fault there is found by the decoder of that part.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bot.certificates import MalformedError, UnreadableError, der
from bot.certificates.der import (
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    UTC_TIME,
    Element,
    string_content,
)
from bot.certificates.formats import find_lookalike
from handlers.model import FileProblemKind

_VERSION, _EXTENSIONS = 0xA0, 0xA3
#: Serial number, algorithm, issuer, validity, subject, key; unique identifiers and extensions may follow.
_FIELDS = [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]
#: The most extensions that are read; certificates have under thirty.
_MOST_EXTENSIONS = 200

_SUBJECT_KEY, _USAGE, _ALTERNATIVE_NAME = b"\x55\x1d\x0e", b"\x55\x1d\x0f", b"\x55\x1d\x11"
_BASIC_CONSTRAINTS, _POLICIES, _AUTHORITY_KEY = b"\x55\x1d\x13", b"\x55\x1d\x20", b"\x55\x1d\x23"
_PURPOSES = b"\x55\x1d\x25"
_RFC822_NAME_TAG = 0x81  #: rfc822Name: RFC 5280, 4.2.1.6
_KEY_IDENTIFIER_TAG = 0x80
_MOST_POLICIES = 50
_KEY_CERT_SIGN = 0x04  #: bit 5 of KeyUsage

_LENIENT_FORMS = {
    UTC_TIME: re.compile(
        rb"(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
        rb"(?P<zone>Z|[+-]\d{4})?"
    ),
    GENERALIZED_TIME: re.compile(
        rb"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})(?:(?P<minute>\d{2})"
        rb"(?:(?P<second>\d{2})(?:[.,]\d+)?)?)?(?P<zone>Z|[+-]\d{2}(?:\d{2})?)?"
    ),
}
_TIME_FIELDS = ("year", "month", "day", "hour", "minute", "second")
#: Years of two digits mean 1950 to 2049.
_PIVOT = 50


class Extension(NamedTuple):
    """One extension: its object identifier in DER, and its undecoded value."""

    oid: bytes
    value: bytes


class RawCertificate(NamedTuple):
    """The parts of a certificate, undecoded."""

    whole: bytes  #: the whole file
    tbs: bytes  #: the signed part
    serial: Element
    inner_algorithm: Element
    issuer: Element
    validity: Element
    subject: Element
    key: Element
    extensions: tuple[Extension, ...]
    complete: bool  #: ``False`` if an extension, or the list of them, could not be split
    algorithm: Element
    signature: Element

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the file, in upper-case hex without separators."""
        return hashlib.sha256(self.whole).hexdigest().upper()


def split_certificate(data: bytes) -> RawCertificate:
    """Split DER or BER into the parts of a certificate.

    Raises:
        UnreadableError: REQUEST, STATUS or the like for a known lookalike; NO_CERTIFICATE for any other value that
            begins like a certificate; BROKEN for a truncated certificate.
    """
    try:
        start = der.extent(data)[0]
        outer = der.split(der.content_of(data, SEQUENCE))
        fields = der.split(outer[0][1])
    except (MalformedError, IndexError) as error:
        raise UnreadableError(find_lookalike(data) or FileProblemKind.BROKEN) from error
    has_version = fields[:1] and fields[0][0] == _VERSION
    own = fields[1:] if has_version else fields
    if len(outer) < 3 or not _is_certificate([tag for tag, _ in own], has_version=bool(has_version)):
        raise UnreadableError(find_lookalike(data) or FileProblemKind.NO_CERTIFICATE)
    if len(own) < len(_FIELDS):
        raise UnreadableError(FileProblemKind.BROKEN)
    serial, inner, issuer, validity, subject, key = own[:6]
    extensions, complete = _split_extensions(own[6:])
    tbs = data[start : der.extent(data, start)[2]]
    return RawCertificate(
        data, tbs, serial, inner, issuer, validity, subject, key, extensions, complete, outer[1], outer[2]
    )  # fmt: skip


def try_split_certificate(data: bytes) -> RawCertificate | None:
    """Split a certificate for comparison; ``None`` if it is truncated or not a certificate."""
    try:
        return split_certificate(data)
    except UnreadableError:
        return None


def _is_certificate(tags: list[int], *, has_version: bool) -> bool:
    """Tell a certificate from a request and a revocation list, which begin alike but have fewer sequences."""
    if has_version:
        return tags[:1] == [INTEGER] or len(tags) >= len(_FIELDS)
    return tags[: len(_FIELDS)] == _FIELDS


def _split_extensions(fields: list[Element]) -> tuple[tuple[Extension, ...], bool]:
    written = [content for tag, content in fields if tag == _EXTENSIONS]
    if not written:
        return (), True
    try:
        listed = der.split(der.content_of(written[0], SEQUENCE))
    except MalformedError:
        return (), False
    found = [extension for element in listed[:_MOST_EXTENSIONS] if (extension := _split_extension(element))]
    return tuple(found), len(found) == len(listed)


def _split_extension(element: Element) -> Extension | None:
    """Split one extension; its critical flag is ignored, because it binds only programs that use the key."""
    try:
        parts = der.split(element[1])
        if len(parts) < 2 or parts[0][0] != OID or parts[-1][0] & ~der.CONSTRUCTED != OCTET_STRING:
            return None
        return Extension(parts[0][1], der.string_content(parts[-1]))
    except MalformedError:
        return None


class BasicConstraints(NamedTuple):
    """Tells whether the subject is a CA, and how many CAs may stand below it."""

    ca: bool
    path_length: int | None


def extension_value(structure: RawCertificate, oid: bytes) -> bytes | None:
    """Return the value of an extension; the first one if it is duplicated."""
    for extension in structure.extensions:
        if extension.oid == oid:
            return extension.value
    return None


def email_address(structure: RawCertificate) -> str | None:
    """Return the first e-mail address of the alternative name; other kinds of names are ignored.

    Raises:
        MalformedError: the extension cannot be cut, or the address is not a text or hides another behind a zero byte.
    """
    written = extension_value(structure, _ALTERNATIVE_NAME)
    for element in der.split(der.content_of(written, SEQUENCE)) if written is not None else ():
        if element[0] & ~der.CONSTRUCTED == _RFC822_NAME_TAG:
            return _decode_address(der.string_content(element))
    return None


def _decode_address(written: bytes) -> str:
    if b"\0" in written:
        raise MalformedError
    try:
        return written.decode()
    except UnicodeDecodeError as error:
        raise MalformedError from error


def policy_oids(structure: RawCertificate) -> list[str]:
    """Return the identifiers of the certificate policies, without their qualifiers.

    Raises:
        MalformedError: one of them has no identifier, or there are absurdly many.
    """
    written = [extension.value for extension in structure.extensions if extension.oid == _POLICIES]
    listed = [information for one in written for _, information in der.split(der.content_of(one, SEQUENCE))]
    if len(listed) > _MOST_POLICIES:
        raise MalformedError
    return [der.format_oid(der.content_of(information, OID)) for information in listed]


def extended_key_usages(structure: RawCertificate) -> set[bytes]:
    """Return the identifiers of the extended key usage (RFC 5280, 4.2.1.12); empty means any usage.

    Raises:
        MalformedError: the extension cannot be cut.
    """
    written = extension_value(structure, _PURPOSES)
    return {content for _, content in der.split(der.content_of(written, SEQUENCE))} if written is not None else set()


def basic_constraints(structure: RawCertificate) -> BasicConstraints | None:
    """Decode the basic constraints; ``None`` where there are none.

    Raises:
        MalformedError: they have another form.
    """
    written = extension_value(structure, _BASIC_CONSTRAINTS)
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
    return BasicConstraints(ca, path_length)


def may_sign_certificates(structure: RawCertificate) -> bool:
    """Return whether the key usage, if stated, has keyCertSign.

    Raises:
        MalformedError: it is not a BIT STRING.
    """
    written = extension_value(structure, _USAGE)
    if written is None:
        return True
    usage = der.content_of(written, der.BIT_STRING)
    return len(usage) > 1 and bool(usage[1] & _KEY_CERT_SIGN)


def subject_key_identifier(structure: RawCertificate) -> bytes | None:
    """Return the identifier of the subject's key.

    Raises:
        MalformedError: it is not an OCTET STRING.
    """
    written = extension_value(structure, _SUBJECT_KEY)
    return der.content_of(written, OCTET_STRING) if written is not None else None


def authority_key_identifier(structure: RawCertificate) -> bytes | None:
    """Return the identifier of the issuer's key.

    Raises:
        MalformedError: it has another form.
    """
    written = extension_value(structure, _AUTHORITY_KEY)
    for tag, content in der.split(der.content_of(written, SEQUENCE)) if written is not None else ():
        if tag == _KEY_IDENTIFIER_TAG:
            return content
    return None


def has_duplicates(structure: RawCertificate) -> bool:
    """Return whether an extension is duplicated: a CA with a duplicate signs nothing (RFC 5280, 4.2)."""
    return len({extension.oid for extension in structure.extensions}) < len(structure.extensions)


def decode_time(element: Element) -> datetime:
    """Decode UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5), in UTC.

    Lenient forms are read too: without seconds, without a zone (taken as UTC), or with an offset.

    Raises:
        MalformedError: it has another form, or the calendar has no such moment.
    """
    tag = element[0] & ~0x20
    match = _LENIENT_FORMS[tag].fullmatch(string_content(element)) if tag in _LENIENT_FORMS else None
    if match is None:
        raise MalformedError
    year, month, day, hour, minute, second = (int(match[field] or 0) for field in _TIME_FIELDS)
    if tag == UTC_TIME:
        year += 1900 if year >= _PIVOT else 2000
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _utc_offset(match["zone"])
    except (ValueError, OverflowError) as error:
        raise MalformedError from error


def _utc_offset(zone: bytes | None) -> timedelta:
    if zone is None or zone == b"Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:5] or 0)
    distance = timedelta(hours=hours, minutes=minutes)
    return -distance if zone[:1] == b"-" else distance
