"""Certificates as chats, mail, JSON, web pages and editors carry them: the text is made plain before it is read."""

import base64
import html
import json
import quopri
import urllib.parse
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.certificates.parsing import read
from handlers.model import FileProblemKind
from tests.support import pki, pki_files
from tests.support import pki_files as support_pki_files

NAME = "UBND xã Phước An"


def _base64(data: bytes | None = None) -> str:
    """A certificate whose base64 has both of the signs that travel badly."""
    if data is None:
        data = next(der for n in range(99) if {"+", "/"} <= set(_base64(der := pki.make_certificate(serial=n + 9))))
    return base64.b64encode(data).decode()


def _pem() -> str:
    lines = [_LINE[at : at + 64] for at in range(0, len(_LINE), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))


_LINE = _base64()


def _every(step: int, sign: str) -> str:
    return sign.join(_LINE[at : at + step] for at in range(0, len(_LINE), step))


def _numbered(form: str) -> str:
    return "\n".join(form.format(n, line) for n, line in enumerate(_pem().splitlines(), 1))


def _escaped(text: str) -> str:
    return text.replace("+", r"\u002B").replace("/", r"\u002f").replace("=", r"\u003d").replace("\n", r"\u000a")


def _jws_header(**fields: object) -> str:
    text = json.dumps({"alg": "RS256", **fields})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _x5c() -> list[str]:
    return [_LINE, _base64(pki.g2_state().der)]


