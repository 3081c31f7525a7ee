"""Messages on their way through the program: what channels, delivery and the store hand to each other.

Times are aware and in UTC.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum

from handlers.core import Event, Reply
from handlers.model import DeliveryReason, PlaceholderValues, ReminderKind

#: Priorities of the outbox: the answer of a turn, a message about one's own affair, a message to many.
REPLY, NOTICE, BROADCAST = 0, 1, 2
#: Characters of a session at most: it is read and written with every line.
MOST_SESSION = 128 * 1024


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation with one person over one channel."""

    id: str
    channel: str
    address: str  #: the platform's own chat id


@dataclass(frozen=True, slots=True)
class Incoming:
    """An update as a channel received it, before it is acknowledged to the platform."""

    channel: str
    update_id: str
    address: str
    event: Event
    kept: bool = False  #: in the store already, as its platform sent it, until this is stored


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A person blocks the assistant, or lets it write again."""

    channel: str
    address: str  #: of the person in the channel
    blocked: bool


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """The oldest unhandled update of a chat, with the session it meets."""

    inbox_id: int
    chat: Chat
    event: Event
    session: str | None  #: JSON; None for a chat that has none yet
    received_at: datetime
    lost: bool = False  #: there is a session, and it cannot be read
    turn: int | None = None  #: of an event that a turn asked for, the ``inbox_id`` of the update of that turn
    #: How often it was taken in hand, this time included: raised before, so that a crash counts too.
    tries: int = field(default=1, compare=False)
    #: Nothing else of the chat waits but what this process is told of by itself.
    alone: bool = field(default=False, compare=False)


class DeliveryState(StrEnum):
    """The state of an outbox row."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    BLOCKED = "blocked"
    INVALID = "invalid"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReminderFacts:
    """The facts about one person's reminder, for a platform that takes an approved text and nothing else."""

    kind: ReminderKind
    values: PlaceholderValues
    day: date  #: in Viet Nam, on which it is read


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message to deliver."""

    id: int
    chat: Chat
    reply: Reply
    attempts: int  #: deliveries tried and counted before this one
    priority: int  #: REPLY, NOTICE or BROADCAST
    origin: str  #: what asked for it; unique
    broadcast: str | None = None  #: of which it is a part
    first: bool = False  #: the person never had a reminder before
    facts: ReminderFacts | None = None  #: of a reminder


class MessageSize(IntEnum):
    """The size of the messages to claim: large ones carry files, and take memory and time."""

    SMALL = 0
    LARGE = 1
    ANY = 2


@dataclass(frozen=True, slots=True)
class Receipt:
    """The word of a platform that it took a message."""

    message: str | None = None  #: the platform's id of it
    reason: DeliveryReason | None = None  #: it left in another way than usual


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a row that was claimed."""

    row: OutboxRow
    state: DeliveryState
    message: str | None = None  #: the platform's id of what was sent
    reason: DeliveryReason | None = None
    instead: tuple[Reply, ...] = ()  #: said to the same person, once for all parts of what was to be sent
    blocked: bool = False  #: the chat takes no more messages, whatever became of this one
