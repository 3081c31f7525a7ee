"""Archives, signed documents and XML as other programs write them: the signer is found, what accompanies is not."""

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from bot.certificates.parsing import read
from handlers.model import FileProblemKind
from tests.support import pki, pki_files
from tests.support import pki_files as support_pki_files

NAME = "UBND xã Phước An"
_XADES = "http://uri.etsi.org/01903/v1.3.2#"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _zip(name: str = "a.cer", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    return pki_files.make_zip({name: pki.issue().der}, method)


def _tar(form: int, name: str = "thư mục/chứng thư.cer") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("thư mục")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("liên kết")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        entry = tarfile.TarInfo(name)
        entry.size = len(pki.issue().der)
        archive.addfile(entry, io.BytesIO(pki.issue().der))
    return out.getvalue()


def _streamed() -> bytes:
    """A ZIP written to a pipe: sizes stand behind the entries."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.cer", pki.issue().der)
    return bytes(pipe.data)


def _renamed(data: bytes, *, local: bytes | None = None, central: bytes | None = None, flag: bool = False) -> bytes:
    """The same ZIP with other bytes as the names of its entry, said to be UTF-8 or not."""
    changed = bytearray(data)
    start = data.index(b"PK\x01\x02")
    if central:
        changed[start + 46 : start + 46 + len(central)] = central
    if local:
        changed[30 : 30 + len(local)] = local
    if flag:
        changed[7] |= 8
        changed[start + 9] |= 8
    return bytes(changed)


#: One certificate, packed.
PACKED: dict[str, Callable[[], bytes]] = {
    "ZIP, bzip2": lambda: _zip(method=zipfile.ZIP_BZIP2),
    "ZIP, LZMA": lambda: _zip(method=zipfile.ZIP_LZMA),
    "ZIP, data descriptors": _streamed,
    "ZIP behind a program": lambda: b"MZ\x90\0" + bytes(500) + _zip(),
    "ZIP behind some zeros": lambda: bytes(100) + _zip(),
    "ZIP with a comment": lambda: _zip()[:-2] + b"\x05\0VNPT!",
    "ZIP, names that are no UTF-8": lambda: _renamed(_zip(), central=b"\xd0.cer", local=b"\xd0.cer", flag=True),
    "ZIP, another name in front of the entry": lambda: _renamed(_zip(), local=b"b.cer"),
    "ZIP with litter in folders": lambda: pki_files.make_zip({
        "Thư/": b"", "Thư/a.cer": pki.issue().der, "Thư/__MACOSX/._a.cer": b"\0\5\x16\7", "Thư/._b.cer": b"\0\5\x16\7",
    }),
    "gzip": lambda: gzip.compress(pki.issue().der),
    "gzip, two members": lambda: gzip.compress(pki.issue().der[:100]) + gzip.compress(pki.issue().der[100:]),
    "bzip2": lambda: bz2.compress(pki.issue().pem),
    "xz": lambda: lzma.compress(pki_files.pdf(pki.issue())),
    "tar": lambda: _tar(tarfile.USTAR_FORMAT),
    "tar, long names": lambda: _tar(tarfile.GNU_FORMAT, "sâu/" * 60 + "a.cer"),
    "tar, pax": lambda: _tar(tarfile.PAX_FORMAT, "sâu/" * 60 + "a.cer"),
    "tar.gz": lambda: gzip.compress(_tar(tarfile.PAX_FORMAT)),
    "tar.xz": lambda: lzma.compress(_tar(tarfile.GNU_FORMAT)),
    "tar.bz2": lambda: bz2.compress(_tar(tarfile.USTAR_FORMAT)),
}  # fmt: skip


@pytest.mark.parametrize("make", PACKED.values(), ids=PACKED.keys())
def test_a_certificate_is_read_out_of_what_packs_it(make: Callable[[], bytes]) -> None:
    reading = read(make())
    assert [one.name for one in reading.certificates] == [NAME]
    assert not reading.problems


def test_names_of_entries_are_shown_as_they_were_meant() -> None:
    raw = "Giấy tờ.txt".encode()
    data = _renamed(pki_files.make_zip({"x" * len(raw): b"abc"}), central=raw, local=raw)
    assert read(data).problems[0].where == "Giấy tờ.txt"
    tape = gzip.compress(_tar(tarfile.PAX_FORMAT, "sâu/" * 60 + "a.cer").replace(pki.issue().der[:50], b"x" * 50))
    assert read(tape).problems[0].where.startswith("sâu/sâu/")


def test_a_private_key_in_a_packed_file_is_refused() -> None:
    key = pki_files.private_keys(pki.ec_key())["PKCS#8 PEM"]
    tape = io.BytesIO()
    with tarfile.open(fileobj=tape, mode="w:gz") as archive:
        for name, content in (("a.cer", pki.issue().der), ("khóa.pem", key)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    packed_twice = (gzip.compress(key), tape.getvalue(), pki_files.make_zip({"a": key}, zipfile.ZIP_LZMA))
    for data in packed_twice:
        reading = read(data)
        assert not reading.certificates
        assert [problem.trouble for problem in reading.problems] == [FileProblemKind.PRIVATE_KEY]


def _entry_of_method(method: int) -> bytes:
    data = bytearray(_zip(method=zipfile.ZIP_STORED))
    for at in (8, data.index(b"PK\x01\x02") + 10):
        data[at : at + 2] = struct.pack("<H", method)
    return bytes(data)


def _greedy_lzma() -> bytes:
    """An entry that asks for a dictionary of four gigabytes."""
    data = bytearray(_zip(method=zipfile.ZIP_LZMA))
    data[30 + 5 + 5 : 30 + 5 + 9] = b"\xff\xff\xff\xff"
    return bytes(data)


#: Packed in a way that is named: the officer unpacks it.
UNREAD: dict[str, tuple[Callable[[], bytes], FileProblemKind]] = {
    "RAR": (lambda: b"Rar!\x1a\x07\x01\0" + bytes(64), FileProblemKind.ARCHIVE),
    "RAR 4": (lambda: b"Rar!\x1a\x07\0" + bytes(64), FileProblemKind.ARCHIVE),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(64), FileProblemKind.ARCHIVE),
    "CAB": (lambda: b"MSCF\0\0\0\0" + bytes(64), FileProblemKind.ARCHIVE),
    "zstd": (lambda: b"\x28\xb5\x2f\xfd" + bytes(64), FileProblemKind.ARCHIVE),
    "LZH": (lambda: b"\x20\x00-lh5-" + bytes(64), FileProblemKind.ARCHIVE),
    "ACE": (lambda: bytes([1, 2, 3, 4, 5, 6, 7]) + b"**ACE**" + bytes(64), FileProblemKind.ARCHIVE),
    "an image of a disc": (lambda: bytes(0x8001) + b"CD001" + bytes(64), FileProblemKind.ARCHIVE),
    "RAR behind a program": (
        lambda: b"MZ\x90\0" + bytes(500) + b"Rar!\x1a\x07\x01\0" + bytes(64),
        FileProblemKind.ARCHIVE,
    ),
    "Deflate64": (lambda: _entry_of_method(9), FileProblemKind.PACKING),
    "zstd in a ZIP": (lambda: _entry_of_method(93), FileProblemKind.PACKING),
    "PPMd": (lambda: _entry_of_method(98), FileProblemKind.PACKING),
    "a greedy dictionary": (_greedy_lzma, FileProblemKind.PACKING),
    "a gzip cut short": (lambda: gzip.compress(pki.issue().der)[:200], FileProblemKind.DAMAGED),
    "an archive in a gzip": (lambda: gzip.compress(_zip()), FileProblemKind.NESTED_ARCHIVE),
    "a ZIP cut short": (lambda: _zip()[:300], FileProblemKind.DAMAGED),
    "a ZIP of a text": (lambda: pki_files.make_zip({"a.txt": "Kính gửi".encode()}), FileProblemKind.UNKNOWN_TYPE),
}


@pytest.mark.parametrize(("make", "trouble"), UNREAD.values(), ids=UNREAD.keys())
def test_what_is_not_unpacked_is_named(make: Callable[[], bytes], trouble: FileProblemKind) -> None:
    reading = read(make())
    assert not reading.certificates
    assert [problem.trouble for problem in reading.problems] == [trouble]


def _xades(*, digest_of: bytes | None = None, after: str = "", key_info: tuple[bytes, ...] = ()) -> str:
    """A signature with its certificates in the order given, and what was added to it later."""
    named = ""
    if digest_of:
        digest = _base64(hashlib.sha256(digest_of).digest())
        named = (
            "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod/>"
            f"<ds:DigestValue>{digest}</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        )
    certificates = "".join(f"<ds:X509Certificate>{_base64(one)}</ds:X509Certificate>" for one in key_info)
    data = f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>" if key_info else ""
    return (
        f'<ds:Signature xmlns:ds="{pki_files.XMLDSIG}" xmlns:xades="{_XADES}"><ds:SignedInfo><ds:Reference>'
        f"<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo>{data}<ds:Object>"
        f"<xades:QualifyingProperties><xades:SignedProperties>{named}</xades:SignedProperties>"
        f"<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{after}</xades:UnsignedSignatureProperties>"
        "</xades:UnsignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature>"
    )


def _beside(*ders: bytes) -> str:
    values = "".join(
        f"<xades:EncapsulatedX509Certificate>{_base64(one)}</xades:EncapsulatedX509Certificate>" for one in ders
    )
    return f"<xades:CertificateValues>{values}</xades:CertificateValues>"


def _other() -> bytes:
    return pki.issue("Sở Nội vụ", key=pki.ec_key("other")).der


def _signature(*ders: bytes) -> bytes:
    return pki_files.signed_xml(*ders)


def _counter() -> str:
    return f"<xades:CounterSignature>{_xades(key_info=(_other(),))}</xades:CounterSignature>"


#: One signer, in XML of every condition.
XML: dict[str, Callable[[], str | bytes]] = {
    "UTF-8 that says UTF-16": lambda: _signature(pki.issue().der).replace(b"UTF-8", b"UTF-16"),
    "UTF-16 that says UTF-8": lambda: b"\xff\xfe" + _signature(pki.issue().der).decode().encode("utf-16-le"),
    "UTF-16 without mark": lambda: _signature(pki.issue().der).decode().encode("utf-16-be"),
    "windows-1258 that says UTF-8": lambda: (
        _signature(pki.issue().der).decode().replace("Hóa đơn", "\u0110\u01a1n").encode("cp1258")
    ),
    "an encoding nobody knows": lambda: _signature(pki.issue().der).replace(b"UTF-8", b"TCVN-5712"),
    "a mark and blank lines in front": lambda: b"\xef\xbb\xbf\r\n\r\n" + _signature(pki.issue().der),
    "words in front": lambda: b"Content: \r\n" + _signature(pki.issue().der),
    "a prefix that is not declared": lambda: _xades(key_info=(pki.issue().der,)).replace("xmlns:ds", "xmlns:d"),
    "another namespace": lambda: _signature(pki.issue().der).replace(b"2000/09", b"1999/01"),
    "an ampersand": lambda: _signature(pki.issue().der).replace("Hóa".encode(), b"A & B"),
    "cut behind the certificate": lambda: _signature(pki.issue().der)[:-30],
    "PEM in the element": lambda: f"<S><X509Certificate>{pki.issue().pem.decode()}</X509Certificate></S>",
    "base64 of PEM in the element": lambda: f"<S><X509Certificate>{_base64(pki.issue().pem)}</X509Certificate></S>",
    "line ends as codes": lambda: _signature(pki.issue().der).replace(b"\n", b"&#13;\n"),
    "an element of its own": lambda: f"<HSo><ChungThuSo>{_base64(pki.issue().der)}</ChungThuSo></HSo>",
    "PKCS#7 in an element": lambda: f"<HSo><CKy>{_base64(pki_files.signed_pkcs7(pki.issue()))}</CKy></HSo>",
    "a security token": lambda: f"<wsse:BinarySecurityToken>{_base64(pki.issue().der)}</wsse:BinarySecurityToken>",
    "several, told by digest": lambda: _xades(digest_of=pki.issue().der, key_info=(_other(), pki.issue().der)),
    "only among values, told by digest": lambda: _xades(
        digest_of=pki.issue().der, after=_beside(pki.g2_state().der, _other(), pki.issue().der)
    ),
    "a time stamp and its chain behind": lambda: _xades(
        key_info=(pki.issue().der,),
        after="<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>"
        f"{_base64(support_pki_files.time_stamp())}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>"
        f"{_beside(support_pki_files.time_stamper().der, _other())}",
    ),
    "a counter-signature": lambda: _xades(key_info=(pki.issue().der,), after=_counter()),
    "a stand-in elsewhere": lambda: (
        f"<a>{_xades(key_info=(pki.issue().der,))}<X509Certificate>...</X509Certificate></a>"
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same certificate however often a test asks for it."""
    issued = pki.issue()
    real = pki.issue
    monkeypatch.setattr(pki, "issue", lambda *names, **fields: real(*names, **fields) if names or fields else issued)


@pytest.mark.parametrize("make", XML.values(), ids=XML.keys())
def test_the_signer_of_xml_is_found_and_what_accompanies_it_is_not_shown(make: Callable[[], str | bytes]) -> None:
    text = make()
    reading = read(text.encode() if isinstance(text, str) else text)
    assert [one.name for one in reading.certificates] == [NAME]
    assert not reading.problems


def test_every_signer_of_xml_is_shown_by_name() -> None:
    text = f"<HSo>{_xades(key_info=(pki.issue().der, pki.g2_state().der))}{_xades(key_info=(_other(),))}</HSo>"
    assert [one.name for one in read(text.encode()).certificates] == [NAME, "Sở Nội vụ"]


#: XML without a signer.
UNSIGNED_XML = {
    "an invoice": ("<HDon><DLHDon>Hóa đơn</DLHDon></HDon>", FileProblemKind.NO_SIGNATURE),
    "an invoice cut short": ("<HDon><DLHDon>Hóa đơn", FileProblemKind.UNKNOWN_TYPE),
    "a signature cut before its certificate": (
        f'<a><Signature xmlns="{pki_files.XMLDSIG}"><Sig',
        FileProblemKind.DAMAGED,
    ),
    "a stand-in": ("<a><X509Certificate>...</X509Certificate></a>", FileProblemKind.NO_SIGNATURE),
}


@pytest.mark.parametrize(("text", "trouble"), UNSIGNED_XML.values(), ids=UNSIGNED_XML.keys())
def test_xml_without_a_certificate_speaks_of_no_damaged_one(text: str, trouble: FileProblemKind) -> None:
    assert [problem.trouble for problem in read(text.encode()).problems] == [trouble]


def _asic(form: str, parts: dict[str, bytes]) -> bytes:
    return pki_files.make_zip({"mimetype": f"application/vnd.etsi.asic-{form}+zip".encode(), **parts})


def _odf(parts: dict[str, bytes]) -> bytes:
    kind = b"application/vnd.oasis.opendocument.text"
    return pki_files.make_zip({
        "mimetype": kind, "content.xml": b"<a/>", "META-INF/manifest.xml": b"<manifest/>", **parts,
    })  # fmt: skip


#: One signer, in documents that are a ZIP.
DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "ODF": lambda: _odf({"META-INF/documentsignatures.xml": _xades(key_info=(pki.issue().der,)).encode()}),
    "EPUB": lambda: pki_files.make_zip({
        "mimetype": b"application/epub+zip", "META-INF/container.xml": b"<c/>",
        "META-INF/signatures.xml": _signature(pki.issue().der),
    }),
    "ASiC-E, XAdES": lambda: _asic("e", {
        "a.pdf": pki_files.pdf(), "META-INF/signatures0.xml": _xades(key_info=(pki.issue().der,)).encode(),
    }),
    "ASiC-E, CAdES and a time stamp": lambda: _asic("e", {
        "META-INF/timestamp001.tst": support_pki_files.time_stamp(), "META-INF/ASiCManifest1.xml": b"<asic/>",
        "META-INF/signature001.p7s": pki_files.signed_pkcs7(pki.issue(), pki.g2_state()), "a.txt": b"x",
    }),
    "ASiC-S, CAdES": lambda: _asic("s", {"a.txt": b"x", "META-INF/signature.p7s": pki_files.signed_pkcs7(pki.issue())}),
    "ASiC without its kind": lambda: pki_files.make_zip({
        "a": b"x", "META-INF/signature.p7s": pki_files.signed_pkcs7(pki.issue()),
    }),
    "ASiC-S, a time stamp over a signed PDF": lambda: _asic("s", {
        "a.pdf": pki_files.pdf(pki.issue()), "META-INF/timestamp.tst": support_pki_files.time_stamp(),
    }),
    "Office, signed by its kin": lambda: pki_files.make_zip({
        "[Content_Types].xml": b"<Types/>",
        "package/services/digital-signature/xml-signature/1.psdsxs": _signature(pki.issue().der),
    }),
    "Java": lambda: pki_files.make_zip({
        "META-INF/MANIFEST.MF": b"Manifest-Version: 1.0",
        "META-INF/MAU.RSA": pki_files.signed_pkcs7(pki.issue(), pki.g2_state()),
    }),
}  # fmt: skip


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_the_signer_of_a_document_is_found(make: Callable[[], bytes]) -> None:
    for data in (make(), pki_files.make_zip({"trong/hồ sơ": make()})):
        reading = read(data)
        assert [one.name for one in reading.certificates] == [NAME]
        assert not reading.problems


