"""Decode a certificate into its record, each field by itself, so that a fault costs only that field.

This is the only reader of certificates. ``cryptography`` refuses a whole certificate for one malformed part, and only
when that part is touched; here it verifies signatures (``trust``) and reads nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar

from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from bot.certificates import MalformedError, UnreadableError, der, names, public_keys, x509_fields
from bot.certificates import names as certificates_names
from bot.certificates.names import guess_subject
from bot.certificates.x509_fields import RawCertificate, split_certificate
from handlers.model import UNKNOWN_KEY, Certificate, CertificatePart, FileProblemKind

_EMAIL = NameOID.EMAIL_ADDRESS.dotted_string
#: Names of algorithms as in OpenSSL and RFC 8017 / RFC 5758; any other algorithm is shown by its dotted OID.
_ALGORITHMS = {
    SignatureAlgorithmOID.RSA_WITH_MD5.dotted_string: "md5WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA1.dotted_string: "sha1WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA224.dotted_string: "sha224WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA256.dotted_string: "sha256WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA384.dotted_string: "sha384WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA512.dotted_string: "sha512WithRSAEncryption",
    SignatureAlgorithmOID.RSASSA_PSS.dotted_string: "rsassaPss",
    SignatureAlgorithmOID.ECDSA_WITH_SHA1.dotted_string: "ecdsa-with-SHA1",
    SignatureAlgorithmOID.ECDSA_WITH_SHA256.dotted_string: "ecdsa-with-SHA256",
    SignatureAlgorithmOID.ECDSA_WITH_SHA384.dotted_string: "ecdsa-with-SHA384",
    SignatureAlgorithmOID.ECDSA_WITH_SHA512.dotted_string: "ecdsa-with-SHA512",
    SignatureAlgorithmOID.ED25519.dotted_string: "ED25519",
    SignatureAlgorithmOID.ED448.dotted_string: "ED448",
}
#: The most bytes kept of a serial number; RFC 5280 allows 20.
_LONGEST_SERIAL = 100
_SIGN_BIT = 0x80
#: These parts may carry a mark of the government provider.
_TELLING = {CertificatePart.ISSUER, CertificatePart.POLICIES, CertificatePart.EXTENSIONS}

_Value = TypeVar("_Value")


class DecodedCertificate(NamedTuple):
    """A record with the raw certificate it was made from, for verifying the chain."""

    certificate: Certificate
    source: RawCertificate

    @property
    def is_ca(self) -> bool:
        return self.certificate.authority


def decode_certificate(data: bytes) -> DecodedCertificate:
    """Decode one certificate, DER or BER.

    Raises:
        UnreadableError: SUBJECT_UNREADABLE, SERIAL_UNREADABLE or END_UNREADABLE for a part that must be known; BROKEN
            for a certificate that is cut short; REQUEST, STATUS or the like, or else NO_CERTIFICATE, for another value
            that begins alike.
    """
    structure = split_certificate(data)
    return DecodedCertificate(_FieldDecoder(structure).to_certificate(), structure)


class _FieldDecoder:
    """Decodes the fields of one certificate and notes the parts that are unreadable."""

    def __init__(self, structure: RawCertificate) -> None:
        self._structure = structure
        self._unreadable: list[CertificatePart] = []

    def to_certificate(self) -> Certificate:
        structure = self._structure
        subject, issuer = self._decode_subject(), self._decode_issuer()
        serial = self._decode_essential(FileProblemKind.SERIAL_UNREADABLE, lambda: _integer_content(structure.serial))
        not_before, not_after = self._decode_validity()
        policies = self._decode_optional(CertificatePart.POLICIES, lambda: x509_fields.policy_oids(structure)) or []
        name = names.display_name(subject)
        email = self._decode_optional(CertificatePart.EMAIL, lambda: x509_fields.email_address(structure))
        authority = self._is_ca()
        issuer_kind, recognition = certificates_names.classify_issuer(
            subject, issuer, policies, whole=not _TELLING & set(self._unreadable)
        )
        return Certificate.model_validate({
            "subject": subject,
            "name": name,
            "superior": names.first_value_of(subject, "O"),
            "units": [part["value"] for part in subject if part["name"] == "OU"],
            "locality": names.first_value_of(subject, "L"),
            "email": (names.clean_text(email) if email else None) or names.first_value_of(subject, _EMAIL),
            "issuer": issuer,
            "issuer_name": names.display_name(issuer),
            "serial": format_serial(serial),
            "signed_serial": format_signed_serial(serial),
            "not_before": not_before,
            "not_after": not_after,
            "key": self._describe_key(),
            "signature_algorithm": self._signature_algorithm(),
            "policies": policies,
            "fingerprint": structure.fingerprint,
            "subscriber": guess_subject(name),
            "issuer_kind": issuer_kind,
            "recognition": recognition,
            "authority": authority,
            "unreadable": tuple(dict.fromkeys(self._unreadable)),
        })  # fmt: skip

    def _decode_optional(self, part: CertificatePart, read: Callable[[], _Value]) -> _Value | None:
        try:
            return read()
        except MalformedError:
            self._unreadable.append(part)
            return None

    def _decode_essential(self, trouble: FileProblemKind, read: Callable[[], _Value]) -> _Value:
        try:
            return read()
        except MalformedError as error:
            raise UnreadableError(trouble) from error

    def _decode_subject(self) -> names.DistinguishedName:
        parts, whole = self._decode_essential(
            FileProblemKind.SUBJECT_UNREADABLE, lambda: names.decode(self._structure.subject)
        )
        if not whole and not names.display_name(parts):
            raise UnreadableError(FileProblemKind.SUBJECT_UNREADABLE)
        if not whole:
            self._unreadable.append(CertificatePart.SUBJECT)
        return parts

    def _decode_issuer(self) -> names.DistinguishedName:
        read = self._decode_optional(CertificatePart.ISSUER, lambda: names.decode_issuer(self._structure.issuer))
        parts, whole = read or ((), True)
        if not whole:
            self._unreadable.append(CertificatePart.ISSUER)
        return parts

    def _decode_validity(self) -> tuple[datetime | None, datetime]:
        """Decode both ends independently of each other."""
        moments = self._decode_essential(FileProblemKind.END_UNREADABLE, lambda: der.split(self._structure.validity[1]))
        if len(moments) < 2:
            raise UnreadableError(FileProblemKind.END_UNREADABLE)
        not_before = self._decode_optional(CertificatePart.NOT_BEFORE, lambda: x509_fields.decode_time(moments[0]))
        return not_before, self._decode_essential(
            FileProblemKind.END_UNREADABLE, lambda: x509_fields.decode_time(moments[1])
        )

    def _describe_key(self) -> str:
        key = self._decode_optional(CertificatePart.KEY, lambda: public_keys.describe_key(self._structure.key)) or ""
        if key.startswith(UNKNOWN_KEY):
            self._unreadable.append(CertificatePart.KEY)
        return key

    def _signature_algorithm(self) -> str:
        part = CertificatePart.SIGNATURE_ALGORITHM
        oid = self._decode_optional(part, lambda: public_keys.algorithm_oid(self._structure.algorithm)) or ""
        return _ALGORITHMS.get(oid, oid)

    def _is_ca(self) -> bool:
        """Return whether the certificate is a CA's, as far as its extensions are readable."""
        if not self._structure.complete:
            self._unreadable.append(CertificatePart.EXTENSIONS)
        basic = self._decode_optional(
            CertificatePart.EXTENSIONS, lambda: x509_fields.basic_constraints(self._structure)
        )
        return basic is not None and basic.ca


