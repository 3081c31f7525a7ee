"""What a broadcast is: its text, whom it is for, its plan, and the states of its life.

A campaign is a broadcast with a ``Plan``: it sends nothing itself and makes a broadcast (a child, by ``parent`` and
``step``) at every step. The two are drafted, checked, approved, paused and cancelled alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handlers.model.channels import ChannelAddress, MessageLimits, channel_kind
from handlers.model.codes import BROADCAST, format_code
from handlers.model.request import RequestState
from handlers.model.rights import Role
from rules.outcome import Procedure


class BroadcastState(StrEnum):
    """Where a broadcast stands."""

    DRAFT = "draft"
    CHECKED = "checked"  #: its whole list was gone through and nothing stands against it
    APPROVED = "approved"  #: text and audience are frozen from here on; its rows are being made
    SCHEDULED = "scheduled"  #: every recipient has a row; waits for its time, or for a start by hand
    RUNNING = "running"  #: of a campaign: its plan is carried out
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


#: From where to where. A draft that is changed after a check is a draft again.
BROADCAST_TRANSITIONS: Mapping[BroadcastState, frozenset[BroadcastState]] = {
    BroadcastState.DRAFT: frozenset({BroadcastState.CHECKED, BroadcastState.CANCELLED}),
    BroadcastState.CHECKED: frozenset({BroadcastState.DRAFT, BroadcastState.APPROVED, BroadcastState.CANCELLED}),
    BroadcastState.APPROVED: frozenset(
        {BroadcastState.SCHEDULED, BroadcastState.CHECKED, BroadcastState.CANCELLED}
    ),  # checked: ``Why.SECOND_PERSON``
    BroadcastState.SCHEDULED: frozenset({BroadcastState.RUNNING, BroadcastState.CANCELLED}),
    BroadcastState.RUNNING: frozenset({BroadcastState.PAUSED, BroadcastState.FINISHED, BroadcastState.CANCELLED}),
    BroadcastState.PAUSED: frozenset({BroadcastState.RUNNING, BroadcastState.CANCELLED}),
    BroadcastState.FINISHED: frozenset(),
    BroadcastState.CANCELLED: frozenset(),
}
ENDED_STATES = frozenset({BroadcastState.FINISHED, BroadcastState.CANCELLED})
#: The campaign that never ends: its steps are the reminders of certificates that end.
EXPIRY_CAMPAIGN = format_code(BROADCAST, 0)


class StateReason(StrEnum):
    """Why a broadcast is in its state, where nobody said so by hand."""

    BY_HAND = "by_hand"
    ERRORS = "errors"  #: paused: too many could not be delivered
    QUIET = "quiet"  #: held back until the quiet hours are over
    DAY_OFF = "day_off"  #: held back until the next working day
    LATE = "late"  #: a step that ran after its time: the program was not running then
    MISSED = "missed"  #: a step that was left out: its time was past
    NOBODY = "nobody"  #: nobody was left to be told
    PARENT = "parent"  #: its campaign was cancelled
    PROBLEMS = "problems"  #: a step that could not be sent: its check found problems
    RESTORED = "restored"  #: the database is an older copy: what it sends may have gone out
    SECOND_PERSON = "second_person"  #: more are meant by now than its author may approve alone


class DeliveryReason(StrEnum):
    """Why a recipient's row ended as it did, where the state alone does not say."""

    STOPPED = "stopped"  #: skipped: the person wants no reminders
    CAPPED = "capped"  #: skipped: has had as many this week as one person may get
    NO_CONSENT = "no_consent"  #: skipped: does not agree (any more) that data about them are kept
    DONE = "done"  #: skipped: says that it is done
    LATER = "later"  #: skipped: wants to be reminded another day
    CANCELLED = "cancelled"  #: skipped: the broadcast was cancelled
    BLOCKED_BEFORE = "blocked_before"  #: blocked: known before anything was sent
    CRASH = "crash"  #: unknown: the process ended between the request and its answer
    NO_ANSWER = "no_answer"  #: unknown: the platform did not answer
    REFUSED = "refused"  #: invalid: the platform takes this message for this chat never
    RESTORED = "restored"  #: unknown: queued in a copy of the database that was put back
    GAVE_UP = "gave_up"  #: failed: tried as often as it may be
    NO_SEND_MESSAGE = "no_sendMessage"  #: failed: the platform's server lacks the method
    NO_SEND_DOCUMENT = "no_sendDocument"  #: the same
    NO_DELETE_MESSAGE = "no_deleteMessage"  #: the same
    NOT_OFFERED = "not_offered"  #: the same of any other


