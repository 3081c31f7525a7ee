"""Certificates of the government profile, made here; nothing of a real subscriber is in them.

``make_certificate(...)`` gives the DER of a subscriber's certificate, ``issue(...)`` the same with its key. Authorities
(``g2_state()`` and the like) are made once per session; keys are EC where the profile does not matter, to be fast. The
containers (``tests.support.pki_files``) take what these functions give.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GOVERNMENT = "Ban Cơ yếu Chính phủ"
GOVERNMENT_G1 = "Ban Co yeu Chinh phu"
POLICY = "2.16.704.1.1.1.1.1"
#: A moment at which certificates made with the default dates are in date.
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOT_BEFORE = datetime(2024, 1, 1, 1, 0, tzinfo=UTC)
NOT_AFTER = datetime(2028, 12, 31, 1, 0, tzinfo=UTC)
_PURPOSES = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Rdn = tuple[x509.ObjectIdentifier, str]


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@cache
def ec_key(label: str = "leaf") -> ec.EllipticCurvePrivateKey:
    """Return a P-256 key; the same label gives the same key."""
    del label
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(label: str = "leaf") -> rsa.RSAPrivateKey:
    """Return an RSA 2048 key, as the profile demands; it is slower to make."""
    del label
    return rsa.generate_private_key(65537, 2048)


def name_of(*attributes: Rdn) -> x509.Name:
    """Return a distinguished name of single-valued RDNs in the given order."""
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def issuer_name(organisation: str, common_name: str, country: str = "VN") -> x509.Name:
    """Return the name of an issuer as C, O, CN, the order of all government issuers."""
    return name_of(
        (NameOID.COUNTRY_NAME, country), (NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name)
    )


def make_authority(
    name: x509.Name, *, parent: Issued | None = None, path_length: int | None = None, key: Key | None = None
) -> Issued:
    """Make a CA certificate, self-signed without a parent."""
    key = key or ec_key(f"authority {name.rfc4514_string()}")
    builder = (
        _builder(name, parent.certificate.subject if parent else name, key)
        .serial_number(1 << 62 | x509.random_serial_number() >> 98)
        .not_valid_before(NOT_BEFORE - timedelta(days=3000))
        .not_valid_after(NOT_AFTER + timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(authority=True), critical=True)
    )
    return Issued(builder.sign(parent.key if parent else key, hashes.SHA256()), key)


@cache
def g2_root() -> Issued:
    return make_authority(issuer_name(GOVERNMENT, "RootCA chuyên dùng Chính phủ G2"))


@cache
def g2_state() -> Issued:
    """Return the authority for state bodies; no CA may be below it."""
    return make_authority(
        issuer_name(GOVERNMENT, "CA phục vụ các cơ quan Nhà nước G2"), parent=g2_root(), path_length=0
    )


@cache
def g1_root() -> Issued:
    root = issuer_name(GOVERNMENT_G1, "Co quan chung thuc so chuyen dung Chinh phu (RootCA)")
    return with_sha1(make_authority(root, key=rsa_key("g1 root")), rsa_key("g1 root"))


@cache
def g1_state() -> Issued:
    name = issuer_name(GOVERNMENT_G1, "Co quan chung thuc so Chinh phu")
    return with_sha1(make_authority(name, parent=g1_root(), key=rsa_key("g1 state")), rsa_key("g1 root"))


@cache
def public_ca() -> Issued:
    """Return a provider that serves the public, with an intermediate of its own."""
    return make_authority(issuer_name("CÔNG TY CỔ PHẦN CHỮ KÝ MẪU", "MAU-CA"))


def subject_of(
    name: str, *, superior: str | None, units: tuple[str, ...] = (), locality: str | None = "Đồng Nai"
) -> x509.Name:
    """Return a subject as in a G2 certificate: C, L, O, OU..., CN."""
    attributes: list[Rdn] = [(NameOID.COUNTRY_NAME, "VN")]
    attributes += [(NameOID.LOCALITY_NAME, locality)] if locality else []
    attributes += [(NameOID.ORGANIZATION_NAME, superior)] if superior else []
    attributes += [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    return name_of(*attributes, (NameOID.COMMON_NAME, name))


def issue(
    name: str = "UBND xã Phước An",
    *,
    superior: str | None = "UBND huyện Nhơn Trạch",
    units: tuple[str, ...] = (),
    locality: str | None = "Đồng Nai",
    email: str | None = "phuocan@dongnai.gov.vn",
    issuer: Issued | None = None,
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
    serial: int | None = None,
    policy: str | None = POLICY,
    key: Key | None = None,
    subject: x509.Name | None = None,
    purposes: tuple[x509.ObjectIdentifier, ...] = _PURPOSES,
) -> Issued:
    """Make a subscriber's certificate with its key.

    Each argument is a field, and ``subject`` replaces the whole name.
    """
    authority, key = issuer or g2_state(), key or ec_key()
    subject = subject or subject_of(name, superior=superior, units=units, locality=locality)
    builder = (
        _builder(subject, authority.certificate.subject, key)
        .serial_number(serial or 1 << 62 | x509.random_serial_number() >> 98)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    )
    if email:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False)
    if policy:
        information = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
        builder = builder.add_extension(x509.CertificatePolicies([information]), critical=False)
    issued = Issued(builder.sign(authority.key, hashes.SHA256()), key)
    return with_sha1(issued, authority.key) if _is_g1(authority) else issued


def make_certificate(name: str = "UBND xã Phước An", **fields: object) -> bytes:
    """Return the DER of ``issue(...)``."""
    return issue(name, **fields).der  # type: ignore[arg-type]  # the fields are those of ``issue``


def make_personal(name: str = "Nguyễn Thị Mẫu", **fields: object) -> bytes:
    """Return the certificate of a person in a commune: O is the province, OU the commune and the office."""
    fields = {
        "superior": "UBND tỉnh Đồng Nai",
        "units": ("UBND xã Phước An", "Văn phòng HĐND và UBND"),
        "email": "mau.nt@dongnai.gov.vn",
        **fields,
    }
    return make_certificate(name, **fields)


def make_device(name: str = "Hệ thống một cửa điện tử", **fields: object) -> bytes:
    """Return the certificate of a department's system."""
    return make_certificate(name, **{"superior": "Sở Nội vụ", "email": None, **fields})


