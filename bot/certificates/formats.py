"""Detect the format of a file from its bytes, never from its name.

DER is told apart by its first few tags (X.690), so that even a truncated private key is recognised.
"""

import re
from enum import StrEnum

from bot.certificates import SecretError, UnreadableError, der
from handlers.model import FileProblemKind

_NAME_AND_TIME = [[der.SEQUENCE, der.UTC_TIME], [der.SEQUENCE, der.GENERALIZED_TIME]]
#: The tags of PKIStatusInfo: RFC 3161, 2.4.2.
_STATUS = [
    [der.INTEGER, *texts, *failure] for texts in ([], [der.SEQUENCE]) for failure in ([], [der.BIT_STRING])
]  # fmt: skip

_SEQUENCE = rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)"

#: So many bytes tell the kind of a DER value; the longest value whose length must fit exactly has 129.
HEAD_SIZE = 256
#: Editors, mail gateways and ``copy /b`` put these bytes before a file or between two.
_PADDING = re.compile(rb"(?:\xef\xbb\xbf|[\s\0])*+")
_LEADING = re.compile(rb"(?:\xef\xbb\xbf|\s)*+")
_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"\x1e\xf1\xb5\xb0", b"openssh-key-v1\0")  # JKS, JCEKS, PVK
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
#: Archives that are reported but not opened: RAR, 7z, zstd, CAB, ARJ, compress, lz4, lzip, WIM, ar.
_ARCHIVES = (
    b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x28\xb5\x2f\xfd", b"MSCF\0\0", b"\x60\xea", b"\x1f\x9d", b"\x1f\xa0",
    b"\x04\x22\x4d\x18", b"LZIP", b"MSWIM\0", b"!<arch>\n", b"xar!",
)  # fmt: skip
_LZH = re.compile(rb"..-l[hz][0-9ds]-", re.DOTALL)
_ACE, _ISO = (7, b"**ACE**"), (0x8001, b"CD001")
_COMPRESSED = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0")
_PROGRAM = b"MZ"
_PDF = re.compile(rb"%PDF-[12]\.[0-9]")
#: A mail (RFC 5322, 2.2): its first lines are fields, and one of them describes a content (RFC 2045, 3).
_MAIL = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z0-9-]*+:[^\n]*\n(?:[ \t][^\n]*\n)*+)*?"
    rb"(?:MIME-Version|Content-(?:Type|Transfer-Encoding|Disposition)):",
    re.IGNORECASE,
)
_MAIL_HEAD = 64 * 1024
#: A public key or a signature of OpenPGP, in binary: RFC 4880, 4.2, 5.2.3, 5.5.2.
_PGP = re.compile(
    rb"\x99[\x00-\x10].\x04....[\x01-\x03\x10-\x16]|[\x88\x89\xc2].{1,2}\x04[\x00-\x1f][\x01\x11\x13\x16]", re.DOTALL
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
#: The end of a ZIP's directory, and its greatest distance from the end of the file: APPNOTE 4.3.16.
_ZIP_END, _ZIP_TAIL = b"PK\x05\x06", 66_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # an Office file with a password: MS-OFFCRYPTO, 1.3


def find_lookalike(data: bytes) -> FileProblemKind | None:
    """Name DER that begins much like a certificate but is not one.

    Returns ``None`` for a certificate and for anything unknown.
    """
    outer = der.children(der.first_value(data), 4)
    tags = [part.tag for part in outer]
    inner = der.children(outer[0]) if outer else []
    if tags[:2] == [der.ENUMERATED, der.TAGGED_0]:  # OCSPResponse: RFC 6960, 4.2.1
        return FileProblemKind.STATUS
    if tags[:2] == [der.INTEGER, der.INTEGER] or (_is_algorithm(outer[:1]) and tags[1:2] == [der.BIT_STRING]):
        return FileProblemKind.PUBLIC_KEY  # RSAPublicKey: RFC 8017, A.1.1; SubjectPublicKeyInfo: RFC 5280, 4.1
    return _classify_body(inner, outer)


def _classify_body(inner: list[der.DerValue], outer: list[der.DerValue]) -> FileProblemKind | None:
    tags = [part.tag for part in inner]
    if _is_status_info(inner) and (len(outer) == 1 or (outer[1].tag == der.SEQUENCE and _is_algorithm(outer[1:2]))):
        return FileProblemKind.TIME_STAMP  # TimeStampResp: RFC 3161, 2.4.2
    if (
        tags[:3] == [der.INTEGER, der.SEQUENCE, der.SEQUENCE]
        and der.SEQUENCE not in tags[3:]
        and _is_public_key(inner[2])
    ):
        return FileProblemKind.REQUEST  # CertificationRequest: RFC 2986, 4.2
    rest = inner[1:] if tags[:1] == [der.INTEGER] else inner
    if _is_algorithm(rest[:1]) and [part.tag for part in rest[1:3]] in _NAME_AND_TIME:
        return FileProblemKind.STATUS  # CertificateList: RFC 5280, 5.1
    return None


def _is_status_info(inner: list[der.DerValue]) -> bool:
    """Return whether the elements are a PKIStatusInfo: a small number, optionally texts and bits."""
    tags = [part.tag for part in inner]
    return tags in _STATUS and len(inner[0].content) == 1 and inner[0].content[0] < 6


def _is_algorithm(values: list[der.DerValue]) -> bool:
    return bool(values) and values[0].tag == der.SEQUENCE and values[0].content[:1] == b"\x06"


def _is_public_key(value: der.DerValue) -> bool:
    return _is_algorithm(der.children(value)[:1])


class FileKind(StrEnum):
    """The format in which a file is read."""

    CERTIFICATE = "certificate"
    PKCS7 = "pkcs7"
    PDF = "pdf"
    ZIP = "zip"
    PACKED = "packed"  #: a tar, or one file compressed with gzip, bzip2 or xz
    MAIL = "mail"
    TEXT = "text"  #: PEM, bare base64, JSON or XML


def _der_pattern(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(_SEQUENCE + pattern, re.DOTALL)


_PKCS12 = _der_pattern(rb"\x02\x01\x03" + _SEQUENCE + rb"\x06")  # PFX: RFC 7292, 4
_PRIVATE_KEYS = (
    _der_pattern(rb"\x02\x01[\x00\x01]" + _SEQUENCE + rb"\x06"),  # OneAsymmetricKey: RFC 5958, 2
    _der_pattern(rb"\x02\x01[\x00\x01]\x02"),  # RSAPrivateKey: RFC 8017, A.1.2; DSA as OpenSSL writes it
    _der_pattern(rb"\x02\x01\x01\x04"),  # ECPrivateKey: RFC 5915, 3
    _der_pattern(
        _SEQUENCE + rb"\x06.\x2a\x86\x48\x86\xf7\x0d\x01(?:\x05|\x0c)"
    ),  # EncryptedPrivateKeyInfo: RFC 5958, 3
)
_PKCS7 = _der_pattern(rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07")  # ContentInfo: RFC 5652, 3
_CERTIFICATE = _der_pattern(_SEQUENCE + rb"(?:\xa0|\x02)")  # Certificate: RFC 5280, 4.1
_ANY_DER = _der_pattern(rb"[\x01-\x1e\x30\x31\xa0-\xa9]")


def detect_kind(data: bytes) -> FileKind:
    """Return the kind of a file.

    Raises:
        UnreadableError: it cannot hold a certificate.
        SecretError: it is a private key or a key store.
    """
    if data[:1] == b"\x30" and (der := der_kind(data)):
        return der
    if not data.strip(b" \t\r\n\0"):
        raise UnreadableError(FileProblemKind.EMPTY)
    refuse_secret(data[padding_end(data, 0) :])
    if is_zip(data):
        return FileKind.ZIP
    if is_compressed(data):
        return FileKind.PACKED
    if trouble := _problem_of_start(data):
        raise UnreadableError(trouble)
    if is_pdf(data):
        return FileKind.PDF
    if data.startswith(_PROGRAM) or b"\0" in data[:HEAD_SIZE]:
        return _kind_behind_program(data)
    return FileKind.MAIL if _MAIL.match(data, 0, _MAIL_HEAD) else FileKind.TEXT


def _problem_of_start(data: bytes) -> FileProblemKind | None:
    """Return the problem of a file whose first bytes rule out a certificate."""
    if is_picture(data):
        return FileProblemKind.PICTURE
    if data.startswith(_OLE):
        return FileProblemKind.ENCRYPTED if _OLE_ENCRYPTED in data else FileProblemKind.OLD_OFFICE
    if is_archive(data):
        return FileProblemKind.ARCHIVE
    return FileProblemKind.PGP if _PGP.match(data) else None


def _kind_behind_program(data: bytes) -> FileKind:
    """Detect a self-extracting archive: a program with the archive behind it."""
    if _ZIP_END in data[-_ZIP_TAIL:]:
        return FileKind.ZIP
    if data.startswith(_PROGRAM) and any(mark in data for mark in _ARCHIVES[:2]):
        raise UnreadableError(FileProblemKind.ARCHIVE)
    return FileKind.TEXT


def strip_padding(data: bytes) -> bytes:
    """Strip blanks and a byte order mark in front of DER."""
    match = _LEADING.match(data)
    start = match.end() if match else 0
    return data[start:] if start and data[start : start + 1] == b"\x30" else data


def padding_end(data: bytes, at: int) -> int:
    """Return the offset at which the blanks, zeros and byte order marks end that begin at ``at``."""
    match = _PADDING.match(data, at)
    return match.end() if match else at


def refuse_secret(data: bytes) -> None:
    """Raise ``SecretError`` if the bytes begin like a private key or a key store."""
    if _PKCS12.match(data):
        raise SecretError(FileProblemKind.PKCS12)
    if data.startswith(_KEY_STORES) or any(pattern.match(data) for pattern in _PRIVATE_KEYS):
        raise SecretError(FileProblemKind.PRIVATE_KEY)


def der_kind(data: bytes) -> FileKind | None:
    """Return the kind of a DER or BER value; ``None`` for anything else.

    Raises:
        SecretError: it is a private key or a key store.
        UnreadableError: it is DER of another kind.
    """
    if is_certificate(data):
        return FileKind.CERTIFICATE
    if _PKCS7.match(data):
        return FileKind.PKCS7
    refuse_secret(data)
    if _ANY_DER.match(data) and (not data[:64].isascii() or data[1] == len(data) - 2):  # "0A1" is text
        raise UnreadableError(find_lookalike(data) or FileProblemKind.NO_CERTIFICATE)
    return None


def is_certificate(data: bytes) -> bool:
    """Return whether DER begins like a certificate (a request and a revocation list do too)."""
    return bool(_CERTIFICATE.match(data))


def is_picture(data: bytes) -> bool:
    """Return whether the bytes are JPEG, PNG, GIF, BMP, TIFF, WEBP, HEIC or AVIF."""
    if data[4:8] == b"ftyp":
        return data[8:12] in _HEIF_BRANDS
    return data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def is_zip(data: bytes) -> bool:
    """Return whether the bytes are a ZIP, which may be an Office document."""
    return data.startswith(_ZIP)


def is_compressed(data: bytes) -> bool:
    """Return whether the bytes are a tar or one compressed file."""
    return data.startswith(_COMPRESSED) or data[257:262] == b"ustar"


def is_archive(data: bytes) -> bool:
    """Return whether the bytes are an archive or a compressed file, of any format."""
    return (
        data.startswith((*_ZIP, *_ARCHIVES))
        or is_compressed(data)
        or bool(_LZH.match(data))
        or any(data[at : at + len(mark)] == mark for at, mark in (_ACE, _ISO))
    )


def is_pdf(data: bytes) -> bool:
    """Return whether it is a PDF, even behind a web page or without its beginning; PEM in front makes it a text."""
    head = data[:1024]
    if b"-----BEGIN" in head:
        return False
    return b"%PDF-" in head or (b"endobj" in data and (b"/ByteRange" in data or bool(_PDF.search(data))))
