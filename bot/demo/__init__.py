"""Make up a province for trying, teaching and measuring.

Every name in it contains "Mẫu" (sample), and no real person is behind it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.demo.data_writer import AdminMove, DemoDataWriter
from bot.demo.interviews import InterviewDriver
from bot.demo.officers import CHANNEL, OfficerGenerator, Staff, make_staff
from bot.demo.province import (
    AUTHORITY,
    POLICY,
    PROVIDER,
    PROVINCE,
    SERIAL,
    SUPERIOR,
    VALIDITY_PERIOD,
    CertificateHolder,
    CertificateNaming,
    WorkingHours,
    make_province,
)
from bot.errors import OutputError, to_reason
from handlers.model import MACHINE, AuditAction, JournalEntry
from handlers.testing import build_memory_services
from locales import N_
from rules.facts import Subject
from rules.pack import Pack

#: So many officers are written in one transaction.
BATCH = 500


@dataclass(frozen=True, slots=True)
class DemoSizes:
    """The size of a province, and the seed that makes it reproducible."""

    officers: int = 200
    units: int = 40
    seed: int = 1


@dataclass(frozen=True, slots=True)
class DemoTotals:
    """The numbers of what was made up."""

    officers: int
    units: int
    requests: int
    grants: int


async def fill_database(
    bulk: DemoDataWriter, pack: Pack, sizes: DemoSizes, now: datetime, show_progress: Callable[[int], object]
) -> DemoTotals:
    """Fill the database; the same sizes and seed at the same moment make the same province.

    Args:
        bulk: The writer into the database.
        pack: The rules by which the officers' interviews are decided.
        sizes: The numbers of officers and units, and the seed.
        now: The moment at which the history ends.
        show_progress: Called after each batch with the number of officers added.

    Raises:
        FolderHoldsData: the database is not empty; nothing was changed.
    """
    await bulk.begin()
    chosen, hours = Random(sizes.seed), WorkingHours(now)  # noqa: S311 - made-up data have to be reproducible
    directory = make_province(sizes.units, chosen)
    naming, begun = CertificateNaming(directory), hours.time_at(0)
    staff = make_staff(naming, now, begun, pack.label)
    await bulk.write_units(directory, begun)
    await bulk.write_grants(staff.grants)
    await bulk.write_journal(list(_role_entries(staff, begun)))
    interviews = InterviewDriver(build_memory_services(pack, now, units=directory, channel=CHANNEL), naming)
    officers = OfficerGenerator(interviews, naming, staff, hours, chosen)
    await _write_officers(bulk, officers, sizes.officers, show_progress)
    await bulk.write_journal([_move_entry(move) for move in await bulk.read_admin_moves()])
    return DemoTotals(sizes.officers, len(directory.units), officers.issued.total(), len(staff.grants))


async def _write_officers(
    bulk: DemoDataWriter, officers: OfficerGenerator, total: int, show_progress: Callable[[int], object]
) -> None:
    made = officers.generate(total)
    while batch := list(islice(made, BATCH)):
        await bulk.write_chats(batch)
        show_progress(len(batch))
    await bulk.write_code_counters(officers.issued)


def _role_entries(staff: Staff, at: datetime) -> Iterator[JournalEntry]:
    """Return a journal row for every role."""
    return (
        _journal_entry(at, grant.by, grant.unit, act=AuditAction.REDEEM, subject=grant.id) for grant in staff.grants
    )


def _move_entry(move: AdminMove) -> JournalEntry:
    """Return the journal row of a move, like the one the request list records for one request or for many."""
    if move.count == 1:
        return _journal_entry(move.at, move.actor, move.unit, act="request.move", subject=move.first)
    subject = f"{move.state}: {move.first} … {move.last}"
    return _journal_entry(move.at, move.actor, move.unit, act="request.move_all", subject=subject, count=move.count)


def _journal_entry(at: datetime, actor: str, unit: str | None, **values: Any) -> JournalEntry:
    """Return a journal row, which gets its number when it is added."""
    channel = MACHINE if actor == MACHINE else CHANNEL
    return JournalEntry.model_validate(
        {"number": 0, "at": at, "actor": actor, "unit": unit, "count": 1, "channel": channel, **values}
    )


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
