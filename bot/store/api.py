"""The store as the rest of ``bot`` sees it. Sealing, SQL and drivers are behind it; times are aware UTC.

``open_store`` in ``bot.store`` gives one. All methods raise ``StoreError`` (``bot.store.errors``); where it is
``retryable`` nothing was changed and the same call may be made again.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.metrics.base import QueueDepths
from handlers.core.broadcast_ports import Reminders
from handlers.core.events import Event
from handlers.core.ports import AdminServices, InterviewRegister, OwnData, OwnRequests
from handlers.core.replies import Reply
from handlers.model.broadcast import DeliveryReason
from handlers.model.rights import Role
from handlers.model.unit_directory import UnitDirectory

if TYPE_CHECKING:
    from bot.services.broadcasts.service import BroadcastOperations
    from bot.store.continuity import Continuity
    from bot.store.task_api import ExportTasks, OwnDataTasks
    from bot.store.unreadable import AbandonedRow
    from bot.store.worker_api import SharedWorkerRegistry


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


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """The oldest unhandled update of a chat, with the session it meets."""

    inbox_id: int
    chat: Chat
    event: Event
    session: str | None  #: JSON; None for a chat that has none yet
    received_at: datetime
    lost: bool = False  #: there is a session, and it cannot be read
    #: How often it was taken in hand, this time included: raised before, so that a crash counts too.
    tries: int = field(default=1, compare=False)


class DeliveryState(StrEnum):
    """What became of an outbox row."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    BLOCKED = "blocked"
    INVALID = "invalid"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


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


class MessageSize(IntEnum):
    """Which messages are claimed: large ones carry files, and take memory and time."""

    SMALL = 0
    LARGE = 1
    ANY = 2


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a row that was claimed."""

    row: OutboxRow
    state: DeliveryState
    message: str | None = None  #: the platform's id of what was sent
    reason: DeliveryReason | None = None
    instead: tuple[Reply, ...] = ()  #: said to the same person, once for all parts of what was to be sent


class ChainFault(StrEnum):
    """What is wrong with the audit chain where it breaks first."""

    CHANGED = "changed"  #: the row is not as it was written
    MISSING = "missing"  #: a row that stood between others, or at the end, is gone
    MOVED = "moved"  #: the row is genuine but does not follow the one before it
    ADDED = "added"  #: a row stands behind the end of the chain
    NO_END = "no_end"  #: the record of the chain's end is gone or was changed
    REPLACED = "replaced"  #: the row is not the one that was noted: the chain was written anew


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the audit chain found."""

    rows: int  #: in order, up to the fault or to the end
    end: str = ""  #: hash of the last of them
    fault: ChainFault | None = None
    number: int = 0  #: of the row at fault


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of the rows that give power."""

    worthless: tuple[str, ...]  #: roles, invitations and broadcasts that the program did not write so
    changed_end: int | None  #: the row at which the journal's end was found changed; ``None``: it is whole

    @property
    def whole(self) -> bool:
        """Nothing was found."""
        return not self.worthless and self.changed_end is None


@dataclass(frozen=True, slots=True)
class ServingProcess:
    """A process that serves a channel now."""

    name: str  #: machine and process id
    keys: tuple[str, ...]  #: ids of those it holds; it seals with the first


@dataclass(frozen=True, slots=True)
class MissingKey:
    """Values of a table whose key is not in the key file."""

    key: str
    table: str
    count: int


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """Whether everything can be read."""

    missing: tuple[MissingKey, ...]
    damaged: tuple[str, ...]  #: table, column and row of each value that does not open
    processes: tuple[ServingProcess, ...]


@dataclass(frozen=True, slots=True)
class Retirement:
    """Which keys went, and why others stay."""

    dropped: tuple[str, ...]
    kept: Mapping[str, str]  #: id -> message id of the reason


@dataclass(frozen=True, slots=True)
class RotationResult:
    """What a rotation of the keys did."""

    key: str  #: id of the new key
    resealed: int  #: values
    dropped: tuple[str, ...]  #: ids of keys that nothing used any more


class TurnTransaction(Protocol):
    """The transaction of one turn: all of it is committed, or nothing."""

    requests: OwnRequests
    own_data: OwnData
    register: InterviewRegister
    admin: AdminServices
    reminders: Reminders

    async def finish(self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = ()) -> None:
        """Store the session, queue the replies, queue follow-up events, and mark the inbox row done (payload erased).

        Follow-ups are handled before what the chat sent later. This commits; nothing may be asked afterwards.

        Raises:
            TurnTaken: another process has handled the update; nothing of this turn stays.
            TooMuchToKeep: the session, or a reply, is over its bound; nothing of this turn stays.
        """


class AdminTransaction(Protocol):
    """A transaction of the admins' side outside any conversation: on the command line, or of a task."""

    admin: AdminServices

    async def expect(self, chat: Chat) -> None:
        """Make a chat known that may never have written, so that it can be given a role."""

    async def commit(self) -> None:
        """Keep what was done; nothing may be asked afterwards."""