_JWS = {"payload": "e30", "signature": "AAAA"}
#: One certificate, as it travels.
TEXTS: dict[str, Callable[[], str | bytes]] = {
    "zero-width blanks between lines": lambda: _every(64, "\u200b"),
    "zero-width joiners": lambda: _every(40, "\u2060\ufeff"),
    "soft hyphens": lambda: _every(64, "\u00ad"),
    "no-break blanks": lambda: _every(64, "\u00a0"),
    "no-break blanks in one byte a letter": lambda: _every(64, "\u00a0").encode("cp1258"),
    "PEM, zero-width blanks": lambda: _pem().replace("\n", "\u200b\n"),
    "full-width plus and slash": lambda: _LINE.replace("+", "＋").replace("/", "／").replace("=", "＝"),
    "quoted-printable": lambda: quopri.encodestring(_pem().encode()),
    "quoted-printable, bare": lambda: quopri.encodestring(_LINE.encode()),
    "JSON, plus and slash as codes": lambda: '{"Cert":"' + _escaped(_LINE) + '"}',
    "JSON, PEM with line ends as codes": lambda: '{"Cert":"' + _escaped(_pem()) + '"}',
    "JSON in JSON": lambda: json.dumps(json.dumps({"cert": _pem()})).replace("/", "\\/"),
    "a literal backslash n": lambda: _pem().replace("\n", r"\n"),
    "for addresses": lambda: _LINE.replace("+", "-").replace("/", "_").rstrip("="),
    "percent codes": lambda: "cert=" + urllib.parse.quote(_pem(), safe=""),
    "a form": lambda: "cert=" + urllib.parse.quote_plus(_pem()),
    "percent codes twice": lambda: urllib.parse.quote(urllib.parse.quote(_LINE, safe=""), safe=""),
    "blanks for pluses": lambda: _LINE.replace("+", " "),
    "HTML codes": lambda: "<p>" + _pem().replace("+", "&#43;").replace("/", "&#x2F;").replace("\n", "&#10;") + "</p>",
    "HTML line breaks": lambda: _pem().replace("\n", "<br>\n"),
    "HTML, escaped twice": lambda: html.escape(_pem().replace("+", "&#43;")),
    "quotes of mail": lambda: "\n".join(f">> {line}" for line in _pem().splitlines()),
    "bars of a chat": lambda: "\n".join(f"| {line}" for line in _pem().splitlines()),
    "line numbers": lambda: _numbered("{:>3} {}"),
    "line numbers with a colon": lambda: _numbered("{}: {}"),
    "line numbers with a bar": lambda: _numbered("{:02} | {}"),
    "long dashes": lambda: _pem().replace("-----", "—–"),
    "figure dashes": lambda: _pem().replace("-", "‒"),
    "small letters": lambda: _pem().replace("BEGIN CERTIFICATE", "begin certificate"),
    "no end": lambda: _pem().partition("-----END")[0],
    "no beginning": lambda: _pem().partition("-----\n")[2],
    "one line": lambda: _pem().replace("\n", " "),
    "blanks at every line": lambda: _pem().replace("\n", " \r\n\t "),
    "an address of data": lambda: f"data:application/x-x509-ca-cert;base64,{_LINE}",
    "string literals": lambda: " +\n".join(f'"{line}\\n"' for line in _pem().splitlines()),
    "curly quotes": lambda: f"Chứng thư: “{_LINE}”",
    "UTF-16 without mark, Vietnamese first": lambda: f"Kính gửi ông/bà,\r\n{_pem()}".encode("utf-16-le"),
    "UTF-16 with mark": lambda: _pem().encode("utf-16"),
    "windows-1258 around": lambda: b"\xc2n b\xe3n \xd0i\xf2u\r\n" + _pem().encode(),
    "text of openssl in front": lambda: "Certificate:\n    Data:\n        Version: 3 (0x2)\n" + _pem(),
    "hexadecimal": lambda: pki.issue().der.hex(" "),
    "hexadecimal with colons": lambda: pki.issue().der.hex(":").upper(),
    "PEM in base64": lambda: base64.b64encode(_pem().encode()),
    "PEM in base64 in a configuration": lambda: "data:\n  tls.crt: " + base64.b64encode(_pem().encode()).decode(),
    "a PDF in base64": lambda: json.dumps({"file": _base64(pki_files.pdf(pki.issue()))}),
    "JWS, compact": lambda: f"{_jws_header(x5c=_x5c())}.e30.AAAA",
    "JWS, JSON": lambda: json.dumps({**_JWS, "protected": _jws_header(x5c=_x5c())}),
    "JWS, JSON, several": lambda: json.dumps(
        {"payload": "e30", "signatures": [{"protected": _jws_header(x5c=_x5c())}]}
    ),
    "JWS, header outside": lambda: json.dumps({**_JWS, "header": {"x5c": _x5c()}}),
    "PKCS#7 in PEM under another name": lambda: (
        "-----BEGIN CMS-----\n" + _base64(pki_files.bundle(pki.issue().der)) + "\n-----END CMS-----"
    ),
}


@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS.keys())
def test_a_certificate_is_read_however_its_text_travelled(make: Callable[[], str | bytes]) -> None:
    text = make()
    reading = read(text.encode() if isinstance(text, str) else text)
    assert [one.name for one in reading.certificates] == [NAME]
    assert not reading.problems


def test_two_certificates_of_one_line_each_stay_two() -> None:
    ders = [pki.issue(superior="S" * n, serial=2**62).der for n in range(8, 20)]
    padded = [_base64(der) for der in ders if _base64(der).endswith("=")][:2]
    assert len(read("\n".join(padded).encode()).certificates) == 2


def _key() -> str:
    return pki_files.private_keys(pki.ec_key())["PKCS#8 PEM"].decode()


def _rsa_key() -> str:
    return pki_files.private_keys(pki.rsa_key())["traditional PEM"].decode()


