"""Queue messages, those to the owners about the store included; ``bot.store.outbox`` delivers them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, NamedTuple

from bot.messages import NOTICE, REPLY, DeliveryState, OutboxRow, PendingTurn
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Rows, to_micros
from bot.store.errors import MessageTooLarge
from bot.store.power_seals import genuine_grants
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.core import Reply
from locales import LANGUAGES
from rules.calendar import to_vietnam_day

#: Bytes from which a message is large: it carries a file.
LARGE_MESSAGE = 256 * 1024
#: Bytes of a sealed message at most: the largest file that a channel takes (50 MB) in Base64, and some text.
MAX_MESSAGE_BYTES = 72 * 1024 * 1024


def reply_queries(
    keyring: Keyring, pending: PendingTurn, replies: Sequence[Reply], now: datetime, worker: str | None = None
) -> list[Query]:
    """Queue the replies of a turn, in order; the same turn cannot queue them twice.

    A ``worker`` has the first of them in hand at once, if nothing of the chat is under way or comes before it.
    """
    to = OutboxRecipient(pending.chat.id, pending.chat.channel)
    origins = [f"{turn_origin(pending)}{number}" for number in range(len(replies))]
    return [
        message_query(keyring, OutboxMessage(to, origin, reply, follows=number > 0), now, None if number else worker)
        for number, (origin, reply) in enumerate(zip(origins, replies, strict=True))
    ]


def turn_origin(pending: PendingTurn) -> str:
    """Return what the origins of a turn's replies begin with; their number follows."""
    return f"turn:{pending.inbox_id}:"


def claimed_reply(pending: PendingTurn, first: Reply, queued: Rows) -> OutboxRow | None:
    """Return the first reply of a turn as a claim would, if its row says that it is in a worker's hands."""
    if not queued or queued[0][1] != DeliveryState.SENDING:
        return None
    return OutboxRow(queued[0][0], pending.chat, first, 0, REPLY, f"{turn_origin(pending)}0")


class OutboxRecipient(NamedTuple):
    """A chat as a message needs it: without its address, which only the delivery has to know."""

    chat: str
    channel: str


class OutboxMessage(NamedTuple):
    """A message to be queued, and what asked for it."""

    to: OutboxRecipient
    origin: str  #: a second message of the same origin is not queued
    reply: Reply
    priority: int = REPLY
    follows: bool = False  #: a further part of one answer


def message_query(keyring: Keyring, said: OutboxMessage, now: datetime, worker: str | None = None) -> Query:
    """Queue a message; a ``worker`` takes it in hand at once where it may leave first.

    Raises:
        MessageTooLarge: it could be neither kept nor read without harm to everybody else.
    """
    chat, channel = said.to
    payload = keyring.seal(said.reply.model_dump_json(), sealed_columns.payload(chat, said.origin))
    if len(payload) > (MAX_MESSAGE_BYTES if said.reply.attachments else LARGE_MESSAGE):
        raise MessageTooLarge
    row = {
        "origin": said.origin,
        "chat": chat,
        "channel": channel,
        "payload": payload,
        "priority": said.priority,
        "follows": int(said.follows),
        "worker": worker,
        "now": to_micros(now),
    }
    return Query("queue", row)


#: The kind of task that writes requests into files.
EXPORT_TASK = "export"
#: What the marks of messages begin with that carry its files.
FILE_MARK = "file"


def task_origin(task: str, mark: str = "shown") -> str:
    """Return the origin of a message of a task; ``shown`` is the message that moves."""
    return f"{EXPORT_TASK}:{task}:{mark}"


def task_message_query(acting: StoreContext, task: str, mark: str, said: Reply) -> Query:
    """Queue a message of a task; the same mark again changes nothing."""
    return message_query(
        acting.keyring, task_message(OutboxRecipient(acting.chat, acting.channel), task, mark, said), acting.now
    )


def task_message(to: OutboxRecipient, task: str, mark: str, said: Reply) -> OutboxMessage:
    """Make a message of a task."""
    return OutboxMessage(to, task_origin(task, mark), said, NOTICE)


async def format_task_edit(acting: StoreContext, task: str, said: Reply) -> Reply | None:
    """Make ``said`` a change of the moving message; ``None`` where that was not sent, or has no id."""
    return await format_edit(acting, task_origin(task), said)


async def format_edit(acting: StoreContext, origin: str, said: Reply) -> Reply | None:
    """Make ``said`` replace the message of an origin; ``None`` where that cannot be."""
    (rows,) = await acting.ask(Query("shown_message", {"origin": origin}))
    if not rows:
        return None
    target = unseal_or_none(acting.keyring, rows[0][0], sealed_columns.message(acting.chat, origin))
    if target is None:
        return None
    return said.model_copy(update={"action": "edit", "target": target})


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """A message in the queue as it will be; its sealed payload waits in a file without a name, not in memory."""

    row: Query
    payload: BinaryIO
    keyring: Keyring

    def to_query(self) -> Query:
        """Return the row with its payload, sealed anew where the key has changed: the older one may be gone soon."""
        self.payload.seek(0)
        place = sealed_columns.payload(self.row.parameters["chat"], self.row.parameters["origin"])
        payload = self.keyring.reseal(self.payload.read(), place)
        return replace(self.row, parameters={**self.row.parameters, "payload": payload})


