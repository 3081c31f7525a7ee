"""Moves that whoever works through the list may make."""

import re
import unicodedata

from handlers.office.model import Filter
from handlers.requests.model import MOVES, State

#: Where the managing body moves a request, in the order of its work; registering and withdrawing are the subscriber's.
OFFICE_STATES = (State.ACCEPTED, State.FORWARDED, State.DONE, State.SENT_BACK, State.REFUSED)
#: The subscriber has to be told why.
NEEDS_REASON = frozenset({State.SENT_BACK, State.REFUSED})
#: Whatever came there stays there.
FINAL = frozenset(to for to in OFFICE_STATES if not MOVES[to])
#: Requests that are moved at one go.
AT_ONCE = 1000
_LONGEST = 500
#: A number of 9 or 12 digits is a personal number (CMND, CCCD), also in groups; it belongs in no message.
_PERSONAL_NUMBER = re.compile(r"(?<!\d)\d(?:[ .]?\d){8}(?:(?:[ .]?\d){3})?(?!\d|[ .]\d)")


def moves_of(state: State) -> tuple[State, ...]:
    """Where a request in this state can be moved."""
    return tuple(to for to in OFFICE_STATES if to in MOVES[state])


def movable(wanted: Filter, to: State) -> Filter | None:
    """Those of the requests meant that can be moved there; ``None`` where the filter leaves no state for it."""
    fitting = tuple(state for state in wanted.states or tuple(State) if to in moves_of(state))
    return wanted.model_copy(update={"states": fitting}) if fitting else None


def clean_reason(text: str) -> str | None:
    """1 to 500 characters on one line, without a personal number and what cannot be seen; ``None`` where it is not."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(visible.split())
    fits = 1 <= len(joined) <= _LONGEST and joined.isprintable()
    return joined if fits and not _PERSONAL_NUMBER.search(joined) else None


def reason_for(to: State, note: str) -> str | None:
    """The reason of a move as it is told, empty where none is given or needed; ``None`` where it will not do."""
    if not note:
        return None if to in NEEDS_REASON else ""
    return clean_reason(note)
