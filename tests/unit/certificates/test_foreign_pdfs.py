"""Signed PDFs as they come: restricted, mended, cut, wrapped; the signature's bytes are found in any of them."""

import re
from collections.abc import Callable

import pytest

from bot.certificates.parsing import read
from handlers.model import FileProblemKind
from tests.support import pki, pki_files
from tests.support import pki_files as support_pki_files

NAME = "UBND xã Phước An"
HTML = (
    b"<!DOCTYPE html>\n<html><body>"
    + b"<p>C\xe1\xbb\x95ng d\xe1\xbb\x8bch v\xe1\xbb\xa5</p>" * 200
    + b"</body></html>\n"
)


def _signed() -> bytes:
    return pki_files.pdf(pki.issue(), chain=(pki.g2_state(),))


def _object(*dictionaries: bytes) -> bytes:
    """A file with the dictionaries as objects, and neither pages nor a cross-reference."""
    objects = b"".join(b"%d 0 obj\n<<%s>>\nendobj\n" % (n, one) for n, one in enumerate(dictionaries, 5))
    return (
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + objects + b"trailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    )


def _signature(contents: bytes, more: bytes = b"/SubFilter/adbe.pkcs7.detached") -> bytes:
    return b"/Type/Sig/Filter/Adobe.PPKLite" + more + b"/ByteRange[0 10 20 30]/Contents " + contents


def _cms() -> bytes:
    return pki_files.signed_pkcs7(pki.issue(), pki.g2_state())


def _by_key(signer: bytes) -> bytes:
    return support_pki_files.signed_data(pki.g2_state().der, signer, signers=(signer,), by_key=True)


def _hex(data: bytes, zeros: int = 200) -> bytes:
    return b"<" + data.hex().encode() + b"00" * zeros + b">"


def _in_lines(digits: bytes) -> bytes:
    return b"\r\n\t ".join(digits[at : at + 60] for at in range(0, len(digits), 60))


def _literal(data: bytes) -> bytes:
    """A string in brackets with its escapes, bytes above ASCII as octal codes."""
    signs = {ord("\\"): b"\\\\", ord("("): b"\\(", ord(")"): b"\\)", 13: b"\\r", 10: b"\\n"}
    return b"(" + b"".join(signs.get(one, bytes([one]) if one < 128 else b"\\%03o" % one) for one in data) + b")"


def _raw_literal(data: bytes) -> bytes:
    return b"(" + re.sub(rb"([\\()])", rb"\\\1", data).replace(b"\r", b"\\r") + b")"


def _old(certificate: bytes) -> bytes:
    return _object(_signature(b"<0481" + b"ab" * 130 + b">", b"/SubFilter/adbe.x509.rsa_sha1/Cert " + certificate))


def _protected(owner: str, user: str) -> bytes:
    """Signed after it was protected, so that nothing but the signature's bytes is left open."""
    return pki_files.pdf(pki.issue(), owner=owner, user=user)


#: One signature, in files of every condition.
SIGNED: dict[str, Callable[[], bytes]] = {
    "an owner's password": lambda: _protected("chủ", ""),
    "a user's password": lambda: _protected("chủ", "khách"),
    "startxref of nothing": lambda: re.sub(rb"startxref\s+\d+", b"startxref\n0", _signed()),
    "no startxref": lambda: _signed().rpartition(b"startxref")[0],
    "a /Prev of nothing": lambda: re.sub(rb"/Prev \d+", b"/Prev 0", _signed()),
    "no end": lambda: _signed().rpartition(b"%%EOF")[0],
    "two ends": lambda: _signed() + b"\n%%EOF\n",
    "cut behind the signature": lambda: _signed()[: _signed().rindex(b"/ByteRange") + 100],
    "a web page in front": lambda: HTML + _signed(),
    "a web page behind": lambda: _signed() + HTML,
    "fields of HTTP in front": lambda: b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + _signed(),
    "CRLF for every LF": lambda: _signed().replace(b"\n", b"\r\n"),
    "LF for every CR": lambda: _signed().replace(b"\r", b"\n"),
    "no beginning": lambda: _signed()[200:],
    "no %PDF": lambda: _signed().replace(b"%PDF-", b"%pdf "),
    "no form": lambda: re.sub(rb"/AcroForm", b"/AcroNone", _signed()),
    "a field of another name": lambda: _signed().replace(b"/FT /Sig", b"/FT /Xxx").replace(b"/FT/Sig", b"/FT/Xxx"),
    "bytes changed elsewhere": lambda: _signed().replace(b"endstream", b"enDstream"),
    "digits over lines": lambda: _object(_signature(b"< " + _in_lines(_cms().hex().encode()) + b"\n>")),
    "capital digits": lambda: _object(_signature(b"<" + _cms().hex().upper().encode() + b">")),
    "zeros behind": lambda: _object(_signature(_hex(_cms(), 16_000))),
    "a name in codes": lambda: _object(_signature(_hex(_cms())).replace(b"/Contents", b"/#43ontents")),
    "a string in brackets": lambda: _object(_signature(_literal(_cms()))),
    "a string in brackets, bytes as they are": lambda: _object(_signature(_raw_literal(_cms()))),
    "certified only": lambda: _object(_signature(_hex(_cms())), b"/Perms<</DocMDP 5 0 R>>"),
    "a reference in place of the string": lambda: _object(_signature(b"6 0 R"))
    + b"6 0 obj\n" + _hex(_cms()) + b"\nendobj\n",
    "adbe.pkcs7.sha1": lambda: _object(_signature(_hex(_cms()), b"/SubFilter/adbe.pkcs7.sha1")),
    "ETSI.CAdES.detached": lambda: _object(_signature(_hex(_cms()), b"/SubFilter/ETSI.CAdES.detached")),
    "a range without spaces": lambda: _object(_signature(_hex(_cms())).replace(b"[0 10 20 30]", b"[ 0 1 0 R 20 30 ]")),
    "no range": lambda: _object(b"/Type/Sig/Contents" + _hex(_cms())),
    "BER": lambda: _object(_signature(_hex(pki_files.as_ber(_cms())))),
    "a signer by key": lambda: _object(
        _signature(_hex(_by_key(pki.issue().der)))
    ),
    "x509.rsa_sha1": lambda: _old(_hex(pki.issue().der, 0)),
    "x509.rsa_sha1, a chain": lambda: _old(b"[" + _hex(pki.issue().der, 0) + _hex(pki.g2_state().der, 0) + b"]"),
    "x509.rsa_sha1, brackets": lambda: _old(_literal(pki.issue().der)),
    "x509.rsa_sha1, a chain in brackets": lambda: _old(b"[ " + _raw_literal(pki.issue().der) + b" ]"),
    "x509.rsa_sha1, a reference": lambda: _old(b"9 0 R") + b"9 0 obj\n" + _hex(pki.issue().der, 0) + b"\nendobj\n",
    "a time stamp behind": lambda: _object(
        _signature(_hex(_cms())),
        b"/Type/DocTimeStamp" + _signature(_hex(support_pki_files.time_stamp()), b"/SubFilter/ETSI.RFC3161")[9:],
    ),
    "a time stamp in front": lambda: _object(
        _signature(_hex(support_pki_files.time_stamp()), b"/SubFilter/ETSI.RFC3161"), _signature(_hex(_cms()))
    ),
    "usage rights of a reader": lambda: _object(
        _signature(_hex(_adobe()), b"/Reference[<</TransformMethod/UR3>>]"), _signature(_hex(_cms()))
    ),
    "usage rights, named elsewhere": lambda: _object(
        _signature(_hex(_adobe())), _signature(_hex(_cms())), b"/Perms<</UR3 5 0 R>>"
    ),
    "room for another signature": lambda: _object(_signature(_hex(_cms())), _signature(b"<" + b"0" * 4000 + b">")),
    "other strings that begin alike": lambda: _object(
        b"/ID[<30" + b"ab" * 85 + b">(0\x82)]/Contents<3082" + b"ab" * 85 + b">", _signature(_hex(_cms()))
    ),
    "a comment in hexadecimal": lambda: _object(
        b"/Subtype/Text/Contents<" + "\ufeffGhi chú dài dòng".encode("utf-16-be").hex().encode() * 9 + b">",
        _signature(_hex(_cms())),
    ),
}  # fmt: skip


def _adobe() -> bytes:
    return pki_files.signed_pkcs7(pki.issue("ARE Production V8.1", key=pki.ec_key("reader")))


@pytest.mark.parametrize("make", SIGNED.values(), ids=SIGNED.keys())
def test_the_signer_is_found_whatever_the_file_around_the_signature(make: Callable[[], bytes]) -> None:
    reading = read(make())
    assert [one.name for one in reading.certificates] == [NAME]
    assert not reading.problems


@pytest.mark.parametrize("method", ["rc4", "aes128", "aes256"])
@pytest.mark.parametrize("user", ["", "123456"])
def test_no_cipher_of_a_document_hides_its_signer(method: str, user: str) -> None:
    (one,) = read(pki_files.pdf(pki.issue(), owner="654321", user=user, method=method)).certificates
    assert one.name == NAME


def test_several_signatures_keep_their_order_in_a_damaged_file() -> None:
    second = pki.issue("Trần Văn Thử", key=pki.ec_key("head"))
    damaged = re.sub(rb"startxref\s+\d+", b"startxref\n0", pki_files.pdf(pki.issue(), second))
    assert [one.name for one in read(damaged).certificates] == [NAME, "Trần Văn Thử"]


#: PDFs that give no certificate, and why.
UNSIGNED: dict[str, tuple[Callable[[], bytes], FileProblemKind]] = {
    "no signature": (pki_files.pdf, FileProblemKind.NO_SIGNATURE),
    "no end": (lambda: pki_files.pdf().rpartition(b"xref")[0][:-40], FileProblemKind.DAMAGED),
    "a beginning alone": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", FileProblemKind.DAMAGED),
    "noise behind a beginning": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 9, FileProblemKind.DAMAGED),
    "an owner's password": (lambda: pki_files.pdf(owner="chủ", user=""), FileProblemKind.NO_SIGNATURE),
    "a time stamp alone": (
        lambda: _object(_signature(_hex(support_pki_files.time_stamp()), b"/SubFilter/ETSI.RFC3161")),
        FileProblemKind.TIME_STAMP,
    ),
    "a signature without certificates": (
        lambda: _object(_signature(_hex(support_pki_files.signed_data()))), FileProblemKind.NO_CERTIFICATE,
    ),
    "a damaged signature": (lambda: _object(_signature(b"<31" + _hex(_cms())[3:])), FileProblemKind.BROKEN),
    "a certificate asked for, and none given": (
        lambda: pki_files.pdf().replace(
            b"startxref", b"%/SV<</Cert<</Issuer[" + _hex(pki.g2_state().der) + b"]>>>>\nstartxref"
        ),
        FileProblemKind.NO_SIGNATURE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "trouble"), UNSIGNED.values(), ids=UNSIGNED.keys())
def test_a_pdf_without_a_signer_says_why_and_never_speaks_of_a_damaged_certificate_it_has_not(
    make: Callable[[], bytes], trouble: FileProblemKind
) -> None:
    reading = read(make())
    assert not reading.certificates
    assert [problem.trouble for problem in reading.problems] == [trouble]
