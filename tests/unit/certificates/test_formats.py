"""What is read out of which file: decided from the bytes."""

import base64
import codecs
import json
import re
from collections.abc import Callable

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding

from bot.certificates.parsing import read
from handlers.model import FileProblemKind
from tests.support import pki, pki_files

NAME = "UBND xã Phước An"
_EMPTY_SIGNED_DATA = {
    "version": "v1",
    "digest_algorithms": [],
    "encap_content_info": {"content_type": "data"},
    "signer_infos": [],
}


def _chain() -> tuple[bytes, bytes, bytes]:
    return pki.issue().der, pki.g2_state().der, pki.g2_root().der


def _utf16(text: bytes) -> bytes:
    return text.decode().encode("utf-16")


def _quoted(text: bytes) -> bytes:
    return b"".join(b"> " + line for line in text.splitlines(keepends=True))


def _base64() -> str:
    return base64.b64encode(_chain()[0]).decode()


def _wrapped(text: bytes) -> bytes:
    return "Kính gửi anh/chị,\r\n\r\n".encode() + text + "\r\nTrân trọng.\r\n-- \r\nVăn thư".encode()


#: One certificate in each form an officer may send it.
ONE = {
    "DER": lambda: _chain()[0],
    "DER with a line end": lambda: _chain()[0] + b"\r\n",
    "DER after a line end": lambda: b"\r\n" + _chain()[0],
    "DER after a BOM": lambda: codecs.BOM_UTF8 + _chain()[0],
    "DER, two copies": lambda: _chain()[0] * 2,
    "PEM": lambda: pki.issue().pem,
    "PEM, CRLF": lambda: pki.issue().pem.replace(b"\n", b"\r\n"),
    "PEM, UTF-8 BOM": lambda: codecs.BOM_UTF8 + pki.issue().pem,
    "PEM, UTF-16 with BOM": lambda: _utf16(pki.issue().pem),
    "PEM, UTF-16 without BOM": lambda: pki.issue().pem.decode().encode("utf-16-le"),
    "PEM, UTF-16 big-endian without BOM": lambda: pki.issue().pem.decode().encode("utf-16-be"),
    "PEM, quoted": lambda: _quoted(pki.issue().pem),
    "PEM, quoted twice": lambda: _quoted(_quoted(pki.issue().pem)),
    "PEM in JSON": lambda: json.dumps({"cert": pki.issue().pem.decode()}).encode(),
    "PEM in JSON, CRLF": lambda: json.dumps(pki.issue().pem.decode().replace("\n", "\r\n")).encode(),
    "base64, quoted": lambda: _quoted(base64.encodebytes(_chain()[0])),
    "base64 in JSON with escaped slashes": lambda: json.dumps(_base64()).replace("/", r"\/").encode(),
    "PEM, text around it": lambda: _wrapped(pki.issue().pem),
    "PEM on one line": lambda: pki.issue().pem.replace(b"\n", b""),
    "PEM, no end mark": lambda: pki.issue().pem.rpartition(b"-----END")[0],
    "base64": lambda: base64.encodebytes(_chain()[0]),
    "base64 on one line": lambda: base64.b64encode(_chain()[0]),
    "base64, CRLF, UTF-8 BOM": lambda: codecs.BOM_UTF8 + base64.encodebytes(_chain()[0]).replace(b"\n", b"\r\n"),
    "base64, UTF-16": lambda: _utf16(base64.encodebytes(_chain()[0])),
    "base64, text around it": lambda: _wrapped(base64.encodebytes(_chain()[0])),
    "a chain in PEM": lambda: pki_files.pem(*_chain()),
    "a chain in PEM, root first": lambda: pki_files.pem(*reversed(_chain())),
    "PKCS#7 bag": lambda: pki_files.bundle(*_chain()),
    "PKCS#7 bag, PEM": lambda: pki_files.bundle(*_chain(), encoding=Encoding.PEM),
    "PKCS#7 bag, base64": lambda: base64.encodebytes(pki_files.bundle(*_chain())),
    "PKCS#7 bag, BER": lambda: pki_files.as_ber(pki_files.bundle(*_chain())),
    "PKCS#7 signature": lambda: pki_files.signed_pkcs7(pki.issue(), pki.g2_state()),
    "PKCS#7 signature, BER": lambda: pki_files.as_ber(pki_files.signed_pkcs7(pki.issue(), pki.g2_state())),
    "PDF": lambda: pki_files.pdf(pki.issue(), chain=(pki.g2_state(), pki.g2_root())),
    "PDF after some bytes": lambda: b"\r\n\r\n" + pki_files.pdf(pki.issue()),
    "XML": lambda: pki_files.signed_xml(*_chain()),
    "XML, UTF-8 BOM": lambda: codecs.BOM_UTF8 + pki_files.signed_xml(_chain()[0]),
    "Office": lambda: pki_files.word_document(_chain()[0]),
    "ZIP": lambda: pki_files.make_zip({"chứng thư.cer": _chain()[0], "ca.crt": _chain()[1]}),
    "ZIP of an Office document": lambda: pki_files.make_zip({"tờ trình.docx": pki_files.word_document(_chain()[0])}),
}


