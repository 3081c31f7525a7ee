"""What a certificate says, as the conversation sees it. Read by ``bot.certificates``; times are aware and in UTC."""

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, field_validator

from handlers.folding import strip_invisible
from rules.facts import Issuer, Subject


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attribute(_Model):
    """One attribute of a distinguished name."""

    oid: str
    name: str  #: short name of RFC 4514 where there is one (CN, O, OU, L, C), else the dotted OID
    value: str


class Recognition(StrEnum):
    """How far the issuer is known."""

    VERIFIED = "verified"  #: the chain ends at an installed CA with a pinned fingerprint
    BY_NAME_ONLY = "by_name_only"  #: the issuer calls itself the government provider; nothing was verified
    UNRECOGNISED = "unrecognised"
    INVALID = "invalid"  #: an installed CA has that name but did not sign this certificate


class CertificatePart(StrEnum):
    """A part that may be unreadable while the others are read."""

    SUBJECT = "subject"  #: a part of the name; without any there is no certificate
    NOT_BEFORE = "not_before"
    ISSUER = "issuer"
    EMAIL = "email"
    KEY = "key"
    SIGNATURE_ALGORITHM = "signature_algorithm"
    POLICIES = "policies"
    EXTENSIONS = "extensions"  #: the list of them, or whether it is a CA's certificate


#: How ``Certificate.key`` begins where the algorithm or the curve of the key is not known by name.
UNKNOWN_KEY = "unknown algorithm OID "


class Certificate(_Model):
    """A certificate, decoded as far as anybody asks."""

    subject: tuple[Attribute, ...]  #: every attribute of every RDN, in the certificate's order
    name: str  #: CN: the body, the person, the device
    superior: str | None  #: O: the superior body in the government profile
    units: tuple[str, ...] = ()  #: OU, in order
    locality: str | None = None
    email: str | None = None  #: first rfc822Name of the SAN, else E of the subject
    issuer: tuple[Attribute, ...]
    issuer_name: str
    serial: str  #: hexadecimal, upper case, as certificate viewers show it: a negative number as its bytes are
    signed_serial: str | None = None  #: of a negative number, with its sign: "FB" may be 251 or "-05"
    not_before: datetime | None  #: ``None`` where it cannot be read
    not_after: datetime
    key: str  #: such as "RSA 2048", or ``UNKNOWN_KEY`` and an OID; empty where it cannot be read
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
        """Tells one certificate from another."""
        return self.signed_serial or self.serial


#: Characters of a name, and parts of one, that a conversation keeps: the longest met have under 200, and under 20.
_MAX_VALUE_LENGTH, _MAX_PARTS = 256, 20


def truncate_certificate(certificate: Certificate) -> Certificate:
    """The certificate as a conversation remembers it: whatever a stranger wrote into it, little of it is kept."""
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
    """Why a file, or an entry of it, gave no certificate."""

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
    TIME_STAMP = "time_stamp"  #: only a time stamp, or the certificate of a service that makes them
    STATUS = "status"  #: only an OCSP answer or a revocation list, or the certificate of an OCSP service
    NO_SIGNATURE = "no_signature"  #: a PDF, Office or XML file that is not signed
    BROKEN = "broken"  #: a certificate that cannot be decoded
    SUBJECT_UNREADABLE = "subject_unreadable"  #: a certificate that is whole but for a part that must be known
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


#: What must not have been sent at all: refused with a warning, not stored, deleted where the channel can.
SECRET_PROBLEMS = frozenset({FileProblemKind.PRIVATE_KEY, FileProblemKind.PKCS12})


class FileProblem(_Model):
    """A trouble, and the entry of the archive it was met in."""

    trouble: FileProblemKind
    where: str = ""  #: name of the entry; empty for the file itself


class Reading(_Model):
    """All that a file gave, in the file's order; each certificate once, by fingerprint, and each problem of a place."""

    certificates: tuple[Certificate, ...] = ()
    problems: tuple[FileProblem, ...] = ()

    @field_validator("problems")
    @classmethod
    def _each_once(cls, problems: tuple[FileProblem, ...]) -> tuple[FileProblem, ...]:
        return tuple(dict.fromkeys(problems))


_PEM_MARKER = re.compile(
    r"[-\u2010-\u2015\u2212\u2500]\s*BEGIN\s+(?:X509\s+|TRUSTED\s+)?(?:CERTIFICATE|PKCS7|CMS)\s*\S", re.IGNORECASE
)
#: Base64 of a value of 256 bytes and more: nobody writes so many letters without a word in between.
_BARE_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])MII[A-Za-z0-9+/_-]{37,}+(?:\s++[A-Za-z0-9+/_-]{20,}+){0,200}")
_MIN_LENGTH = 300


def holds_certificate(text: str) -> bool:
    """Whether the text is to be read as a file is."""
    seen = strip_invisible(text)
    return bool(_PEM_MARKER.search(seen)) or any(
        len(match.group()) >= _MIN_LENGTH for match in _BARE_BASE64.finditer(seen)
    )
