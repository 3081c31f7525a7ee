"""Decode distinguished names into text that is safe to show: strangers wrote them."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TypedDict

from cryptography.x509.oid import NameOID

from bot.certificates import der
from bot.certificates.der import BIT_STRING, OID, SEQUENCE, Element
from bot.certificates.errors import MalformedError

#: The most characters kept of one value; the longest organisation names seen have under 200.
_LONGEST = 500
#: The most attributes kept of one name, so that it stays small; real certificates have under twenty.
_MOST_ATTRIBUTES = 50
#: The most bytes of an issuer's name whose decoded form is cached.
_LONGEST_CACHED = 1000
#: Short names of RFC 4514, 3; any other attribute is named by its dotted OID.
_SHORT_NAMES = {
    NameOID.COMMON_NAME.dotted_string: "CN",
    NameOID.LOCALITY_NAME.dotted_string: "L",
    NameOID.STATE_OR_PROVINCE_NAME.dotted_string: "ST",
    NameOID.ORGANIZATION_NAME.dotted_string: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME.dotted_string: "OU",
    NameOID.COUNTRY_NAME.dotted_string: "C",
    NameOID.STREET_ADDRESS.dotted_string: "STREET",
    NameOID.DOMAIN_COMPONENT.dotted_string: "DC",
    NameOID.USER_ID.dotted_string: "UID",
}
_UTF8 = 0x0C
#: Numeric, printable, teletex, videotex, IA5, graphic, visible and general strings.
_NARROW = {_UTF8, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1A, 0x1B}
#: Tags of no string type. A writer who uses one still meant text, so it is read as text, as OpenSSL does.
_NO_STRING = {0x07, 0x08, 0x09, 0x0B, 0x0D, 0x0E, 0x0F, 0x1D}
_WIDE = {0x1C: "utf-32-be", 0x1E: "utf-16-be"}  #: universal and BMP strings


class NameAttribute(TypedDict):
    """One attribute of a distinguished name, the input of ``handlers.model.certificate.Attribute``."""

    oid: str
    name: str
    value: str


DistinguishedName = tuple[NameAttribute, ...]


def decode(element: Element) -> tuple[DistinguishedName, bool]:
    """Decode a distinguished name: every attribute of every RDN, in the certificate's order, each safe to show.

    Returns:
        The attributes, and whether all of them could be read: one that is not written as an attribute is left out, a
        character that cannot be decoded is shown as U+FFFD, and a name of absurd length is cut.

    Raises:
        MalformedError: it is not a name.
    """
    if element[0] != SEQUENCE:
        raise MalformedError
    found: list[NameAttribute] = []
    whole = True
    for _, rdn in der.split(element[1]):
        for _, attribute in der.split(rdn):
            if len(found) >= _MOST_ATTRIBUTES:
                return tuple(found), False
            part, readable = _decode_attribute(attribute)
            whole = whole and readable
            if part:
                found.append(part)
    return tuple(found), whole


def decode_issuer(element: Element) -> tuple[DistinguishedName, bool]:
    """Decode like ``decode``, and cache short names: issuers are few and no secret.

    Raises:
        MalformedError: it is not a name.
    """
    return _decode_cached(element) if len(element[1]) <= _LONGEST_CACHED else decode(element)


_decode_cached = lru_cache(maxsize=64)(decode)


def _decode_attribute(attribute: bytes) -> tuple[NameAttribute | None, bool]:
    try:
        (kind, identifier), value = der.split(attribute)[:2]
        if kind != OID:
            return None, False
        oid = der.format_oid(identifier)
        text, readable = _decode_string(value)
    except (MalformedError, ValueError):
        return None, False
    return {"oid": oid, "name": _SHORT_NAMES.get(oid, oid), "value": clean_text(text)}, readable


def _decode_string(element: Element) -> tuple[str | bytes, bool]:
    """Decode a string by its tag; 8-bit strings are read as UTF-8 where possible, because most writers mean that."""
    tag, content = element[0] & ~der.CONSTRUCTED, der.string_content(element)
    if tag in _WIDE:
        text = content.decode(_WIDE[tag], errors="replace")
    elif tag == BIT_STRING or tag not in _NARROW | _NO_STRING:
        return content, True
    else:
        try:
            return content.decode(), True
        except UnicodeDecodeError:
            text = content.decode(errors="replace") if tag == _UTF8 else content.decode("latin-1")
    return text, "\N{REPLACEMENT CHARACTER}" not in text


def clean_text(value: str | bytes) -> str:
    """Return a text as NFC on one line, without control, format or private characters.

    Format characters are bidirectional and zero-width ones. Bytes are shown as hexadecimal digits, and a text is cut to
    500 characters.
    """
    if isinstance(value, bytes):
        return value[: _LONGEST // 2].hex().upper()
    if not (value.isprintable() and unicodedata.is_normalized("NFC", value)):
        value = _clean_line(unicodedata.normalize("NFC", value))
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def _clean_line(value: str) -> str:
    return " ".join("".join(map(_clean_character, value)).split())


def _clean_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    return "" if category[0] == "C" else character


def first_value_of(name: Sequence[NameAttribute], short: str) -> str | None:
    """Return the first value of an attribute; ``None`` if there is none or it is blank."""
    for part in name:
        if part["name"] == short and part["value"].strip():
            return part["value"]
    return None


def display_name(name: Sequence[NameAttribute]) -> str:
    """Return the name to show for a distinguished name: CN, or else its most specific attribute."""
    return (
        first_value_of(name, "CN")
        or first_value_of(name[::-1], "OU")
        or first_value_of(name, "O")
        or (name[-1]["value"] if name else "")
    )
