"""Broadcasts and campaigns as data: text, audience, plan, states, problems and counts.

A campaign is a broadcast with a ``CampaignPlan``: it sends nothing itself and makes a child broadcast (with ``parent``
and ``step``) at every step. Both kinds are drafted, checked, approved, paused and cancelled in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handlers.model.channels import ChannelAddress, ChannelCosts, ChannelTariff, MessageLimits, channel_kind
from handlers.model.requests import BROADCAST_PREFIX, RequestState, format_code
from handlers.model.rights import Role
from rules.outcome import Procedure


class BroadcastState(StrEnum):
    """The state of a broadcast."""

    DRAFT = "draft"
    CHECKED = "checked"  #: the whole list was checked and no problem was found
    APPROVED = "approved"  #: text and audience are fixed from here on; the rows are being created
    SCHEDULED = "scheduled"  #: every recipient has a row; it waits for its time, or for a start by hand
    RUNNING = "running"  #: being sent; for a campaign, its plan is being carried out
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


#: The allowed moves, from -> to. A checked draft that is changed becomes a draft again.
BROADCAST_TRANSITIONS: Mapping[BroadcastState, frozenset[BroadcastState]] = {
    BroadcastState.DRAFT: frozenset({BroadcastState.CHECKED, BroadcastState.CANCELLED}),
    BroadcastState.CHECKED: frozenset({BroadcastState.DRAFT, BroadcastState.APPROVED, BroadcastState.CANCELLED}),
    # back to checked: ``StateReason.SECOND_PERSON``
    BroadcastState.APPROVED: frozenset({BroadcastState.SCHEDULED, BroadcastState.CHECKED, BroadcastState.CANCELLED}),
    BroadcastState.SCHEDULED: frozenset({BroadcastState.RUNNING, BroadcastState.CANCELLED}),
    BroadcastState.RUNNING: frozenset({BroadcastState.PAUSED, BroadcastState.FINISHED, BroadcastState.CANCELLED}),
    BroadcastState.PAUSED: frozenset({BroadcastState.RUNNING, BroadcastState.CANCELLED}),
    BroadcastState.FINISHED: frozenset(),
    BroadcastState.CANCELLED: frozenset(),
}
ENDED_STATES = frozenset({BroadcastState.FINISHED, BroadcastState.CANCELLED})
#: Id of the built-in campaign that never ends; its steps are the reminders of expiring certificates.
EXPIRY_CAMPAIGN = format_code(BROADCAST_PREFIX, 0)


class StateReason(StrEnum):
    """The reason for the state of a broadcast, where it was not simply moved by hand."""

    BY_HAND = "by_hand"
    ERRORS = "errors"  #: paused: too many could not be delivered
    QUIET = "quiet"  #: held back until the quiet hours are over
    DAY_OFF = "day_off"  #: held back until the next working day
    LATE = "late"  #: a step that ran after its time: the program was not running then
    MISSED = "missed"  #: a step that was left out: its time was past
    NOBODY = "nobody"  #: no recipient was left
    PARENT = "parent"  #: its campaign was cancelled
    PROBLEMS = "problems"  #: a step that could not be sent: its check found problems
    RESTORED = "restored"  #: the database is an older copy, so its messages may have been sent already
    SECOND_PERSON = "second_person"  #: there are now more recipients than the author may approve alone


class DeliveryReason(StrEnum):
    """The reason for a recipient's delivery state, where the state alone does not say it."""

    STOPPED = "stopped"  #: skipped: the person wants no reminders
    CAPPED = "capped"  #: skipped: the person has had as many this week as one person may get
    NO_CONSENT = "no_consent"  #: skipped: the person does not agree (any more) that data about them is stored
    DONE = "done"  #: skipped: the person has reported the task as done
    LATER = "later"  #: skipped: the person postponed the reminder
    CANCELLED = "cancelled"  #: skipped: the broadcast was cancelled
    BLOCKED_BEFORE = "blocked_before"  #: blocked: known before anything was sent
    CRASH = "crash"  #: unknown: the process ended between the request and its answer
    NO_ANSWER = "no_answer"  #: unknown: the platform did not answer
    REFUSED = "refused"  #: invalid: the platform will never accept this message for this chat
    WINDOW = "window"  #: invalid: the person has not written for too long, and there is no approved text
    MONEY = "money"  #: invalid: a message to this person costs more than the month may still cost
    TEMPLATE = "template"  #: invalid: the platform refused the approved text
    BY_TEMPLATE = "by_template"  #: sent: as an approved text, for the person has not written for long
    RESTORED = "restored"  #: unknown: queued in a copy of the database that was put back
    NEXT_CHANNEL = "next_channel"  #: it goes on to the person's next channel, or another of their chats has it already
    GAVE_UP = "gave_up"  #: failed: all attempts were used up
    NO_SEND_MESSAGE = "no_sendMessage"  #: failed: the platform's server lacks the method
    NO_SEND_DOCUMENT = "no_sendDocument"  #: failed: likewise
    NO_DELETE_MESSAGE = "no_deleteMessage"  #: failed: likewise
    NOT_OFFERED = "not_offered"  #: failed: the server lacks another method


