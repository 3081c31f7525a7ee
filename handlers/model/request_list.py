"""The request list as admins see it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from handlers.requests.model import Request, State
from rules.outcome import Procedure


class Filter(BaseModel):
    """Which requests are meant; what is not set does not narrow. Days are days in Viet Nam, both ends included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str | None = None  #: with all units below it
    procedures: tuple[Procedure, ...] = ()
    states: tuple[State, ...] = ()
    since: date | None = None  #: registered from this day on
    until: date | None = None
    expires_from: date | None = None  #: the certificate's last day
    expires_until: date | None = None
    #: Every word of it stands in the request: name, serial number, managing body, code; in the last two alone for those
    #: who see the others masked.
    text: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """A request with what the list knows of it."""

    request: Request
    number: int  #: grows from registration to registration
    unit: str | None  #: code of the managing body's unit, where it is known
    registered_at: datetime
    changed_at: datetime
    revision: int  #: grows with every change; what was seen at an older one is not changed
    note: str = ""  #: why it was moved last
    actor: str = ""  #: who moved it last: "subscriber", a grant, "machine"


class Move(StrEnum):
    """What became of a wish to move a request."""

    MOVED = "moved"
    OVERTAKEN = "overtaken"  #: somebody changed it since it was seen
    NOT_ALLOWED = "not_allowed"  #: there is no such move from its state
    UNKNOWN = "unknown"  #: no such request within reach
    NO_REASON = "no_reason"  #: it is not sent back or refused without a reason that can be told
    NOT_THERE = "not_there"  #: the unit it is to be placed on is no open one, or out of reach
    TOO_MANY = "too_many"  #: more are meant than may be moved at one go


@dataclass(frozen=True, slots=True)
class Moved:
    """The outcome, and the request as it stands now."""

    outcome: Move
    filed: Filed | None = None


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a bulk change would go through, before there is a yes to it."""

    number: int
    mark: str  #: tells whether others are meant later, or the same at another revision


@dataclass(frozen=True, slots=True)
class MovedAll:
    """A bulk change: what was changed, and what was left as it was because no such move exists for it.

    Where ``outcome`` is not MOVED (NO_REASON, TOO_MANY, OVERTAKEN) nothing was changed.
    """

    changed: tuple[str, ...]
    left: tuple[str, ...] = ()
    outcome: Move = Move.MOVED
    meant: int = 0  #: how many the filter means


class Standing(BaseModel):
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


class Holder(BaseModel):
    """Somebody who has a role, or was invited to one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str  #: QT-000012 of a role, LM-000012 of an invitation
    role: str
    unit: str | None
    label: str
    since: datetime
    by: str
    expires_at: datetime | None = None  #: of an invitation


class Invitation(BaseModel):
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