class Store(Protocol):
    """Inbox, sessions, outbox, requests."""

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        """Store updates in one transaction; a known channel + update id is a no-op. Chats that got something new."""

    async def chats_waiting(self, channel: str) -> list[Chat]:
        """Chats with unhandled updates that no other living worker is at."""

    async def claim_turn(self, chat: Chat) -> PendingTurn | None:
        """The next turn of a chat, which is this worker's until it ends; ``None`` also where another one is at it.

        An update that cannot be read any more is given up by itself.
        """

    def turn(self, pending: PendingTurn, now: datetime) -> AbstractAsyncContextManager[TurnTransaction]:
        """Open the turn's transaction; leaving it without ``finish`` or with an exception rolls back.

        Call nothing else of the store inside: it would wait for the turn, and the turn for it.
        """

    async def reset_session(self, pending: PendingTurn, now: datetime) -> None:
        """Set the session of a chat aside, kept as it is, because it cannot be read; the chat has none from then on."""

    async def give_up(self, pending: PendingTurn, now: datetime, replies: Sequence[Reply] = ()) -> None:
        """Take a poison update out of the way: marked ``failed``, kept sealed for the operator, who is told.

        The apology (``replies``) is queued in the same transaction; the session stays as it was.
        """

    def admin_transaction(
        self, now: datetime, *, chat: str = "", channel: str = "machine", reading: bool = False
    ) -> AbstractAsyncContextManager[AdminTransaction]:
        """Open a transaction of the admins' side, of a chat (its id) or of the machine; undone without ``commit``.

        One that is only ``reading`` may take its time: nobody who writes waits for it.
        """

    def chat(self, channel: str, address: str) -> Chat:
        """The chat at an address, whether or not it ever wrote."""

    async def language(self, chat: Chat) -> str | None:
        """The language that the person of a chat has chosen; ``None`` where that is not known."""

    async def roles(self, chat: Chat) -> frozenset[Role]:
        """Those of the person in a chat at this moment, but ``OFFICER``."""

    async def chat_of_grant(self, grant: str) -> str | None:
        """The id of the chat whose person has this role (QT-000012); ``None`` where nobody does."""

    async def verify_journal(self, noted: tuple[int, str] | None = None) -> Verdict:
        """Whether the audit chain is as it was written; rows that are added meanwhile do not disturb.

        ``noted`` is an end that an earlier verdict named (rows, hash): a chain cut short or written anew shows by it.
        """

    async def prove_powers(self) -> Proof:
        """Whether roles, invitations and broadcasts that stand were written by the program, and the journal's end."""

    async def accept_powers(self, now: datetime) -> None:
        """The operator answers for the journal as it stands: its last row is its end from now on."""

    async def units_version(self) -> int:
        """Changes with every import of units."""

    async def units(self) -> UnitDirectory:
        """All units, as they are now."""

    @property
    def tasks(self) -> "ExportTasks":
        """What is done outside of turns."""

    @property
    def own_data(self) -> "OwnDataTasks":
        """Orders for what is held about people."""

    @property
    def workers(self) -> "SharedWorkerRegistry":
        """This process among those that serve a channel."""

    @property
    def continuity(self) -> "Continuity":
        """Whether the database, and the clock, go on from where they were."""

    async def raise_alarm(self, what: "AbandonedRow", row: int | str, now: datetime) -> None:
        """Tell the owners; of the same kind once a day."""

    @property
    def broadcasts(self) -> "BroadcastOperations":
        """What goes on with broadcasts by itself."""

    async def is_made_up(self) -> bool:
        """Whether the data are those of ``troly demo``."""

    async def claim(
        self,
        channel: str,
        limit: int,
        now: datetime,
        resting: Collection[str] = (),
        size: MessageSize = MessageSize.ANY,
    ) -> list[OutboxRow]:
        """Move due replies and notices queued -> sending: the first of each chat with none in flight.

        People take turns, those first who were told nothing lately. Chats that are ``resting`` (ids) come later.
        """

    async def running_broadcasts(self, channel: str, now: datetime) -> list[str]:
        """Broadcasts that run, are not held back, and have something due for this channel."""

    async def claim_broadcast(self, broadcast: str, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        """Move the next rows of a running one queued -> sending, each in its person's words; else nothing.

        Chats with a message in flight, or a reply that waits, come later. Rows of people who want no reminders, or have
        blocked the assistant, get their end here and are not among those returned.
        """

    async def settle(
        self,
        row: OutboxRow,
        state: DeliveryState,
        now: datetime,
        *,
        message: str | None = None,
        reason: DeliveryReason | None = None,
    ) -> None:
        """``settle_all`` for one."""

    async def settle_all(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Give ``sending`` rows their final state, in one go; rows that another worker has in hand stay as they are.

        What is said instead of them is queued in the same transaction.
        A row that became ``unknown`` when its worker was given up is ``sent`` after all where that worker says so.
        """

    async def retry(self, row: OutboxRow, due: datetime, *, counted: bool = True) -> None:
        """Put a ``sending`` row back in the queue, not before ``due``; its attempt is forgotten unless ``counted``."""

    async def release_claims(self, channel: str, in_hand: Collection[int], *, broadcasts: bool) -> None:
        """Queue again what this process claimed, messages of broadcasts or all others, but for what it has ``in_hand``.

        For a claim whose answer never came. Nothing may be claimed of the same kind meanwhile.
        """

    async def recover(self, channel: str, now: datetime) -> int:
        """What no living worker has in hand: replies in ``sending`` are queued again, broadcasts become ``unknown``.

        How many. For a channel that nobody joins, such as a terminal, this is how a start begins.
        """

    async def mark_blocked(self, chat: Chat, now: datetime) -> None:
        """The platform says that this person has blocked the assistant."""

    async def mark_unblocked(self, chat: Chat) -> None:
        """The platform says that this person lets it write again."""

    async def delete_expired(self, now: datetime, days: int, *, dry_run: bool = False) -> dict[str, int]:
        """Delete what is past its time. A dry run only counts. The journal stays.

        Counts of requests, sessions, standings, inbox, outbox, broadcasts, roles, invitations, chats.
        """

    async def depths(self) -> QueueDepths:
        """How many updates, messages and tasks wait."""

    async def reseal(self) -> int:
        """Seal every value that an older key sealed with the current one, in small batches; how many."""

    async def key_usage(self) -> dict[str, int]:
        """How many values each key seals, by key id."""

    async def rotate_keys(self, now: datetime) -> RotationResult:
        """Add a key, reseal, and drop keys that nothing uses; may run beside the assistant."""

    async def close(self) -> None:
        """Release connections."""