#: Documents without a signer: one sentence each.
UNSIGNED = {
    "ODF": (lambda: _odf({}), FileProblemKind.NO_SIGNATURE),
    "EPUB": (lambda: pki_files.make_zip({"mimetype": b"application/epub+zip"}), FileProblemKind.NO_SIGNATURE),
    "ASiC, nothing signed": (lambda: _asic("e", {"a.txt": b"x"}), FileProblemKind.NO_SIGNATURE),
    "ASiC, a time stamp alone": (
        lambda: _asic("s", {"a.txt": b"x", "META-INF/timestamp.tst": support_pki_files.time_stamp()}),
        FileProblemKind.TIME_STAMP,
    ),
    "old Office": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), FileProblemKind.OLD_OFFICE),
}  # fmt: skip


@pytest.mark.parametrize(("make", "trouble"), UNSIGNED.values(), ids=UNSIGNED.keys())
def test_an_unsigned_document_is_one_sentence(make: Callable[[], bytes], trouble: FileProblemKind) -> None:
    assert [problem.trouble for problem in read(make()).problems] == [trouble]


#: What services write: never the officer's, and never called damaged.
SERVICES: dict[str, tuple[Callable[[], bytes], FileProblemKind]] = {
    "a time stamp": (support_pki_files.time_stamp, FileProblemKind.TIME_STAMP),
    "a time stamp, BER": (lambda: pki_files.as_ber(support_pki_files.time_stamp()), FileProblemKind.TIME_STAMP),
    "a time stamp's answer": (support_pki_files.time_stamp_response, FileProblemKind.TIME_STAMP),
    "a time stamp's refusal": (lambda: bytes.fromhex("30053003020102"), FileProblemKind.TIME_STAMP),
    "the certificate of a time stamp service": (
        lambda: support_pki_files.time_stamper().der,
        FileProblemKind.TIME_STAMP,
    ),
    "the same in PEM": (lambda: support_pki_files.time_stamper().pem, FileProblemKind.TIME_STAMP),
    "an answer about a state": (support_pki_files.ocsp_response, FileProblemKind.STATUS),
    "the certificate of a service for states": (lambda: support_pki_files.state_teller().der, FileProblemKind.STATUS),
    "a revocation list": (support_pki_files.revocation_list, FileProblemKind.STATUS),
}