class BroadcastButton(StrEnum):
    """The buttons that a recipient can tap."""

    NOW = "now"  #: opens the interview at the right place
    DONE = "done"
    LATER = "later"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class BroadcastText(_Model):
    """The text in both languages; ``handlers.broadcasts.template`` reads its placeholders and markup."""

    vi: str = ""
    en: str = ""


class Audience(_Model):
    """Conditions that a recipient must meet, all of those that are set.

    Days are days in Viet Nam, both ends included.
    """

    unit: str | None = None  #: the person's unit is this one or below it
    role: Role | None = None  #: OFFICER or None: everybody
    to_do: bool = False  #: some procedure is owed and not yet requested
    unfinished: bool = False  #: some procedure is owed, and no request for it is done
    owed: tuple[Procedure, ...] = ()  #: one of these procedures is owed and not yet requested
    states: tuple[RequestState, ...] = ()  #: has a request in one of these states
    expires_from: date | None = None  #: has a certificate that ends in this window
    expires_until: date | None = None
    expires_within: int | None = None  #: days from the day of the check or of sending
    channel: str | None = None
    silent_since: date | None = None  #: has sent no message since this day
    silent_days: int | None = None  #: like ``silent_since``, in days before the check or sending
    chats: tuple[str, ...] | None = None  #: ids of chats from a list file

    @property
    def is_by_role(self) -> bool:
        """Return whether it is for people with a role: these hear of their work, others only what they agreed to."""
        return self.role not in {None, Role.OFFICER}

    def expiry_window(self, today: date) -> tuple[date, date] | None:
        """Return the first and the last day on which a certificate may end; ``None`` where that is not asked."""
        firsts, lasts = ([day] if day else [] for day in (self.expires_from, self.expires_until))
        if self.expires_within is not None:
            firsts.append(today)
            lasts.append(date.fromordinal(min(today.toordinal() + self.expires_within, date.max.toordinal())))
        return (max(firsts, default=date.min), min(lasts, default=date.max)) if firsts or lasts else None

    def silent_before(self, today: date) -> date | None:
        """Return the day before which the last message was sent; ``None`` where that is not asked."""
        days = [self.silent_since] if self.silent_since else []
        if self.silent_days is not None:
            days.append(date.fromordinal(max(today.toordinal() - self.silent_days, date.min.toordinal())))
        return min(days, default=None)


class CampaignPlan(_Model):
    """The reminder days of a campaign."""

    deadline: date
    steps: tuple[int, ...] = (30, 14, 7, 3, 1, 0, -1)  #: days before the deadline; negative ones are after it
    at: time = time(8, 30)  #: in Vietnamese time
    #: A step whose time passed while the program was down is sent late (until the next step's time), or left out.
    late: Literal["run", "skip"] = "run"


class BroadcastDraft(_Model):
    """Everything that the author of a broadcast decides."""

    title: str  #: seen by people with a role, never by recipients
    text: BroadcastText = BroadcastText()
    audience: Audience = Audience()
    buttons: tuple[BroadcastButton, ...] = (BroadcastButton.NOW, BroadcastButton.DONE, BroadcastButton.LATER)
    deadline: date | None = None  #: the day for {han} and {so_ngay}; a campaign has that of its plan
    plan: CampaignPlan | None = None
    starts_at: datetime | None = None  #: ``None``: it is started by hand
    document: str | None = None  #: name of the file sent along
    document_type: str = "application/pdf"
    language: Literal["vi", "en"] = "vi"  #: language of the progress messages to the author


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast or a campaign, as people with a role see it."""

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
    chat: str | None = None  #: the author's chat
    approver: str | None = None
    checking: bool = False
    recipients: int = 0
    starts_at: datetime | None = None
    held_until: datetime | None = None
    why: str | None = None  #: a ``StateReason``
    finished_at: datetime | None = None

    @property
    def is_campaign(self) -> bool:
        """Return whether this is a campaign, which makes broadcasts and sends nothing itself."""
        return self.draft.plan is not None


class PlaceholderValues(_Model):
    """The values of the placeholders for one person, stored with the recipient's row. ``None`` means unknown."""

    language: Literal["vi", "en"] = "vi"
    name: str | None = None  #: {ho_ten}
    unit: str | None = None  #: {don_vi}
    day: date | None = None  #: {han}; {so_ngay} is counted from it on the day of sending
    to_do: tuple[Procedure, ...] = ()  #: {viec_can_lam}


