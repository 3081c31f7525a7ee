"""Programs that tests open files with: a test without its program is skipped and says how to bring it.

With ``CI`` set nothing is skipped: there a missing program is a fault of the set-up, and the test fails.
"""

import base64
import binascii
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.certificates.formats import is_certificate
from bot.certificates.names import clean_text
from handlers.model import Certificate
from tests.support import libcrypto

#: Program -> the Debian packages that bring it, as ``tools/programs.sh`` installs them.
PACKAGES = {
    "soffice": "libreoffice-calc-nogui libreoffice-writer-nogui fonts-liberation",
    "pdftotext": "poppler-utils",
    "openssl": "openssl",
    "certtool": "gnutls-bin",
    "chromium-headless-shell": "chromium-headless-shell fonts-noto-core fonts-noto-color-emoji",
    "nginx": "nginx",
    "caddy": "caddy",
    "nats-server": "nats-server",
    "pgbouncer": "pgbouncer",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
    "strace": "strace",
}
#: Programs that the script only unpacks, for an installed one would listen on a port.
UNPACKED = Path(__file__).resolve().parents[2] / ".venv" / "unpacked" / "usr"

#: Chromium without the windows, menus and services around its pages: it starts in half the time.
BROWSER = "chromium-headless-shell"
#: What does the same where a program is not installed.
_INSTEAD = {BROWSER: "chromium"}


def _which(program: str) -> str | None:
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), str(UNPACKED / "bin"), str(UNPACKED / "sbin")])
    found = shutil.which(program, path=places)
    return found or (_which(_INSTEAD[program]) if program in _INSTEAD else None)


def needs(*programs: str) -> pytest.MarkDecorator:
    """Mark a test, or a module's tests, as in need of these programs."""
    missing = [program for program in programs if _which(program) is None]
    packages = " ".join(PACKAGES[program] for program in missing)
    reason = f"{', '.join(missing)} not installed; make test brings it, or: apt-get install {packages}"
    return pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=reason)


def find_program(name: str) -> str:
    """Return where a program is.

    Raises:
        AssertionError: it is not installed, and the test was not skipped for that: ``CI`` is set.
    """
    found = _which(name)
    assert found, f"{name} is not installed: apt-get install {PACKAGES[name]}"
    return found


#: Seconds for a conversion; the first start creates the profile.
SECONDS = 100


def convert_document(path: Path, to: str, *options: str) -> Path:
    """Convert a file to another format, such as ``pdf`` or ``csv:...``, in a folder ``converted`` beside it."""
    (made,) = convert_documents([path], to, *options)
    return made


