"""Read certificates written as text: PEM (RFC 7468), bare base64 or hexadecimal, in any encoding."""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import islice, pairwise

from bot.certificates import SecretError, UnreadableError, der
from bot.certificates.formats import refuse_secret
from handlers.model import FileProblemKind

#: Dashes get lost or joined on the way, and letters become small; the words stay.
_BOUNDARY = re.compile(
    rb"(?:(?<=-)|(?<=-[ \t]))(BEGIN|END)[ \t]{1,3}([A-Za-z0-9 #.]{1,40}?)[ \t]?-{1,10}", re.IGNORECASE
)
#: Stands in every boundary, and is looked for far quicker.
_DASHED_WORD = re.compile(rb"-[ \t]?(?:BEGIN|END)[ \t]", re.IGNORECASE)
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
#: A SEQUENCE in base64 (0x30 and a length), over several lines; possessive, so that the time stays linear. Here as
#: below the first letters stand before the look at what is before them, so that large texts are searched for these letters.
_BARE_BASE64 = re.compile(rb"M(?<![A-Za-z0-9+/_]M)[A-I][A-Za-z0-9+/_-]{30,}+(?:\s++[A-Za-z0-9+/_-]++)*+={0,2}")
#: A SEQUENCE with a long length, in hexadecimal.
_HEX = re.compile(rb"30(?<![0-9A-Za-z]30)[\s:]{0,3}+8[12](?:[\s:]{0,3}+[0-9A-Fa-f]{2}){99,}+", re.IGNORECASE)
#: Web pages put these tags between the lines.
_HTML_BREAK = re.compile(rb"</?(?:w?br|p|div|span|td|tr|li|pre|code|font)\b[^<>]{0,300}>", re.IGNORECASE)
_HEADER = re.compile(rb"^[A-Za-z][A-Za-z0-9-]*+:.*$", re.MULTILINE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
#: The beginnings of files in base64: "%PDF-", "PK" and a local header, "<?xml".
_EMBEDDED_FILE = re.compile(
    rb"(?:JVBERi0(?<![A-Za-z0-9+/_]JVBERi0)|UEsDB(?<![A-Za-z0-9+/_]UEsDB)|PD94bWw(?<![A-Za-z0-9+/_]PD94bWw))"
    rb"[A-Za-z0-9+/_-]{30,}+(?:\s++[A-Za-z0-9+/_-]++)*+"
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


def _boundaries(text: bytes) -> list[re.Match[bytes]]:
    return list(_BOUNDARY.finditer(text)) if _DASHED_WORD.search(text) else []


def is_armoured(text: bytes) -> bool:
    """Return whether the text has a PEM boundary."""
    return any(mark.group(1).upper() == b"BEGIN" for mark in _boundaries(text))


def boundary_labels(text: bytes) -> set[bytes]:
    """Return the labels of the PEM boundaries, in capitals."""
    return {mark.group(2).strip().upper() for mark in _boundaries(text)}


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
    marks = _boundaries(text)
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


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 2_000
#: Signs beyond ASCII that mean nothing, a blank or an ASCII sign: Cf, blanks, dashes, full-width forms.
_FOREIGN = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2010-\u2015\u2028-\u202f"
    "\u205f-\u206f\u2212\u2500\u2501\u3000\u3164\ufe00-\ufe0f\ufe58\ufe63\ufeff\uff01-\uff5e\uffa0\u2018-\u201f]"
)
_DASHES = "-\u2212\u2500\u2501\ufe58\ufe63"
_QUOTES = {**dict.fromkeys("\u2018\u2019\u201a\u201b", "'"), **dict.fromkeys("\u201c\u201d\u201e\u201f", '"')}
#: The marks of a quoted mail at the start of a line.
_QUOTED = re.compile(rb"^(?:[ \t]{0,9}+[>|]){1,99}+[ \t]?+", re.MULTILINE)
#: Escapes of JSON and source code (RFC 8259, 7), doubled where JSON lies in JSON.
_ESCAPED_CODE = re.compile(rb"\\{1,4}+(?:u00|x)([0-7][0-9A-Fa-f])")
_ESCAPED_LINE = re.compile(rb"(?:\\{1,4}+r)?\\{1,4}+n|\\{1,4}+r")
_ESCAPED_SLASH = re.compile(rb"\\{1,4}+/")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,5}|#[xX][0-9A-Fa-f]{1,4}|plus|sol|equals|nbsp|NewLine|Tab|quot|apos|hyphen|shy);")
_AMPERSAND = re.compile(rb"&amp;(?=#|plus;|sol;|equals;)")
_PERCENT = re.compile(rb"%(?:25)?([0-7][0-9A-Fa-f])")
_PERCENT_SIGN = re.compile(rb"%(?:25)?(?:2[BbFfdD0]|3[Dd]|0[AaDd])")
_PLUS_MARK = re.compile(rb"BEGIN\+[A-Z+0-9]{0,30}(?:CERTIFICATE|KEY|PKCS7|CMS)")
_SOFT_BREAK = re.compile(rb"=[ \t]{0,9}+\r?\n")
_LONG_LINE = re.compile(rb"^[A-Za-z0-9+/=-]{40,77}[ \t]*\r?$", re.MULTILINE)  # none is longer: RFC 2045
_QP_CODE = re.compile(rb"=([2-7][0-9A-F]|0[AD])")
_NUMBERED = re.compile(rb"^[ \t]*+(\d{1,4})(?:[ \t]*+[:.)|][ \t|]*+|[ \t]++)(?=[A-Za-z0-9+/=-])", re.MULTILINE)
_LEAST_NUMBERED = 4
#: String literals that source code joins.
_JOINED = re.compile(rb"[\"'][ \t]{0,9}+[+.,&]?[ \t]{0,9}+[_\\]?[ \t]{0,9}+\r?\n[ \t]{0,99}+(?:[+.&][ \t]{0,9}+)?[\"']")