class BroadcastButton(StrEnum):
    """What a recipient can tap."""

    NOW = "now"  #: opens the interview at the right place
    DONE = "done"
    LATER = "later"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class BroadcastText(_Model):
    """What is said, in both languages; placeholders and markup as ``handlers.broadcasts.template`` reads them."""

    vi: str = ""
    en: str = ""


class Audience(_Model):
    """Whom it is for: all of what is set narrows. Days are days in Viet Nam, both ends included."""

    unit: str | None = None  #: the person's unit is this one or below it
    role: Role | None = None  #: OFFICER or None: everybody
    to_do: bool = False  #: something is owed and not yet requested, whatever procedure
    owed: tuple[Procedure, ...] = ()  #: one of these is owed and not yet requested
    states: tuple[RequestState, ...] = ()  #: has a request in one of these states
    expires_from: date | None = None  #: has a certificate that ends in this window
    expires_until: date | None = None
    expires_within: int | None = None  #: days from the day of looking
    channel: str | None = None
    silent_since: date | None = None  #: was not heard of since before this day
    silent_days: int | None = None  #: the same, in days before the day of looking
    chats: tuple[str, ...] | None = None  #: ids, of a list file


class CampaignPlan(_Model):
    """When a campaign reminds."""

    deadline: date
    steps: tuple[int, ...] = (30, 14, 7, 3, 1, 0, -1)  #: days before the deadline; negative ones are after it
    at: time = time(8, 30)  #: in Viet Nam
    #: A step whose time passed while the program was down: run late until the next step's time, or left out.
    late: Literal["run", "skip"] = "run"