def convert_documents(paths: Sequence[Path], to: str, *options: str) -> list[Path]:
    """Convert files of different names with one start of the office suite, in ``converted`` beside the first."""
    out = paths[0].parent / "converted"
    with tempfile.TemporaryDirectory() as profile:
        command = [find_program("soffice"), f"-env:UserInstallation=file://{profile}", "--headless", *options]
        done = subprocess.run(
            [*command, "--convert-to", to, "--outdir", str(out), *map(str, paths)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    made = [out / f"{path.stem}.{to.partition(':')[0]}" for path in paths]
    assert all(path.exists() for path in made), done.stdout + done.stderr
    return made


def read_document(path: Path) -> str:
    """Return the text of a document by page, by way of PDF."""
    (text,) = read_documents([path])
    return text


def read_documents(paths: Sequence[Path]) -> list[str]:
    """Return the texts of documents of different names, as ``read_document`` does."""
    return [_read_pdf(pdf) for pdf in convert_documents(paths, "pdf")]


def _read_pdf(pdf: Path) -> str:
    done = subprocess.run(
        [find_program("pdftotext"), "-layout", str(pdf), "-"], capture_output=True, timeout=SECONDS, check=True
    )
    return done.stdout.decode()


OPENSSL, CERTTOOL = shutil.which("openssl"), shutil.which("certtool")
_LARGEST = 4_000_000  #: bytes of a file that is looked into
_SECONDS = 10.0
_PEM = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----(.+?)-----END (?:X509 )?CERTIFICATE-----", re.DOTALL)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_OPENSSL_FORM = ("-noout", "-serial", "-subject", "-issuer", "-dates", "-email")
_OPENSSL_NAMES = ("-nameopt", "oid,utf8,sep_multiline")
_OPENSSL_DAY, _CERTTOOL_DAY = "%b %d %H:%M:%S %Y GMT", "%a %b %d %H:%M:%S %Z %Y"


@dataclass(frozen=True)
class PeerReading:
    """The fields that a program reads of a certificate; a day is ``None`` if the program calls it invalid."""

    subject: tuple[str, ...]  #: values of the name's attributes, cleaned as ours are and sorted
    issuer: tuple[str, ...]
    serial: int
    not_before: datetime | None
    not_after: datetime | None
    emails: frozenset[str]


FIELDS = ("subject", "issuer", "serial", "not_before", "not_after", "email")


def find_certificates(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield every DER certificate and PEM block in files and folders with its place, each once."""
    seen: set[bytes] = set()
    for file in _files(paths):
        data = file.read_bytes()
        for number, der in enumerate(_ders(data)):
            digest = hashlib.sha256(der).digest()
            if digest not in seen:
                seen.add(digest)
                yield f"{file}#{number}", der


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST:
                yield file


def _ders(data: bytes) -> Iterator[bytes]:
    """Take the file itself or its PEM blocks, where they begin as a certificate or a request does."""
    blocks = (_decode(body) for body in _PEM.findall(data))
    yield from (der for der in (data, *blocks) if is_certificate(der))


def _decode(body: bytes) -> bytes:
    try:
        return base64.b64decode(_NOT_BASE64.sub(b"", body.replace(rb"\n", b"")), validate=True)
    except binascii.Error:
        return b""


def print_with_openssl(der: bytes) -> str | None:
    """Return what ``openssl x509`` prints; ``None`` where it refuses."""
    return _run([str(OPENSSL), "x509", "-inform", "DER", *_OPENSSL_FORM, *_OPENSSL_NAMES], der)


def read_with_openssl(der: bytes) -> PeerReading | None:
    """Read with OpenSSL, by its library where that is found; ``None`` where it refuses."""
    said = libcrypto.print_certificate(der) if libcrypto.is_found() else print_with_openssl(der)
    if said is None:
        return None
    fields: dict[str, list[str]] = {"subject": [], "issuer": []}
    field, emails = "", set()
    for line in said.split("\n"):
        name, equals, value = line.partition("=")
        if name in {"serial", "subject", "issuer", "notBefore", "notAfter"} and equals:
            field, fields[name] = name, [value] if value and name not in {"subject", "issuer"} else []
        elif field in {"subject", "issuer"}:
            fields[field] += [attribute.partition("=")[2] for attribute in line.strip().split(" + ")]
        elif line:
            emails.add(line)
    return PeerReading(
        _clean(fields["subject"]),
        _clean(fields["issuer"]),
        int(fields["serial"][0], 16),
        _moment(fields["notBefore"][0], _OPENSSL_DAY),
        _moment(fields["notAfter"][0], _OPENSSL_DAY),
        frozenset(_clean(emails)),
    )


def read_with_certtool(der: bytes) -> PeerReading | None:
    """Read with ``certtool -i``; ``None`` where it refuses or cannot tell a part of it."""
    said = _run([str(CERTTOOL), "-i", "--inder"], der)
    if said is None:
        return None
    found = {
        name: _after(said, name) for name in ("Serial Number (hex)", "Issuer", "Subject", "Not Before", "Not After")
    }
    number = bytes.fromhex(found["Serial Number (hex)"] or "")
    return PeerReading(
        _clean(_values(found["Subject"])),
        _clean(_values(found["Issuer"])),
        int.from_bytes(number, signed=True),
        _moment(found["Not Before"], _CERTTOOL_DAY),
        _moment(found["Not After"], _CERTTOOL_DAY),
        frozenset(_clean(_mails(said, found["Subject"]))),
    )


def read_with_ours(one: Certificate) -> PeerReading:
    """Take the same fields of our own record."""
    number = int(one.signed_serial or one.serial, 16)
    subject, issuer = (_clean(part.value for part in name) for name in (one.subject, one.issuer))
    emails = frozenset([one.email] if one.email else [])
    return PeerReading(subject, issuer, number, one.not_before, one.not_after, emails)


def find_differences(own: PeerReading, other: PeerReading) -> list[str]:
    """Name the fields on which two programs do not agree; of several e-mail addresses ours is one."""
    told = [name for name in FIELDS[:-1] if getattr(other, name) is not None]
    names = [name for name in told if getattr(own, name) != getattr(other, name)]
    agrees = own.emails <= other.emails if own.emails else not other.emails
    return names if agrees else [*names, "email"]


def _run(command: list[str], der: bytes) -> str | None:
    try:
        done = subprocess.run(command, input=der, capture_output=True, check=False, timeout=_SECONDS, env=_ENVIRONMENT)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _after(said: str, name: str) -> str:
    match = re.search(rf"^\t+{re.escape(name)}: ?(.*)$", said, re.MULTILINE)
    return match[1] if match else ""


def _values(name: str) -> list[str]:
    """Take the values out of a name as RFC 4514 writes it."""
    attributes = re.findall(r"(?:^|[,+])[^=]*=((?:\\.|[^,+\\])*)", name)
    return [_decode_dump(re.sub(r"\\(.)", r"\1", value)) for value in attributes]


def _decode_dump(value: str) -> str:
    """Take the text out of a value that stands in hexadecimal DER, as certtool writes what it has no name for."""
    if not re.fullmatch(r"#(?:[0-9a-f]{2})+", value):
        return value
    dumped = bytes.fromhex(value[1:])
    return dumped[2:].decode("latin-1" if dumped[0] == 0x14 else "utf-8", errors="replace")


def _mails(said: str, subject: str) -> list[str]:
    """Take the addresses of the alternative name, without its remarks, and of the subject."""
    section = re.search(r"^\t\tSubject Alternative Name.*\n((?:\t\t\t.*\n)*)", said, re.MULTILINE)
    named = re.findall(r"RFC822Name: (.*?)(?: \(.*)?$", section[1], re.MULTILINE) if section else []
    return [*named, *re.findall(r"(?:^|[,+])EMAIL=((?:\\.|[^,+\\])*)", subject)]


def _clean(values: Iterable[str]) -> tuple[str, ...]:
    """Make values alike: programs show blanks at the ends, empty values and control characters in ways of their own."""
    return tuple(sorted(cleaned for value in values if (cleaned := " ".join(clean_text(value).split()))))


def _moment(text: str, form: str) -> datetime | None:
    """Decode a day; ``None`` where there is none, or the first second of 1970, which certtool says of all before."""
    try:
        moment = datetime.strptime(re.sub(r"\.\d+", "", text), form).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.timestamp() else None
