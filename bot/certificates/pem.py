"""Read certificates written as text: PEM (RFC 7468), bare base64 or hexadecimal, amid any other text."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from bot.certificates import der
from bot.certificates.errors import SecretError, UnreadableError
from bot.certificates.formats import refuse_secret
from handlers.model.certificate import FileProblemKind

#: Dashes get lost or joined on the way, and letters become small; the words stay.
_BOUNDARY = re.compile(
    rb"(?:(?<=-)|(?<=-[ \t]))(BEGIN|END)[ \t]{1,3}([A-Za-z0-9 #.]{1,40}?)[ \t]?-{1,10}", re.IGNORECASE
)
_SECRET = re.compile(
    rb"BEGIN[ \t]{0,3}[A-Za-z0-9 \t]{0,30}PRIVATE[ \t]{1,3}KEY|PuTTY-User-Key-File-|b3BlbnNzaC1rZXktdjE", re.IGNORECASE
)
_SECRET_WORDS = (b"private", b"putty-user", b"b3blbnnzac1rzxktdje")
#: A .NET RSA key with its private half: after Modulus and Exponent follow P, Q, DP, DQ, InverseQ or D.
_SECRET_XML = re.compile(
    rb"<RSAKeyValue(?:\s[^>]{0,300})?>(?:\s*+<(Modulus|Exponent)>[A-Za-z0-9+/=\s]{0,9999}+</\1>)*+\s*+"
    rb"<(?:P|Q|DP|DQ|InverseQ|D)>"
)
_JWK = re.compile(rb'"kty"\s{0,99}+:')
_JWK_SECRET = re.compile(rb'"d"\s{0,99}+:\s{0,99}+"[A-Za-z0-9_-]{20}')  # RFC 7518, 6.2.2.1 and 6.3.2.1
#: "-----BEGIN " in base64, as configurations carry PEM.
_PEM_IN_BASE64 = re.compile(rb"LS0tLS1CRUdJTi[A-Za-z0-9+/_-]{20,}+(?:\s++[A-Za-z0-9+/_-]++)*+")
#: A SEQUENCE in base64 (0x30 and a length), over several lines; possessive, so that the time stays linear.
_BARE_BASE64 = re.compile(rb"(?<![A-Za-z0-9+/_])M[A-I][A-Za-z0-9+/_-]{30,}+(?:\s++[A-Za-z0-9+/_-]++)*+={0,2}")
#: A SEQUENCE with a long length, in hexadecimal.
_HEX = re.compile(rb"(?<![0-9A-Za-z])30[\s:]{0,3}+8[12](?:[\s:]{0,3}+[0-9A-Fa-f]{2}){99,}+", re.IGNORECASE)
#: Web pages put these tags between the lines.
_HTML_BREAK = re.compile(rb"</?(?:w?br|p|div|span|td|tr|li|pre|code|font)\b[^<>]{0,300}>", re.IGNORECASE)
_HEADER = re.compile(rb"^[A-Za-z][A-Za-z0-9-]*+:.*$", re.MULTILINE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
#: The beginnings of files in base64: "%PDF-", "PK" and a local header, "<?xml".
_EMBEDDED_FILE = re.compile(
    rb"(?<![A-Za-z0-9+/_])(?:JVBERi0|UEsDB|PD94bWw)[A-Za-z0-9+/_-]{30,}+(?:\s++[A-Za-z0-9+/_-]++)*+"
)
#: The most texts in base64 that are searched in one file.
_MOST_BASE64_TEXTS = 200


def refuse_secret_text(text: bytes) -> None:
    """Raise ``SecretError`` if the text contains a private key anywhere."""
    bare = text.replace(b"\0", b"")  # UTF-16 in the middle of other bytes
    lowered = bare.lower()  # a plain search is far quicker than a case-insensitive pattern
    if (
        (any(word in lowered for word in _SECRET_WORDS) and _SECRET.search(bare))
        or _SECRET_XML.search(bare)
        or (_JWK.search(bare) and _JWK_SECRET.search(bare))
    ):
        raise SecretError(FileProblemKind.PRIVATE_KEY)


def is_armoured(text: bytes) -> bool:
    """Return whether the text has a PEM boundary."""
    return any(mark.group(1).upper() == b"BEGIN" for mark in _BOUNDARY.finditer(text))


def boundary_labels(text: bytes) -> set[bytes]:
    """Return the labels of the PEM boundaries, in capitals."""
    return {mark.group(2).strip().upper() for mark in _BOUNDARY.finditer(text)}


def decode_wrapped_pem(text: bytes) -> bytes:
    """Return the PEM texts that are wrapped in base64, one after another; empty if there are none."""
    return b"\n".join(
        _decode_leniently(run.group()) for run in islice(_PEM_IN_BASE64.finditer(text), _MOST_BASE64_TEXTS)
    )


def iter_blocks(text: bytes) -> Iterator[Callable[[], bytes]]:
    """Yield a decoder for every PEM block, even one without an end, or else for every run of base64 or hexadecimal.

    A decoder raises the errors of ``decode_base64``.
    """
    text = _HTML_BREAK.sub(b"\n", text)
    marks = list(_BOUNDARY.finditer(text))
    bodies = list(_pem_bodies(text, marks)) or [run.group() for run in _BARE_BASE64.finditer(text)]
    yield from (partial(decode_base64, body) for body in bodies)
    if not bodies:
        yield from (partial(_decode_hex, run.group()) for run in _HEX.finditer(text))


def decode_embedded_files(text: bytes) -> Iterator[bytes]:
    """Yield the PDF, ZIP and XML files that lie in the text as base64."""
    yield from (_decode_leniently(run.group()) for run in islice(_EMBEDDED_FILE.finditer(text), _MOST_BASE64_TEXTS))


def _pem_bodies(text: bytes, marks: list[re.Match[bytes]]) -> Iterator[bytes]:
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        if mark.group(1).upper() == b"BEGIN":
            body = text[mark.end() : end].rstrip(b"- \t\r\n")
            yield _HEADER.sub(b"", body)


def _decode_hex(run: bytes) -> bytes:
    data = bytes.fromhex(re.sub(rb"[\s:]+", b"", run).decode())
    refuse_secret(data)
    return data


def decode_base64(body: bytes) -> bytes:
    """Decode the base64 in ``body`` and ignore all other bytes; the parser reports damaged DER as broken.

    Raises:
        UnreadableError: nothing can be decoded.
        SecretError: a private key comes out.
    """
    decoded = _decode_leniently(body)
    refuse_secret(decoded)
    if not _is_whole(decoded) and b" " in body.strip():  # in an address every plus became a blank
        other = _decode_leniently(body.strip().replace(b" ", b"+"))
        decoded = other if _is_whole(other) else decoded
        refuse_secret(decoded)
    return decoded


def _decode_leniently(body: bytes) -> bytes:
    if b"+" not in body and b"/" not in body:
        body = body.translate(_URL_SAFE)
    letters = _NOT_BASE64.sub(b"", body.rstrip().rstrip(b"="))
    usable = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        return base64.b64decode(usable + b"=" * (-len(usable) % 4))
    except binascii.Error as error:
        raise UnreadableError(FileProblemKind.BROKEN) from error


def _is_whole(data: bytes) -> bool:
    return der.end_of(data) <= len(data)
