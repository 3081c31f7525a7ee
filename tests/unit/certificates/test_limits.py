"""A hostile file meets a limit and gets a typed trouble."""

import gzip
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.x509.oid import NameOID

from bot.certificates import LIMITS, MEBIBYTE
from bot.certificates.parsing import read
from handlers.model import CertificatePart, FileProblem, FileProblemKind
from tests.support import pki, pki_files

SMALL = replace(LIMITS, file=100_000, entries=5, unpacked=200_000)


def _troubles(data: bytes) -> list[tuple[FileProblemKind, str]]:
    return [(problem.trouble, problem.where) for problem in read(data, limits=SMALL).problems]


def test_a_file_over_the_size_is_not_opened() -> None:
    assert _troubles(bytes(SMALL.file + 1)) == [(FileProblemKind.TOO_LARGE, "")]


def test_twenty_megabytes_two_hundred_entries_fifty_unpacked_are_the_limits() -> None:
    assert (LIMITS.file, LIMITS.entries, LIMITS.unpacked, LIMITS.seconds) == (20 * MEBIBYTE, 200, 50 * MEBIBYTE, 5.0)


def test_two_hundred_entries_are_read_and_one_more_is_too_many() -> None:
    certificates = [pki.make_certificate(f"Trường Mầm non số {n}") for n in range(200)]
    entries = {f"{n}.cer": der for n, der in enumerate(certificates)}
    assert len(read(pki_files.make_zip(entries)).certificates) == 200
    reading = read(pki_files.make_zip({**entries, "201.cer": certificates[0]}))
    assert reading.problems == (FileProblem(trouble=FileProblemKind.TOO_MANY_ENTRIES),)


def test_folders_and_litter_are_no_entries_but_they_are_bounded() -> None:
    litter = {f"__MACOSX/._{n}": b"" for n in range(400)} | {f"thư mục {n}/": b"" for n in range(400)}
    reading = read(pki_files.make_zip({"a.cer": pki.issue().der, **litter}))
    assert (len(reading.certificates), reading.problems) == (1, ())
    crowd = litter | {f"khác {n}/": b"" for n in range(201)}
    assert read(pki_files.make_zip(crowd)).problems == (FileProblem(trouble=FileProblemKind.TOO_MANY_ENTRIES),)


def test_copies_are_counted_though_they_are_not_shown() -> None:
    assert not _troubles(pki.issue().der * 50)
    assert _troubles(pki.issue().der * 51) == [(FileProblemKind.TOO_MANY_ENTRIES, "")]


def test_more_certificates_than_entries_allowed_are_cut_and_that_is_said() -> None:
    reading = read(pki_files.pem(*(pki.make_certificate(serial=n + 1) for n in range(6))), limits=SMALL)
    assert len(reading.certificates) == 5
    assert reading.problems == (FileProblem(trouble=FileProblemKind.TOO_MANY_ENTRIES),)


def test_more_troubles_than_entries_allowed_are_cut_and_that_is_said() -> None:
    broken = b"".join(pki.issue(serial=n + 1).pem[:400] + b"\n" for n in range(50))
    assert _troubles(broken) == [(FileProblemKind.BROKEN, ""), (FileProblemKind.TOO_MANY_ENTRIES, "")]


def test_a_name_of_absurd_length_is_cut_and_that_is_said() -> None:
    absurd = pki.name_of(*[(NameOID.COMMON_NAME, f"Sở {n}") for n in range(51)])
    (one,) = read(pki.make_certificate(subject=absurd)).certificates
    assert (one.name, len(one.subject), one.unreadable) == ("Sở 0", 50, (CertificatePart.SUBJECT,))