#: A private key in each of those clothes.
SECRETS: dict[str, Callable[[], str | bytes]] = {
    "zero-width blanks": lambda: _key().replace(" ", " \u200b").replace("A", "A\u2060"),
    "zero-width blanks inside of words": lambda: _key().replace("PRIVATE", "PRI\u200bVATE"),
    "no-break blanks": lambda: _key().replace(" ", "\u00a0"),
    "long dashes": lambda: _key().replace("-----", "—"),
    "small letters": lambda: _key().replace("BEGIN PRIVATE KEY", "begin private key"),
    "percent codes": lambda: urllib.parse.quote(_key(), safe=""),
    "a form": lambda: urllib.parse.quote_plus(_rsa_key()),
    "HTML codes": lambda: _key().replace("-", "&#45;").replace(" ", "&nbsp;"),
    "JSON codes": lambda: _escaped(_key().replace("-", r"\u002d").replace(" ", r"\u0020")),
    "quoted-printable": lambda: quopri.encodestring(_rsa_key().encode(), quotetabs=True),
    "full-width letters": lambda: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in _key()),
    "UTF-16 without mark": lambda: ("Khóa của ông/bà:\n" + _key()).encode("utf-16-le"),
    "PEM in base64": lambda: base64.b64encode(_key().encode()),
    "PEM in base64, in a configuration": lambda: "tls.key: " + base64.b64encode(_rsa_key().encode()).decode(),
    "base64, zero-width blanks": lambda: "\u200b".join(base64.encodebytes(_der_key()).decode().splitlines()),
    "base64 for addresses": lambda: base64.urlsafe_b64encode(_der_key()).rstrip(b"="),
    "base64, blanks for pluses": lambda: base64.b64encode(_der_key()).replace(b"+", b" "),
    "hexadecimal": lambda: _der_key().hex(),
    "PKCS#12 in base64, zero-width blanks": lambda: "\u200b".join(
        base64.encodebytes(pki_files.pkcs12_file(pki.issue())).decode().splitlines()
    ),
    "an attachment": lambda: _mail(("khoa.key", _der_key())),
    "the words of a mail": lambda: _mail(text=_key()),
    "XML around": lambda: f"<a>{_key()}</a>",
    "PGP": lambda: "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----",
}


def _der_key() -> bytes:
    return pki_files.private_keys(pki.rsa_key())["PKCS#8 DER"]


@pytest.mark.parametrize("make", SECRETS.values(), ids=SECRETS.keys())
def test_a_private_key_is_refused_however_its_text_travelled(make: Callable[[], str | bytes]) -> None:
    text = make()
    reading = read(text.encode() if isinstance(text, str) else text)
    assert not reading.certificates
    assert len(reading.problems) == 1
    assert reading.problems[0].trouble in {FileProblemKind.PRIVATE_KEY, FileProblemKind.PKCS12}


def _mail(*attachments: tuple[str, bytes], text: str = "Kính gửi anh/chị") -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "Văn thư <vanthu@example.vn>", "Chứng thư số"
    message.set_content(text)
    message.add_alternative("<p>Kính gửi</p><img src='cid:1'>", subtype="html")
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def _smime(kind: str, transfer: str) -> bytes:
    body = base64.encodebytes(pki_files.signed_pkcs7(pki.issue(), pki.g2_state())).decode()
    part = f"Content-Transfer-Encoding: {transfer}\n\n{body}"
    if kind == "opaque":
        return f"Content-Type: application/pkcs7-mime; smime-type=signed-data\n{part}".encode()
    head = 'MIME-Version: 1.0\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="b"\n\n'
    signature = f"Content-Type: application/pkcs7-signature; name=smime.p7s\n{part}"
    return f"{head}--b\nContent-Type: text/plain\n\nxin chào\n--b\n{signature}\n--b--\n".encode()


