"""Rows of recipients: made in batches that keep nobody waiting, counted and listed, queued again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from bot.messages import BROADCAST, DeliveryState
from bot.store.broadcasts import BroadcastSnapshot, from_optional_micros
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Rows, RunQueries, to_micros
from bot.store.power_seals import seal_unapproved
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.model import (
    MOST_CHANNELS,
    PERSON_CODE_LENGTH,
    BroadcastState,
    DeliveryCounts,
    DeliveryReason,
    PlaceholderValues,
    StateReason,
    chat_id_head,
)


class Withheld(NamedTuple):
    """The end of a row at once: the message is kept from the person."""

    state: DeliveryState
    reason: DeliveryReason


class NewRecipient(NamedTuple):
    """Somebody who gets a row."""

    chat: str
    channel: str
    content: PlaceholderValues | Withheld
    meant: str | None = None  #: the chat by which the person is meant, where the row may go to another one
    others: tuple[str, ...] = ()  #: further chats of the person


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
        """Add a row for each who has none and was not erased meanwhile."""
        found = list(people)
        rows: dict[str, Mapping[str, object]] = {one.chat: self._row(one) for one in found}
        async with self.driver.transaction() as transaction:
            _, present = await transaction.run(guard, Query("freeze_present", {"chats": json.dumps(list(rows))}))
            made = [rows[chat] for (chat,) in present]
            meant = {one.chat: (one.chat, *one.others, *([one.meant] if one.meant else ())) for one in found}
            queued = [str(row["chat"]) for row in made if row["state"] == DeliveryState.QUEUED]
            reminded = [chat for one in queued for chat in meant[one]]
            await transaction.run(Query("freeze_row", many=made), self._reminded_query(reminded), *more, commit=True)

    def _row(self, one: NewRecipient) -> Mapping[str, object]:
        origin = sealed_columns.broadcast_origin(self.written.id, one.chat)
        meant = one.meant if one.meant != one.chat else None
        to = {"origin": origin, "chat": one.chat, "channel": one.channel, "broadcast": self.written.id, "meant": meant}
        row = {**to, "priority": BROADCAST, "now": to_micros(self.now)}
        if isinstance(one.content, Withheld):
            state, reason = one.content
            return {**row, "state": state.value, "reason": reason.value, "settled": row["now"], "payload": None}
        sealed = self.keyring.seal(one.content.model_dump_json(), sealed_columns.payload(one.chat, origin))
        return {**row, "state": DeliveryState.QUEUED.value, "reason": None, "settled": None, "payload": sealed}

    def _reminded_query(self, people: Sequence[str]) -> Query:
        """Close the wishes to be reminded by this day: these people are reminded now."""
        chats = json.dumps(people)
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
        """Close wishes whose day has come, whether or not their people were still meant."""
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
        """Return whether the roles of its author and of its approver are of one person.

        It is asked only where an earlier version wrote it and no seal says so: rows can be changed.
        """
        (alone,) = await self.driver.run(Query("approved_alone", {"id": self.written.id}))
        return bool(alone)


#: Stands behind every id of a chat that begins as a person's code says.
_LAST_TAIL = "f" * (32 - PERSON_CODE_LENGTH)
#: More people than share a code.
_MOST_SHARING_CODE = 10_000


#: How far a message got, as the channel tells it by numbers.
RECEIPTS = {1: "received", 2: "seen"}


async def read_tally(ask: RunQueries, broadcast: str) -> DeliveryCounts:
    """Count the people of a broadcast by state and reason: of one who was tried over several channels the last row."""
    of_one = {"id": broadcast}
    rows, told = await ask(Query("tally", of_one, wide=True), Query("tally_receipts", of_one, wide=True))
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    went_on: dict[str, int] = {}
    for state, reason, number in rows:
        if reason == DeliveryReason.NEXT_CHANNEL:
            went_on[state] = went_on.get(state, 0) + number
            continue
        states[state] = states.get(state, 0) + number
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + number
    at_least = {word: sum(count for state, count in told if state >= level) for level, word in RECEIPTS.items()}
    return DeliveryCounts(states, reasons, went_on, {word: count for word, count in at_least.items() if count})


class RecipientRow(NamedTuple):
    """One recipient; the name is that of the certificate last known, in full."""

    chat: str
    channel: str
    unit: str | None
    name: str | None
    state: str
    reason: str | None
    attempts: int
    queued_at: datetime | None
    settled_at: datetime | None
    receipt: str


@dataclass(frozen=True, slots=True)
class ResultRepository:
    """Rows of recipients, within a transaction."""

    context: StoreContext

    async def tally(self, broadcast: str) -> DeliveryCounts:
        """Count them by state and reason."""
        return await read_tally(self.context.ask, broadcast)

    async def page(self, broadcast: str, limit: int, after: str, state: str | None) -> tuple[RecipientRow, ...]:
        """Return a page in the order of codes; people who share a code stay together, so it may be a little longer."""
        asked: dict[str, Any] = {"id": broadcast, "limit": limit, "state": state}
        rows = await self._rows(asked, chat_id_head(after) + _LAST_TAIL if after else None)
        if len(rows) == limit:
            last = rows[-1][0]
            rows += await self._rows(
                {**asked, "limit": _MOST_SHARING_CODE}, last, until=last[:PERSON_CODE_LENGTH] + _LAST_TAIL
            )
        return tuple(self._recipient(row) for row in rows)

    async def _rows(self, asked: dict[str, Any], after: str | None, until: str | None = None) -> Rows:
        wanted = {"recipient_after": after, "recipient_until": until, "recipient_in_state": asked["state"]}
        where = tuple(condition for condition, value in wanted.items() if value is not None)
        (rows,) = await self.context.ask(Query("recipients", {**asked, "after": after, "until": until}, where=where))
        return rows

    def _recipient(self, row: tuple[Any, ...]) -> RecipientRow:
        chat, channel, unit, standing, sealed, state, reason, attempts, queued_at, settled_at, told = row
        name = None
        if sealed is not None:
            name = unseal_or_none(self.context.keyring, sealed, sealed_columns.subscriber(standing))
        queued, settled = from_optional_micros(queued_at), from_optional_micros(settled_at)
        receipt = RECEIPTS.get(told or 0, "")
        return RecipientRow(chat, channel, unit, name, state, reason, attempts, queued, settled, receipt)

    async def resend(self, broadcast: str, codes: Sequence[str] | None) -> int:
        """Queue again what is unknown, of all or of the people with these codes, and return how many that are."""
        heads = sorted({chat_id_head(code) for code in codes or ()})
        row = {"id": broadcast, "heads": json.dumps(heads), "now": to_micros(self.context.now)}
        where = () if codes is None else ("recipient_coded",)
        _, queued = await self.context.ask(Query("hold_life", row), Query("resend", row, where=where))
        return len(queued)

    async def run_again(self, broadcast: str, actor: str) -> None:
        """Let one run that had finished; nothing changes where it has not."""
        now = to_micros(self.context.now)
        (again,) = await self.context.ask(Query("run_again", {"id": broadcast, "now": now}))
        if again:
            row = {"id": broadcast, "now": now, "state": BroadcastState.RUNNING.value, "actor": actor}
            await self.context.ask(Query("note_move", {**row, "why": StateReason.BY_HAND}))


class FailedMessage(NamedTuple):
    """A message that surely did not arrive, and the next channel of its person."""

    row: int
    chat: str
    origin: str
    values: bytes  #: sealed
    meant: str  #: the chat by which the person is meant
    to_chat: str
    to_channel: str
    queued_at: int  #: since when it waits, in microseconds


@dataclass(frozen=True, slots=True)
class FallbackRepository:
    """Messages of one broadcast that go on to another channel. Every step is a short transaction of its own."""

    driver: Driver
    keyring: Keyring
    broadcast: str
    now: datetime

    async def find(self, after: int, limit: int) -> list[list[FailedMessage]]:
        """Return the next messages behind a row, each with all channels that it may go on to, in their order."""
        asked = {"broadcast": self.broadcast, "after": after, "limit": limit + MOST_CHANNELS}
        (rows,) = await self.driver.run(Query("to_fall_back", asked))
        found = [list(ways) for _, ways in groupby((FailedMessage(*row) for row in rows), key=lambda one: one.row)]
        return found[:-1] if len(rows) == asked["limit"] and len(found) > 1 else found  # the last may lack channels

    def values(self, failed: FailedMessage) -> PlaceholderValues | None:
        """Return what fills a message; ``None`` where it cannot be read."""
        plain = unseal_or_none(self.keyring, failed.values, sealed_columns.payload(failed.chat, failed.origin))
        return None if plain is None else PlaceholderValues.model_validate_json(plain)

    async def count_over(self, channel: str) -> tuple[int, int]:
        """Count the rows of this broadcast over a channel, and those of all broadcasts that wait there."""
        asked = {"broadcast": self.broadcast, "channel": channel}
        (((mine, waiting),),) = await self.driver.run(Query("waiting_over", asked))
        return int(mine), int(waiting)

    async def go_on(self, failed: FailedMessage) -> bool:
        """Queue it for the next channel and note that of the old row, both or none; false where that was done."""
        place = sealed_columns.payload(failed.chat, failed.origin)
        values = unseal_or_none(self.keyring, failed.values, place)
        if values is None:
            return False
        origin = sealed_columns.broadcast_origin(self.broadcast, failed.to_chat)
        row = {
            "origin": origin,
            "chat": failed.to_chat,
            "channel": failed.to_channel,
            "payload": self.keyring.seal(values, sealed_columns.payload(failed.to_chat, origin)),
            "priority": BROADCAST,
            "queued": failed.queued_at,
            "broadcast": self.broadcast,
            "meant": failed.meant,
        }
        async with self.driver.transaction() as transaction:
            (went,) = await transaction.run(Query("went_on", {"id": failed.row}))
            if went:
                await transaction.run(Query("go_on", row))
                await transaction.run(commit=True)
        return bool(went)
