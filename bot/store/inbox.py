"""The inbox: updates are stored once, read in order, and set aside when nobody can handle them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.messages import Chat, Incoming, PendingTurn
from bot.store.context import chat_at, chat_row
from bot.store.continuity import is_key_awaited
from bot.store.drivers import Driver, Query, Rows, from_micros, to_micros
from bot.store.errors import StoreError, UnknownKey
from bot.store.messages import AbandonedRow, OwnerAlerts, reply_queries
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns
from handlers.core import EVENT_ADAPTER, Event, Reply


class TurnClaims(NamedTuple):
    """The turns that are claimed where their updates are stored."""

    #: Chooses, of the chats that wrote, those that would be handled at once.
    begins: Callable[[Sequence[Chat]], Sequence[Chat]]
    #: Told of each turn that is this worker's from then on.
    hand_on: Callable[[PendingTurn], None]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox of every channel. Every method raises StoreError; where that is ``retryable`` nothing was changed."""

    driver: Driver
    keyring: Keyring
    alerts: OwnerAlerts
    worker: str = ""  #: id of the worker that handles updates here

    async def receive(self, updates: Sequence[Incoming], now: datetime, claims: TurnClaims | None = None) -> list[Chat]:
        """Store updates in one transaction, on the disk before this returns: the platform forgets them next.

        A known channel + update id is a no-op.

        Args:
            updates: what came.
            now: the time.
            claims: turns that are claimed in the same transaction, as ``claim_turn`` does. One that cannot be read is
                not handed on: ``claim_turn`` says what becomes of it.

        Returns:
            The chats that got something new, those whose turn was handed on, and those to be looked at again.
        """
        if not updates:
            return []
        chats = [self._chat(update) for update in updates]
        known = {chat.id: chat_row(self.keyring, chat, now) for chat in chats}
        came = list(zip(updates, chats, strict=True))
        meet = [Query("meet_chat", many=[{**known[chat.id], "update": update.update_id} for update, chat in came])]
        groups = {chat.id for update, chat in came if update.event.group}
        meet += [Query("meet_group", {"chat": group}) for group in groups]
        keep = [self._keep(update, chat, now) for update, chat in came]
        # what is kept elsewhere is dropped there by a later transaction, which cannot be on the disk before this one
        durable = not all(update.kept for update in updates)
        begun = claims.begins(list({chat.id: chat for chat in chats}.values())) if claims else ()
        claim = [query for chat in begun for query in self._claim_queries(chat)]
        results = await self.driver.run(*meet, *keep, *claim, durable=durable)
        stored, claimed = results[len(meet) : len(meet) + len(keep)], results[len(meet) + len(keep) :]
        fresh = {chat.id: chat for chat, rows in zip(chats, stored, strict=True) if rows}
        if claims:
            turns, again = await self._claimed_turns(begun, claimed)
            for turn in turns:
                claims.hand_on(turn)
            fresh |= {chat.id: chat for chat in (*(turn.chat for turn in turns), *again)}
        return list(fresh.values())

    def _claim_queries(self, chat: Chat) -> list[Query]:
        """Claim the next turn of a chat beside other things; the last of them gives its row."""
        if not self.driver.shared:
            return [_pending_query(chat)]
        return [Query("take_chat", {"chat": chat.id, "worker": self.worker}), _pending_query(chat, self.worker)]

    async def _claimed_turns(
        self, chats: Sequence[Chat], results: Sequence[Rows]
    ) -> tuple[list[PendingTurn], list[Chat]]:
        """Open what was claimed; a chat that was reserved in vain is free again.

        Returns:
            The turns, and the chats that are to be looked at again: other workers were turned away from them meanwhile.
        """
        turns, again, back = [], [], []
        each = len(results) // len(chats) if chats else 1
        for number, chat in enumerate(chats):
            *held, rows = results[number * each : (number + 1) * each]
            if not all(held):
                continue  # another worker is at it
            try:
                turns += [self._open_turn(chat, row) for row in rows]
            except UNREADABLE_ERRORS:
                again.append(chat)
                back.append(Query("untry", {"inbox": rows[0][0]}))
            if not rows and held:
                again.append(chat)
                back.append(self._release_query(chat))
        if back:
            with suppress(StoreError):  # the updates are stored: the next look at this chat does the same
                await self.driver.run(*back)
        return turns, again

    def _chat(self, update: Incoming) -> Chat:
        return chat_at(self.keyring, update.channel, update.address)

    def _keep(self, update: Incoming, chat: Chat, now: datetime) -> Query:
        payload = self.keyring.seal(
            EVENT_ADAPTER.dump_json(update.event), sealed_columns.update(chat.id, update.update_id)
        )
        return Query(
            "receive",
            {
                "channel": chat.channel,
                "update": update.update_id,
                "chat": chat.id,
                "payload": payload,
                "now": to_micros(now),
            },
        )

    async def chats_waiting(self, channel: str) -> list[Chat]:
        """List chats with unhandled updates that no other living worker is at, the longest waiting first.

        One whose address is broken stays behind. What this process met that cannot be read, the owners are told now.
        """
        (rows,) = await self.driver.run(Query("waiting_chats", {"channel": channel, "worker": self.worker}))
        waiting = [chat for chat_id, sealed in rows if (chat := self._to_chat(chat_id, channel, sealed))]
        await self.alerts.report_damage(datetime.now(UTC))
        return waiting

    def _to_chat(self, chat_id: str, channel: str, sealed: bytes) -> Chat | None:
        try:
            return Chat(chat_id, channel, self.keyring.unseal(sealed, sealed_columns.address(chat_id)))
        except UNREADABLE_ERRORS as error:
            self.keyring.damage.record("chats", "address", chat_id, error)
            return None

    async def claim_turn(self, chat: Chat, *, unlikely: bool = False) -> PendingTurn | None:
        """Claim the next turn of a chat, which is this worker's until it ends.

        An update that cannot be read any more steps aside, with a line in the log.

        Args:
            chat: the chat.
            unlikely: hardly anything waits; where something does, it takes a question more.

        Returns:
            The turn; ``None`` where nothing waits, and where another worker is at the chat.

        Raises:
            UnknownKey: the key of session or update is missing and may come; the update goes on waiting, for anybody.
        """
        while True:
            rows = await self._claim_next(chat, unlikely=unlikely)
            if not rows:
                return None
            try:
                return self._open_turn(chat, rows[0])
            except UNREADABLE_ERRORS:
                if turn := await self._open_without_session(chat, rows[0]):
                    return turn

    def _open_turn(self, chat: Chat, row: tuple[Any, ...], *, lost: bool = False) -> PendingTurn:
        """Open a row of ``pending``, without its session where that is ``lost``. Raises one of UNREADABLE_ERRORS."""
        inbox_id, update_id, payload, received_at, sealed, tries, turn, other = row
        event = self._open_event(chat, update_id, payload)
        session = None if sealed is None or lost else self._open_session(chat, sealed)
        alone = other is None and not self.driver.shared  # another process may store one at any time
        return PendingTurn(inbox_id, chat, event, session, from_micros(received_at), lost, turn, tries, alone)

    def _open_event(self, chat: Chat, update_id: str, payload: bytes) -> Event:
        return EVENT_ADAPTER.validate_json(self.keyring.unseal(payload, sealed_columns.update(chat.id, update_id)))

    def _open_session(self, chat: Chat, sealed: bytes) -> str:
        return self.keyring.unseal(sealed, sealed_columns.session(chat.id))

    async def _open_without_session(self, chat: Chat, row: tuple[Any, ...]) -> PendingTurn | None:
        """Find out what of a turn cannot be read; ``None`` where that is its update, which steps aside."""
        inbox_id, update_id, payload, received_at, sealed, *_ = row
        try:
            self._open_event(chat, update_id, payload)
        except UNREADABLE_ERRORS as error:
            await self._wait_for_key(chat, inbox_id, error)
            self.keyring.damage.record("inbox", "payload", str(inbox_id), error)
            await self.driver.run(self._set_aside_query(inbox_id, received_at), self._release_query(chat))
            return None
        try:
            self._open_session(chat, sealed)
        except UNREADABLE_ERRORS as error:
            await self._wait_for_key(chat, inbox_id, error)
            self.keyring.damage.record("chats", "session", chat.id, error)
        return self._open_turn(chat, row, lost=True)

    async def _wait_for_key(self, chat: Chat, inbox_id: int, error: Exception) -> None:
        """Leave the chat to a process that has the key; raises the error where the key is missing and may come.

        The try does not count: an update that waited for a key is not one that ends processes.
        """
        if isinstance(error, UnknownKey) and await is_key_awaited(self.driver, error):
            await self.driver.run(Query("untry", {"inbox": inbox_id}), self._release_query(chat))
            raise error

    async def waiting_events(self, chat: Chat, limit: int) -> list[Event]:
        """Return what a chat has waiting, the newest first, without a claim; what cannot be read is left out."""
        (rows,) = await self.driver.run(Query("waiting_updates", {"chat": chat.id, "limit": limit}))
        found: list[Event] = []
        for update_id, payload in rows:
            with suppress(*UNREADABLE_ERRORS):  # the turn that comes to it tells of it
                text = self.keyring.unseal(payload, sealed_columns.update(chat.id, update_id))
                found.append(EVENT_ADAPTER.validate_json(text))
        return found

    async def give_up(self, pending: PendingTurn, now: datetime, replies: Sequence[Reply] = ()) -> None:
        """Take a poison update out of the way: marked ``failed``, kept sealed for the operator, who is told.

        The apology (``replies``) is queued in the same transaction; the session stays as it was.
        """
        aside = self._set_aside_query(pending.inbox_id, to_micros(now), must=True)
        said = reply_queries(self.keyring, pending, replies, now)
        await self.alerts.raise_alarm(AbandonedRow.UPDATE, pending.inbox_id, now)
        await self.driver.run(aside, *said, self._release_query(pending.chat))

    async def reset_session(self, pending: PendingTurn, now: datetime) -> None:
        """Set the session of a chat aside, kept as it is, because it cannot be read; the chat has none from then on."""
        chat = pending.chat.id
        self.keyring.damage.record("chats", "session", chat, ValueError())
        (rows,) = await self.driver.run(Query("session_of", {"chat": chat}))
        if not rows:
            return
        ((session,),) = rows
        place = f"chats.session {chat} {to_micros(now)}"
        aside = {"place": place, "now": to_micros(now), "value": _to_bytes(session).hex()}
        await self.driver.run(
            Query("note_unreadable", aside), Query("lose_session", {"chat": chat, "session": session})
        )

    def _set_aside_query(self, inbox_id: int, now: int, *, must: bool = False) -> Query:
        return Query("give_up", {"inbox": inbox_id, "now": now}, must=must)

    async def _claim_next(self, chat: Chat, *, unlikely: bool) -> Rows:
        """Claim the next update of a chat for this worker; no row where another one is at it.

        A turn, or giving it up, lets go of the chat (``keep_session``, ``free_chat``), and the next call looks once
        more. So nothing is left behind: whoever was turned away had come with an update that was stored before that,
        and the look behind it finds it.
        """
        if not self.driver.shared:
            return (await self.driver.run(_pending_query(chat)))[0]
        look = _pending_query(chat, self.worker)
        hold = Query("hold_chat", {"chat": chat.id, "worker": self.worker})
        if unlikely and not (await self.driver.run(hold))[0]:
            return []
        while True:
            held, rows = await self.driver.run(hold, look)
            if not held or rows:
                return rows if held else []
            await self.driver.run(self._release_query(chat))  # held in vain, while another one finished: look once more

    def _release_query(self, chat: Chat) -> Query:
        return Query("free_chat", {"chat": chat.id, "worker": self.worker})


def _pending_query(chat: Chat, worker: str | None = None) -> Query:
    return Query("pending", {"chat": chat.id, "worker": worker})


def _to_bytes(value: bytes | str | int) -> bytes:
    """Take whatever lies there: in SQLite somebody may have written text or a number by hand."""
    return value if isinstance(value, bytes) else str(value).encode()
