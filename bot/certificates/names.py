"""Names as they may be shown: a stranger wrote them."""

import unicodedata
from collections.abc import Sequence
from typing import TypedDict

from cryptography import x509
from cryptography.x509.oid import NameOID

#: Characters of one value that are kept; the longest body names met have under 200.
_LONGEST = 500
#: RFC 4514, 3; an attribute without a short name there goes by its dotted OID.
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


class Part(TypedDict):
    """One attribute of a distinguished name, as ``handlers.certificate.Attribute`` is made from."""

    oid: str
    name: str
    value: str


def parts(name: x509.Name) -> list[Part]:
    """Every attribute of every RDN, in the certificate's order, each value fit to be shown."""
    return [
        {
            "oid": (oid := attribute.oid.dotted_string),
            "name": _SHORT_NAMES.get(oid, oid),
            "value": shown(attribute.value),
        }
        for attribute in name
    ]


def shown(value: str | bytes) -> str:
    """NFC on one line, without control, format (bidirectional, zero-width) or private characters; bytes as hex."""
    if isinstance(value, bytes):
        return value[: _LONGEST // 2].hex().upper()
    if not (value.isprintable() and unicodedata.is_normalized("NFC", value)):
        value = _cleaned(unicodedata.normalize("NFC", value))
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def _cleaned(value: str) -> str:
    return " ".join("".join(map(_shown_character, value)).split())


def _shown_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    return "" if category[0] == "C" else character


def first(name: Sequence[Part], short: str) -> str | None:
    """The first value of an attribute; ``None`` where there is none or it is blank."""
    for part in name:
        if part["name"] == short and part["value"].strip():
            return part["value"]
    return None


def title(name: Sequence[Part]) -> str:
    """What a distinguished name is called: CN, else the most specific of what it has."""
    return first(name, "CN") or first(name[::-1], "OU") or first(name, "O") or (name[-1]["value"] if name else "")
