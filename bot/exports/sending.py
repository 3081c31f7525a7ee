"""Which requests may stand on a list that is sent on, and what becomes of the others."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from handlers.office.exporting import Remarks
from handlers.office.model import Filed, Filter
from handlers.requests.model import State

#: Never on a list to be sent: nobody wants these sent on, or not yet.
_NEVER = frozenset({State.DRAFT, State.SENT_BACK, State.REFUSED, State.WITHDRAWN})
#: What an admin has checked, and nobody has sent on yet.
_WAITING = frozenset({State.ACCEPTED})


def to_be_sent(wanted: Filter) -> frozenset[State]:
    """Accepted ones; where the filter names states, those of it, so that a forwarded list can be printed again."""
    return frozenset(wanted.states) - _NEVER if wanted.states else _WAITING


def unreadable_in(batch: Sequence[Filed]) -> Remarks:
    """How many of a batch can no longer be read, of a file that has their rows all the same."""
    return Remarks(unreadable=sum(filed.request.content.unreadable for filed in batch))


@dataclass(slots=True)
class Sieve:
    """Lets through what may be sent, and counts what may not, and why."""

    states: frozenset[State]  #: that may be sent
    written: int = 0
    others: int = 0  #: the list is not for them
    serials: int = 0  #: written ones without a serial number
    joined: int = 0  #: written ones that share the row of another
    unreadable: int = 0  #: nobody knows what they say
    _kept_back: Counter[State] = field(default_factory=Counter)

    def select_sendable(self, batch: Sequence[Filed]) -> Iterator[Filed]:
        """Those whose state lets them through; each has to be told to ``took`` or ``passed``."""
        for filed in batch:
            if filed.request.content.unreadable:
                self.unreadable += 1
            elif filed.request.state in self.states:
                yield filed
            else:
                self._kept_back[filed.request.state] += 1

    def count_included(self, *, blank: bool) -> None:
        """One is in the file; ``blank``: its serial number is wanted there and not known."""
        self.written += 1
        self.serials += blank

    def count_excluded(self) -> None:
        """The file is not for it."""
        self.others += 1

    @property
    def remarks(self) -> Remarks:
        """So far, the states in the order of a request's life."""
        return Remarks(
            sending=tuple(state for state in State if state in self.states),
            states={state: self._kept_back[state] for state in State if state in self._kept_back},
            others=self.others,
            serials=self.serials,
            joined=self.joined,
            unreadable=self.unreadable,
            missing=self.unreadable,
        )
