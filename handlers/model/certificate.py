"""A certificate as the conversation sees it, and the result of reading a file; times are aware and in UTC.

``bot.certificates`` reads files into these records.
"""

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, field_validator

from locales import N_
from rules.facts import Issuer, Subject
from rules.language.spelling import strip_invisible


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attribute(_Model):
    """One attribute of a distinguished name."""

    oid: str
    name: str  #: short name of RFC 4514 where there is one (CN, O, OU, L, C), else the dotted OID
    value: str


class Recognition(StrEnum):
    """The degree to which the issuer of a certificate is recognised."""

    VERIFIED = "verified"  #: the chain ends at an installed CA with a pinned fingerprint
    BY_NAME_ONLY = "by_name_only"  #: the issuer calls itself the government provider; nothing was verified
    UNRECOGNISED = "unrecognised"
    INVALID = "invalid"  #: an installed CA has that name but did not sign this certificate


class CertificatePart(StrEnum):
    """A part of a certificate that may be unreadable while the others are read."""

    SUBJECT = "subject"  #: a part of the name; without any there is no certificate
    NOT_BEFORE = "not_before"
    ISSUER = "issuer"
    EMAIL = "email"
    KEY = "key"
    SIGNATURE_ALGORITHM = "signature_algorithm"
    POLICIES = "policies"
    EXTENSIONS = "extensions"  #: the list of extensions, or whether this is a CA's certificate


#: Prefix of ``Certificate.key`` if the algorithm or curve of the key has no known name.
UNKNOWN_KEY = "unknown algorithm OID "


class Certificate(_Model):
    """A certificate, decoded as far as the conversation needs it."""

    subject: tuple[Attribute, ...]  #: every attribute of every RDN, in the certificate's order
    name: str  #: CN: the body, the person, the device
    superior: str | None  #: O: the superior body in the government profile
    units: tuple[str, ...] = ()  #: OU, in order
    locality: str | None = None
    email: str | None = None  #: first rfc822Name of the SAN, else E of the subject
    issuer: tuple[Attribute, ...]
    issuer_name: str
    serial: str  #: upper-case hexadecimal as certificate viewers show it; a negative number as its bytes
    signed_serial: str | None = None  #: a negative number with its sign, because "FB" may be 251 or "-05"
    not_before: datetime | None  #: ``None`` where it cannot be read
    not_after: datetime
    key: str  #: such as "RSA 2048", or ``UNKNOWN_KEY`` and an OID; empty if it cannot be read
    signature_algorithm: str  #: such as "sha256WithRSAEncryption"; empty where it cannot be read
    policies: tuple[str, ...] = ()  #: dotted OIDs
    fingerprint: str  #: SHA-256, upper-case hex without separators
    subscriber: Subject | None = None  #: guessed from the name; the officer confirms it
    issuer_kind: Issuer = Issuer.UNKNOWN
    recognition: Recognition = Recognition.UNRECOGNISED
    authority: bool = False  #: the certificate of a CA, not of a subscriber
    unreadable: tuple[CertificatePart, ...] = ()  #: parts that this record lacks, or has only in part

    @property
    def certificate_key(self) -> str:
        """Return the key that identifies the certificate: its serial number, with the sign if it is negative."""
        return self.signed_serial or self.serial


#: Limits of what a session keeps: characters of a name, and parts of a name. Real ones stay below 200 and 20.
_MAX_VALUE_LENGTH, _MAX_PARTS = 256, 20


def truncate_certificate(certificate: Certificate) -> Certificate:
    """Shorten names and lists, because a stranger's file decides their length and the session stores them."""
    texts = {
        name: _truncate(value)
        for name, value in certificate
        if isinstance(value, str) and len(value) > _MAX_VALUE_LENGTH
    }
    names = {
        name: tuple(map(_truncate_attribute, getattr(certificate, name)[:_MAX_PARTS])) for name in ("subject", "issuer")
    }
    lists = {name: tuple(map(_truncate, getattr(certificate, name)[:_MAX_PARTS])) for name in ("units", "policies")}
    return certificate.model_copy(update={**texts, **names, **lists})


