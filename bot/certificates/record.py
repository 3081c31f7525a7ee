"""From a decoded certificate to the record: every attribute is touched here, and nowhere else.

``cryptography`` parses lazily: a certificate may load and raise when a property is read.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from bot.certificates import issuers, names
from bot.certificates.errors import UnreadableError
from bot.certificates.subscriber import guess
from handlers.certificate import Certificate, Trouble

_EMAIL = NameOID.EMAIL_ADDRESS.dotted_string
#: Names as OpenSSL and RFC 8017 / RFC 5758 write them; another algorithm is shown by its dotted OID.
_ALGORITHMS = {
    SignatureAlgorithmOID.RSA_WITH_MD5: "md5WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA1: "sha1WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA224: "sha224WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA256: "sha256WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA384: "sha384WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA512: "sha512WithRSAEncryption",
    SignatureAlgorithmOID.RSASSA_PSS: "rsassaPss",
    SignatureAlgorithmOID.ECDSA_WITH_SHA1: "ecdsa-with-SHA1",
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: "ecdsa-with-SHA256",
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: "ecdsa-with-SHA384",
    SignatureAlgorithmOID.ECDSA_WITH_SHA512: "ecdsa-with-SHA512",
    SignatureAlgorithmOID.ED25519: "ED25519",
    SignatureAlgorithmOID.ED448: "ED448",
}
#: Of a name, and of policies; real certificates have under twenty. What is kept and shown of one stays small.
_MOST_ATTRIBUTES = 50
_UNDECODABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)

#: The extensions by their class; one walk instead of a search for each.
_Extensions = Mapping[type[x509.ExtensionType], x509.ExtensionType]


class Decoded(NamedTuple):
    """A record beside what it was made from, for the chain to be verified."""

    certificate: Certificate
    source: x509.Certificate

    @property
    def is_ca(self) -> bool:
        return self.certificate.authority


def decode(der: bytes) -> Decoded:
    """Decode one DER certificate; raises ``UnreadableError`` with BROKEN, or NO_CERTIFICATE for a request or a CRL."""
    try:
        source = x509.load_der_x509_certificate(der)
        extensions = {type(extension.value): extension.value for extension in source.extensions}
        digest = hashlib.sha256(der).hexdigest().upper()
        return Decoded(_record(source, extensions, digest), source)
    except _UNDECODABLE as error:
        raise UnreadableError(_reason(der)) from error


def _record(source: x509.Certificate, extensions: _Extensions, digest: str) -> Certificate:
    subject, issuer = names.parts(source.subject), names.parts(source.issuer)
    policies = _policies(extensions)
    if max(len(subject), len(issuer), len(policies)) > _MOST_ATTRIBUTES:
        raise UnreadableError(Trouble.BROKEN)
    issuer_kind, recognition = issuers.judge(subject, issuer, policies)
    name = names.title(subject)
    return Certificate.model_validate({
        "subject": subject,
        "name": name,
        "superior": names.first(subject, "O"),
        "units": [part["value"] for part in subject if part["name"] == "OU"],
        "locality": names.first(subject, "L"),
        "email": _email(extensions) or names.first(subject, _EMAIL),
        "issuer": issuer,
        "issuer_name": names.title(issuer),
        "serial": serial_text(source.serial_number),
        "not_before": source.not_valid_before_utc,
        "not_after": source.not_valid_after_utc,
        "key": _key(source),
        "signature_algorithm": _algorithm(source.signature_algorithm_oid),
        "policies": policies,
        "fingerprint": digest,
        "subscriber": guess(name),
        "issuer_kind": issuer_kind,
        "recognition": recognition,
        "authority": _is_ca(extensions),
    })  # fmt: skip


def serial_text(serial: int) -> str:
    """Upper-case hex of an even number of digits, as certificate viewers show it; a negative one with its sign."""
    digits = f"{abs(serial):X}"
    return ("-" if serial < 0 else "") + ("0" if len(digits) % 2 else "") + digits


def _email(extensions: _Extensions) -> str | None:
    alternative = extensions.get(x509.SubjectAlternativeName)
    if not isinstance(alternative, x509.SubjectAlternativeName):
        return None
    addresses = alternative.get_values_for_type(x509.RFC822Name)
    return names.shown(addresses[0]) if addresses else None


def _policies(extensions: _Extensions) -> list[str]:
    policies = extensions.get(x509.CertificatePolicies)
    if not isinstance(policies, x509.CertificatePolicies):
        return []
    return [policy.policy_identifier.dotted_string for policy in policies]


def _is_ca(extensions: _Extensions) -> bool:
    basic = extensions.get(x509.BasicConstraints)
    return isinstance(basic, x509.BasicConstraints) and basic.ca


def _key(source: x509.Certificate) -> str:
    key = source.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else source.public_key_algorithm_oid.dotted_string


def _algorithm(oid: x509.ObjectIdentifier) -> str:
    return _ALGORITHMS.get(oid, oid.dotted_string)


def _reason(der: bytes) -> Trouble:
    """A request or a revocation list starts as a certificate does; it is whole, but it is no certificate."""
    for load in (x509.load_der_x509_csr, x509.load_der_x509_crl):
        try:
            load(der)
        except _UNDECODABLE:
            continue
        return Trouble.NO_CERTIFICATE
    return Trouble.BROKEN