def to_plain_text(data: bytes) -> bytes:
    """Return the text in UTF-8, without byte order mark, mail quotes and escapes, from any encoding."""
    text = _to_ascii_signs(to_utf8(data))
    text = _unescape(_QUOTED.sub(b"", text))
    text = _strip_line_numbers(_join_soft_breaks(text))
    return _JOINED.sub(b"\n", text)


def to_utf8(data: bytes) -> bytes:
    """Return the text in UTF-8 without byte order mark; an encoding with one byte per letter is not converted."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace").removeprefix("\ufeff").encode()
    wide = _decode_utf16(data)
    return data.decode(wide, "replace").encode() if wide else data


def _decode_utf16(data: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark.

    Most letters of a certificate's text have a zero byte beside them, always on the same side.
    """
    sample = data[:_SAMPLE] if len(data) > 7 else b""
    half = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.4 and odd < half * 0.05 else None


def _to_ascii_signs(text: bytes) -> bytes:
    if text.isascii():
        return text
    try:
        decoded = text.decode()
    except UnicodeDecodeError:  # one byte a letter: 0xA0 and 0xAD are blank and soft hyphen in all of those
        return text.replace(b"\xa0", b" ").replace(b"\xad", b"") if b"\0" not in text[:_SAMPLE] else text
    return _FOREIGN.sub(lambda match: _to_ascii_sign(match.group()), decoded).encode()


@cache
def _to_ascii_sign(sign: str) -> str:
    if sign in _QUOTES:
        return _QUOTES[sign]
    if "\u2010" <= sign <= "\u2015" or sign in _DASHES:
        return "-"
    if sign in "\u2028\u2029":
        return "\n"
    if unicodedata.category(sign) in {"Cf", "Mn", "Lo"}:
        return ""
    return unicodedata.normalize("NFKC", sign)


def _unescape(text: bytes) -> bytes:
    if b"\\" in text:
        text = _ESCAPED_CODE.sub(lambda match: bytes.fromhex(match.group(1).decode()), text)
        text = _ESCAPED_SLASH.sub(b"/", _ESCAPED_LINE.sub(b"\n", text))
    if b"&" in text:
        text = _ENTITY.sub(_decode_entity, _AMPERSAND.sub(b"&", text))
    if _PLUS_MARK.search(text):  # a form encodes a blank as a plus, and a plus as %2B
        text = text.replace(b"+", b" ")
    if _PERCENT_SIGN.search(text):
        text = _PERCENT.sub(lambda match: bytes.fromhex(match.group(1).decode()), text)
    return text


def _decode_entity(match: re.Match[bytes]) -> bytes:
    return _to_ascii_signs(html.unescape(match.group().decode()).encode())


def _join_soft_breaks(text: bytes) -> bytes:
    """Remove the soft breaks of quoted-printable (RFC 2045, 6.7) if most long lines end in one."""
    lines = _LONG_LINE.findall(text)
    folded = sum(line.rstrip().endswith(b"=") for line in lines)
    if folded * 2 <= len(lines) and not (folded and b"=3D" in text):
        return text
    return _QP_CODE.sub(lambda match: bytes.fromhex(match.group(1).decode()), _SOFT_BREAK.sub(b"", text))


def _strip_line_numbers(text: bytes) -> bytes:
    """Remove line numbers if they count up one by one."""
    numbers = [int(number) for number in _NUMBERED.findall(text)]
    steps = sum(after - before == 1 for before, after in pairwise(numbers))
    return _NUMBERED.sub(b"", text) if len(numbers) >= _LEAST_NUMBERED and steps * 4 >= len(numbers) * 3 - 4 else text