@asynccontextmanager
async def prepare_messages(
    keyring: Keyring, messages: Iterable[Callable[[], OutboxMessage]], now: datetime
) -> AsyncIterator[list[PreparedMessage]]:
    """Make and seal messages one after the other, off the event loop. Raises OSError where there is no room."""
    with ExitStack() as files:
        ready = []
        for message in messages:
            file = files.enter_context(tempfile.TemporaryFile())
            ready.append(await asyncio.to_thread(_prepare_message, keyring, message, now, file))
        yield ready


def _prepare_message(
    keyring: Keyring, message: Callable[[], OutboxMessage], now: datetime, file: BinaryIO
) -> PreparedMessage:
    row = message_query(keyring, message(), now)
    file.write(row.parameters["payload"])
    return PreparedMessage(replace(row, parameters={**row.parameters, "payload": None}), file, keyring)


#: Rows that one message names.
_NAMED = 20


class AbandonedRow(StrEnum):
    """A row that is not tried any more."""

    UPDATE = "update"  #: of the inbox
    UNSTORED = "unstored"  #: not even a row: an update that the store refused
    MESSAGE = "message"  #: of the outbox
    TASK = "task"
    RESTORED = "restored"  #: not one row: the whole database is an older copy
    PROMOTED = "promoted"  #: the same, as a standby of the database took over that may lack something
    CLOCK = "clock"  #: the clock leapt by so many days
    CONSENT = "consent"  #: the assistant may no longer act for the office's account of a platform
    PACKAGE = "package"  #: what the office pays a platform for ends in so many days
    QUIET = "quiet"  #: a platform has told nothing for so many hours of a working day
    QUOTA = "quota"  #: a platform refused so many messages in a row: what it gives out may be used up
    BUDGET = "budget"  #: what a platform's messages may cost in a month is used up
    MONEY = "money"  #: a platform refused a message for want of money, or of a quota
    TEMPLATE = "template"  #: a platform refused an approved text
    HANDOVER = "handover"  #: a colleague answers in a chat, where the assistant says nothing meanwhile


#: Told of each, not once a day.
_EACH = frozenset({AbandonedRow.RESTORED, AbandonedRow.PROMOTED})
#: Words a notice of an abandoned row in a language.
FormatAlert = Callable[[str, AbandonedRow, int | str], Reply]
#: Words in a language that so many values cannot be read any more, the places of some of which follow.
FormatDamage = Callable[[str, int, str], Reply]


@dataclass(frozen=True, slots=True)
class OwnerAlerts:
    """Notices for every owner, queued like any other message. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring
    format_alert: FormatAlert
    format_damage: FormatDamage

    async def raise_alarm(self, what: AbandonedRow, row: int | str, now: datetime) -> None:
        """Queue a notice; of the same kind one a day, however many rows there are; of each older copy one.

        Call it before the row gets its end: a crash in between tells of it again, which changes nothing.
        """
        (rows,) = await self.driver.run(Query("owners"))
        owners = {(row[4], *row[-2:]) for row in genuine_grants(self.keyring, rows)}
        once = to_vietnam_day(now).isoformat() + (f":{row}" if what in _EACH else "")
        notices = [
            OutboxMessage(
                OutboxRecipient(chat, channel),
                f"aside:{what}:{once}:{chat}",
                self.format_alert(language or LANGUAGES[0], what, row),
                NOTICE,
            )
            for chat, channel, language in sorted(owners)
        ]
        if notices:
            await self.driver.run(*(message_query(self.keyring, notice, now) for notice in notices))

    async def report_damage(self, now: datetime) -> None:
        """Write down the unreadable values met since the last time, and tell the owners of those not known yet."""
        met = dict(self.keyring.damage.unnoted)
        if not met:
            return
        async with self.driver.transaction() as transaction:
            found = await transaction.run(*(_note_query(place, now) for place in met))
            fresh = [row for (_, row), rows in zip(met.items(), found, strict=True) if rows]
            if fresh:
                (owners,) = await transaction.run(Query("owners"))
                calls = list(self._damage_queries(genuine_grants(self.keyring, owners), fresh, now))
                await transaction.run(*calls)
            await transaction.run(commit=True)
        for place in met:
            self.keyring.damage.unnoted.pop(place, None)

    def _damage_queries(self, owners: Iterable[Sequence[Any]], rows: list[str], now: datetime) -> Iterator[Query]:
        named = ", ".join(rows[:_NAMED]) + (" …" if len(rows) > _NAMED else "")
        for chat, channel, language in {(row[4], *row[-2:]) for row in owners}:
            said = self.format_damage(str(language or LANGUAGES[0]), len(rows), named)
            origin = f"unreadable:{rows[0]}:{to_micros(now)}:{chat}"
            to = OutboxRecipient(str(chat), str(channel))
            yield message_query(self.keyring, OutboxMessage(to, origin, said, NOTICE), now)


def _note_query(place: str, now: datetime) -> Query:
    return Query("note_unreadable", {"place": place, "now": to_micros(now), "value": None})