def test_what_comes_out_of_an_archive_is_counted_over_all_entries() -> None:
    half = bytes(SMALL.unpacked // 2)
    bomb = pki_files.make_zip({"a": half, "chứng thư.cer": pki.issue().der, "b": half})
    reading = read(bomb, limits=replace(SMALL, file=MEBIBYTE))
    assert len(reading.certificates) == 1
    assert reading.problems[-1] == FileProblem(trouble=FileProblemKind.TOO_MUCH_UNPACKED, where="b")


def test_an_office_document_in_an_archive_spends_the_same_budget() -> None:
    document = pki_files.word_document(*[pki.issue().der] * 4)
    packed = pki_files.make_zip({f"{n}.docx": document for n in range(4)})
    limits = replace(SMALL, unpacked=len(document) * 2)
    assert FileProblemKind.TOO_MUCH_UNPACKED in {problem.trouble for problem in read(packed, limits=limits).problems}


def _with_sizes(archive: bytes, unpacked: int) -> bytes:
    """The archive with another unpacked size in both headers of its only entry."""
    size = struct.pack("<I", unpacked)
    central = archive.index(b"PK\x01\x02")
    return archive[:22] + size + archive[26 : central + 24] + size + archive[central + 28 :]


def test_a_header_that_promises_little_is_not_believed() -> None:
    bomb = _with_sizes(pki_files.make_zip({"a": bytes(50 * SMALL.unpacked)}), 10)
    assert _troubles(bomb) in ([(FileProblemKind.DAMAGED, "a")], [(FileProblemKind.TOO_MUCH_UNPACKED, "a")])


def test_a_header_that_promises_much_costs_nothing() -> None:
    archive = _with_sizes(pki_files.make_zip({"a.cer": pki.issue().der}), 0xFFFF_FFF0)
    tracemalloc.start()
    try:
        reading = read(archive, limits=SMALL)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * MEBIBYTE
    assert len(reading.certificates) + len(reading.problems) == 1


def test_a_bomb_is_stopped_while_it_unpacks() -> None:
    bomb = pki_files.make_zip({"a": bytes(64 * MEBIBYTE)})
    tracemalloc.start()
    try:
        assert _troubles(bomb) == [(FileProblemKind.TOO_MUCH_UNPACKED, "a")]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * MEBIBYTE


#: Archives of other formats, as they begin.
ARCHIVES = {
    "ZIP": pki_files.make_zip({"a": b"b"}),
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(32),
    "RAR": b"Rar!\x1a\x07\x01\0",
    "gzip": b"\x1f\x8b\x08" + bytes(16),
    "bzip2": b"BZh91AY&SY",
    "xz": b"\xfd7zXZ\0" + bytes(16),
    "tar": bytes(257) + b"ustar\0" + bytes(250),
}


@pytest.mark.parametrize("inner", ARCHIVES.values(), ids=ARCHIVES.keys())
def test_an_archive_in_an_archive_is_named_and_not_opened(inner: bytes) -> None:
    reading = read(pki_files.make_zip({"trong": inner, "a.cer": pki.issue().der}))
    assert reading.problems == (FileProblem(trouble=FileProblemKind.NESTED_ARCHIVE, where="trong"),)
    assert len(reading.certificates) == 1


def _encrypted_entry() -> bytes:
    archive = bytearray(pki_files.make_zip({"a.cer": pki.issue().der}))
    for flags in (6, archive.index(b"PK\x01\x02") + 8):
        archive[flags] |= 1
    return bytes(archive)


#: Archives with one troubled entry.
ENTRIES: dict[str, tuple[Callable[[], bytes], FileProblemKind]] = {
    "a password": (_encrypted_entry, FileProblemKind.ENCRYPTED),
    "a picture": (lambda: pki_files.make_zip({"a.cer": b"\xff\xd8\xff"}), FileProblemKind.PICTURE),
    "nothing": (lambda: pki_files.make_zip({"a.cer": b""}), FileProblemKind.EMPTY),
    "an unsigned PDF": (lambda: pki_files.make_zip({"a.cer": pki_files.pdf()}), FileProblemKind.NO_SIGNATURE),
    "damaged bytes": (
        lambda: pki_files.make_zip({"a.cer": pki.issue().der}, zipfile.ZIP_STORED).replace(b"VN1", b"VV1", 1),
        FileProblemKind.DAMAGED,
    ),
}


@pytest.mark.parametrize(("make", "trouble"), ENTRIES.values(), ids=ENTRIES.keys())
def test_a_troubled_entry_is_named(make: Callable[[], bytes], trouble: FileProblemKind) -> None:
    assert [(p.trouble, p.where) for p in read(make()).problems] == [(trouble, "a.cer")]


def test_what_desktops_add_to_an_archive_is_passed_over() -> None:
    litter = {
        "__MACOSX/._a.cer": b"\0\5\x16\7",
        ".DS_Store": b"\0\0\0\1Bud1",
        "thư mục/Thumbs.db": b"x",
        "thư mục/": b"",
    }
    reading = read(pki_files.make_zip({"a.cer": pki.issue().der, **litter}))
    assert (len(reading.certificates), reading.problems) == (1, ())


def test_the_name_of_an_entry_is_fit_to_be_shown() -> None:
    (problem,) = read(pki_files.make_zip({"a\u202egpj.\x1b[31m": b"x"})).problems
    assert problem.where == "agpj. [31m"


#: Inputs that a careless parser needs quadratic time or deep recursion for; each is a megabyte.
HEAVY = {
    "PEM marks without end": b"-----BEGIN CERTIFICATE-----\n" * 36_000,
    "PEM blocks of nothing": b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 18_000,
    "dashes": b"-" * MEBIBYTE,
    "base64 without end": b"MIIF" * (MEBIBYTE // 4),
    "base64 words": b"MIIFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!\n" * 24_000,
    "small values": bytes.fromhex("30043002a000") * (20 * MEBIBYTE // 6),
    "quotes": b"> " * MEBIBYTE,
    "half a key in XML": b"<RSAKeyValue><Modulus>A</Modulus>" * 30_000,
    "nested BER": b"\x30\x80" * (MEBIBYTE // 2),
    "nested PKCS#7": bytes.fromhex("308006092a864886f70d010702a080") + b"\x30\x80" * (MEBIBYTE // 2),
    "nested XML": b"<a>" * (MEBIBYTE // 3),
    "a PDF of objects": b"%PDF-1.7\n" + b"1 0 obj\n" * (MEBIBYTE // 8),
    "a PDF of arrays": b"%PDF-1.7\n1 0 obj\n" + b"[" * MEBIBYTE,
    "ZIP directory": b"PK\x03\x04" + b"PK\x01\x02" * (MEBIBYTE // 4),
    "a PDF of strings in brackets": b"%PDF-1.7\n" + b"(0\x82" * (MEBIBYTE // 3),
    "a PDF of signatures": b"%PDF-1.7\n" + (b"<3082ffff06092a864886f70d010702" + b"ab" * 99 + b">") * 4_000,
    "a quote and blanks": b'"' + b" " * MEBIBYTE,
    "escapes": b"\\u00" * (MEBIBYTE // 4),
    "entities": b"&#" * (MEBIBYTE // 2),
    "beginnings of headers": b"A: b\n" * (MEBIBYTE // 5),
    "parts of mail": b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000,
    "digests of XML": b"<Signature>"
    + b"<X509Certificate>MIIA</X509Certificate>" * 9_000
    + b"<CertDigest><DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAA=</DigestValue></CertDigest>" * 9_000
    + b"</Signature>",
    "headers of JWS": b"eyJhbGciOiJSUzI1NiJ9abcdefgh." * 30_000,
    "a gzip of nothing": gzip.compress(b"") * 40_000,
    "nested BER in the bag": bytes.fromhex("308006092a864886f70d010702a0803080020101310030053003060100a080")
    + b"\x30\x80" * (MEBIBYTE // 2),
    "deflate noise": b"PK\x03\x04" + zlib.compress(bytes(MEBIBYTE)),
}


@pytest.mark.parametrize("data", HEAVY.values(), ids=HEAVY.keys())
@pytest.mark.cpu_limit(10)
@pytest.mark.long
def test_heavy_nonsense_ends_in_a_trouble(data: bytes) -> None:
    reading = read(data)
    assert not reading.certificates
    assert reading.problems