def _truncate_attribute(attribute: Attribute) -> Attribute:
    return attribute.model_copy(update={"value": _truncate(attribute.value)})


def _truncate(text: str) -> str:
    return text if len(text) <= _MAX_VALUE_LENGTH else text[: _MAX_VALUE_LENGTH - 1] + "…"


class FileProblemKind(StrEnum):
    """The reason why a file, or an entry of an archive, gave no certificate."""

    EMPTY = "empty"
    PRIVATE_KEY = "private_key"  #: PEM or DER private key, of any format
    PKCS12 = "pkcs12"
    PICTURE = "picture"
    UNKNOWN_TYPE = "unknown_type"
    OLD_OFFICE = "old_office"  #: .doc, .xls, .msg: whatever they are signed with cannot be read
    PGP = "pgp"
    NO_CERTIFICATE = "no_certificate"
    REQUEST = "request"  #: a certification request
    PUBLIC_KEY = "public_key"
    TIME_STAMP = "time_stamp"  #: only a time stamp, or the certificate of a time stamp service
    STATUS = "status"  #: only an OCSP answer or a revocation list, or the certificate of an OCSP service
    NO_SIGNATURE = "no_signature"  #: a PDF, Office or XML file that is not signed
    BROKEN = "broken"  #: a certificate that cannot be decoded
    SUBJECT_UNREADABLE = "subject_unreadable"  #: the certificate is intact except for a part that must be known
    SERIAL_UNREADABLE = "serial_unreadable"
    END_UNREADABLE = "end_unreadable"
    DAMAGED = "damaged"  #: a file that is damaged or cut short; no certificate was found in what is left
    ENCRYPTED = "encrypted"
    SEALED = "sealed"  #: enciphered for its receivers
    TOO_LARGE = "too_large"
    TOO_MANY_ENTRIES = "too_many_entries"
    TOO_MUCH_UNPACKED = "too_much_unpacked"
    NESTED_ARCHIVE = "nested_archive"
    ARCHIVE = "archive"  #: RAR, 7z and the like
    PACKING = "packing"  #: an entry of a ZIP packed in a way that is not read
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    UNAVAILABLE = "unavailable"  #: the channel could not give the bytes