@pytest.mark.parametrize("make", ONE.values(), ids=ONE.keys())
def test_every_form_gives_the_one_certificate(make: Callable[[], bytes]) -> None:
    reading = read(make(), "tệp không có đuôi")
    assert [one.name for one in reading.certificates] == [NAME]
    assert not reading.problems


def test_several_in_one_file_keep_their_order_and_come_once() -> None:
    first, second = pki.make_certificate("Sở Nội vụ"), pki.make_certificate("Sở Tài chính")
    reading = read(pki_files.pem(second, first, second, first))
    assert [one.name for one in reading.certificates] == ["Sở Tài chính", "Sở Nội vụ"]


def test_every_signature_of_a_pdf_gives_its_signer_in_the_order_of_signing() -> None:
    clerk, head = pki.issue("Nguyễn Thị Mẫu"), pki.issue("Trần Văn Thử", key=pki.ec_key("head"))
    reading = read(pki_files.pdf(clerk, head, chain=(pki.g2_state(),)))
    assert [one.name for one in reading.certificates] == ["Nguyễn Thị Mẫu", "Trần Văn Thử"]


#: Files with a damaged part between two whole ones.
DAMAGED_PARTS = {
    "PEM": lambda: pki.issue().pem + pki.g1_state().pem[:400] + pki.issue("Sở Nội vụ").pem,
    "ZIP": lambda: pki_files.make_zip(
        {"a.cer": pki.issue().der, "b.cer": pki.issue().der[:90], "c.cer": pki.issue("Sở Nội vụ").der}
    ),
    "Office": lambda: pki_files.word_document(
        pki.issue().der, b"\x30\x82\x01\x00\x30\x03\x02", pki.issue("Sở Nội vụ").der
    ),
    "PDF": lambda: _damaged_signature(1),
}


def _damaged_signature(which: int) -> bytes:
    middle = pki.issue("Trần Văn Thử", key=pki.ec_key("middle"))
    whole = pki_files.pdf(pki.issue(), middle, pki.issue("Sở Nội vụ"))
    start = [found.end() for found in re.finditer(rb"/Contents ?<", whole)][which]
    return whole[:start] + b"31" + whole[start + 2 :]


@pytest.mark.parametrize("make", DAMAGED_PARTS.values(), ids=DAMAGED_PARTS.keys())
def test_a_damaged_part_does_not_take_the_others_with_it(make: Callable[[], bytes]) -> None:
    reading = read(make())
    assert {one.name for one in reading.certificates} == {NAME, "Sở Nội vụ"}
    assert {problem.trouble for problem in reading.problems} == {FileProblemKind.BROKEN}


def test_a_companion_found_for_itself_later_is_shown() -> None:
    signer, other = pki.issue(), pki.issue("Sở Nội vụ", key=pki.ec_key("other"))
    signed = pki_files.signed_pkcs7(signer, other)
    for later in (other.der, pki_files.signed_pkcs7(other)):
        reading = read(pki_files.make_zip({"a.p7s": signed, "y": later}))
        assert [one.name for one in reading.certificates] == [NAME, "Sở Nội vụ"]


def test_a_ca_found_first_and_as_a_signer_later_is_shown() -> None:
    state = pki.g2_state()
    entries = {"ca.crt": state.der, "a.cer": pki.issue().der, "b.p7s": pki_files.signed_pkcs7(state)}
    assert len(read(pki_files.make_zip(entries)).certificates) == 2


#: What stands in front of a private key in DER.
BEFORE_KEYS = {
    "a line end": b"\r\n",
    "a BOM": codecs.BOM_UTF8,
    "a BOM and blanks": codecs.BOM_UTF8 + b" \n",
    "a certificate and a line end": pki.issue().der + b"\r\n",
}


@pytest.mark.parametrize("before", BEFORE_KEYS.values(), ids=BEFORE_KEYS.keys())
@pytest.mark.parametrize("form", [name for name in pki_files.KEY_FORMS if name.endswith("DER")])
def test_a_private_key_in_der_is_refused_wherever_it_begins(form: str, before: bytes) -> None:
    reading = read(before + pki_files.private_keys(pki.rsa_key())[form])
    assert not reading.certificates
    assert [problem.trouble for problem in reading.problems] == [FileProblemKind.PRIVATE_KEY]


def _document_with_key() -> bytes:
    parts = {"[Content_Types].xml": b"<Types/>", "word/khoa.pem": pki_files.private_keys(pki.ec_key())["PKCS#8 PEM"]}
    return pki_files.make_zip(parts)


