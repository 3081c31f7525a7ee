"""A unit, and what became of a former one."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handlers.unit_words import AUTHORITY, spelt_out


class Became(StrEnum):
    """What a former unit became, seen from the unit itself."""

    MERGED_INTO_NEW = "merged_into_new"
    MERGED_INTO_EXISTING = "merged_into_existing"
    RENAMED = "renamed"
    SPLIT = "split"
    ENDED = "ended"  #: it is no more, and its area is the successor's; nothing is said of its functions


@dataclass(frozen=True, slots=True)
class Succession:
    """A former unit and what became of it."""

    former: str
    successor: str
    became: Became
    since: date
    source: str  #: the document that says so


@dataclass(frozen=True, slots=True)
class Unit:
    """A body of the tree."""

    code: str  #: at most 32 ASCII letters, digits, "-" and "."
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    closed_on: date | None = None  #: the day from which it is no more

    @property
    def names(self) -> tuple[str, ...]:
        """All it goes or went by, the present name first."""
        return (self.name, *self.aliases, *self.former_names)

    @property
    def body(self) -> str:
        """The present name of the body: "UBND xã Phước An" of a unit that is called "xã Phước An"."""
        present = (self.name, *self.aliases)
        return next((name for name in present if spelt_out(name).startswith(AUTHORITY)), self.name)

    def is_open(self, today: date | None = None) -> bool:
        """Whether it still is; without a day, whether no end of it is known."""
        return self.closed_on is None or (today is not None and today < self.closed_on)