def expired(now: datetime = NOW) -> dict[str, datetime]:
    """Return dates for ``issue``: it ended yesterday."""
    return {"not_before": now - timedelta(days=1826), "not_after": now - timedelta(days=1)}


def near_expiry(now: datetime = NOW) -> dict[str, datetime]:
    """Return dates for ``issue``: it ends in two weeks."""
    return {"not_before": now - timedelta(days=1800), "not_after": now + timedelta(days=14)}


def with_sha1(issued: Issued, signer: Key) -> Issued:
    """Sign the same certificate with SHA-1, as generation G1 is; the builder of ``cryptography`` refuses to."""
    if not isinstance(signer, rsa.RSAPrivateKey):
        raise TypeError("G1 signs with RSA")
    raw = asn1.Certificate.load(issued.der).copy()
    for part in (raw["tbs_certificate"]["signature"], raw["signature_algorithm"]):
        part["algorithm"] = "sha1_rsa"
        part["parameters"] = core.Null()
    body = raw["tbs_certificate"].dump(force=True)
    raw["signature_value"] = signer.sign(body, padding.PKCS1v15(), hashes.SHA1())
    return Issued(x509.load_der_x509_certificate(raw.dump(force=True)), issued.key)


def _is_g1(authority: Issued) -> bool:
    algorithm = authority.certificate.signature_hash_algorithm
    return isinstance(algorithm, hashes.SHA1)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    return x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=not authority,
        data_encipherment=not authority,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