_PUBLIC_XML = b"<RSAKeyValue>\n<Modulus>4a/b</Modulus>\n<Exponent>AQAB</Exponent>"
_JWK = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}
#: Private keys in other clothes; all values are made up.
OTHER_KEYS = {
    "PEM, UTF-16 big-endian without BOM": lambda: _key_pem().decode().encode("utf-16-be"),
    "PEM, UTF-16 after other bytes": lambda: "Khóa: ".encode() + _key_pem().decode().encode("utf-16-le"),
    "a document with a key inside": _document_with_key,
    ".NET": lambda: _PUBLIC_XML + b"<P>AAAA</P></RSAKeyValue>",
    ".NET, the exponent alone": lambda: _PUBLIC_XML + b"<D>AAAA</D></RSAKeyValue>",
    ".NET, UTF-16": lambda: _utf16(_PUBLIC_XML + b"<D>AAAA</D></RSAKeyValue>"),
    "JWK": lambda: json.dumps(_JWK | {"d": "A" * 43}).encode(),
    "JWK, set": lambda: json.dumps({"keys": [_JWK, {"d": "A" * 43, **_JWK}]}, indent=2).encode(),
}


def _key_pem() -> bytes:
    return pki_files.private_keys(pki.ec_key())["PKCS#8 PEM"]


@pytest.mark.parametrize("make", OTHER_KEYS.values(), ids=OTHER_KEYS.keys())
def test_a_private_key_in_other_clothes_is_refused(make: Callable[[], bytes]) -> None:
    assert [problem.trouble for problem in read(make()).problems] == [FileProblemKind.PRIVATE_KEY]


def test_a_public_key_in_xml_or_json_is_no_secret() -> None:
    for data in (_PUBLIC_XML + b"</RSAKeyValue>", b"<a>" + _PUBLIC_XML + b"</RSAKeyValue><P>1</P></a>"):
        assert [problem.trouble for problem in read(data).problems] != [FileProblemKind.PRIVATE_KEY]
    assert read(json.dumps(_JWK).encode()).problems[0].trouble is FileProblemKind.UNKNOWN_TYPE


def test_a_private_key_behind_other_bytes_is_refused() -> None:
    forms = pki_files.private_keys(pki.ec_key())
    before = (pki.issue().der, b"%PDF-1.7 ", b"<xml/>", "Khóa của tôi:\n".encode())
    assert read(pki.issue().der + forms["PKCS#8 DER"]).problems[0].trouble is FileProblemKind.PRIVATE_KEY
    for data in (start + forms[form] for start in before for form in ("PKCS#8 PEM", "OpenSSH")):
        assert read(data).problems[0].trouble is FileProblemKind.PRIVATE_KEY


def test_a_signer_is_shown_and_other_subscribers_beside_it_are_not() -> None:
    signer, other = pki.issue(), pki.issue("Sở Nội vụ", key=pki.ec_key("other"))
    reading = read(pki_files.signed_pkcs7(signer, other))
    assert [one.name for one in reading.certificates] == [NAME]


def test_a_lone_ca_file_still_gives_a_record() -> None:
    (one,) = read(pki.g2_state().der).certificates
    assert one.name == "CA phục vụ các cơ quan Nhà nước G2"