def format_serial(number: bytes) -> str:
    """Format a serial number as certificate viewers show it: an even number of upper-case hexadecimal digits.

    A positive number loses the zeros that DER puts before a high bit, as in OpenSSL; a negative one is shown by its
    bytes
    in the certificate, as in Windows.
    """
    return (number if number[0] & _SIGN_BIT else number.lstrip(b"\0") or b"\0").hex().upper()


def format_signed_serial(number: bytes) -> str | None:
    """Format a negative serial number with its sign; ``None`` for any other, whose text is unambiguous."""
    if not number[0] & _SIGN_BIT:
        return None
    digits = f"{-int.from_bytes(number, signed=True):X}"
    return f"-{'0' if len(digits) % 2 else ''}{digits}"


def _integer_content(element: der.Element) -> bytes:
    tag, content = element
    if tag != der.INTEGER or not 0 < len(content) <= _LONGEST_SERIAL:
        raise MalformedError
    return content


Validity = Literal["valid", "expired", "not_yet_valid"]


def validity_at(certificate: Certificate, now: datetime) -> Validity:
    """Return where an aware moment falls.

    Both ends belong to the period (RFC 5280, 4.1.2.5), an unreadable start is past.
    """
    if certificate.not_before is not None and now < certificate.not_before:
        return "not_yet_valid"
    return "valid" if now <= certificate.not_after else "expired"
