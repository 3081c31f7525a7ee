"""Queues messages; ``bot.store.outbox`` delivers them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO, NamedTuple

from bot.messages import NOTICE, REPLY, PendingTurn
from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import to_micros
from bot.store.errors import MessageTooLarge
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import unseal_or_none
from handlers.core.replies import Reply

#: Bytes from which a message is large: it carries a file.
LARGE_MESSAGE = 256 * 1024
#: Bytes of a sealed message at most: the largest file that a channel takes (50 MB) in Base64, and some text.
MAX_MESSAGE_BYTES = 72 * 1024 * 1024


def reply_queries(keyring: Keyring, pending: PendingTurn, replies: Sequence[Reply], now: datetime) -> list[Query]:
    """Queue the replies of a turn, in order; the same turn cannot queue them twice."""
    to = OutboxRecipient(pending.chat.id, pending.chat.channel)
    return [
        message_query(keyring, OutboxMessage(to, f"turn:{pending.inbox_id}:{number}", reply, follows=number > 0), now)
        for number, reply in enumerate(replies)
    ]


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


def message_query(keyring: Keyring, said: OutboxMessage, now: datetime) -> Query:
    """Queue a message.

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
        "now": to_micros(now),
    }
    return Query("queue", row)


#: Words in a language that a file which was ordered could not be made.
FormatFailure = Callable[[str], Reply]
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
