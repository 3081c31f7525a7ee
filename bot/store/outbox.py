"""Rows of the outbox on their way to a person: claimed in order, opened, said."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.store.api import BROADCAST, Chat, DeliveryState, MessageSize, OutboxRow, Settlement
from bot.store.broadcasts.audience import WEEK
from bot.store.broadcasts.messages import BroadcastMessage, BroadcastMessages
from bot.store.drivers.base import Driver, Query, Rows
from bot.store.encoding import to_micros
from bot.store.errors import MessageTooLarge, SealBroken, UnknownKey
from bot.store.key_rotation import is_key_awaited
from bot.store.messages import LARGE_MESSAGE, MAX_MESSAGE_BYTES, OutboxMessage, OutboxRecipient, message_query
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import UNREADABLE_ERRORS
from bot.store.unreadable import AbandonedRow, notify_owners
from handlers.core.replies import Reply
from handlers.model.broadcast import PlaceholderValues
from rules.calendar import to_vietnam_day

#: Deaths of whoever had a message in hand after which it counts as their cause. Many: a reply is not lost to bad luck.
MAX_WORKER_DEATHS = 12


def recovery_query(channel: str, now: datetime) -> Query:
    """What the dead had in hand is queued again, or ends."""
    return Query("recover", {"channel": channel, "now": to_micros(now), "most": MAX_WORKER_DEATHS})


async def notify_owners_of_failures(driver: Driver, keyring: Keyring, now: datetime, recovered: Rows) -> None:
    """Tell the owners where a message was given up for the deaths that it may have caused."""
    failed = [outbox_id for state, outbox_id in recovered if state == DeliveryState.FAILED]
    if failed:
        await notify_owners(driver, keyring, now, AbandonedRow.MESSAGE, failed[0])


@dataclass(frozen=True, slots=True)
class DeliveryResults:
    """What one worker says of its rows."""

    driver: Driver
    keyring: Keyring
    worker: str

    async def settle_all(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """The ends of rows in one transaction, and of chats that waited for theirs to be forgotten."""
        at = to_micros(now)
        sent = [one for one in settlements if one.state is DeliveryState.SENT]
        others = [one for one in settlements if one.state is not DeliveryState.SENT]
        blocked = [one for one in others if one.state is DeliveryState.BLOCKED]
        first = [one for one in sent if one.row.first]
        calls = (
            *(call for one in others for call in self._replacement_queries(one, now)),
            Query("settle_sent", many=[self._sent_row(one, at) for one in sent]),
            Query("settle", many=[self._ended_row(one, at) for one in others]),
            Query("block_chat", many=[{"chat": one.row.chat.id, "now": at} for one in blocked]),
            Query("remind_chat", many=[{"chat": one.row.chat.id, "now": at} for one in first]),
            Query("forget_chat", many=[{"chat": one.row.chat.id} for one in settlements]),
        )
        await self.driver.run(*(call for call in calls if call.many != []))

    def _replacement_queries(self, one: Settlement, now: datetime) -> list[Query]:
        """What is said instead; of a message in several parts only the first that fails is heard."""
        row, of = one.row, one.row.origin.rpartition(":")[0] or one.row.origin
        to = OutboxRecipient(row.chat.id, row.chat.channel)
        said = enumerate(one.instead, 1)
        return [
            message_query(self.keyring, OutboxMessage(to, f"{of}:instead:{n}", reply, row.priority), now)
            for n, reply in said
        ]

    def _sent_row(self, one: Settlement, at: int) -> dict[str, Any]:
        row = one.row
        sealed = one.message and self.keyring.seal(one.message, sealed_columns.message(row.chat.id, row.origin))
        return {"id": row.id, "message": sealed, "now": at, "worker": self.worker}

    def _ended_row(self, one: Settlement, at: int) -> dict[str, Any]:
        return self._end(one.row.id, one.state, one.reason, at)

    def _end(self, outbox_id: int, state: DeliveryState, reason: str | None, at: int) -> dict[str, Any]:
        return {"id": outbox_id, "state": state.value, "reason": reason, "now": at, "worker": self.worker}

    async def fail(self, outbox_id: int, now: datetime) -> None:
        """A row that cannot be read."""
        await self.driver.run(Query("settle", self._end(outbox_id, DeliveryState.FAILED, None, to_micros(now))))

    async def retry(self, row: OutboxRow, due: datetime, *, counted: bool = True) -> None:
        """Back in the queue, not before ``due``; the attempt is given back unless it is ``counted``."""
        await self.requeue(row.id, due, counted=counted)

    async def requeue(self, outbox_id: int, due: datetime, *, counted: bool) -> None:
        """The same for a row that was not opened."""
        again = {"id": outbox_id, "due": to_micros(due), "given_back": 0 if counted else 1, "worker": self.worker}
        await self.driver.run(Query("retry", again))

    async def release_claims(self, channel: str, in_hand: Collection[int], *, broadcasts: bool) -> None:
        """Back in the queue, what was claimed but for these."""
        kept = json.dumps([str(row) for row in in_hand])
        mine = {"channel": channel, "worker": self.worker, "broadcasts": int(broadcasts)}
        await self.driver.run(Query("give_back", {**mine, "in_hand": kept}))

    async def recover(self, channel: str, now: datetime) -> int:
        """What a crash caught on its way: replies and notices are queued again, broadcasts become unknown."""
        (rows,) = await self.driver.run(recovery_query(channel, now))
        await notify_owners_of_failures(self.driver, self.keyring, now, rows)
        return len(rows)


#: How long a row rests whose key the key file lacks: the file may be put back while we run.
_MISSING_KEY_DELAY = timedelta(minutes=5)

_log = structlog.get_logger(__name__)

#: A row's id, and what opens it.
_SealedRow = tuple[int, Callable[[], OutboxRow]]


@dataclass(frozen=True, slots=True)
class OutboxClaims:
    """What one worker takes in hand.

    A row that cannot be read any more fails, with a line in the log; one whose key is missing rests, alone.
    """

    driver: Driver
    keyring: Keyring
    letters: BroadcastMessages
    settling: DeliveryResults

    async def claim(
        self,
        channel: str,
        limit: int,
        now: datetime,
        resting: Collection[str] = (),
        size: MessageSize = MessageSize.ANY,
    ) -> list[OutboxRow]:
        """Due replies and notices, the first of each chat, in the order in which people take turns."""
        bounds = {
            "large": int(size),
            "heavy": LARGE_MESSAGE,
            "most": MAX_MESSAGE_BYTES,
            "resting": json.dumps(list(resting)),
        }
        (rows,) = await self.driver.run(
            Query("claim", self._claim_parameters(now, channel=channel, limit=limit, **bounds))
        )
        rows.sort(key=lambda row: (row[6], row[7], row[0]))
        return await self._open_rows(((row[0], partial(self._reply, channel, row)) for row in rows), now)

    def _reply(self, channel: str, row: tuple[Any, ...]) -> OutboxRow:
        outbox_id, origin, chat, address, payload, attempts, priority, _ = row
        if payload is None:
            raise MessageTooLarge
        reply = Reply.model_validate_json(self.keyring.unseal(payload, sealed_columns.payload(chat, origin)))
        return OutboxRow(outbox_id, self._to_chat(chat, channel, address), reply, attempts, priority, origin)

    def _to_chat(self, chat: str, channel: str, address: bytes) -> Chat:
        return Chat(chat, channel, self.keyring.unseal(address, sealed_columns.address(chat)))

    async def running_broadcasts(self, channel: str, now: datetime) -> list[str]:
        """Broadcasts with something to send now."""
        (rows,) = await self.driver.run(Query("running", {"channel": channel, "now": to_micros(now)}))
        return sorted(broadcast for (broadcast,) in rows)

    async def claim_broadcast(self, broadcast: str, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        """The next rows of a running broadcast, in the words of its recipients."""
        today, week = to_vietnam_day(now), to_micros(now - WEEK)
        kept = {"today": today.toordinal(), "week": week, "most": self.letters.a_week}
        wanted = self._claim_parameters(now, broadcast=broadcast, channel=channel, limit=limit, **kept)
        (found,) = await self.driver.run(Query("claim_broadcast", wanted))
        rows = sorted(row for row in found if row[5] == DeliveryState.SENDING)
        if not rows:
            return []
        letter = await self.letters.load(broadcast)
        return await self._open_rows(
            ((row[0], partial(self._render_row, letter, today, channel, row)) for row in rows), now
        )

    def _render_row(
        self, letter: BroadcastMessage | SealBroken | UnknownKey, today: date, channel: str, row: tuple[Any, ...]
    ) -> OutboxRow:
        if isinstance(letter, Exception):
            raise letter
        outbox_id, chat, address, payload, attempts, _, reminded_at = row
        origin, first = sealed_columns.broadcast_origin(letter.broadcast, chat), reminded_at is None
        values = PlaceholderValues.model_validate_json(
            self.keyring.unseal_bytes(payload, sealed_columns.payload(chat, origin))
        )
        return OutboxRow(
            outbox_id,
            self._to_chat(chat, channel, address),
            self.letters.render(letter, values, today, first),
            attempts,
            BROADCAST,
            origin,
            letter.broadcast,
            first,
        )

    def _claim_parameters(self, now: datetime, **wanted: object) -> dict[str, object]:
        return {**wanted, "now": to_micros(now), "worker": self.settling.worker}

    async def _open_rows(self, sealed: Iterable[_SealedRow], now: datetime) -> list[OutboxRow]:
        rows = []
        for outbox_id, opened in sealed:
            try:
                rows.append(opened())
            except UnknownKey as error:
                await self._defer_without_key(outbox_id, error, now)
            except (*UNREADABLE_ERRORS, MessageTooLarge) as error:
                await self._fail(outbox_id, error, now)
            except Exception as error:  # noqa: BLE001 - nobody's message may keep the others from leaving
                _log.error("outbox_row_not_rendered", outbox_id=outbox_id, kind=type(error).__name__)
                await self.settling.fail(outbox_id, now)
        return rows

    async def _defer_without_key(self, outbox_id: int, error: UnknownKey, now: datetime) -> None:
        if await is_key_awaited(self.driver, error):
            _log.error("outbox_row_key_missing", outbox_id=outbox_id, hint="put back the full key file")
            await self.settling.requeue(outbox_id, now + _MISSING_KEY_DELAY, counted=False)
        else:
            await self._fail(outbox_id, error, now)

    async def _fail(self, outbox_id: int, error: Exception, now: datetime) -> None:
        _log.error("outbox_row_unreadable", outbox_id=outbox_id, kind=type(error).__name__)
        await notify_owners(self.driver, self.keyring, now, AbandonedRow.MESSAGE, outbox_id)
        await self.settling.fail(outbox_id, now)
