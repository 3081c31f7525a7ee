"""One certificate is read as other programs read it: ``cryptography`` and OpenSSL, and certtool where installed."""

import warnings
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

from bot.certificates.names import clean_text
from bot.certificates.record import decode_certificate
from handlers.model import UNKNOWN_KEY
from tests.corpus.compare import Comparison, compare
from tests.support import libcrypto
from tests.support import programs as support_programs
from tests.support.programs import needs

pytestmark = [pytest.mark.corpus, needs("openssl")]
ROOT = Path(cryptography_vectors.__file__).parent
_REFUSED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
#: Names on which others read otherwise, and why.
KNOWN = {
    "scottishpower-bitstring-dn.pem": "bits in a name are shown as what they are, not as text or with their header",
}


@cache
def _certificates() -> dict[str, bytes]:
    return dict(support_programs.find_certificates([ROOT]))


def test_what_cryptography_reads_is_read_alike() -> None:
    compared = 0
    with warnings.catch_warnings(action="ignore"):
        for where, der in _certificates().items():
            if (theirs := _fields(der)) is not None:
                compared += 1
                assert _own_fields(der) == theirs, where
    assert compared > 480


def _own_fields(der: bytes) -> dict[str, object]:
    own = decode_certificate(der).certificate
    names = {name: tuple((one.oid, one.value) for one in getattr(own, name)) for name in ("subject", "issuer")}
    fields = ("certificate_key", "not_before", "not_after", "key", "policies", "fingerprint", "authority", "email")
    return names | {name: getattr(own, name) for name in fields}


def _fields(der: bytes) -> dict[str, object] | None:
    """Fields of the record as ``cryptography`` reads them; ``None`` where it refuses one of them."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = {type(one.value): one.value for one in certificate.extensions}
        policies = extensions.get(x509.CertificatePolicies, ())
        basic = extensions.get(x509.BasicConstraints)
        return {
            "subject": tuple((one.oid.dotted_string, clean_text(one.value)) for one in certificate.subject),
            "issuer": tuple((one.oid.dotted_string, clean_text(one.value)) for one in certificate.issuer),
            "certificate_key": _signed(certificate.serial_number),
            "not_before": certificate.not_valid_before_utc,
            "not_after": certificate.not_valid_after_utc,
            "key": _key(certificate),
            "policies": tuple(one.policy_identifier.dotted_string for one in policies),
            "fingerprint": certificate.fingerprint(hashes.SHA256()).hex().upper(),
            "authority": basic is not None and basic.ca,
            "email": _email(certificate, extensions.get(x509.SubjectAlternativeName)),
        }
    except _REFUSED:
        return None


def _signed(serial: int) -> str:
    """Write a serial number as certificates have been told apart from the first version on."""
    digits = f"{abs(serial):X}"
    return ("-" if serial < 0 else "") + ("0" if len(digits) % 2 else "") + digits


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    named = {ed25519.Ed25519PublicKey: "Ed25519", ed448.Ed448PublicKey: "Ed448"}
    found = [name for kind, name in named.items() if isinstance(key, kind)]
    return found[0] if found else f"{UNKNOWN_KEY}{certificate.public_key_algorithm_oid.dotted_string}"


def _email(certificate: x509.Certificate, alternative: x509.SubjectAlternativeName | None) -> str | None:
    named = alternative.get_values_for_type(x509.RFC822Name) if alternative else []
    subject = [one.value for one in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    return next((text for one in [*named[:1], *subject] if (text := clean_text(one)).strip()), None)


@cache
def _comparison() -> Comparison:
    programs = {"openssl": support_programs.read_with_openssl}
    if support_programs.CERTTOOL:
        programs["certtool"] = support_programs.read_with_certtool
    return compare([ROOT / "x509", ROOT / "pkcs7"], programs)


@pytest.fixture
def comparison() -> Comparison:
    """With OpenSSL, and with certtool where it is installed."""
    return _comparison()


def test_the_library_of_openssl_prints_what_its_program_does() -> None:
    for where, der in [*_certificates().items()][::80]:
        assert libcrypto.print_certificate(der) == support_programs.print_with_openssl(der), where


@pytest.mark.timeout(600)
def test_no_certificate_that_others_read_is_refused(comparison: Comparison) -> None:
    assert comparison.refused == []
    assert comparison.read["peers"] > 480


@pytest.mark.timeout(600)
def test_no_field_is_read_otherwise_than_by_others(comparison: Comparison) -> None:
    assert [line for line in comparison.differing if not any(name in line for name in KNOWN)] == []