@pytest.mark.parametrize(("make", "trouble"), SERVICES.values(), ids=SERVICES.keys())
def test_what_a_service_wrote_is_not_offered(make: Callable[[], bytes], trouble: FileProblemKind) -> None:
    reading = read(make())
    assert not reading.certificates
    assert [problem.trouble for problem in reading.problems] == [trouble]


def test_what_a_service_wrote_is_not_spoken_of_beside_a_certificate() -> None:
    packed = pki_files.make_zip({"a.tst": support_pki_files.time_stamp(), "a.cer": pki.issue().der})
    reading = read(packed)
    assert [one.name for one in reading.certificates] == [NAME]
    assert not reading.problems


@pytest.mark.parametrize("by_key", [True, False])
def test_of_a_signature_the_signer_is_shown_wherever_it_stands_in_the_bag(*, by_key: bool) -> None:
    bag = (support_pki_files.time_stamper().der, _other(), pki.g2_state().der, pki.issue().der)
    (one,) = read(support_pki_files.signed_data(*bag, signers=(pki.issue().der,), by_key=by_key)).certificates
    assert one.name == NAME


def test_a_damaged_certificate_in_the_bag_does_not_hide_the_signer() -> None:
    data = support_pki_files.signed_data(_other(), pki.issue().der, signers=(pki.issue().der,))
    name = "Sở Nội vụ".encode()
    assert [one.name for one in read(data.replace(name, b"\xff" * len(name))).certificates] == [NAME]
