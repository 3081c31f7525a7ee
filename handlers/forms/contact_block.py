"""Reads the block of the contact person from one message: by labels, and without them by how the values look."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from handlers.folding import fold
from handlers.forms.fields import CARD_ISSUERS, FORM_FIELDS

_PREFIX = "contact_"
_PARTS = re.compile(r"[;\n]+")
#: What may stand before a value, in folded words -> the field. Longer labels first: "noi cong tac" is not "noi cap".
_LABELS = {
    "dau moi phoi hop": "name", "nguoi lien he": "name", "dau moi": "name", "ho va ten": "name", "ho ten": "name",
    "ten": "name", "chuc vu": "position", "chuc danh": "position", "so dien thoai": "mobile", "dien thoai": "mobile",
    "di dong": "mobile", "sdt": "mobile", "dt": "mobile", "thu dien tu": "email", "e mail": "email", "email": "email",
    "mail": "email", "so dinh danh ca nhan": "identity_number", "so dinh danh": "identity_number",
    "can cuoc cong dan": "identity_number", "so cccd": "identity_number", "cccd": "identity_number",
    "can cuoc": "identity_number", "ngay cap": "identity_issued_on", "noi cap": "identity_issued_by",
    "co quan cap": "identity_issued_by", "dia chi": "address", "co quan cong tac": "workplace",
    "noi cong tac": "workplace", "don vi": "workplace", "co quan": "workplace",
}  # fmt: skip
_LABELLED = re.compile(r"\s*(?P<label>[^:\d@]{2,40}?)\s*[:：]\s*(?P<value>.+)", re.DOTALL)
#: Fields that are told by their shape, in this order; words without a label fill the others in theirs.
_SHAPED = ("email", "mobile", "identity_number", "identity_issued_on")
_WORDS = ("name", "position", "address", "workplace")
_ISSUERS = frozenset(map(fold, CARD_ISSUERS))


@dataclass(frozen=True, slots=True)
class ContactBlock:
    """What one message says of the contact person."""

    values: dict[str, str]  #: clean, by the names of fields
    wrong: tuple[str, ...] = ()  #: fields whose value cannot be used
    unread: int = 0  #: parts that say nothing which is asked


def read_contact_block(text: str, asked: Collection[str]) -> ContactBlock | None:
    """Read a message of several values; ``None`` for one value alone.

    Args:
        text: The values, parted by semicolons or lines.
        asked: The names of the fields that the forms have.
    """
    parts = [part.strip(" .,-•") for part in _PARTS.split(text)]
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return None
    found: dict[str, str] = {}
    wrong: list[str] = []
    unread = 0
    for part in parts:
        name, value = _read_part(part, asked, found)
        if name is None:
            unread += 1
        elif (clean := FORM_FIELDS[name].clean(value)) is None:
            wrong.append(name)
        else:
            found[name] = clean
    return ContactBlock(found, tuple(wrong), unread)


def _read_part(part: str, asked: Collection[str], found: Collection[str]) -> tuple[str | None, str]:
    """Return the field of a part with its value; no field where it fits none."""
    if (labelled := _LABELLED.fullmatch(part)) and (field := _LABELS.get(fold(labelled["label"]))):
        name = f"{_PREFIX}{field}"
        return (name if name in asked else None), labelled["value"].strip()
    open_ = [name for name in asked if name not in found]
    for field in _SHAPED:
        name = f"{_PREFIX}{field}"
        if name in open_ and FORM_FIELDS[name].clean(part) is not None:
            return name, part
    if fold(part) in _ISSUERS and f"{_PREFIX}identity_issued_by" in open_:
        return f"{_PREFIX}identity_issued_by", part
    if "@" in part or sum(map(str.isdecimal, part)) > len(part) // 2:
        return None, part
    return next((name for field in _WORDS if (name := f"{_PREFIX}{field}") in open_), None), part
