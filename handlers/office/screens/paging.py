"""Long lists a page at a time: the session knows how many entries were left behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from handlers.page import Option
from locales import N_, Translator

PREVIOUS, NEXT = "previous", "next"
#: Entries on one page.
SHOWN = 8

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Paged(Generic[Entry]):
    """One page of a list."""

    entries: Sequence[Entry]
    start: int

    @property
    def page_entries(self) -> Sequence[Entry]:
        """The entries of this page."""
        return self.entries[self.start : self.start + SHOWN]

    def turn_options(self, t: Translator) -> list[Option]:
        """The buttons that turn the page, where there is another one."""
        previous = Option(PREVIOUS, t(N_("Newer")), ("moi hon", "truoc", "newer"))
        following = Option(NEXT, t(N_("Older")), ("cu hon", "sau", "older"))
        return [
            *([previous] if self.start else []),
            *([following] if self.start + SHOWN < len(self.entries) else []),
        ]

    def turn(self, value: str) -> str:
        """What the session keeps of the page that ``PREVIOUS`` or ``NEXT`` opens."""
        return str(max(0, self.start + (SHOWN if value == NEXT else -SHOWN)))


def paged(kept: str | None, entries: Sequence[Entry]) -> Paged[Entry]:
    """The page that the session has open; the last one where the list has become shorter."""
    start = int(kept) if kept and kept.isdecimal() else 0
    last = max(0, (len(entries) - 1) // SHOWN * SHOWN)
    return Paged(entries, min(start, last))
