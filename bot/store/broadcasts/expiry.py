"""Reminders of certificates that end: one broadcast a day, made of the standing campaign, with its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.store.broadcasts.audience import PAGE_SIZE, AudienceReader
from bot.store.broadcasts.messages import RecipientValues
from bot.store.broadcasts.recipients import EXPIRY_STEP, AddressedPerson, RecipientRowWriter, RecipientWriter
from bot.store.broadcasts.snapshot import BroadcastSnapshot, read_snapshot
from bot.store.context import StoreContext
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.errors import TurnTakenOver
from bot.store.power_seals import Warrant, content_digest
from bot.store.request_filter import QueryConditions
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from handlers.broadcasts.text import build_expiry_draft
from handlers.model import codes
from handlers.model.broadcast import EXPIRY_CAMPAIGN, Audience, BroadcastDraft, BroadcastPolicy, BroadcastState
from handlers.model.rights import MACHINE


class ExpiringCertificate(NamedTuple):
    """A certificate that has come near to its end."""

    standing: str
    chat: str
    not_after: int  #: as an ordinal
    done: bool  #: the person was reminded of it before, and says that it is done


class ReminderDistance(NamedTuple):
    """So many days before the end, and the window of days in which that is the nearest distance."""

    days: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ExpiryReminders:
    """Finds them and makes the rows, in batches; what a kill left open is taken up again, on the same day or later."""

    driver: Driver
    keyring: Keyring
    policy: BroadcastPolicy

    async def remind(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """The broadcast of this day with all its rows; ``None`` where it had them before, or there is nobody."""
        distances = _reminder_distances(today, days)
        if not await self._open(today) and not await self._has_anybody(distances):
            return None
        name, state = await self._open_or_create_child(today, now)
        written = await read_snapshot(self.driver.run, self.keyring, name)
        if written is None or state is not BroadcastState.APPROVED or not written.approved:
            return None
        try:
            for number, distance in enumerate(distances):
                await self._remind_all(written, distance, [farther.days for farther in distances[number:]], now)
            await RecipientWriter(self.driver, self.keyring, self.policy).finish(written, written.frozen_to, now)
        except TurnTakenOver:  # another process has made the last of them, or it was cancelled
            return None
        return name

    async def _open(self, today: date) -> bool:
        (rows,) = await self.driver.run(_child_query(today))
        return any(state == BroadcastState.APPROVED for _, state in rows)

    async def _has_anybody(self, distances: Iterable[ReminderDistance]) -> bool:
        found = await self.driver.run(*(_due_query(distance, 1) for distance in distances))
        return any(found)

    async def _open_or_create_child(self, today: date, now: datetime) -> tuple[str, BroadcastState]:
        """The broadcast that was left open, else that of the day; made, with the standing campaign, where it is new."""
        async with self.driver.transaction() as transaction:
            (rows,) = await transaction.run(_child_query(today))
            if not rows:
                name = await StoreContext(transaction.run, self.keyring, now, "machine").next_id(codes.BROADCAST)
                noted = Query("note_life", {"id": name, "was": BroadcastState.DRAFT.value, "now": to_micros(now)})
                calls = (
                    self._standing_query(now),
                    self._new_broadcast_query(name, today, now),
                    noted,
                    _child_query(today),
                )
                (*_, rows) = await transaction.run(*calls, commit=True)
        name, state = rows[0]
        return name, BroadcastState(state)

    def _standing_query(self, now: datetime) -> Query:
        row = {"id": EXPIRY_CAMPAIGN, "series": None, "step": None, "state": BroadcastState.RUNNING, "starts": None}
        return self._insert_query(row, build_expiry_draft(), now)

    def _new_broadcast_query(self, name: str, today: date, now: datetime) -> Query:
        """Its audience is nobody: whom it is for is found by certificates."""
        draft = build_expiry_draft().model_copy(update={"audience": Audience(chats=())})
        of = {"series": EXPIRY_CAMPAIGN, "step": f"{EXPIRY_STEP}{today}"}
        return self._insert_query(
            {"id": name, **of, "state": BroadcastState.APPROVED, "starts": to_micros(now)}, draft, now
        )

    def _insert_query(self, row: dict[str, Any], draft: BroadcastDraft, now: datetime) -> Query:
        name, text = str(row["id"]), draft.model_dump_json()
        content = self.keyring.seal(text, sealed_columns.broadcast_content(name))
        made = Warrant(name, row["series"], row["step"], None, MACHINE, MACHINE, content_digest(text), None)
        warrant = made.seal(self.keyring)
        return Query("expiring_make", {**row, "content": content, "warrant": warrant, "now": to_micros(now)})

    async def _remind_all(
        self, written: BroadcastSnapshot, distance: ReminderDistance, passed: Sequence[int], now: datetime
    ) -> None:
        """Everybody at one distance: whoever was taken up is not found again."""
        while due := await self._due_certificates(distance):
            await self._write_batch(written, due, passed, now)

    async def _due_certificates(self, distance: ReminderDistance) -> list[ExpiringCertificate]:
        (rows,) = await self.driver.run(_due_query(distance, PAGE_SIZE))
        return [ExpiringCertificate(standing, chat, end, bool(done)) for standing, chat, end, done in rows]

    async def _write_batch(
        self, written: BroadcastSnapshot, due: Sequence[ExpiringCertificate], passed: Sequence[int], now: datetime
    ) -> None:
        """A batch in one transaction; the farther distances that were passed will not come any more either."""
        roll = AudienceReader(
            self.driver.run, self.keyring, QueryConditions(), None, written.series, written.named, now
        )
        filling = RecipientValues(self.keyring, self.policy, written, written.day(now))
        first = {one.chat: one for one in reversed(due)}  # of each person's certificates the nearest to its end
        people = [
            AddressedPerson(
                replace(person, done=first[person.chat].done), date.fromordinal(first[person.chat].not_after)
            )
            for person in await roll.of_chats(sorted(first))
        ]
        known = [
            {"standing": one.standing, "not_after": one.not_after, "days": days, "broadcast": written.id}
            for one in due
            for days in passed
        ]
        guard = Query("expiring_open", {"id": written.id, "now": to_micros(now)}, must=True)
        await RecipientRowWriter(self.driver, filling, now).make(guard, people, Query("expiring_reminded", many=known))


def _reminder_distances(today: date, days: Sequence[int]) -> list[ReminderDistance]:
    """The nearest first; a certificate that has ended is in none of their windows."""
    first, found = today.toordinal(), []
    for number in sorted(set(days)):
        found.append(ReminderDistance(number, first, today.toordinal() + number))
        first = today.toordinal() + number + 1
    return found


def _due_query(distance: ReminderDistance, limit: int) -> Query:
    return Query("expiring_next", {**distance._asdict(), "series": EXPIRY_CAMPAIGN, "limit": limit})


def _child_query(today: date) -> Query:
    return Query("expiring_child", {"series": EXPIRY_CAMPAIGN, "step": f"{EXPIRY_STEP}{today}"})
