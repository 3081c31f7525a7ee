"""Requests: their codes and states, and the list of them as admins see it with filters, moves and their results."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from rules.facts import Event, Subject
from rules.language.spelling import fold
from rules.outcome import Procedure

REQUEST_PREFIX, BROADCAST_PREFIX, ROLE_PREFIX, INVITATION_PREFIX, PERSON_PREFIX = "YC", "TB", "QT", "LM", "N"
#: Letters of a chat's id in the code of its person.
PERSON_CODE_LENGTH = 8

REQUEST_CODE = re.compile(rf"{REQUEST_PREFIX}-\d{{4}}-\d+", re.IGNORECASE)
PERSON_CODE = re.compile(rf"{PERSON_PREFIX}-([0-9A-F]{{{PERSON_CODE_LENGTH}}})", re.IGNORECASE)
#: What ``format_code`` gives a broadcast, in a regular expression.
BROADCAST_CODE_PATTERN = rf"{BROADCAST_PREFIX}-[0-9]{{6,12}}"


def format_code(prefix: str, number: int) -> str:
    """Format a code such as ``QT-000012``."""
    return f"{prefix}-{number:06d}"


def request_series(year: int) -> str:
    """Return the counter of a year's requests, ``YC-2026``: a request's code begins with it."""
    return f"{REQUEST_PREFIX}-{year}"


def format_request_code(year: int, number: int) -> str:
    """Format the code of a request, such as ``YC-2026-000123``."""
    return format_code(request_series(year), number)


def format_person_code(chat: str) -> str:
    """Format how lists and reports name a person: part of the chat's id, which says nothing about them."""
    return f"{PERSON_PREFIX}-{chat[:PERSON_CODE_LENGTH].upper()}"


def chat_id_head(code: str) -> str:
    """Return the part of a chat's id that stands in a person's code, however the code was typed."""
    return code.strip().upper().removeprefix(f"{PERSON_PREFIX}-").lower()[:PERSON_CODE_LENGTH]


#: 9 or 12 digits, also written in groups.
_PERSONAL_NUMBER = re.compile(r"(?<!\d)\d(?:[ .]?\d){8}(?:(?:[ .]?\d){3})?(?!\d|[ .]\d)")


def has_personal_number(text: str) -> bool:
    """Return whether a number of 9 or 12 digits stands in a text."""
    return _PERSONAL_NUMBER.search(text) is not None


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RequestState(StrEnum):
    """The state of a request. The conversation registers requests as SUBMITTED."""

    DRAFT = "draft"  #: registered by somebody else, such as an import; the subscriber must send it
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    SENT_BACK = "sent_back"
    FORWARDED = "forwarded"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


#: The only allowed moves, from -> to. The store guards them again by the current state.
REQUEST_TRANSITIONS: dict[RequestState, frozenset[RequestState]] = {
    RequestState.DRAFT: frozenset({RequestState.SUBMITTED, RequestState.WITHDRAWN}),
    RequestState.SUBMITTED: frozenset(
        {RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.REFUSED, RequestState.WITHDRAWN}
    ),
    RequestState.SENT_BACK: frozenset({RequestState.SUBMITTED, RequestState.WITHDRAWN}),
    RequestState.ACCEPTED: frozenset(
        {RequestState.FORWARDED, RequestState.SENT_BACK, RequestState.REFUSED, RequestState.WITHDRAWN}
    ),
    RequestState.FORWARDED: frozenset({RequestState.DONE, RequestState.REFUSED, RequestState.SENT_BACK}),
    RequestState.DONE: frozenset(),
    RequestState.REFUSED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}
#: States in which the officer may still change the content.
AMENDABLE_STATES = frozenset({RequestState.DRAFT, RequestState.SUBMITTED, RequestState.SENT_BACK})
#: States in which a second request for the same certificate and procedure is not accepted.
OPEN_STATES = frozenset(
    {RequestState.DRAFT, RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.FORWARDED}
)
#: States in which a request is kept even if its officer deletes their data: the paper is on its way to the provider.
RETAINED_STATES = frozenset({RequestState.FORWARDED})


class RequestContent(_Model):
    """The content of a request; all of it is personal data, sealed in the store."""

    subject: Subject
    subscriber: str  #: name of the body, the person or the device
    unit: str  #: the managing body that files it
    unit_code: str | None = None  #: code of the managing body if it is in the tree of units
    certificate_name: str | None = None
    serial: str | None = None
    signed_serial: str | None = None  #: set if a certificate was read whose number is negative
    not_after: date | None = None
    procedure: Procedure
    form: str | None = None
    events: tuple[Event, ...] = ()
    #: The new values that a change is about: new_name, new_address, new_superior, new_email, new_unit.
    news: dict[str, str] = {}
    #: What the certificate says in their place, as far as it was read; by the same names.
    old: dict[str, str] = {}
    email: str | None = None  #: the e-mail address on the certificate
    province: str | None = None  #: the province on the certificate
    #: The decision with its citations, in the words and language in which it was given.
    decision: str
    pack: str  #: name and version of the rule pack, such as "nhon_trach 1"
    channel: str
    #: True if the stored content cannot be decrypted: only the procedure is known. Never stored.
    unreadable: bool = Field(default=False, exclude=True)

    @property
    def certificate_key(self) -> str:
        """Return the key that identifies the certificate: its serial number, else the folded name of the subscriber."""
        return self.signed_serial or self.serial or fold(self.subscriber)

    def to_minimal(self) -> "RequestContent":
        """Return the content without events and decision: only what the paper under way is about."""
        return self.model_copy(update={"events": (), "decision": ""})


def lacks_serial(content: RequestContent) -> bool:
    """Return whether a request has no serial number of its certificate, although its procedure is about one."""
    return content.serial is None and content.procedure is not Procedure.ISSUE_NEW


class RequestStep(_Model):
    """A recorded move of a request."""

    state: RequestState
    at: datetime
    by: str  #: "subscriber", or the actor's id
    note: str = ""  #: the reason, as written to the subscriber


class Request(_Model):
    """A registered request."""

    code: str  #: YC-2026-000123
    state: RequestState
    content: RequestContent
    history: tuple[RequestStep, ...]


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
    #: It was sent back, or lacks its unit, its serial number or its last day although its procedure needs one.
    incomplete: bool = False
    changed_at: datetime | None = None  #: its last change was at this very moment: what one bulk move has changed
    codes: tuple[str, ...] = ()  #: it is one of these
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
_CODE = re.compile(rf"(?:{REQUEST_PREFIX})?[\s.\-]*(?:(\d{{4}})[\s.\-]+)?(\d{{1,7}})", re.IGNORECASE)


def parse_codes(text: str, today: date) -> tuple[str, ...]:
    """Return the codes that a typed text may stand for, those of this year first; none if it is not a code."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return ()
    year, number = found.groups()
    years = (int(year),) if year else (today.year, today.year - 1)
    return tuple(format_request_code(int(one), int(number)) for one in years)