class BroadcastDraft(_Model):
    """All that its author decides."""

    title: str  #: for those with a role; recipients never see it
    text: BroadcastText = BroadcastText()
    audience: Audience = Audience()
    buttons: tuple[BroadcastButton, ...] = (BroadcastButton.NOW, BroadcastButton.DONE, BroadcastButton.LATER)
    deadline: date | None = None  #: what {han} and {so_ngay} mean; of a campaign that of its plan
    plan: CampaignPlan | None = None
    starts_at: datetime | None = None  #: ``None``: when it is started by hand
    document: str | None = None  #: name of the file that goes along
    document_type: str = "application/pdf"
    language: Literal["vi", "en"] = "vi"  #: in which its author is told how far it is


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast or a campaign, as those with a role see it."""

    id: str
    state: BroadcastState
    draft: BroadcastDraft
    unit: str | None
    author: str
    revision: int
    created_at: datetime
    changed_at: datetime
    parent: str | None = None
    step: str | None = None
    chat: str | None = None  #: of the author
    approver: str | None = None
    checking: bool = False
    recipients: int = 0
    starts_at: datetime | None = None
    held_until: datetime | None = None
    why: str | None = None  #: ``Why``
    finished_at: datetime | None = None

    @property
    def is_campaign(self) -> bool:
        """It makes others, and sends nothing itself."""
        return self.draft.plan is not None


class PlaceholderValues(_Model):
    """What fills the placeholders for one person; frozen with the row. ``None``: not known."""

    language: Literal["vi", "en"] = "vi"
    name: str | None = None  #: {ho_ten}
    unit: str | None = None  #: {don_vi}
    day: date | None = None  #: {han}; {so_ngay} is counted from it on the day of sending
    to_do: tuple[Procedure, ...] = ()  #: {viec_can_lam}


class ProblemKind(StrEnum):
    """What stands against a broadcast."""

    EMPTY = "empty"  #: a text is missing
    PLACEHOLDER = "placeholder"  #: a placeholder that is not known
    MARKUP = "markup"  #: markup that is not closed, or not known
    TOO_LONG = "too_long"  #: of some recipients, or of all
    MISSING = "missing"  #: a placeholder has no value for some recipients, and no words to stand for it
    UNKNOWN = "unknown"  #: the list names somebody who never wrote, or is out of reach
    NOBODY = "nobody"  #: no recipient is left
    DOCUMENT = "document"  #: the document is too large, or a channel takes none
    PAST = "past"  #: the time of the start, or the whole plan, is over


class BroadcastProblem(_Model):
    """One thing that stands against a broadcast, with the rows it is about."""

    trouble: ProblemKind
    about: str = ""  #: a placeholder, a language, a channel, a tag
    rows: tuple[str, ...] = ()  #: whom it is about: codes of people (N-3F2A91C0), or lines of the list; the first ones
    count: int = 0  #: how many


class ChannelCounts(_Model):
    """Recipients over one channel."""

    channel: str
    reachable: int = 0
    blocked: int = 0
    stopped: int = 0
    capped: int = 0

    @property
    def all(self) -> int:
        """Everybody."""
        return self.reachable + self.blocked + self.stopped + self.capped


class CheckReport(_Model):
    """What a check of the whole list found."""

    at: datetime
    counted: tuple[ChannelCounts, ...] = ()
    problems: tuple[BroadcastProblem, ...] = ()

    @property
    def recipients(self) -> int:
        """How many people are meant."""
        return sum(one.all for one in self.counted)


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How many rows of a broadcast are in which state; of those skipped and unknown also why."""

    states: Mapping[str, int] = field(default_factory=dict)  #: ``bot.messages.DeliveryState`` -> rows
    reasons: Mapping[str, int] = field(default_factory=dict)  #: ``Reason`` -> rows

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Rows without a final state."""
        return self.states.get("queued", 0) + self.states.get("sending", 0)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person of a broadcast; the name comes masked where it may not be seen."""

    code: str  #: N-3F2A91C0
    name: str | None
    unit: str | None
    channel: str
    state: str = ""  #: ``Delivery``; empty before there is a row
    reason: str | None = None  #: ``Reason``
    attempts: int = 0
    queued_at: datetime | None = None
    settled_at: datetime | None = None


class ActionResult(StrEnum):
    """What became of a wish."""

    DONE = "done"
    UNKNOWN = "unknown"  #: no such broadcast within reach
    NOT_ALLOWED = "not_allowed"  #: not from its state
    NOT_YOURS = "not_yours"  #: the rights do not reach so far
    SECOND_PERSON = "second_person"  #: so many recipients need somebody else's approval
    OVERTAKEN = "overtaken"  #: somebody changed it since it was seen
    PROBLEMS = "problems"  #: a check found what stands against it, or was not made


#: A person on a list: the code of a request, the code of a person (N-3F2A91C0), or where they are written to.
RecipientName = str | ChannelAddress


@dataclass(frozen=True, slots=True)
class BroadcastPolicy:
    """Limits that hold for every broadcast."""

    reminders_per_week: int = 5  #: that one person gets within seven days
    approval_above: int = 200  #: with more recipients than this a second person has to approve
    rooms: Mapping[str, MessageLimits] = field(default_factory=dict)  #: by channel, without what follows a colon
    usual: MessageLimits = field(default=MessageLimits(2000, 0))  #: of a channel that is not named
    document: int = 20 * 1024 * 1024  #: bytes of a file that goes along
    language: Literal["vi", "en"] = "vi"  #: of those whose own is not known

    def limits_for(self, channel: str) -> MessageLimits:
        """What one message of a channel (``telegram``, ``terminal:NAME``) holds."""
        return self.rooms.get(channel_kind(channel), self.usual)