#: Files that give no certificate, and why.
TROUBLES = {
    "nothing": (lambda: b"", FileProblemKind.EMPTY),
    "blanks": (lambda: b" \r\n\0", FileProblemKind.EMPTY),
    "JPEG": (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF", FileProblemKind.PICTURE),
    "PNG": (lambda: b"\x89PNG\r\n\x1a\n", FileProblemKind.PICTURE),
    "GIF": (lambda: b"GIF89a", FileProblemKind.PICTURE),
    "WEBP": (lambda: b"RIFF\x10\0\0\0WEBPVP8 ", FileProblemKind.PICTURE),
    "HEIC": (lambda: b"\0\0\0\x18ftypheic", FileProblemKind.PICTURE),
    "a video": (lambda: b"\0\0\0\x18ftypisom", FileProblemKind.UNKNOWN_TYPE),
    "prose": ("Kính gửi anh/chị".encode, FileProblemKind.UNKNOWN_TYPE),
    "noise": (lambda: bytes(range(256)), FileProblemKind.UNKNOWN_TYPE),
    "old Office": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), FileProblemKind.OLD_OFFICE),
    "Office with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        FileProblemKind.ENCRYPTED,
    ),
    "a PDF with a password": (lambda: pki_files.pdf(password="123"), FileProblemKind.ENCRYPTED),
    "a PDF without a signature": (pki_files.pdf, FileProblemKind.NO_SIGNATURE),
    "a PDF cut short": (lambda: pki_files.pdf(pki.issue())[:300], FileProblemKind.DAMAGED),
    "Office without a signature": (pki_files.word_document, FileProblemKind.NO_SIGNATURE),
    "XML without a signature": (lambda: b"<a/>", FileProblemKind.NO_SIGNATURE),
    "XML cut short": (
        lambda: pki_files.signed_xml(pki.issue().der).partition(b"</X509")[0][:-99],
        FileProblemKind.BROKEN,
    ),
    "a web page": (lambda: b"<html><br></html>", FileProblemKind.UNKNOWN_TYPE),
    "XML with an entity": (lambda: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', FileProblemKind.UNKNOWN_TYPE),
    "a web page that names its kind": (lambda: b"<!DOCTYPE html><html></html>", FileProblemKind.UNKNOWN_TYPE),
    "a signature without a certificate": (
        f'<Signature xmlns="{pki_files.XMLDSIG}"/>'.encode,
        FileProblemKind.NO_CERTIFICATE,
    ),
    "a public key": (lambda: b"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----", FileProblemKind.PUBLIC_KEY),
    "a certificate cut short": (lambda: pki.issue().der[:-9], FileProblemKind.BROKEN),
    "damaged base64": (lambda: pki.issue().pem.replace(b"MII", b"MIJ"), FileProblemKind.BROKEN),
    "an empty ZIP": (lambda: pki_files.make_zip({}), FileProblemKind.NO_CERTIFICATE),
    "a damaged ZIP": (lambda: pki_files.make_zip({"a": b"b"})[:-9], FileProblemKind.DAMAGED),
    "other DER": (lambda: bytes.fromhex("30030a0106"), FileProblemKind.NO_CERTIFICATE),
    "a PKCS#7 without certificates": (
        lambda: cms.ContentInfo({"content_type": "signed_data", "content": _EMPTY_SIGNED_DATA}).dump(),
        FileProblemKind.NO_CERTIFICATE,
    ),
}


@pytest.mark.parametrize(("make", "trouble"), TROUBLES.values(), ids=TROUBLES.keys())
def test_a_file_without_certificate_says_why(make: Callable[[], bytes], trouble: FileProblemKind) -> None:
    reading = read(make())
    assert not reading.certificates
    assert [problem.trouble for problem in reading.problems] == [trouble]


def _key_forms() -> dict[str, bytes]:
    forms = {f"EC {name}": data for name, data in pki_files.private_keys(pki.ec_key()).items()}
    return forms | {f"RSA {name}": data for name, data in pki_files.private_keys(pki.rsa_key()).items()}


@pytest.mark.parametrize("form", [f"{kind} {form}" for kind in ("EC", "RSA") for form in pki_files.KEY_FORMS])
def test_a_private_key_of_any_form_is_refused_and_nothing_else_is_told(form: str) -> None:
    key = _key_forms()[form]
    beside = (key, _utf16(key)) if key.isascii() else (key,)
    packed = pki_files.make_zip({"chứng thư.cer": pki.issue().der, "khóa": key})
    for data in (*beside, packed):
        reading = read(data)
        assert not reading.certificates
        assert [problem.trouble for problem in reading.problems] == [FileProblemKind.PRIVATE_KEY]
    assert read(packed).problems[0].where == "khóa"


@pytest.mark.parametrize("form", [name for name in pki_files.KEY_FORMS if name.endswith("PEM")])
def test_a_private_key_beside_its_certificate_is_refused(form: str) -> None:
    key, certificate = pki_files.private_keys(pki.ec_key())[form], pki.issue().pem
    for data in (key + certificate, certificate + key, certificate + key.replace(b"\n", b"\r\n")):
        assert read(data).model_dump()["problems"] == ({"trouble": FileProblemKind.PRIVATE_KEY, "where": ""},)
        assert not read(data).certificates


def test_a_truncated_private_key_is_still_refused() -> None:
    for form in ("PKCS#8 DER", "encrypted PKCS#8 DER", "traditional DER"):
        key = pki_files.private_keys(pki.rsa_key())[form]
        assert read(key[: len(key) // 2]).problems[0].trouble is FileProblemKind.PRIVATE_KEY


def test_a_pkcs12_file_is_refused_alone_and_in_a_zip() -> None:
    p12 = pki_files.pkcs12_file(pki.issue())
    for data in (p12, base64.encodebytes(p12), pki_files.make_zip({"a.cer": pki.issue().der, "b.pfx": p12})):
        reading = read(data)
        assert not reading.certificates
        assert [problem.trouble for problem in reading.problems] == [FileProblemKind.PKCS12]


def test_the_name_of_a_file_decides_nothing() -> None:
    assert read(pki.issue().der, "anh.jpg").certificates
    assert read(b"\xff\xd8\xff", "a.cer").problems[0].trouble is FileProblemKind.PICTURE
