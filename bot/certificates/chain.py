"""Is the issuer recognised? Real signatures up to installed CA certificates.

Path validation of RFC 5280, 6.1, without time and revocation: time is an answer of its own (``in_date``), revocation is
the provider's to say. Every installed CA is an anchor by its fingerprint; what is installed above it must verify too.
"""

from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bot.certificates.trust import TrustStore, fingerprint
from handlers.certificate import Recognition

#: CA certificates above a subscriber's; two in both government generations.
_LONGEST = 4
#: Certificates of a file that are tried as intermediate CAs.
_MOST_COMPANIONS = 20


def recognise(
    certificate: x509.Certificate, trust: TrustStore, companions: Sequence[x509.Certificate] = ()
) -> Recognition | None:
    """VERIFIED, INVALID (the installed CA it names did not sign), or ``None``: nothing is known."""
    if fingerprint(certificate) in trust.fingerprints or _reaches_anchor(certificate, trust, companions):
        return Recognition.VERIFIED
    named = any(ca.subject == certificate.issuer and _names_key(certificate, ca) for ca in trust.authorities)
    return Recognition.INVALID if named else None


def _names_key(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    """Whether the issuer's key is this CA's, as far as is said: a CA may renew its key under the same name."""
    try:
        authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return True
    return authority is None or authority == own


def _reaches_anchor(certificate: x509.Certificate, trust: TrustStore, companions: Sequence[x509.Certificate]) -> bool:
    """Climb level by level; a companion is climbed once, so that cross-signed loops of strangers stay short."""
    level, waiting = [certificate], list(companions[:_MOST_COMPANIONS])
    for below in range(_LONGEST):
        if any(_stands(ca, trust, below) for one in level for ca in _signers(one, trust.authorities, below)):
            return True
        level = [ca for one in level for ca in _signers(one, waiting, below)]
        waiting = [ca for ca in waiting if ca not in level]
    return False


def _stands(anchor: x509.Certificate, trust: TrustStore, below: int) -> bool:
    """Whether the CAs installed above an anchor, if any, really signed it."""
    above = [ca for ca in trust.authorities if ca.subject == anchor.issuer and ca != anchor]
    if not above or below >= _LONGEST:
        return True
    return any(_stands(ca, trust, below + 1) for ca in _signers(anchor, above, below + 1))


def _signers(
    certificate: x509.Certificate, authorities: Sequence[x509.Certificate], below: int
) -> Iterator[x509.Certificate]:
    return (
        ca
        for ca in authorities
        if ca.subject == certificate.issuer and _may_sign(ca, below) and _signed(certificate, ca)
    )


def _may_sign(ca: x509.Certificate, below: int) -> bool:
    """CA:TRUE, keyCertSign where usage is stated, and no more CAs below it than its path length allows."""
    try:
        basic = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    try:
        usage = ca.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        usage = True
    return basic.ca and usage and (basic.path_length is None or below <= basic.path_length)


def _signed(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    """Verify one signature.

    ``verify_directly_issued_by`` refuses SHA-1, which all of generation G1 uses; the key itself verifies it.
    """
    try:
        _verify(certificate, ca)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _verify(certificate: x509.Certificate, ca: x509.Certificate) -> None:
    key, algorithm = ca.public_key(), certificate.signature_hash_algorithm
    if isinstance(key, rsa.RSAPublicKey) and isinstance(algorithm, hashes.SHA1):
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), algorithm)
    else:
        certificate.verify_directly_issued_by(ca)
