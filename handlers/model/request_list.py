"""The request list as admins see it: filters, rows, moves and their results; also journal rows and role holders."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from handlers.model.codes import REQUEST, format_request_code
from handlers.model.personal_number import has_personal_number
from handlers.model.request import REQUEST_TRANSITIONS, Request, RequestState
from rules.outcome import Procedure

#: States in which somebody still has to act.
UNFINISHED = (RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.FORWARDED)


class Filter(BaseModel):
    """Conditions that a request must meet, all of those that are set. Days are days in Viet Nam, both ends included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str | None = None  #: with all units below it
    procedures: tuple[Procedure, ...] = ()
    states: tuple[RequestState, ...] = ()
    since: date | None = None  #: registered from this day on
    until: date | None = None
    expires_from: date | None = None  #: the certificate's last day
    expires_until: date | None = None
    without_unit: bool = False  #: it belongs to no unit
    changed_at: datetime | None = None  #: its last change was at this very moment: what one bulk move has changed
    #: Words that must all occur in the name, serial number, managing body or code; for callers who see personal data
    #: masked, only in the managing body and code.
    text: str = ""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with the columns of the list."""

    request: Request
    number: int  #: grows with every registration
    unit: str | None  #: code of the managing body's unit, where it is known
    registered_at: datetime
    changed_at: datetime
    revision: int  #: grows with every change; a change must name the revision that was seen
    note: str = ""  #: the reason of the last move
    actor: str = ""  #: the person of the last move: "subscriber", the id of a grant, or "machine"


class MoveOutcome(StrEnum):
    """The result of an attempt to move a request."""

    MOVED = "moved"
    OVERTAKEN = "overtaken"  #: somebody changed it since it was seen
    NOT_ALLOWED = "not_allowed"  #: its state does not allow the move
    UNKNOWN = "unknown"  #: no such request within reach
    NO_REASON = "no_reason"  #: this move needs a usable reason
    NOT_THERE = "not_there"  #: the unit to assign is not open, or out of reach
    TOO_MANY = "too_many"  #: there are more than ``MAX_BULK_MOVES``


@dataclass(frozen=True, slots=True)
class MoveResult:
    """The outcome of a move, and the request as it stands now."""

    outcome: MoveOutcome
    filed: RequestRow | None = None


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """The size of a bulk move, shown before it is confirmed."""

    number: int
    mark: str  #: changes if other requests match, or the same ones at another revision


@dataclass(frozen=True, slots=True)
class BulkMoveResult:
    """The result of a bulk move: the codes that were moved, and those whose state does not allow the move.

    If ``outcome`` is not MOVED (but NO_REASON, TOO_MANY or OVERTAKEN), nothing was changed.
    """

    changed: tuple[str, ...]
    left: tuple[str, ...] = ()
    outcome: MoveOutcome = MoveOutcome.MOVED
    meant: int = 0  #: number of requests that match the filter
    at: datetime | None = None  #: the moment of the move, by which ``Filter.changed_at`` finds what was moved


class InterviewStatus(BaseModel):
    """The status of one interview: the certificate, its last day, and the procedures that are still owed for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interview: int
    unit: str | None = None
    certificate_key: str | None = None  #: a ``RequestContent.certificate_key``
    subscriber: str | None = None
    not_after: date | None = None
    owed: tuple[Procedure, ...] | None = None  #: ``None``: not decided yet; empty: nothing to register


class JournalEntry(BaseModel):
    """A row of the audit chain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: datetime
    actor: str
    act: str
    subject: str
    unit: str | None
    count: int
    channel: str


class RoleHolder(BaseModel):
    """A person who holds a role, or an open invitation to one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str  #: QT-000012 of a role, LM-000012 of an invitation
    role: str
    unit: str | None
    label: str
    since: datetime
    by: str
    expires_at: datetime | None = None  #: set for an invitation only


class NewInvitation(BaseModel):
    """An invitation that was just created; its code is shown once and not stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    code: str
    expires_at: datetime


class Refusal(StrEnum):
    """The reason why a role could not be given or ended."""

    NOT_YOURS = "not_yours"  #: outside the rights of the one who asks
    UNKNOWN = "unknown"  #: no such role, invitation or unit
    LAST_OWNER = "last_owner"
    EXPIRED = "expired"
    USED = "used"


#: The states to which the managing body moves a request, in order of work; the other moves belong to the subscriber.
ADMIN_STATES = (
    RequestState.ACCEPTED,
    RequestState.FORWARDED,
    RequestState.DONE,
    RequestState.SENT_BACK,
    RequestState.REFUSED,
)
#: States that the subscriber must be given a reason for.
NEEDS_REASON = frozenset({RequestState.SENT_BACK, RequestState.REFUSED})
#: States that a request cannot leave.
FINAL_STATES = frozenset(to for to in ADMIN_STATES if not REQUEST_TRANSITIONS[to])
#: The greatest number of requests that are moved at once.
MAX_BULK_MOVES = 1000
_MAX_REASON_LENGTH = 500


def transitions_from(state: RequestState) -> tuple[RequestState, ...]:
    """Return the states to which the managing body can move a request from this one, in order of work."""
    return tuple(to for to in ADMIN_STATES if to in REQUEST_TRANSITIONS[state])


def to_movable_filter(wanted: Filter, to: RequestState) -> Filter | None:
    """Narrow a filter to requests that can be moved to a state; return ``None`` if none of its states allows that."""
    fitting = tuple(state for state in wanted.states or tuple(RequestState) if to in transitions_from(state))
    return wanted.model_copy(update={"states": fitting}) if fitting else None


def clean_reason(text: str) -> str | None:
    """Return a reason as one clean line, or ``None`` if it cannot be used.

    A usable reason has 1 to 500 visible characters and contains no personal number.
    """
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(visible.split())
    fits = 1 <= len(joined) <= _MAX_REASON_LENGTH and joined.isprintable()
    return joined if fits and not has_personal_number(joined) else None


def check_reason(to: RequestState, note: str) -> str | None:
    """Return the reason to send with a move, empty if none is given or needed.

    ``None`` if it is missing or unusable.
    """
    if not note:
        return None if to in NEEDS_REASON else ""
    return clean_reason(note)


#: Matches "YC-2026-000303", "yc 303", "2026-303" and "303".
_CODE = re.compile(rf"(?:{REQUEST})?[\s.\-]*(?:(\d{{4}})[\s.\-]+)?(\d{{1,7}})", re.IGNORECASE)


def parse_codes(text: str, today: date) -> tuple[str, ...]:
    """Return the codes that a typed text may stand for, those of this year first; none if it is not a code."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return ()
    year, number = found.groups()
    years = (int(year),) if year else (today.year, today.year - 1)
    return tuple(format_request_code(int(one), int(number)) for one in years)
