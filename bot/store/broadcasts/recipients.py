"""The rows of a broadcast: one for each who is meant, made in batches that keep nobody waiting."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.messages import BROADCAST, DeliveryState
from bot.store.broadcasts.audience import PAGE_SIZE, AudienceReader, Person
from bot.store.broadcasts.messages import RecipientValues
from bot.store.broadcasts.snapshot import BroadcastSnapshot, read_snapshot
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.errors import TurnTakenOver
from bot.store.power_seals import seal_unapproved
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from handlers.model.broadcast import EXPIRY_CAMPAIGN, BroadcastPolicy, BroadcastState


class AddressedPerson(NamedTuple):
    """Somebody who gets a row, and what {han} means to them where it is not the same for all."""

    person: Person
    day: date | None = None


@dataclass(frozen=True, slots=True)
class RecipientRowWriter:
    """Makes the rows of one broadcast. Values are sealed before the transaction: it only writes."""

    driver: Driver
    filling: RecipientValues
    now: datetime

    async def make(self, guard: Query, people: Iterable[AddressedPerson], *more: Query) -> None:
        """A row for each who has none and was not erased meanwhile.

        Raises:
            TurnTaken: the guard does not let it; nothing was made.
        """
        rows = {one.person.chat: self._row(*one) for one in people}
        async with self.driver.transaction() as transaction:
            _, present = await transaction.run(guard, Query("freeze_present", {"chats": json.dumps(list(rows))}))
            made = [rows[chat] for (chat,) in present]
            await transaction.run(Query("freeze_row", many=made), *self._reminded_queries(made), *more, commit=True)

    def _row(self, person: Person, day: date | None) -> Mapping[str, object]:
        broadcast, kept = self.filling.written.id, self.filling.reason_to_withhold(person)
        origin = sealed_columns.broadcast_origin(broadcast, person.chat)
        to = {"origin": origin, "chat": person.chat, "channel": person.channel, "broadcast": broadcast}
        row = {**to, "priority": BROADCAST, "now": to_micros(self.now)}
        if kept is not None:
            state, reason = kept
            return {**row, "state": state.value, "reason": reason.value, "settled": row["now"], "payload": None}
        values = self.filling.values(person, day).model_dump_json()
        sealed = self.filling.keyring.seal(values, sealed_columns.payload(person.chat, origin))
        return {**row, "state": DeliveryState.QUEUED.value, "reason": None, "settled": None, "payload": sealed}

    def _reminded_queries(self, rows: Sequence[Mapping[str, object]]) -> tuple[Query, ...]:
        """Whoever asked to be reminded by this day is reminded now."""
        series, day = self.filling.written.series, self.filling.today.toordinal()
        chats = json.dumps([row["chat"] for row in rows if row["state"] == DeliveryState.QUEUED])
        return (Query("freeze_reminded", {"series": series, "day": day, "chats": chats}),)


#: Steps of which ``Expiring`` makes the rows: this, and the day.
EXPIRY_STEP = "expiry:"
#: Steps for those who wanted to be reminded again: this, and the day.
LATER_STEP = "later:"
#: Since then nobody has made any.
_ABANDONED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RecipientWriter:
    """Makes the rows of an approved broadcast; one process at a time gets on with it, and any other can take it up."""

    driver: Driver
    keyring: Keyring
    policy: BroadcastPolicy

    async def freeze(self, broadcast: str, now: datetime, limit: int) -> bool:
        """Make the rows of the next people; False where it has all of them, or may have none."""
        written = await read_snapshot(self.driver.run, self.keyring, broadcast)
        if written is None or written.state is not BroadcastState.APPROVED or _is_made_by_expiry(written, now):
            return False
        if not written.approved:
            return False
        try:
            return await self._write_next(written, now, limit)
        except TurnTakenOver:  # another process makes them, or it was cancelled
            return True

    async def _write_next(self, written: BroadcastSnapshot, now: datetime, limit: int) -> bool:
        if written.draft.plan is not None:
            await self._move(
                written, Query("campaign_begins", {"id": written.id, "now": to_micros(now)}, must=True), now
            )
            return False
        roll = AudienceReader.of(self.driver.run, self.keyring, written, now)
        reached = await self._chats_reached_alone(written)
        maker = RecipientRowWriter(
            self.driver, RecipientValues(self.keyring, self.policy, written, written.day(now)), now
        )
        after, left = written.frozen_to, limit
        while left > 0:
            people, end = await roll.page(after, min(left, PAGE_SIZE))
            meant = [one for one in people if _is_still_waiting(written, one)]
            if reached is not None and len(reached | {one.chat for one in meant}) > self.policy.approval_above:
                await self._return_for_approval(written, roll, after, now)
                return False
            last = end or (people[-1].chat if people else after)
            guard = Query("freeze_from", {"id": written.id, "after": after, "last": last}, must=True)
            await maker.make(guard, map(AddressedPerson, meant))
            if reached is not None:
                reached |= {one.chat for one in meant}
            if end is None:
                await self.finish(written, last, now)
                return False
            after, left = end, left - PAGE_SIZE
        return True

    async def _chats_reached_alone(self, written: BroadcastSnapshot) -> set[str] | None:
        """Chats that it, or its campaign, has reached by the word of its author alone; ``None``: two decided about it.

        The reminders of certificates that end have no author.
        """
        if EXPIRY_CAMPAIGN in {written.id, written.parent}:
            return None
        if not await self._alone(written):
            return None
        limit = self.policy.approval_above + 1
        (rows,) = await self.driver.run(Query("series_reached", {"series": written.series, "limit": limit}))
        return {chat for (chat,) in rows}

    async def _alone(self, written: BroadcastSnapshot) -> bool:
        """Roles say whose they are where it was written by an earlier version alone: rows can be changed."""
        if written.alone is not None:
            return written.alone
        (alone,) = await self.driver.run(Query("approved_alone", {"id": written.id}))
        return bool(alone)

    async def _return_for_approval(
        self, written: BroadcastSnapshot, roll: AudienceReader, after: str, now: datetime
    ) -> None:
        """Send it back to wait for a second person, without a row: what was approved alone was fewer."""
        (held,) = await self.driver.run(Query("hold_life", {"id": written.id}))
        recipients = sum(
            [len([one for one in people if _is_still_waiting(written, one)]) async for people in roll.pages()]
        )
        row = {"id": written.id, "after": after, "recipients": recipients, "now": to_micros(now)}
        row["warrant"] = seal_unapproved(self.keyring, held[0]) if held else None
        undone = Query("freeze_undone", {"id": written.id})
        await self._move(written, Query("freeze_not_alone", row, must=True), now, undone)

    async def finish(self, written: BroadcastSnapshot, last: str, now: datetime) -> None:
        """All rows are there."""
        end = {"id": written.id, "after": last, "now": to_micros(now)}
        await self._move(written, Query("freeze_end", end, must=True), now, *_close_postponed_queries(written))

    async def _move(self, written: BroadcastSnapshot, move: Query, now: datetime, *others: Query) -> None:
        noted = {"id": written.id, "was": written.state.value, "now": to_micros(now)}
        await self.driver.run(move, Query("note_life", noted), *others)


def _is_made_by_expiry(written: BroadcastSnapshot, now: datetime) -> bool:
    """``Expiring`` makes these rows. Where it was killed at that, those who have none hear another day."""
    return (written.step or "").startswith(EXPIRY_STEP) and now - written.changed_at < _ABANDONED_AFTER


def _is_still_waiting(written: BroadcastSnapshot, person: Person) -> bool:
    """Of those who wanted to be reminded again, who has not been by another step since."""
    return not _is_postponed(written) or person.later_on is not None or person.done


def _is_postponed(written: BroadcastSnapshot) -> bool:
    return (written.step or "").startswith(LATER_STEP)


def _close_postponed_queries(written: BroadcastSnapshot) -> list[Query]:
    """Those whose day had come have been asked about, whether or not they were still meant."""
    if not _is_postponed(written):
        return []
    day = date.fromisoformat(
        (written.step or "").removeprefix(LATER_STEP)
    ).toordinal()  # whose day comes later: another step
    return [Query("later_over", {"series": written.series, "broadcast": written.id, "day": day})]
