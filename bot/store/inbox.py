"""The inbox: updates are stored once, read in order, and set aside when nobody can handle them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.messages import Chat, Incoming, PendingTurn
from bot.store.context import chat_at, chat_row
from bot.store.continuity import is_key_awaited
from bot.store.drivers import Driver, Query, Rows, from_micros, to_micros
from bot.store.errors import UnknownKey
from bot.store.messages import AbandonedRow, OwnerAlerts, reply_queries
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns
from handlers.core import EVENT_ADAPTER, Event, Reply


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox of every channel. Every method raises StoreError; where that is ``retryable`` nothing was changed."""

    driver: Driver
    keyring: Keyring
    alerts: OwnerAlerts
    worker: str = ""  #: id of the worker that handles updates here

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        """Store updates in one transaction, on the disk before this returns: the platform forgets them next.

        A known channel + update id is a no-op.

        Returns:
            The chats that got something new.
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
        results = await self.driver.run(*meet, *keep, durable=not all(update.kept for update in updates))
        fresh = {chat.id: chat for chat, rows in zip(chats, results[len(meet) :], strict=True) if rows}
        return list(fresh.values())

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
            ((inbox_id, update_id, payload, received_at, session, tries, turn, other),) = rows
            opened = None
            try:
                event = EVENT_ADAPTER.validate_json(
                    self.keyring.unseal(payload, sealed_columns.update(chat.id, update_id))
                )
            except UNREADABLE_ERRORS as error:
                await self._wait_for_key(chat, error)
                self.keyring.damage.record("inbox", "payload", str(inbox_id), error)
                await self.driver.run(self._set_aside_query(inbox_id, received_at), self._release_query(chat))
                continue
            try:
                opened = None if session is None else self.keyring.unseal(session, sealed_columns.session(chat.id))
            except UNREADABLE_ERRORS as error:
                await self._wait_for_key(chat, error)
                self.keyring.damage.record("chats", "session", chat.id, error)
            lost = session is not None and opened is None
            alone = other is None and not self.driver.shared  # another process may store one at any time
            return PendingTurn(inbox_id, chat, event, opened, from_micros(received_at), lost, turn, tries, alone)

    async def _wait_for_key(self, chat: Chat, error: Exception) -> None:
        """Leave the chat to a process that has the key; raises the error where the key is missing and may come."""
        if isinstance(error, UnknownKey) and await is_key_awaited(self.driver, error):
            await self.driver.run(self._release_query(chat))
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
        look = Query("pending", {"chat": chat.id})
        if not self.driver.shared:
            return (await self.driver.run(look))[0]
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


def _to_bytes(value: bytes | str | int) -> bytes:
    """Take whatever lies there: in SQLite somebody may have written text or a number by hand."""
    return value if isinstance(value, bytes) else str(value).encode()
