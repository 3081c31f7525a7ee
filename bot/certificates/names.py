"""Names as they may be shown: a stranger wrote them."""

import unicodedata
from collections.abc import Sequence

from cryptography import x509

from handlers.certificate import Attribute

#: Characters of one value that are kept; the longest body names met have under 200.
_LONGEST = 500


def attributes(name: x509.Name) -> tuple[Attribute, ...]:
    """Every attribute of every RDN, in the certificate's order, each value fit to be shown."""
    return tuple(Attribute(oid=a.oid.dotted_string, name=a.rfc4514_attribute_name, value=shown(a.value)) for a in name)


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


def first(names: Sequence[Attribute], short: str) -> str | None:
    """The first value of an attribute; ``None`` where there is none or it is blank."""
    return next((a.value for a in names if a.name == short and a.value.strip()), None)


def title(names: tuple[Attribute, ...]) -> str:
    """What a distinguished name is called: CN, else the most specific of what it has."""
    return first(names, "CN") or first(names[::-1], "OU") or first(names, "O") or (names[-1].value if names else "")