#: Files that should never be sent: they are refused with a warning, not stored, and deleted where the channel can.
SECRET_PROBLEMS = frozenset({FileProblemKind.PRIVATE_KEY, FileProblemKind.PKCS12})
#: What a person is told of each of the others.
FILE_PROBLEMS = {
    FileProblemKind.EMPTY: N_("The file is empty. Please send the .cer file, or a signed PDF."),
    FileProblemKind.PICTURE: N_("This is a picture; I cannot read a certificate from a picture."),
    FileProblemKind.UNKNOWN_TYPE: N_("I do not know this kind of file, and I found no certificate in it."),
    FileProblemKind.OLD_OFFICE: N_(
        "I cannot read old Office files (.doc, .xls, .msg). Please send a signed PDF or the .cer file; if it is a list,"
        " open it in Excel, save it as .xlsx and send that."
    ),
    FileProblemKind.PGP: N_(
        "This is a PGP file, which holds no such certificate. Please send the .cer file or a signed PDF."
    ),
    FileProblemKind.NO_CERTIFICATE: N_("I found no certificate in it."),
    FileProblemKind.REQUEST: N_(
        "This is a request for a certificate, not yet a certificate. Please send the .cer file issued for it."
    ),
    FileProblemKind.PUBLIC_KEY: N_("This is only a public key, without a certificate. Please send the .cer file."),
    FileProblemKind.TIME_STAMP: N_(
        "This comes from a time stamp service; it is not your certificate. Please send the .cer file or the signed PDF."
    ),
    FileProblemKind.STATUS: N_(
        "This comes from a service that tells which certificates are revoked (CRL, OCSP); it is not your certificate."
        " Please send the .cer file."
    ),
    FileProblemKind.NO_SIGNATURE: N_(
        "This document is not signed, so it holds no certificate. Please send a signed PDF or the .cer file."
    ),
    FileProblemKind.BROKEN: N_(
        "There is a certificate in it, but it is damaged and cannot be read. Please export the .cer file once more."
    ),
    FileProblemKind.SUBJECT_UNREADABLE: N_(
        "There is a certificate in it, but I cannot read whose it is. Please export the .cer file once more."
    ),
    FileProblemKind.SERIAL_UNREADABLE: N_(
        "There is a certificate in it, but I cannot read its serial number. Please export the .cer file once more."
    ),
    FileProblemKind.END_UNREADABLE: N_(
        "There is a certificate in it, but I cannot read on which day it ends. Please export the .cer file once more."
    ),
    FileProblemKind.DAMAGED: N_(
        "The file is damaged or cut short, and I found no certificate in it. Please send it again."
    ),
    FileProblemKind.ENCRYPTED: N_(
        "It is protected by a password, so I cannot open it. Please send it without one; never send me the password."
    ),
    FileProblemKind.SEALED: N_(
        "It is encrypted for its receivers, so I cannot open it. Please send the .cer file or a signed PDF."
    ),
    FileProblemKind.TOO_LARGE: N_("The file is larger than 20 MB. Please send the .cer file alone: it is quite small."),
    FileProblemKind.TOO_MANY_ENTRIES: N_(
        "There are more than 200 files in it. Please send fewer at a time, or the .cer files alone."
    ),
    FileProblemKind.TOO_MUCH_UNPACKED: N_("It unpacks to more than 50 MB. Please send fewer files."),
    FileProblemKind.NESTED_ARCHIVE: N_(
        "There is an archive inside the archive. Please unpack it, then send the certificate files themselves."
    ),
    FileProblemKind.ARCHIVE: N_(
        "I do not open this kind of archive. Please unpack it first, then send the .cer file or the signed PDF."
    ),
    FileProblemKind.PACKING: N_(
        "It is packed in a way I do not read. Please unpack it first, then send the .cer file or the signed PDF."
    ),
    FileProblemKind.TOO_SLOW: N_("The file takes too long to read; it may be damaged. Please send the .cer file."),
    FileProblemKind.TOO_MUCH_MEMORY: N_(
        "The file takes too much memory to read; it may be damaged. Please send the .cer file."
    ),
    FileProblemKind.UNAVAILABLE: N_(
        "I could not fetch the file from the channel, or could not start reading it; please send it again."
    ),
}


class FileProblem(_Model):
    """A problem, and the entry of the archive in which it occurred."""

    trouble: FileProblemKind
    where: str = ""  #: name of the entry; empty for the file itself


class CertificatePlace(_Model):
    """An entry of an archive in which a certificate stands."""

    fingerprint: str
    where: str  #: name of the entry


class Reading(_Model):
    """The result of reading a file: each certificate once (by fingerprint), and each problem once for each place."""

    certificates: tuple[Certificate, ...] = ()
    problems: tuple[FileProblem, ...] = ()
    #: Where in an archive each certificate stands, in the archive's order; one that stands there twice is here twice.
    places: tuple[CertificatePlace, ...] = ()

    @field_validator("problems")
    @classmethod
    def _each_once(cls, problems: tuple[FileProblem, ...]) -> tuple[FileProblem, ...]:
        return tuple(dict.fromkeys(problems))


_PEM_MARKER = re.compile(
    r"[-\u2010-\u2015\u2212\u2500]\s*BEGIN\s+(?:X509\s+|TRUSTED\s+)?(?:CERTIFICATE|PKCS7|CMS)\s*\S", re.IGNORECASE
)
#: Base64 of a DER value of at least 256 bytes: nobody types so many letters without a space.
_BARE_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])MII[A-Za-z0-9+/_-]{37,}+(?:\s++[A-Za-z0-9+/_-]{20,}+){0,200}")
_MIN_LENGTH = 300


def holds_certificate(text: str) -> bool:
    """Return whether a text contains a certificate and must be read like a file."""
    seen = strip_invisible(text)
    return bool(_PEM_MARKER.search(seen)) or any(
        len(match.group()) >= _MIN_LENGTH for match in _BARE_BASE64.finditer(seen)
    )
