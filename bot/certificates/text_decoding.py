"""Decode text as it travels: encodings, invisible signs, and the escapes of mail, JSON, web pages and addresses.

Only the characters of PEM, base64, XML or JSON matter; every step is one pass over the text.
"""

import codecs
import html
import re
import unicodedata
from functools import cache
from itertools import pairwise

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
