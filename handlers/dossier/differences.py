"""Read in one line how single certificates differ: "5, 9 nghỉ hưu; 12 mất token"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.model import read_sayings
from rules.facts import MergerRole
from rules.language.spelling import fold

_PARTS = re.compile(r"[;\n]+|(?<=[^\d\s,])\s*[.,]\s*(?=\d)")
_NUMBERS = re.compile(
    r"((?:\d{1,4}(?:\s*(?:-|–|đến|den|to)\s*\d{1,4})?(?:\s*(?:,|và|va|and|\s)\s*)?)+)[:\s]*(.+)", re.IGNORECASE
)
_NUMBER = re.compile(r"(\d{1,4})(?:\s*(?:-|–|đến|den|to)\s*(\d{1,4}))?", re.IGNORECASE)
#: What is said of the part that a body has in a merger, in folded words.
_ROLES = {
    "duoc giu lai": MergerRole.DESIGNATED, "giu lai": MergerRole.DESIGNATED, "giu": MergerRole.DESIGNATED,
    "khong giu lai": MergerRole.OTHER, "khong duoc giu lai": MergerRole.OTHER, "khong giu": MergerRole.OTHER,
    "thu hoi": MergerRole.OTHER, "chua chon": MergerRole.UNDECIDED, "chua quyet dinh": MergerRole.UNDECIDED,
    "giu ten": MergerRole.SURVIVING, "giu nguyen ten": MergerRole.SURVIVING, "bi nhap": MergerRole.ABSORBED,
    "bi sap nhap": MergerRole.ABSORBED, "nhap vao": MergerRole.ABSORBED,
}  # fmt: skip
#: For a body that belongs to the one that merged only the body above it changed.
_BELONGS = frozenset({"truc thuoc", "doi cap tren", "chi doi cap tren", "thuoc"})
#: One that names another unit is this unit's all the same.
_OURS = frozenset({
    "cua don vi", "cua don vi toi", "cua don vi em", "cua chung toi", "cung cua don vi", "cung la cua don vi",
    "la cua don vi", "dung la cua don vi", "thuoc don vi", "thuoc don vi toi", "cua co quan", "cua co quan toi",
    "ours",
})  # fmt: skip
_NORMAL = frozenset({"binh thuong", "khong co gi", "nhu tat ca", "nhu chung", "bo", "xoa"})


@dataclass(frozen=True, slots=True)
class Differences:
    """The statements about single certificates, by their number from 1, and what was not understood."""

    facts: Mapping[int, dict[str, Any]]  #: empty facts take back what was said before
    unread: tuple[str, ...] = ()
    ours: tuple[int, ...] = ()  #: those that are this unit's, whatever name they bear
    unknown: tuple[int, ...] = ()  #: numbers that the list does not have


def read_differences(text: str, names: Sequence[str]) -> Differences:
    """Read what is said of single certificates.

    Args:
        text: Parts divided by semicolons or lines; each begins with numbers of the list or with a name in full.
        names: The names of the certificates, in the order of their numbers.
    """
    found: dict[int, dict[str, Any]] = {}
    unread, ours, unknown = list[str](), dict[int, None](), dict[int, None]()
    for part in filter(None, (one.strip(" .,") for one in _PARTS.split(text))):
        whom, said = _divide(part, names)
        strange = [number for number in whom if not 1 <= number <= len(names)]
        if strange:
            unknown |= dict.fromkeys(strange)
            continue
        if whom and fold(said) in _OURS:
            ours |= dict.fromkeys(whom)
            continue
        facts = _facts_of(said) if whom else None
        if facts is None:
            unread.append(part)
            continue
        for number in whom:
            found[number] = {**found.get(number, {}), **facts} if facts else {}
    return Differences(found, tuple(unread), tuple(ours), tuple(unknown))


def _divide(part: str, names: Sequence[str]) -> tuple[list[int], str]:
    """Return whose numbers a part begins with, and the rest."""
    if match := _NUMBERS.fullmatch(part):
        whom: list[int] = []
        for first, last in _NUMBER.findall(match[1]):
            whole = last and int(last) <= len(names)  # of a range that leaves the list the ends are enough
            whom += range(int(first), int(last) + 1) if whole else map(int, filter(None, (first, last)))
        return whom, match[2]
    folded = fold(part)
    for number, name in enumerate(names, 1):
        key = fold(name)
        if key and folded.startswith(f"{key} ") and sum(fold(other) == key for other in names) == 1:
            return [number], folded.removeprefix(key)
    return [], part


def _facts_of(said: str) -> dict[str, Any] | None:
    """Return the facts in the words; ``None`` if they say nothing."""
    words = fold(said)
    if words in _NORMAL:
        return {}
    if role := _ROLES.get(words):
        return {"merger_role": role.value}
    if words in _BELONGS:
        return {"events": ["superior_changed"]}
    read = read_sayings([said])
    return dict(read.facts) or None