#: Mail with one certificate.
MAILS = {
    "S/MIME beside the words": lambda: _smime("detached", "base64"),
    "S/MIME around the words": lambda: _smime("opaque", "base64"),
    "S/MIME with a wrong transfer encoding": lambda: _smime("detached", "7bit"),
    "S/MIME as openssl writes it": lambda: pki_files.signed_pkcs7(pki.issue(), pki.g2_state(), encoding=Encoding.SMIME),
    "a certificate attached": lambda: _mail(("a.cer", pki.issue().der), ("logo.png", b"\x89PNG\r\n\x1a\n")),
    "a signed PDF attached": lambda: _mail(("tờ trình.pdf", pki_files.pdf(pki.issue()))),
    "a ZIP attached": lambda: _mail(("a.zip", pki_files.make_zip({"a.cer": pki.issue().der}))),
    "a message attached": lambda: _mail(("thu.eml", _mail(("a.cer", pki.issue().der)))),
    "PEM in the words": lambda: _mail(text=_pem()),
    "blank lines and a mark in front": lambda: b"\xef\xbb\xbf\r\n" + _mail(("a.cer", pki.issue().der)),
}


@pytest.mark.parametrize("make", MAILS.values(), ids=MAILS.keys())
def test_mail_gives_what_is_in_it(make: Callable[[], bytes]) -> None:
    reading = read(make())
    assert [one.name for one in reading.certificates] == [NAME]
    assert not reading.problems


def test_mail_without_a_certificate_says_so_once_and_names_attachments() -> None:
    assert [problem.trouble for problem in read(_mail()).problems] == [FileProblemKind.NO_CERTIFICATE]
    (problem,) = read(_mail(("tờ trình.pdf", pki_files.pdf()))).problems
    assert (problem.trouble, problem.where) == (FileProblemKind.NO_SIGNATURE, "tờ trình.pdf")


def test_the_signer_of_a_jws_is_shown_and_not_others_of_the_chain() -> None:
    other = pki.issue("Sở Nội vụ", key=pki.ec_key("other")).der
    reading = read(f"{_jws_header(x5c=[_LINE, _base64(other)])}.e30.AAAA".encode())
    assert [one.name for one in reading.certificates] == [NAME]


#: What is named rather than called damaged or unknown.
NAMED: dict[str, tuple[Callable[[], bytes], FileProblemKind]] = {
    "a request": (support_pki_files.request, FileProblemKind.REQUEST),
    "a request in PEM": (lambda: support_pki_files.request(Encoding.PEM), FileProblemKind.REQUEST),
    "a request in base64": (lambda: base64.encodebytes(support_pki_files.request()), FileProblemKind.REQUEST),
    "a public key": (lambda: support_pki_files.public_key(Encoding.PEM), FileProblemKind.PUBLIC_KEY),
    "a public key in DER": (lambda: support_pki_files.public_key(Encoding.DER), FileProblemKind.PUBLIC_KEY),
    "a public key, PKCS#1": (
        lambda: support_pki_files.public_key(Encoding.PEM, PublicFormat.PKCS1),
        FileProblemKind.PUBLIC_KEY,
    ),
    "a public key, PKCS#1 in DER": (
        lambda: support_pki_files.public_key(Encoding.DER, PublicFormat.PKCS1), FileProblemKind.PUBLIC_KEY,
    ),
    "a public key of SSH": (
        lambda: support_pki_files.public_key(Encoding.OpenSSH, PublicFormat.OpenSSH), FileProblemKind.PUBLIC_KEY,
    ),
    "PGP": (
        lambda: b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENBF\n-----END PGP PUBLIC KEY BLOCK-----",
        FileProblemKind.PGP,
    ),
    "a revocation list in PEM": (lambda: support_pki_files.revocation_list(Encoding.PEM), FileProblemKind.STATUS),
    "a time stamp in base64": (lambda: base64.encodebytes(support_pki_files.time_stamp()), FileProblemKind.TIME_STAMP),
}  # fmt: skip


@pytest.mark.parametrize(("make", "trouble"), NAMED.values(), ids=NAMED.keys())
def test_what_is_no_certificate_is_called_by_its_name(make: Callable[[], bytes], trouble: FileProblemKind) -> None:
    reading = read(make())
    assert not reading.certificates
    assert [problem.trouble for problem in reading.problems] == [trouble]
