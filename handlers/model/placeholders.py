"""What a text leaves open for each recipient: names, and the values that fill them."""

import re
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz, process

from handlers.folding import fold
from handlers.model.broadcast import BroadcastProblem, PlaceholderValues, ProblemKind


class Placeholder(StrEnum):
    """By the name that is shown; all of them may be written in both texts."""

    NAME = "ho_ten"
    UNIT = "don_vi"
    DEADLINE = "han"
    #: A phrase and no number, so that the last day and those after it read well: "còn 7 ngày", "hôm nay",
    #: "đã quá 2 ngày".
    DAYS = "so_ngay"
    TO_DO = "viec_can_lam"


#: Every name that is understood; accents, capitals and blanks for underscores make no difference.
PLACEHOLDER_NAMES = {
    **{placeholder.value: placeholder for placeholder in Placeholder},
    "name": Placeholder.NAME,
    "unit": Placeholder.UNIT,
    "deadline": Placeholder.DEADLINE,
    "days": Placeholder.DAYS,
    "to_do": Placeholder.TO_DO,
}
#: From here a name is near enough to be asked about.
_MIN_NAME_SIMILARITY = 55.0
_REPEATED_UNIT = re.compile(r"(\{(?:so_ngay|days)(?:\|[^{}]*)?\})\s*(?:ngày|ngay|days?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to be filled, and the words (HTML) that stand there where nothing is known."""

    name: Placeholder
    words: str | None = None


def parse_placeholder(written: str) -> Placeholder | None:
    """The placeholder of a name as it was written."""
    return PLACEHOLDER_NAMES.get(fold(written).replace(" ", "_"))


def to_unknown_placeholder(written: str) -> BroadcastProblem:
    """A name that is not known, with the nearest one that is: ``{ho_tn} → {ho_ten}``."""
    folded = fold(written).replace(" ", "_")
    near = process.extractOne(folded, tuple(PLACEHOLDER_NAMES), scorer=fuzz.ratio, score_cutoff=_MIN_NAME_SIMILARITY)
    meant = f" → {{{near[0]}}}" if near else ""
    return BroadcastProblem(trouble=ProblemKind.PLACEHOLDER, about=f"{{{written[:40]}}}{meant}")


def find_repeated_units(text: str) -> tuple[BroadcastProblem, ...]:
    """``{so_ngay} ngày``: the placeholder says "ngày" itself."""
    found = _REPEATED_UNIT.finditer(text)
    return tuple(BroadcastProblem(trouble=ProblemKind.PLACEHOLDER, about=f"{one[0]} → {one[1]}") for one in found)


def known_placeholders(values: PlaceholderValues) -> frozenset[Placeholder]:
    """The placeholders there is a value for."""
    there = {
        Placeholder.NAME: values.name,
        Placeholder.UNIT: values.unit,
        Placeholder.DEADLINE: values.day,
        Placeholder.DAYS: values.day,
        Placeholder.TO_DO: values.to_do,
    }
    return frozenset(name for name, value in there.items() if value)
