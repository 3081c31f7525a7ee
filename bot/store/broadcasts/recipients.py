"""Rows of those whom a broadcast goes to, made in batches that keep nobody waiting."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from bot.store.api import BROADCAST, DeliveryState
from bot.store.broadcasts.snapshot import BroadcastSnapshot
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.power_seals import seal_unapproved
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from handlers.model.broadcast import DeliveryReason, PlaceholderValues


class Withheld(NamedTuple):
    """The end of a row at once: the message is kept from the person."""

    state: DeliveryState
    reason: DeliveryReason


class NewRecipient(NamedTuple):
    """Somebody who gets a row."""

    chat: str
    channel: str
    content: PlaceholderValues | Withheld


class ExpiryReminder(NamedTuple):
    """A certificate that its person is reminded of, or was too late to be, so many days before its end."""

    standing: str
    not_after: int  #: as an ordinal
    days: int


@dataclass(frozen=True, slots=True)
class RecipientRepository:
    """The rows of one broadcast. Values are sealed before the transaction: it only writes.

    Methods that change something raise TurnTakenOver, and leave nothing, where another process was faster or the state
    of the broadcast does not allow it any more.
    """

    driver: Driver
    keyring: Keyring
    written: BroadcastSnapshot
    now: datetime

    async def add_next(self, people: Iterable[NewRecipient], after: str, last: str) -> None:
        """Make rows for the people behind the chat ``after``, up to the chat ``last``."""
        guard = Query("freeze_from", {"id": self.written.id, "after": after, "last": last}, must=True)
        await self._add(guard, people)

    async def add_reminded(self, people: Iterable[NewRecipient], reminders: Iterable[ExpiryReminder]) -> None:
        """Make rows for people whose certificates end, and note of which certificates they are reminded."""
        guard = Query("expiring_open", {"id": self.written.id, "now": to_micros(self.now)}, must=True)
        known = [{**one._asdict(), "broadcast": self.written.id} for one in reminders]
        await self._add(guard, people, Query("expiring_reminded", many=known))

    async def _add(self, guard: Query, people: Iterable[NewRecipient], *more: Query) -> None:
        """A row for each who has none and was not erased meanwhile."""
        rows = {one.chat: self._row(one) for one in people}
        async with self.driver.transaction() as transaction:
            _, present = await transaction.run(guard, Query("freeze_present", {"chats": json.dumps(list(rows))}))
            made = [rows[chat] for (chat,) in present]
            await transaction.run(Query("freeze_row", many=made), self._reminded_query(made), *more, commit=True)

    def _row(self, one: NewRecipient) -> Mapping[str, object]:
        origin = sealed_columns.broadcast_origin(self.written.id, one.chat)
        to = {"origin": origin, "chat": one.chat, "channel": one.channel, "broadcast": self.written.id}
        row = {**to, "priority": BROADCAST, "now": to_micros(self.now)}
        if isinstance(one.content, Withheld):
            state, reason = one.content
            return {**row, "state": state.value, "reason": reason.value, "settled": row["now"], "payload": None}
        sealed = self.keyring.seal(one.content.model_dump_json(), sealed_columns.payload(one.chat, origin))
        return {**row, "state": DeliveryState.QUEUED.value, "reason": None, "settled": None, "payload": sealed}

    def _reminded_query(self, rows: Sequence[Mapping[str, object]]) -> Query:
        """Whoever asked to be reminded by this day is reminded now."""
        chats = json.dumps([row["chat"] for row in rows if row["state"] == DeliveryState.QUEUED])
        day = self.written.day(self.now).toordinal()
        return Query("freeze_reminded", {"series": self.written.series, "day": day, "chats": chats})

    async def begin_campaign(self) -> None:
        """Let a campaign run at once: it has no rows of its own."""
        await self._move(Query("campaign_begins", {"id": self.written.id, "now": to_micros(self.now)}, must=True))

    async def finish(self, last: str) -> None:
        """Let it be scheduled: everybody up to the chat ``last`` has a row, and that is all."""
        end = {"id": self.written.id, "after": last, "now": to_micros(self.now)}
        postponed = self.written.postponed_to
        closing = () if postponed is None else (self._close_postponed_query(postponed),)
        await self._move(Query("freeze_end", end, must=True), *closing)

    def _close_postponed_query(self, day: date) -> Query:
        """Those whose day had come have been asked about, whether or not they were still meant."""
        closed = {"series": self.written.series, "broadcast": self.written.id, "day": day.toordinal()}
        return Query("later_over", closed)

    async def return_for_approval(self, after: str, recipients: int) -> None:
        """Let it wait for an approval again, without a row; ``recipients`` is how many are meant."""
        (held,) = await self.driver.run(Query("hold_life", {"id": self.written.id}))
        row = {"id": self.written.id, "after": after, "recipients": recipients, "now": to_micros(self.now)}
        row["warrant"] = seal_unapproved(self.keyring, held[0]) if held else None
        undone = Query("freeze_undone", {"id": self.written.id})
        await self._move(Query("freeze_not_alone", row, must=True), undone)

    async def _move(self, move: Query, *others: Query) -> None:
        noted = {"id": self.written.id, "was": self.written.state.value, "now": to_micros(self.now)}
        await self.driver.run(move, Query("note_life", noted), *others)

    async def series_reached(self, limit: int) -> set[str]:
        """Return chats that have a row of it, or of its campaign; at most ``limit``."""
        (rows,) = await self.driver.run(Query("series_reached", {"series": self.written.series, "limit": limit}))
        return {chat for (chat,) in rows}

    async def is_approved_alone(self) -> bool:
        """Whether the roles of its author and of its approver are of one person.

        It is asked only where an earlier version wrote it and no seal says so: rows can be changed.
        """
        (alone,) = await self.driver.run(Query("approved_alone", {"id": self.written.id}))
        return bool(alone)
