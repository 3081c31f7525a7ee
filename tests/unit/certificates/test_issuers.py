"""Whose certificate is it, and how sure is that."""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bot.certificates.parsing import read
from bot.certificates.trust import TrustStore
from handlers.model import Certificate, Recognition
from rules.facts import Issuer
from tests.support import pki, pki_files

G2 = TrustStore((pki.g2_root().certificate, pki.g2_state().certificate))


def _one(der: bytes, *trusted: pki.Issued) -> Certificate:
    (certificate,) = read(der, trust=TrustStore(tuple(ca.certificate for ca in trusted))).certificates
    return certificate


def _named(organisation: str, common_name: str = "CA", country: str = "VN") -> pki.Issued:
    return pki.make_authority(pki.issuer_name(organisation, common_name, country))


def _self_signed(organisation: str) -> bytes:
    authority = _named(organisation)
    return pki.issue(subject=authority.certificate.subject, issuer=authority, key=authority.key, policy=None).der


#: issuer -> kind; nothing is verified.
KINDS: dict[str, tuple[Callable[[], bytes], Issuer]] = {
    "G2": (pki.make_certificate, Issuer.GOVERNMENT),
    "G1": (lambda: pki.make_certificate(issuer=pki.g1_state()), Issuer.GOVERNMENT),
    "the provider in upper case": (
        lambda: pki.make_certificate(issuer=_named("BAN CƠ YẾU CHÍNH PHỦ")),
        Issuer.GOVERNMENT,
    ),
    "a public provider": (lambda: pki.make_certificate(issuer=pki.public_ca(), policy=None), Issuer.PUBLIC),
    "a public provider that claims the government's policy": (
        lambda: pki.make_certificate(issuer=pki.public_ca()),
        Issuer.UNKNOWN,
    ),
    "another unit of the provider": (
        lambda: pki.make_certificate(issuer=_named("Cục Chứng thực số, Ban Cơ yếu Chính phủ"), policy=None),
        Issuer.UNKNOWN,
    ),
    "the provider's name abroad": (
        lambda: pki.make_certificate(issuer=_named("Ban Co yeu Chinh phu", country="US"), policy=None),
        Issuer.UNKNOWN,
    ),
    "self-signed": (lambda: _self_signed("UBND xã Phước An"), Issuer.UNKNOWN),
    "an issuer without O": (
        lambda: pki.make_certificate(issuer=pki.make_authority(pki.name_of((NameOID.COMMON_NAME, "CA"))), policy=None),
        Issuer.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("make", "kind"), KINDS.values(), ids=KINDS.keys())
def test_public_is_said_only_where_nothing_speaks_against_it(make: Callable[[], bytes], kind: Issuer) -> None:
    assert _one(make()).issuer_kind is kind


def test_without_installed_cas_the_provider_is_known_by_name_only() -> None:
    assert _one(pki.make_certificate()).recognition is Recognition.BY_NAME_ONLY
    assert _one(pki.make_certificate(issuer=pki.public_ca())).recognition is Recognition.UNRECOGNISED


#: What is installed, for a certificate that the G2 state CA signed.
CHAINS = {
    "root and issuer": ((pki.g2_root, pki.g2_state), Recognition.VERIFIED),
    "issuer alone": ((pki.g2_state,), Recognition.VERIFIED),
    "root alone": ((pki.g2_root,), Recognition.BY_NAME_ONLY),
    "the other generation": ((pki.g1_root, pki.g1_state), Recognition.BY_NAME_ONLY),
}


@pytest.mark.parametrize(("installed", "recognition"), CHAINS.values(), ids=CHAINS.keys())
def test_a_chain_is_verified_up_to_an_installed_ca(
    installed: tuple[Callable[[], pki.Issued], ...], recognition: Recognition
) -> None:
    assert _one(pki.make_certificate(), *(ca() for ca in installed)).recognition is recognition


def test_sha1_signatures_of_generation_one_are_verified() -> None:
    der = pki.make_certificate(issuer=pki.g1_state())
    assert _one(der, pki.g1_root(), pki.g1_state()).recognition is Recognition.VERIFIED
    forged = bytearray(der)
    forged[-1] ^= 1
    assert _one(bytes(forged), pki.g1_root(), pki.g1_state()).recognition is Recognition.INVALID


def test_the_issuer_that_comes_with_the_file_leads_to_an_installed_root() -> None:
    leaf, state = pki.issue(), pki.g2_state()
    for data in (
        pki_files.pem(leaf.der, state.der),
        pki_files.bundle(leaf.der, state.der),
        pki_files.signed_pkcs7(leaf, state),
        pki_files.pdf(leaf, chain=(state,)),
    ):
        (one,) = read(data, trust=TrustStore((pki.g2_root().certificate,))).certificates
        assert one.recognition is Recognition.VERIFIED


def _impostor() -> pki.Issued:
    """A CA of the state CA's name with a key of its own."""
    return pki.make_authority(pki.g2_state().certificate.subject, key=pki.ec_key("impostor"))


def test_a_false_issuer_of_a_known_name_is_invalid_and_no_longer_the_governments() -> None:
    one = _one(pki.make_certificate(issuer=_impostor()), pki.g2_root(), pki.g2_state())
    assert (one.recognition, one.issuer_kind) == (Recognition.INVALID, Issuer.UNKNOWN)


def _with_identifier(certificate: x509.Certificate, key: pki.Key, extension: x509.ExtensionType) -> x509.Certificate:
    """The certificate with one more extension, signed by ``key``."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(certificate.issuer)
        .public_key(certificate.public_key())
        .serial_number(certificate.serial_number)
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
        .add_extension(extension, critical=False)
    )
    for one in certificate.extensions:
        builder = builder.add_extension(one.value, one.critical)
    return builder.sign(key, hashes.SHA256())


#: Key identifier in a certificate that the installed CA of its issuer's name did not sign -> what is said.
IDENTIFIERS = {b"installed": Recognition.INVALID, b"renewed": Recognition.BY_NAME_ONLY, None: Recognition.INVALID}


@pytest.mark.parametrize(("identifier", "recognition"), IDENTIFIERS.items())
def test_a_ca_that_renewed_its_key_is_not_called_false(identifier: bytes | None, recognition: Recognition) -> None:
    state, renewed = pki.g2_state(), _impostor()
    installed = _with_identifier(state.certificate, pki.g2_root().key, x509.SubjectKeyIdentifier(b"installed"))
    leaf = pki.issue(issuer=renewed).certificate
    if identifier:
        authority = x509.AuthorityKeyIdentifier(identifier, None, None)
        leaf = _with_identifier(leaf, renewed.key, authority)
    (one,) = read(leaf.public_bytes(Encoding.DER), trust=TrustStore((installed,))).certificates
    assert one.recognition is recognition


def test_a_changed_certificate_is_invalid() -> None:
    changed = pki.make_certificate().replace(b"phuocan@", b"longtho@")
    (one,) = read(changed, trust=G2).certificates
    assert (one.email, one.recognition) == ("longtho@dongnai.gov.vn", Recognition.INVALID)


def test_a_subscriber_cannot_issue_certificates() -> None:
    subscriber = pki.issue()
    der = pki.make_certificate("Sở Nội vụ", issuer=subscriber)
    reading = read(pki_files.pem(der, subscriber.der), trust=G2)
    by_name = {one.name: one.recognition for one in reading.certificates}
    assert by_name == {"Sở Nội vụ": Recognition.UNRECOGNISED, "UBND xã Phước An": Recognition.VERIFIED}


def test_no_ca_may_stand_below_a_ca_of_path_length_zero() -> None:
    below = pki.make_authority(pki.issuer_name(pki.GOVERNMENT, "CA dưới"), parent=pki.g2_state())
    data = pki_files.pem(pki.make_certificate(issuer=below), below.der)
    (one,) = read(data, trust=G2).certificates
    assert one.recognition is Recognition.BY_NAME_ONLY


def test_an_installed_issuer_that_an_installed_root_did_not_sign_does_not_stand() -> None:
    false_root = pki.make_authority(pki.g2_root().certificate.subject, key=pki.ec_key("false root"))
    one = _one(pki.make_certificate(), false_root, pki.g2_state())
    assert one.recognition is Recognition.INVALID


def test_an_installed_ca_is_recognised_itself() -> None:
    assert _one(pki.g2_root().der, pki.g2_root()).recognition is Recognition.VERIFIED


def test_many_cas_of_one_name_do_not_take_long() -> None:
    crowd = [_impostor().der for _ in range(60)]
    data = pki_files.pem(pki.make_certificate(issuer=_impostor()), *crowd)
    (one,) = read(data, trust=TrustStore((pki.g2_root().certificate,))).certificates
    assert one.recognition is Recognition.BY_NAME_ONLY
