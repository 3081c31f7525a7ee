"""Reads the block of the contact person from one message: by labels, and without them by how the values look."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from handlers.forms.fields import CARD_ISSUERS, FORM_FIELDS
from rules.language.spelling import fold

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
#: Matches the beginning of an address in folded words. A number follows what is a surname too: Dương, Tô, Lỗ, Ngô.
_ADDRESS = re.compile(r"\d|(?:so|to|khu|lo|duong|hem|ngo|km) (?:nha )?\d|(?:ap|thon|khom|khu pho|quoc lo|tru so)\b")


@dataclass(frozen=True, slots=True)
class ContactBlock:
    """The contact person as one message names them."""

    values: dict[str, str]  #: clean, by the names of fields
    wrong: tuple[str, ...] = ()  #: fields whose value cannot be used
    unread: int = 0  #: parts that say nothing which is asked


def read_contact_block(text: str, asked: Collection[str], announced: Sequence[str] = ()) -> ContactBlock | None:
    """Read a message of several values; ``None`` for one value alone.

    Args:
        text: The values, parted by semicolons or lines.
        asked: The names of the fields that the forms have.
        announced: The names of the fields that the person was told to send, in that order. It counts for as many parts
            without labels, unless a part looks like another field than the one in its place.
    """
    parts = [part.strip(" .,-•") for part in _PARTS.split(text)]
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return None
    found: dict[str, str] = {}
    wrong: list[str] = []
    unread = 0
    in_order = _is_in_order(parts, asked, announced)
    for number, part in enumerate(parts):
        name, value = (announced[number], part) if in_order else _read_part(part, asked, found)
        if name is None:
            unread += 1
        elif (clean := FORM_FIELDS[name].clean(value)) is None:
            wrong.append(name)
        else:
            found[name] = clean
    return ContactBlock(found, tuple(wrong), unread)


def _is_in_order(parts: Sequence[str], asked: Collection[str], announced: Sequence[str]) -> bool:
    """Return whether the parts are the announced fields, one after the other."""
    if len(parts) != len(announced) or any(_read_label(part) for part in parts):
        return False
    return all(
        _fits(name, part) or not any(_fits(other, part) for other in asked)
        for name, part in zip(announced, parts, strict=True)
    )


def _fits(name: str, part: str) -> bool:
    """Return whether a part looks like the value of a field that is told by its shape."""
    field = name.removeprefix(_PREFIX)
    if field == "address":
        return _looks_like_address(part)
    if field == "identity_issued_by":
        return fold(part) in _ISSUERS
    return field in _SHAPED and FORM_FIELDS[name].clean(part) is not None


def _looks_like_address(part: str) -> bool:
    return bool(_ADDRESS.match(fold(part))) and any(map(str.isalpha, part))


def _read_label(part: str) -> tuple[str, str] | None:
    """Return the field that the label of a part names, with its value."""
    labelled = _LABELLED.fullmatch(part)
    field = _LABELS.get(fold(labelled["label"])) if labelled else None
    return (f"{_PREFIX}{field}", labelled["value"].strip()) if labelled and field else None


def _read_part(part: str, asked: Collection[str], found: Collection[str]) -> tuple[str | None, str]:
    """Return the field of a part with its value; no field where it fits none."""
    if label := _read_label(part):
        return (label[0] if label[0] in asked else None), label[1]
    open_ = [name for name in asked if name not in found]
    for field in (*_SHAPED, "identity_issued_by", "address"):
        name = f"{_PREFIX}{field}"
        if name in open_ and _fits(name, part):
            return name, part
    if "@" in part or sum(map(str.isdecimal, part)) > len(part) // 2:
        return None, part
    return next((name for field in _WORDS if (name := f"{_PREFIX}{field}") in open_), None), part
