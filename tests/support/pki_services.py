"""Made-up data of services around certificates: time stamps, OCSP answers, revocation lists, requests."""

from datetime import timedelta

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support import pki
from tests.support.pki import Issued


def time_stamper() -> Issued:
    """Return the certificate of a time stamp service."""
    return pki.issue(
        "Dịch vụ cấp dấu thời gian Mẫu", key=pki.ec_key("tsa"), purposes=(ExtendedKeyUsageOID.TIME_STAMPING,)
    )


def state_teller() -> Issued:
    """Return the certificate of an OCSP service."""
    return pki.issue("OCSP Mẫu", key=pki.ec_key("ocsp"), purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))


def signed_data(
    *bag: bytes, signers: tuple[bytes, ...] = (), content_type: str = "data", by_key: bool = False
) -> bytes:
    """Return a CMS SignedData with the bag in the given order.

    Its signature values are invented, as nobody verifies them.
    """
    value: bytes = cms.ContentInfo({
        "content_type": "signed_data",
        "content": {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": content_type},
            "certificates": [cms.CertificateChoices.load(one) for one in bag],
            "signer_infos": [_signer(one, by_key=by_key) for one in signers],
        },
    }).dump()  # fmt: skip
    return value


def time_stamp() -> bytes:
    """Return a time stamp token with its service's chain in it."""
    stamper = time_stamper().der
    return signed_data(stamper, pki.g2_state().der, signers=(stamper,), content_type="tst_info")


def time_stamp_response() -> bytes:
    """Return the whole answer of a time stamp service."""
    response = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(time_stamp())}
    value: bytes = tsp.TimeStampResp(response).dump()
    return value


def ocsp_response() -> bytes:
    """Return a signed OCSP answer about one certificate, with the service's certificate in it."""
    teller, asked = state_teller(), pki.issue()
    builder = ocsp.OCSPResponseBuilder().add_response(
        asked.certificate, pki.g2_state().certificate, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD,
        pki.NOW, pki.NOW + timedelta(days=1), None, None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, teller.certificate)
    response = builder.certificates([teller.certificate]).sign(teller.key, hashes.SHA256())
    return response.public_bytes(Encoding.DER)


def revocation_list(encoding: Encoding = Encoding.DER) -> bytes:
    """Return a revocation list without entries."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(pki.g2_state().certificate.subject)
    builder = builder.last_update(pki.NOW).next_update(pki.NOW + timedelta(days=1))
    return builder.sign(pki.g2_state().key, hashes.SHA256()).public_bytes(encoding)


def request(encoding: Encoding = Encoding.DER) -> bytes:
    """Return a certification request."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(pki.issue().certificate.subject)
    return builder.sign(pki.ec_key(), hashes.SHA256()).public_bytes(encoding)


def public_key(encoding: Encoding, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    """Return an RSA public key alone."""
    return pki.rsa_key().public_key().public_bytes(encoding, form)


def _signer(der: bytes, *, by_key: bool) -> dict[str, object]:
    certificate = cms.Certificate.load(der)
    name: dict[str, object] = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    key = certificate.public_key.sha1
    sid = ("subject_key_identifier", key) if by_key else ("issuer_and_serial_number", name)
    return {
        "version": "v3" if by_key else "v1",
        "sid": cms.SignerIdentifier(*sid),
        "digest_algorithm": {"algorithm": "sha256"},
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": b"x",
    }
