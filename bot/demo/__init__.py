"""Write real certificate files to send to the assistant: DER, in the government profile.

The CA that issues them is worthless.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.demo.certificates import (
    AUTHORITY,
    POLICY,
    PROVIDER,
    PROVINCE,
    SERIAL,
    SUPERIOR,
    VALIDITY_PERIOD,
    CertificateHolder,
)
from bot.errors import OutputError, to_reason
from locales import N_
from rules.facts import Subject

_PURPOSES = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
_COMMUNE, _DISTRICT = "UBND xã Mẫu An Phú", "UBND HUYỆN MẪU"
_MAIL = "mau.gov.vn.example"


@dataclass(frozen=True, slots=True)
class _SampleFile:
    """A file: its name, the holder of its certificate, and in how many days that ends."""

    file: str
    named: CertificateHolder
    days: int


def _organisation_sample(
    file: str, name: str, superior: str, days: int, subject: Subject = Subject.ORGANISATION
) -> _SampleFile:
    return _SampleFile(file, CertificateHolder(subject, name, superior, (), f"{file}@{_MAIL}"), days)


def _person_sample(file: str, name: str, days: int, *units: str) -> _SampleFile:
    return _SampleFile(
        file, CertificateHolder(Subject.INDIVIDUAL, name, "UBND tỉnh Mẫu", units, f"{file}@{_MAIL}"), days
    )


SAMPLES = (
    _organisation_sample("ubnd-xa-con-han", "UBND XÃ MẪU AN PHÚ", _DISTRICT, 900),
    _organisation_sample("ubnd-xa-sap-het-han", "UBND XÃ MẪU BÌNH HÒA", _DISTRICT, 21),
    _organisation_sample("ubnd-xa-het-han", "UBND XÃ MẪU LONG TÂN", _DISTRICT, -8),
    _organisation_sample("truong-thcs", "TRƯỜNG THCS MẪU AN PHÚ", _DISTRICT, 400),
    _organisation_sample("truong-mam-non-sap-het-han", "TRƯỜNG MẦM NON MẪU HOA MAI", _DISTRICT, 45),
    _organisation_sample("so-noi-vu", "SỞ NỘI VỤ TỈNH MẪU", SUPERIOR, 1200),
    _person_sample("chuyen-vien-con-han", "Nguyễn Thị Lan Mẫu", 700, _COMMUNE, "Phòng Kinh tế"),
    _person_sample("chuyen-vien-sap-het-han", "Trần Văn Hùng Mẫu", 14, _COMMUNE, "Văn phòng HĐND và UBND"),
    _person_sample("chuyen-vien-het-han", "Lê Minh Tâm Mẫu", -30, _COMMUNE),
    _person_sample("lanh-dao", "Phạm Quốc Huy Mẫu", 1000, _COMMUNE),
    _person_sample("van-thu", "Võ Thị Hạnh Mẫu", 300, "Sở Nội vụ tỉnh Mẫu", "Văn phòng Sở"),
    _organisation_sample("he-thong-mot-cua", "Hệ thống một cửa điện tử Mẫu", _COMMUNE, 600, Subject.DEVICE),
)


def write_samples(folder: Path, now: datetime, seed: int) -> list[Path]:
    """Write the files into a folder, which is created if missing; one key serves them all and is not kept.

    Raises:
        OutputError: a file cannot be written.
    """
    key = rsa.generate_private_key(65537, 2048)
    chosen = Random(seed)  # noqa: S311 - serial numbers of made-up certificates
    paths = []
    for sample, path in _sample_paths(folder):
        der = _issue(sample, now, key, chosen).public_bytes(Encoding.DER)
        _write_file(path, der)
        paths.append(path)
    return paths


def _sample_paths(folder: Path) -> Iterator[tuple[_SampleFile, Path]]:
    return ((sample, folder / f"{sample.file}.cer") for sample in SAMPLES)


def _write_file(path: Path, der: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(der)
    except (OSError, ValueError) as error:
        message = N_("{file} cannot be written ({reason}); choose another folder or file")
        raise OutputError(message, file=path, reason=to_reason(error)) from None


def _issue(sample: _SampleFile, now: datetime, key: rsa.RSAPrivateKey, chosen: Random) -> x509.Certificate:
    ends = (now + timedelta(days=sample.days)).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(_subject_name(sample.named))
        .issuer_name(_to_x509_name((NameOID.ORGANIZATION_NAME, PROVIDER), (NameOID.COMMON_NAME, AUTHORITY)))
        .public_key(key.public_key())
        .serial_number(int(f"{SERIAL}{chosen.getrandbits(48):012X}", 16))
        .not_valid_before(ends - VALIDITY_PERIOD)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_PURPOSES), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(sample.named.email)]), critical=False)
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(POLICY), None)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )


def _subject_name(named: CertificateHolder) -> x509.Name:
    units = ((NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in named.units)
    return _to_x509_name(
        (NameOID.LOCALITY_NAME, PROVINCE),
        (NameOID.ORGANIZATION_NAME, named.superior),
        *units,
        (NameOID.COMMON_NAME, named.name),
    )


def _to_x509_name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in ((NameOID.COUNTRY_NAME, "VN"), *attributes)])


def _key_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
