"""The outbox: messages are claimed in order, opened, and settled with what became of them.

``bot.store.messages`` queues them.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.messages import BROADCAST, Chat, DeliveryState, MessageSize, OutboxRow, ReminderFacts, Settlement
from bot.store.broadcasts.messages import BroadcastMessage, BroadcastMessages
from bot.store.conditions import WEEK
from bot.store.continuity import is_key_awaited
from bot.store.drivers import Driver, Query, Rows, to_micros
from bot.store.email import letters_instead
from bot.store.errors import MessageTooLarge, SealBroken, UnknownKey
from bot.store.messages import (
    LARGE_MESSAGE,
    MAX_MESSAGE_BYTES,
    AbandonedRow,
    OutboxMessage,
    OutboxRecipient,
    OwnerAlerts,
    message_query,
)
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns, unseal_or_none
from handlers.core import Reply
from handlers.model import ZALO, DeliveryReason, PlaceholderValues
from rules.calendar import to_vietnam_day

#: Deaths of whoever had a message in hand after which it counts as their cause. Many: a reply is not lost to bad luck.
MAX_WORKER_DEATHS = 12


def recovery_query(channel: str, now: datetime) -> Query:
    """Queue again what dead workers had in hand, or end it."""
    return Query("recover", {"channel": channel, "now": to_micros(now), "most": MAX_WORKER_DEATHS})


async def report_failed_recovery(alerts: OwnerAlerts, now: datetime, recovered: Rows) -> None:
    """Tell the owners where a message was given up for the deaths that it may have caused."""
    failed = [outbox_id for state, outbox_id in recovered if state == DeliveryState.FAILED]
    if failed:
        await alerts.raise_alarm(AbandonedRow.MESSAGE, failed[0], now)


#: How long a row rests whose key the key file lacks: the file may be put back while we run.
_MISSING_KEY_DELAY = timedelta(minutes=5)

_log = structlog.get_logger(__name__)

#: A row's id, and what opens it.
_SealedRow = tuple[int, Callable[[], OutboxRow]]


def _is_told_of(one: Settlement) -> bool:
    """Return whether the channel will tell how far a message of a broadcast got."""
    return one.row.chat.channel == ZALO and one.row.broadcast is not None and bool(one.message)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages as one worker takes them in hand and says what became of them. Every method raises StoreError.

    A row that cannot be read any more fails, with a line in the log; one whose key is missing rests, alone.
    """

    driver: Driver
    keyring: Keyring
    alerts: OwnerAlerts
    letters: BroadcastMessages
    worker: str

    async def claim(
        self,
        channel: str,
        limit: int,
        now: datetime,
        resting: Collection[str] = (),
        size: MessageSize = MessageSize.ANY,
    ) -> list[OutboxRow]:
        """Move due replies and notices queued -> sending: the first of each chat with none in flight.

        People take turns, those first who were told nothing lately.

        Args:
            channel: the channel they leave through.
            limit: rows at most.
            now: the time that makes a row due.
            resting: ids of chats that come later.
            size: whether small messages, large ones or both are claimed.
        """
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
        """List broadcasts that run, are not held back, and have something due for this channel."""
        (rows,) = await self.driver.run(Query("running", {"channel": channel, "now": to_micros(now)}))
        return sorted(broadcast for (broadcast,) in rows)

    async def claim_broadcast(self, broadcast: str, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        """Move the next rows of a running broadcast queued -> sending, each in its person's words; none of any other.

        Chats with a message in flight, or a reply that waits, come later. Rows of people who want no reminders, or have
        blocked the assistant, get their end here and are not among those returned.
        """
        today, week = to_vietnam_day(now), to_micros(now - WEEK)
        limits = {"today": today.toordinal(), "week": week, "most": self.letters.a_week}
        wanted = self._claim_parameters(now, broadcast=broadcast, channel=channel, limit=limit, **limits)
        # Durable: after a power failure nobody is reminded twice.
        (found,) = await self.driver.run(Query("claim_broadcast", wanted), durable=True)
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
            ReminderFacts(letter.kind, values, today),
        )

    def _claim_parameters(self, now: datetime, **wanted: object) -> dict[str, object]:
        return {**wanted, "now": to_micros(now), "worker": self.worker}

    async def _open_rows(self, sealed: Iterable[_SealedRow], now: datetime) -> list[OutboxRow]:
        rows = []
        for number, (outbox_id, opened) in enumerate(sealed):
            if number:
                await asyncio.sleep(0)  # opening takes its time: whoever is answered meanwhile does not wait for all
            try:
                rows.append(opened())
            except UnknownKey as error:
                await self._defer_without_key(outbox_id, error, now)
            except (*UNREADABLE_ERRORS, MessageTooLarge) as error:
                await self._fail(outbox_id, error, now)
            except Exception as error:  # noqa: BLE001 - nobody's message may keep the others from leaving
                _log.error("outbox_row_not_rendered", outbox_id=outbox_id, kind=type(error).__name__)
                await self._end_unreadable(outbox_id, now)
        return rows

    async def _defer_without_key(self, outbox_id: int, error: UnknownKey, now: datetime) -> None:
        if await is_key_awaited(self.driver, error):
            _log.error("outbox_row_key_missing", outbox_id=outbox_id, hint="put back the full key file")
            await self._requeue(outbox_id, now + _MISSING_KEY_DELAY, counted=False)
        else:
            await self._fail(outbox_id, error, now)

    async def _fail(self, outbox_id: int, error: Exception, now: datetime) -> None:
        _log.error("outbox_row_unreadable", outbox_id=outbox_id, kind=type(error).__name__)
        await self.alerts.raise_alarm(AbandonedRow.MESSAGE, outbox_id, now)
        await self._end_unreadable(outbox_id, now)

    async def settle(
        self,
        row: OutboxRow,
        state: DeliveryState,
        now: datetime,
        *,
        message: str | None = None,
        reason: DeliveryReason | None = None,
    ) -> None:
        """Do what ``settle_all`` does for one row."""
        await self.settle_all((Settlement(row, state, message, reason),), now)

    async def settle_all(self, settlements: Sequence[Settlement], now: datetime) -> frozenset[str]:
        """Give ``sending`` rows their final state, in one transaction; rows that another worker has in hand stay.

        What is said instead of them is queued in the same transaction, and chats that waited for the end of their last
        message are forgotten. A row that became ``unknown`` when its worker was given up is ``sent`` after all where
        that worker says so.

        Returns:
            The chats of these rows that have more in the queue: it waited for their ends.
        """
        at = to_micros(now)
        sent = [one for one in settlements if one.state is DeliveryState.SENT]
        others = [one for one in settlements if one.state is not DeliveryState.SENT]
        blocked = [one for one in others if one.blocked or one.state is DeliveryState.BLOCKED]
        first = [one for one in sent if one.row.first]
        copies = await letters_instead(self.driver.run, self.keyring, settlements, now)
        calls = (
            *(call for one in others for call in self._replacement_queries(one, now)),
            *copies,
            Query("settle_sent", many=[self._sent_row(one, at) for one in sent]),
            Query("zalo_expect_receipt", many=[self._receipt_row(one, at) for one in sent if _is_told_of(one)]),
            Query("settle", many=[self._ended_row(one, at) for one in others]),
            Query("block_chat", many=[{"chat": one.row.chat.id, "now": at} for one in blocked]),
            Query("remind_chat", many=[{"chat": one.row.chat.id, "now": at} for one in first]),
            Query("forget_chat", many=[{"chat": one.row.chat.id} for one in settlements]),
        )
        chats = json.dumps([one.row.chat.id for one in settlements])
        *_, more = await self.driver.run(
            *(call for call in calls if call.many != []), Query("still_queued", {"chats": chats})
        )
        return frozenset(chat for (chat,) in more)

    def _replacement_queries(self, one: Settlement, now: datetime) -> list[Query]:
        """Queue what is said instead; of a message in several parts only the first that fails is heard."""
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
        return {"id": row.id, "message": sealed, "reason": one.reason, "now": at, "worker": self.worker}

    def _receipt_row(self, one: Settlement, at: int) -> dict[str, Any]:
        message = sealed_columns.zalo_message_digest(self.keyring, one.message or "")
        return {"message": message, "now": at, "broadcast": one.row.broadcast, "outbox": one.row.id}

    def _ended_row(self, one: Settlement, at: int) -> dict[str, Any]:
        return self._end(one.row.id, one.state, one.reason, at)

    def _end(self, outbox_id: int, state: DeliveryState, reason: str | None, at: int) -> dict[str, Any]:
        return {"id": outbox_id, "state": state.value, "reason": reason, "now": at, "worker": self.worker}

    async def _end_unreadable(self, outbox_id: int, now: datetime) -> None:
        """End a row that cannot be read."""
        await self.driver.run(Query("settle", self._end(outbox_id, DeliveryState.FAILED, None, to_micros(now))))

    async def retry(self, row: OutboxRow, due: datetime, *, counted: bool = True, again: bool = False) -> None:
        """Put a ``sending`` row back in the queue, not before ``due``; its attempt is forgotten unless ``counted``.

        ``again`` is for a call whose answer was lost: where that was done, it changes nothing.
        """
        await self._requeue(row.id, due, counted=counted, again=again)

    async def _requeue(self, outbox_id: int, due: datetime, *, counted: bool, again: bool = False) -> None:
        """Do the same for a row that was not opened."""
        put = {"id": outbox_id, "due": to_micros(due), "given_back": 0 if counted else 1, "again": int(again)}
        await self.driver.run(Query("retry", {**put, "worker": self.worker}))

    async def move_answer(self, chat: Chat, turn: int, said: Reply, now: datetime, *, ending: bool = False) -> None:
        """Queue ``said`` in place of the last message of a turn's answer, where that was sent and has an id.

        Args:
            chat: the chat of the turn.
            turn: the ``inbox_id`` of its update.
            said: takes the place of the message.
            now: the time.
            ending: it is queued whatever else waits for the chat; otherwise only where nothing does.
        """
        look = Query("message_of_turn", {"chat": chat.id, "origin": f"turn:{turn}:%"})
        shown, untold = await self.driver.run(look, Query("untold", {"chat": chat.id}))
        if not shown or (untold and not ending):
            return
        ((origin, state, message),) = shown
        place = sealed_columns.message(chat.id, origin)
        target = unseal_or_none(self.keyring, message, place) if state == DeliveryState.SENT else None
        if target is not None:
            edit = said.model_copy(update={"action": "edit", "target": target})
            to, moved = OutboxRecipient(chat.id, chat.channel), f"moved:{turn}:{to_micros(now)}"
            await self.driver.run(message_query(self.keyring, OutboxMessage(to, moved, edit), now))

    async def release_claims(self, channel: str, in_hand: Collection[int], *, broadcasts: bool) -> None:
        """Queue again what this process claimed, messages of broadcasts or all others, but for what it has ``in_hand``.

        For a claim whose answer never came. Nothing may be claimed of the same kind meanwhile.
        """
        claimed = json.dumps([str(row) for row in in_hand])
        mine = {"channel": channel, "worker": self.worker, "broadcasts": int(broadcasts)}
        await self.driver.run(Query("give_back", {**mine, "in_hand": claimed}))

    async def recover(self, channel: str, now: datetime) -> int:
        """Recover what no living worker has in hand: replies and notices are queued, broadcasts become ``unknown``.

        A channel that nobody joins, such as a terminal, begins with this.

        Returns:
            How many rows that were.
        """
        (rows,) = await self.driver.run(recovery_query(channel, now))
        await report_failed_recovery(self.alerts, now, rows)
        return len(rows)
