"""What is it? Decided from the bytes, never from the name.

DER is told apart by its first few tags (X.690), so that a truncated private key is still seen to be one.
"""

import re
from enum import StrEnum

from bot.certificates.errors import SecretError, UnreadableError
from handlers.certificate import Trouble


class Kind(StrEnum):
    """What a file is read as."""

    CERTIFICATE = "certificate"
    PKCS7 = "pkcs7"
    PDF = "pdf"
    ZIP = "zip"
    TEXT = "text"  #: PEM, bare base64 or XML


_SEQUENCE = rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)"


def _starts(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(_SEQUENCE + pattern, re.DOTALL)


_PKCS12 = _starts(rb"\x02\x01\x03" + _SEQUENCE + rb"\x06")  # PFX: RFC 7292, 4
_PRIVATE_KEYS = (
    _starts(rb"\x02\x01[\x00\x01]" + _SEQUENCE + rb"\x06"),  # OneAsymmetricKey: RFC 5958, 2
    _starts(rb"\x02\x01[\x00\x01]\x02"),  # RSAPrivateKey: RFC 8017, A.1.2; DSA as OpenSSL writes it
    _starts(rb"\x02\x01\x01\x04"),  # ECPrivateKey: RFC 5915, 3
    _starts(_SEQUENCE + rb"\x06.\x2a\x86\x48\x86\xf7\x0d\x01(?:\x05|\x0c)"),  # EncryptedPrivateKeyInfo: RFC 5958, 3
)
_PKCS7 = _starts(rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07")  # ContentInfo: RFC 5652, 3
_CERTIFICATE = _starts(_SEQUENCE + rb"(?:\xa0|\x02)")  # Certificate: RFC 5280, 4.1
_ANY_DER = _starts(rb"[\x01-\x1e\x30\x31\xa0-\xa9]")

#: Bytes that tell the kind of a DER value; the longest that is measured as a whole has 129.
HEAD = 256
#: What editors, mail gateways and ``copy /b`` put in front of a file or between two.
_PADDING = re.compile(rb"(?:\xef\xbb\xbf|[\s\0])*+")
_LEADING = re.compile(rb"(?:\xef\xbb\xbf|\s)*+")
_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"\x1e\xf1\xb5\xb0", b"openssh-key-v1\0")  # JKS, JCEKS, PVK
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # an Office file with a password: MS-OFFCRYPTO, 1.3


def kind_of(data: bytes) -> Kind:
    """Name the kind; raises ``UnreadableError`` for what cannot hold a certificate, ``SecretError`` for a key."""
    if data[:1] == b"\x30" and (der := der_kind(data)):
        return der
    if not data.strip(b" \t\r\n\0"):
        raise UnreadableError(Trouble.EMPTY)
    refuse_secret(data[padding_end(data, 0) :])
    if is_zip(data):
        return Kind.ZIP
    if is_picture(data):
        raise UnreadableError(Trouble.PICTURE)
    if data.startswith(_OLE):
        raise UnreadableError(Trouble.ENCRYPTED if _OLE_ENCRYPTED in data else Trouble.UNKNOWN_TYPE)
    head = data[:1024]
    return Kind.PDF if b"%PDF-" in head and b"-----BEGIN" not in head else Kind.TEXT


def unpadded(data: bytes) -> bytes:
    """Without blanks and a byte order mark in front, where DER may follow them."""
    match = _LEADING.match(data)
    start = match.end() if match else 0
    return data[start:] if start and data[start : start + 1] == b"\x30" else data


def padding_end(data: bytes, at: int) -> int:
    """Where the blanks, zeros and byte order marks that stand there end."""
    match = _PADDING.match(data, at)
    return match.end() if match else at


def refuse_secret(data: bytes) -> None:
    """Raise ``SecretError`` where the bytes begin as a private key or a key store does."""
    if _PKCS12.match(data):
        raise SecretError(Trouble.PKCS12)
    if data.startswith(_KEY_STORES) or any(pattern.match(data) for pattern in _PRIVATE_KEYS):
        raise SecretError(Trouble.PRIVATE_KEY)


def der_kind(data: bytes) -> Kind | None:
    """The kind of DER or BER; ``None`` for none.

    Raises:
        SecretError: a private key or a key store.
        UnreadableError: DER of another sort.
    """
    if is_certificate(data):
        return Kind.CERTIFICATE
    if _PKCS7.match(data):
        return Kind.PKCS7
    refuse_secret(data)
    if _ANY_DER.match(data) and (not data[:64].isascii() or data[1] == len(data) - 2):  # "0A1" is text
        raise UnreadableError(Trouble.NO_CERTIFICATE)
    return None


def is_certificate(data: bytes) -> bool:
    """Whether DER begins as a certificate does (a request and a revocation list do too)."""
    return bool(_CERTIFICATE.match(data))


def is_picture(data: bytes) -> bool:
    """JPEG, PNG, GIF, BMP, TIFF, WEBP, HEIC or AVIF."""
    if data[4:8] == b"ftyp":
        return data[8:12] in _HEIF_BRANDS
    return data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def is_zip(data: bytes) -> bool:
    """A ZIP, which may be an Office document."""
    return data.startswith(_ZIP)


def is_archive(data: bytes) -> bool:
    """An archive or a compressed file, of any format."""
    return data.startswith((*_ZIP, *_ARCHIVES)) or data[257:262] == b"ustar"
