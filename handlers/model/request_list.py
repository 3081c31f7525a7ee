"""The request list as admins see it."""

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


class Filter(BaseModel):
    """Which requests are meant; what is not set does not narrow. Days are days in Viet Nam, both ends included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str | None = None  #: with all units below it
    procedures: tuple[Procedure, ...] = ()
    states: tuple[RequestState, ...] = ()
    since: date | None = None  #: registered from this day on
    until: date | None = None
    expires_from: date | None = None  #: the certificate's last day
    expires_until: date | None = None
    #: Every word of it stands in the request: name, serial number, managing body, code; in the last two alone for those
    #: who see the others masked.
    text: str = ""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with what the list knows of it."""

    request: Request
    number: int  #: grows from registration to registration
    unit: str | None  #: code of the managing body's unit, where it is known
    registered_at: datetime
    changed_at: datetime
    revision: int  #: grows with every change; what was seen at an older one is not changed
    note: str = ""  #: why it was moved last
    actor: str = ""  #: who moved it last: "subscriber", a grant, "machine"


class MoveOutcome(StrEnum):
    """What became of a wish to move a request."""

    MOVED = "moved"
    OVERTAKEN = "overtaken"  #: somebody changed it since it was seen
    NOT_ALLOWED = "not_allowed"  #: there is no such move from its state
    UNKNOWN = "unknown"  #: no such request within reach
    NO_REASON = "no_reason"  #: it is not sent back or refused without a reason that can be told
    NOT_THERE = "not_there"  #: the unit it is to be placed on is no open one, or out of reach
    TOO_MANY = "too_many"  #: more are meant than may be moved at one go


@dataclass(frozen=True, slots=True)
class MoveResult:
    """The outcome, and the request as it stands now."""

    outcome: MoveOutcome
    filed: RequestRow | None = None


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What a bulk change would go through, before there is a yes to it."""

    number: int
    mark: str  #: tells whether others are meant later, or the same at another revision


@dataclass(frozen=True, slots=True)
class BulkMoveResult:
    """A bulk change: what was changed, and what was left as it was because no such move exists for it.

    Where ``outcome`` is not MOVED (NO_REASON, TOO_MANY, OVERTAKEN) nothing was changed.
    """

    changed: tuple[str, ...]
    left: tuple[str, ...] = ()
    outcome: MoveOutcome = MoveOutcome.MOVED
    meant: int = 0  #: how many the filter means


class InterviewStatus(BaseModel):
    """Where one interview stands: whose certificate, until when, and what is owed for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interview: int
    unit: str | None = None
    certificate_key: str | None = None  #: as ``Content.certificate_key``
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
    """Somebody who has a role, or was invited to one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str  #: QT-000012 of a role, LM-000012 of an invitation
    role: str
    unit: str | None
    label: str
    since: datetime
    by: str
    expires_at: datetime | None = None  #: of an invitation


class NewInvitation(BaseModel):
    """An invitation just made; the code is told once and kept nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    code: str
    expires_at: datetime


class Refusal(StrEnum):
    """Why a role could not be given or ended."""

    NOT_YOURS = "not_yours"  #: outside the rights of the one who asks
    UNKNOWN = "unknown"  #: no such role, invitation or unit
    LAST_OWNER = "last_owner"
    EXPIRED = "expired"
    USED = "used"


#: Where the managing body moves a request, in the order of its work; registering and withdrawing are the subscriber's.
ADMIN_STATES = (
    RequestState.ACCEPTED,
    RequestState.FORWARDED,
    RequestState.DONE,
    RequestState.SENT_BACK,
    RequestState.REFUSED,
)
#: The subscriber has to be told why.
NEEDS_REASON = frozenset({RequestState.SENT_BACK, RequestState.REFUSED})
#: Whatever came there stays there.
FINAL_STATES = frozenset(to for to in ADMIN_STATES if not REQUEST_TRANSITIONS[to])
#: Requests that are moved at one go.
MAX_BULK_MOVES = 1000
_MAX_REASON_LENGTH = 500


def transitions_from(state: RequestState) -> tuple[RequestState, ...]:
    """Where a request in this state can be moved."""
    return tuple(to for to in ADMIN_STATES if to in REQUEST_TRANSITIONS[state])


def to_movable_filter(wanted: Filter, to: RequestState) -> Filter | None:
    """Those of the requests meant that can be moved there; ``None`` where the filter leaves no state for it."""
    fitting = tuple(state for state in wanted.states or tuple(RequestState) if to in transitions_from(state))
    return wanted.model_copy(update={"states": fitting}) if fitting else None


def clean_reason(text: str) -> str | None:
    """1 to 500 characters on one line, without a personal number and what cannot be seen; ``None`` where it is not."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(visible.split())
    fits = 1 <= len(joined) <= _MAX_REASON_LENGTH and joined.isprintable()
    return joined if fits and not has_personal_number(joined) else None


def check_reason(to: RequestState, note: str) -> str | None:
    """The reason of a move as it is told, empty where none is given or needed; ``None`` where it will not do."""
    if not note:
        return None if to in NEEDS_REASON else ""
    return clean_reason(note)


#: "YC-2026-000303", "yc 303", "2026-303", "303".
_CODE = re.compile(rf"(?:{REQUEST})?[\s.\-]*(?:(\d{{4}})[\s.\-]+)?(\d{{1,7}})", re.IGNORECASE)


def parse_codes(text: str, today: date) -> tuple[str, ...]:
    """The codes that may be meant, this year's first; none where the text is no code."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return ()
    year, number = found.groups()
    years = (int(year),) if year else (today.year, today.year - 1)
    return tuple(format_request_code(int(one), int(number)) for one in years)
