"""What goes out: claimed in order, settled once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from pydantic import ValidationError

from bot.store import places
from bot.store.api import REPLY, Chat, Delivery, OutboxRow, PendingTurn
from bot.store.drivers import Call, Driver
from bot.store.errors import SealBroken, UnknownKey
from bot.store.moments import stored
from bot.store.sealing import Keyring
from handlers.replies import Reply

#: How long a row rests whose key the key file lacks: the file may be put back while we run.
_KEY_MISSING = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


def queued(keyring: Keyring, pending: PendingTurn, replies: Sequence[Reply], now: datetime) -> list[Call]:
    """The replies of a turn, in order; the same turn cannot queue them twice."""
    to = Recipient(pending.chat.id, pending.chat.channel)
    return [
        sending(keyring, Message(to, f"turn:{pending.inbox_id}:{number}", reply), now)
        for number, reply in enumerate(replies)
    ]


class Recipient(NamedTuple):
    """A chat as a message needs it: without its address, which only whoever delivers has to know."""

    chat: str
    channel: str


class Message(NamedTuple):
    """What is to be said, to whom, and what asked for it."""

    to: Recipient
    origin: str  #: whoever asks again under the same origin is not heard twice
    reply: Reply
    priority: int = REPLY


def sending(keyring: Keyring, said: Message, now: datetime) -> Call:
    """The message in the queue."""
    chat, channel = said.to
    row = {
        "origin": said.origin,
        "chat": chat,
        "channel": channel,
        "payload": keyring.seal(said.reply.model_dump_json(), places.payload(chat, said.origin)),
        "priority": said.priority,
        "now": stored(now),
    }
    return Call("queue", row)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outbox of every channel."""

    driver: Driver
    keyring: Keyring
    worker: str  #: who sends what is claimed here

    async def claim(self, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        """Due rows, the first of each chat; one that cannot be read any more fails, with a line in the log.

        A row whose key is missing rests, alone: the key file may be put back.
        """
        wanted = {"channel": channel, "limit": limit, "now": stored(now), "worker": self.worker}
        (rows,) = await self.driver.run(Call("claim", wanted))
        claimed = []
        for row in sorted(rows, key=lambda row: (row[6], row[0])):
            try:
                claimed.append(self._row(channel, row))
            except (SealBroken, ValidationError) as error:
                _log.error("outbox_row_unreadable", outbox_id=row[0], kind=type(error).__name__)
                await self._end(row[0], Delivery.FAILED, now)
            except UnknownKey:
                _log.error("outbox_row_key_missing", outbox_id=row[0], hint="put back the full key file")
                await self._back(row[0], now + _KEY_MISSING, counted=False)
        return claimed

    def _row(self, channel: str, row: tuple[Any, ...]) -> OutboxRow:
        outbox_id, origin, chat, address, payload, attempts, priority = row
        person = Chat(chat, channel, self.keyring.unseal(address, places.address(chat)))
        reply = Reply.model_validate_json(self.keyring.unseal(payload, places.payload(chat, origin)))
        return OutboxRow(outbox_id, person, reply, attempts, priority, origin)

    async def _back(self, outbox_id: int, due: datetime, *, counted: bool) -> None:
        again = {"id": outbox_id, "due": stored(due), "given_back": 0 if counted else 1}
        await self.driver.run(Call("retry", again))

    async def _end(self, outbox_id: int, state: Delivery, now: datetime) -> None:
        await self.driver.run(Call("settle", {"id": outbox_id, "state": state.value, "now": stored(now)}))

    async def settle(self, row: OutboxRow, state: Delivery, now: datetime, *, message: str | None = None) -> None:
        """The end of a row, and of a chat that waited for it to be forgotten."""
        chat, at = row.chat.id, stored(now)
        calls = [self._settlement(row, state, at, message)]
        if state is Delivery.BLOCKED:
            calls.append(Call("block_chat", {"chat": chat, "now": at}))
        await self.driver.run(*calls, Call("forget_chat", {"chat": chat}))

    def _settlement(self, row: OutboxRow, state: Delivery, at: int, message: str | None) -> Call:
        if state is not Delivery.SENT:
            return Call("settle", {"id": row.id, "state": state.value, "now": at})
        sealed = None if message is None else self.keyring.seal(message, places.message(row.chat.id, row.origin))
        return Call("settle_sent", {"id": row.id, "message": sealed, "now": at})

    async def retry(self, row: OutboxRow, due: datetime, *, counted: bool = True) -> None:
        """Back in the queue, not before ``due``; the attempt is given back unless it is ``counted``."""
        await self._back(row.id, due, counted=counted)

    async def recover(self, channel: str, now: datetime) -> int:
        """What a crash caught on its way: replies and notices are queued again, broadcasts become unknown."""
        (rows,) = await self.driver.run(Call("recover", {"channel": channel, "now": stored(now)}))
        return len(rows)
