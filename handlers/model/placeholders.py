"""The placeholders of a broadcast text: their names, and which of them have a value for a recipient."""

import re
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz, process

from handlers.folding import fold
from handlers.model.broadcast import BroadcastProblem, PlaceholderValues, ProblemKind


class Placeholder(StrEnum):
    """A placeholder, by the Vietnamese name that is shown; either language's names work in both texts."""

    NAME = "ho_ten"
    UNIT = "don_vi"
    DEADLINE = "han"
    #: Filled with a phrase ("còn 7 ngày", "hôm nay", "đã quá 2 ngày") rather than a number, so that the sentence is
    #: right on and after the last day too.
    DAYS = "so_ngay"
    TO_DO = "viec_can_lam"


#: Every name that is understood; accents, case and spaces instead of underscores do not matter.
PLACEHOLDER_NAMES = {
    **{placeholder.value: placeholder for placeholder in Placeholder},
    "name": Placeholder.NAME,
    "unit": Placeholder.UNIT,
    "deadline": Placeholder.DEADLINE,
    "days": Placeholder.DAYS,
    "to_do": Placeholder.TO_DO,
}
#: Similarity, in percent, from which a known name is suggested for a mistyped one.
_MIN_NAME_SIMILARITY = 55.0
_REPEATED_UNIT = re.compile(r"(\{(?:so_ngay|days)(?:\|[^{}]*)?\})\s*(?:ngày|ngay|days?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder in a text, with the HTML to use where the recipient has no value for it."""

    name: Placeholder
    words: str | None = None


def parse_placeholder(written: str) -> Placeholder | None:
    """Return the placeholder that a typed name stands for, or ``None``."""
    return PLACEHOLDER_NAMES.get(fold(written).replace(" ", "_"))


def to_unknown_placeholder(written: str) -> BroadcastProblem:
    """Report an unknown name together with the most similar known one: ``{ho_tn} → {ho_ten}``."""
    folded = fold(written).replace(" ", "_")
    near = process.extractOne(folded, tuple(PLACEHOLDER_NAMES), scorer=fuzz.ratio, score_cutoff=_MIN_NAME_SIMILARITY)
    meant = f" → {{{near[0]}}}" if near else ""
    return BroadcastProblem(trouble=ProblemKind.PLACEHOLDER, about=f"{{{written[:40]}}}{meant}")


def find_repeated_units(text: str) -> tuple[BroadcastProblem, ...]:
    """Report every ``{so_ngay} ngày``: the placeholder contains the word "ngày" already."""
    found = _REPEATED_UNIT.finditer(text)
    return tuple(BroadcastProblem(trouble=ProblemKind.PLACEHOLDER, about=f"{one[0]} → {one[1]}") for one in found)


def known_placeholders(values: PlaceholderValues) -> frozenset[Placeholder]:
    """Return the placeholders for which there is a value."""
    there = {
        Placeholder.NAME: values.name,
        Placeholder.UNIT: values.unit,
        Placeholder.DEADLINE: values.day,
        Placeholder.DAYS: values.day,
        Placeholder.TO_DO: values.to_do,
    }
    return frozenset(name for name, value in there.items() if value)