class ProblemKind(StrEnum):
    """The kinds of problems that a check can find."""

    EMPTY = "empty"  #: a text is missing
    PLACEHOLDER = "placeholder"  #: a placeholder that is not known
    MARKUP = "markup"  #: markup that is not closed, or not known
    TOO_LONG = "too_long"  #: the message of some recipients, or of all, is too long
    MISSING = "missing"  #: a placeholder has neither a value for some recipients nor words of its own
    UNKNOWN = "unknown"  #: the list names somebody who never wrote to the assistant, or is out of reach
    NOBODY = "nobody"  #: no recipient is left
    DOCUMENT = "document"  #: the document is too large, or a channel takes none
    QUOTA = "quota"  #: more people, or more messages in this month, than a channel gives out
    PAST = "past"  #: the time of the start, or the whole plan, is over


class BroadcastProblem(_Model):
    """One problem of a broadcast, with the recipients or lines that it concerns."""

    trouble: ProblemKind
    about: str = ""  #: a placeholder, a language, a channel, a tag
    rows: tuple[str, ...] = ()  #: the first people (N-3F2A91C0) or lines of the list that it concerns
    count: int = 0  #: number of all people or lines concerned


class ChannelCounts(_Model):
    """The number of recipients in one channel, by reachability."""

    channel: str
    reachable: int = 0
    blocked: int = 0
    stopped: int = 0
    capped: int = 0

    @property
    def all(self) -> int:
        """Return the number of all recipients of the channel."""
        return self.reachable + self.blocked + self.stopped + self.capped


class CheckReport(_Model):
    """The result of checking the whole list of a broadcast."""

    at: datetime
    counted: tuple[ChannelCounts, ...] = ()
    problems: tuple[BroadcastProblem, ...] = ()
    costs: tuple[ChannelCosts, ...] = ()  #: of channels that charge for messages

    @property
    def recipients(self) -> int:
        """Return the number of all recipients."""
        return sum(one.all for one in self.counted)


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """The number of people of a broadcast by state, and by reason for ``skipped`` and ``unknown``."""

    states: Mapping[str, int] = field(default_factory=dict)  #: ``bot.messages.DeliveryState`` -> rows
    reasons: Mapping[str, int] = field(default_factory=dict)  #: ``Reason`` -> rows
    went_on: Mapping[str, int] = field(default_factory=dict)  #: state of what went on to another channel -> rows
    #: ``received`` and ``seen`` -> rows of which the channel told that they got at least so far
    receipts: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return the number of all rows."""
        return sum(self.states.values())

    def tried(self, state: str) -> int:
        """Count what ended so, also where it went on to another channel: the platform failed all the same."""
        return self.states.get(state, 0) + self.went_on.get(state, 0)

    @property
    def open(self) -> int:
        """Return the number of rows without a final state."""
        return self.states.get("queued", 0) + self.states.get("sending", 0)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a broadcast; the name is masked where the caller may not see it."""

    code: str  #: N-3F2A91C0
    name: str | None
    unit: str | None
    channel: str
    state: str = ""  #: a ``DeliveryState``; empty before there is a row
    reason: str | None = None  #: a ``DeliveryReason``
    attempts: int = 0
    queued_at: datetime | None = None
    settled_at: datetime | None = None
    receipt: str = ""  #: ``received`` or ``seen``, where the channel told so


class ActionResult(StrEnum):
    """The result of an action on a broadcast."""

    DONE = "done"
    UNKNOWN = "unknown"  #: no such broadcast within reach
    NOT_ALLOWED = "not_allowed"  #: the state does not allow it
    NOT_YOURS = "not_yours"  #: the rights do not cover it
    SECOND_PERSON = "second_person"  #: so many recipients need the approval of somebody else
    OVERTAKEN = "overtaken"  #: somebody changed it since it was seen
    PROBLEMS = "problems"  #: the check found problems, or was not made


#: A person on a list: the code of a request, the code of a person (N-3F2A91C0), or where they are written to.
RecipientName = str | ChannelAddress


@dataclass(frozen=True, slots=True)
class ChannelQuota:
    """The people and messages that a channel gives out."""

    people: int  #: that it has at most
    messages: int  #: in a month in Viet Nam


@dataclass(frozen=True, slots=True)
class BroadcastPolicy:
    """The limits that hold for every broadcast."""

    reminders_per_week: int = 5  #: the most that one person gets within seven days
    approval_above: int = 200  #: with more recipients than this a second person has to approve
    rooms: Mapping[str, MessageLimits] = field(default_factory=dict)  #: by channel, without what follows a colon
    quotas: Mapping[str, ChannelQuota] = field(default_factory=dict)  #: of channels that have one
    tariffs: Mapping[str, ChannelTariff] = field(default_factory=dict)  #: of channels that charge for messages
    usual: MessageLimits = field(default=MessageLimits(2000, 0))  #: limits of a channel that is not in ``rooms``
    document: int = 20 * 1024 * 1024  #: greatest size of the file sent along, in bytes
    language: Literal["vi", "en"] = "vi"  #: language for people whose own is not known

    def limits_for(self, channel: str) -> MessageLimits:
        """Return the limits of a channel such as ``telegram`` or ``terminal:NAME``."""
        return self.rooms.get(channel_kind(channel), self.usual)
