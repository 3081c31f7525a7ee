"""Certificates written as text: PEM (RFC 7468), bare base64, with whatever stands around them."""

import base64
import binascii
import codecs
import re
from collections.abc import Iterator

from bot.certificates.errors import SecretError, UnreadableError
from bot.certificates.kinds import refuse_secret
from handlers.certificate import Trouble

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARK = re.compile(rb"-{4,5} ?(BEGIN|END) ([A-Za-z0-9 #.]{1,40}?) ?-{4,5}")
_SECRET = re.compile(rb"BEGIN [A-Za-z0-9 ]{0,30}PRIVATE KEY|PuTTY-User-Key-File-|b3BlbnNzaC1rZXktdjE")
#: A .NET RSA key with more than its public half; after Modulus and Exponent come P, Q, DP, DQ, InverseQ and D.
_SECRET_XML = re.compile(
    rb"<RSAKeyValue(?:\s[^>]{0,300})?>(?:\s*+<(Modulus|Exponent)>[A-Za-z0-9+/=\s]{0,9999}+</\1>)*+\s*+"
    rb"<(?:P|Q|DP|DQ|InverseQ|D)>"
)
_JWK = re.compile(rb'"kty"\s{0,99}+:')
_JWK_SECRET = re.compile(rb'"d"\s{0,99}+:\s{0,99}+"[A-Za-z0-9_-]{20}')  # RFC 7518, 6.2.2.1 and 6.3.2.1
#: Marks of a quoted mail in front of a line.
_QUOTED = re.compile(rb"^(?:[ \t]{0,9}+>){1,99}+[ \t]?+", re.MULTILINE)
#: Line ends and slashes as a JSON string writes them: RFC 8259, 7.
_ESCAPED_LINE = re.compile(rb"(?:\\r)?\\n|\\r")
#: A SEQUENCE in base64 (0x30 and a length), over lines; possessive, so that it stays linear.
_BARE = re.compile(rb"(?<![A-Za-z0-9+/])M[A-I][A-Za-z0-9+/]{30,}+(?:\s++[A-Za-z0-9+/]++)*+={0,2}")
_HEADER = re.compile(rb"^[A-Za-z-]+:.*$", re.MULTILINE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def plain(data: bytes) -> bytes:
    """The text as UTF-8 without byte order mark, mail quotes and JSON escapes, whatever encoding it came in."""
    return _ESCAPED_LINE.sub(b"\n", _QUOTED.sub(b"", _utf8(data))).replace(rb"\/", b"/")


def _utf8(data: bytes) -> bytes:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace").removeprefix("\ufeff").encode()
    if data[1::2].startswith(b"\0\0\0") and b"\0" not in data[:8:2]:
        return data.decode("utf-16-le", "replace").encode()
    if data[::2].startswith(b"\0\0\0") and b"\0" not in data[1:8:2]:
        return data.decode("utf-16-be", "replace").encode()
    return data


def refuse_secret_text(text: bytes) -> None:
    """Raise ``SecretError`` where a private key stands anywhere in the text."""
    bare = text.replace(b"\0", b"")  # UTF-16 in the middle of other bytes
    if _SECRET.search(bare) or _SECRET_XML.search(bare) or (_JWK.search(bare) and _JWK_SECRET.search(bare)):
        raise SecretError(Trouble.PRIVATE_KEY)


def is_armoured(text: bytes) -> bool:
    """Whether there is a PEM boundary."""
    return bool(_MARK.search(text))


def blocks(text: bytes) -> Iterator[bytes]:
    """The base64 of every PEM block, one without an end included, or else every run of base64."""
    marks = list(_MARK.finditer(text))
    return _pem_bodies(text, marks) if marks else (run.group() for run in _BARE.finditer(text))


def _pem_bodies(text: bytes, marks: list[re.Match[bytes]]) -> Iterator[bytes]:
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if mark.group(1) == b"BEGIN":
            body = text[mark.end() : following.start() if following else len(text)]
            yield _HEADER.sub(b"", body)


def decode_base64(body: bytes) -> bytes:
    """Decode what is base64 in ``body``, ignoring all else; what is damaged the parser will call broken.

    Raises:
        UnreadableError: nothing can be decoded.
        SecretError: a private key comes out.
    """
    letters = _NOT_BASE64.sub(b"", body.rstrip().rstrip(b"="))
    usable = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        decoded = base64.b64decode(usable + b"=" * (-len(usable) % 4))
    except binascii.Error as error:
        raise UnreadableError(Trouble.BROKEN) from error
    refuse_secret(decoded)
    return decoded
