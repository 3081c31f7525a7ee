"""Cut one certificate into the parts of RFC 5280, 4.1; what a part says, and its faults, are for its own decoder."""

import hashlib
from typing import NamedTuple

from bot.certificates import der
from bot.certificates.der import INTEGER, OCTET_STRING, OID, SEQUENCE, Element
from bot.certificates.errors import MalformedError, UnreadableError
from bot.certificates.sorts import other_sort
from handlers.certificate import Trouble

_VERSION, _EXTENSIONS = 0xA0, 0xA3
#: Serial number, algorithm, issuer, validity, subject, key; unique identifiers and extensions may follow.
_FIELDS = [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]
#: Extensions that are looked at; certificates have under thirty.
_MOST_EXTENSIONS = 200


class Extension(NamedTuple):
    """One extension: its object identifier in DER, and its value, which is not looked into."""

    oid: bytes
    value: bytes


class Structure(NamedTuple):
    """The parts of a certificate as they are written."""

    whole: bytes  #: the file
    tbs: bytes  #: what the signature is over
    serial: Element
    inner_algorithm: Element
    issuer: Element
    validity: Element
    subject: Element
    key: Element
    extensions: tuple[Extension, ...]
    complete: bool  #: ``False`` where the list of extensions, or one of them, could not be cut
    algorithm: Element
    signature: Element

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file, upper-case hex without separators."""
        return hashlib.sha256(self.whole).hexdigest().upper()


def cut(data: bytes) -> Structure:
    """Cut DER or BER into the parts of a certificate.

    Raises:
        UnreadableError: REQUEST, STATUS and the like for what has a name of its own; NO_CERTIFICATE for another value
            that begins as a certificate does; BROKEN for a certificate that is cut short.
    """
    try:
        start = der.extent(data)[0]
        outer = der.split(der.content_of(data, SEQUENCE))
        fields = der.split(outer[0][1])
    except (MalformedError, IndexError) as error:
        raise UnreadableError(other_sort(data) or Trouble.BROKEN) from error
    has_version = fields[:1] and fields[0][0] == _VERSION
    own = fields[1:] if has_version else fields
    if len(outer) < 3 or not _is_certificate([tag for tag, _ in own], has_version=bool(has_version)):
        raise UnreadableError(other_sort(data) or Trouble.NO_CERTIFICATE)
    if len(own) < len(_FIELDS):
        raise UnreadableError(Trouble.BROKEN)
    serial, inner, issuer, validity, subject, key = own[:6]
    extensions, complete = _extensions(own[6:])
    tbs = data[start : der.extent(data, start)[2]]
    return Structure(
        data, tbs, serial, inner, issuer, validity, subject, key, extensions, complete, outer[1], outer[2]
    )  # fmt: skip


def try_cut(data: bytes) -> Structure | None:
    """Cut a certificate that is compared with others; ``None`` for what is none or is cut short."""
    try:
        return cut(data)
    except UnreadableError:
        return None


def _is_certificate(tags: list[int], *, has_version: bool) -> bool:
    """Tell a certificate from a request and a revocation list, which begin alike but have fewer sequences."""
    if has_version:
        return tags[:1] == [INTEGER] or len(tags) >= len(_FIELDS)
    return tags[: len(_FIELDS)] == _FIELDS


def _extensions(fields: list[Element]) -> tuple[tuple[Extension, ...], bool]:
    written = [content for tag, content in fields if tag == _EXTENSIONS]
    if not written:
        return (), True
    try:
        listed = der.split(der.content_of(written[0], SEQUENCE))
    except MalformedError:
        return (), False
    found = [extension for element in listed[:_MOST_EXTENSIONS] if (extension := _extension(element))]
    return tuple(found), len(found) == len(listed)


def _extension(element: Element) -> Extension | None:
    """Cut one; whether it is critical is not asked here: that binds programs that use the key."""
    try:
        parts = der.split(element[1])
        if len(parts) < 2 or parts[0][0] != OID or parts[-1][0] & ~der.CONSTRUCTED != OCTET_STRING:
            return None
        return Extension(parts[0][1], der.string(parts[-1]))
    except MalformedError:
        return None
