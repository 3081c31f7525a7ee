"""Reminders: certificates that come to their end, the broadcasts that remind of them, and the answers of people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.store.broadcasts import EXPIRY_STEP, seal_draft
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, RunQueries, to_micros
from bot.store.power_seals import Warrant, content_digest
from bot.store.sealing import Keyring
from handlers.model import BROADCAST_PREFIX, EXPIRY_CAMPAIGN, MACHINE, BroadcastDraft, BroadcastState, DeliveryReason


@dataclass(frozen=True, slots=True)
class StoredReminders:
    """Implements ``handlers.core.broadcast_ports.Reminders`` over the rows of one chat, its own person's."""

    ask: RunQueries
    chat: str
    now: datetime

    async def is_stopped(self) -> bool:
        """Return whether reminders are stopped, which holds for all broadcasts."""
        (rows,) = await self.ask(Query("stopped", {"chat": self.chat}))
        return bool(rows)

    async def stop(self) -> int:
        """Stop reminders; a row that is being queued for this chat at this moment is held back when it is claimed."""
        timed = self._parameters()
        _, skipped = await self.ask(Query("stop_reminders", timed), self._skip_query(DeliveryReason.STOPPED))
        return len(skipped)

    async def resume(self) -> None:
        """Let reminders come again; rows that were skipped meanwhile stay so."""
        await self.ask(Query("resume_reminders", {"chat": self.chat}))

    async def latest(self) -> str | None:
        """Return the broadcast of the latest reminder, by the time of sending."""
        (rows,) = await self.ask(Query("latest_reminder", {"chat": self.chat}))
        return rows[0][0] if rows else None

    async def has_received(self, broadcast: str) -> bool:
        """Return whether this chat had a row of it, whatever became of that."""
        return await self._series(broadcast) is not None

    async def mark_done(self, broadcast: str) -> bool:
        """Note "done", and skip rows of the whole campaign that wait."""
        series = await self._series(broadcast)
        if series is None:
            return False
        row = {**self._parameters(), "broadcast": series}
        await self.ask(Query("mark_done", row), self._skip_query(DeliveryReason.DONE, series))
        return True

    async def postpone(self, broadcast: str, day: date) -> bool:
        """Note a day, and skip rows of the whole campaign that wait; a step of its own comes on that day."""
        series = await self._series(broadcast)
        if series is None:
            return False
        row = {**self._parameters(), "broadcast": series, "day": day.toordinal()}
        await self.ask(Query("mark_later", row), self._skip_query(DeliveryReason.LATER, series))
        return True

    async def _series(self, broadcast: str) -> str | None:
        """Return the campaign, or the broadcast itself, where this chat had it."""
        (rows,) = await self.ask(Query("series_of", {"broadcast": broadcast, "chat": self.chat}))
        return rows[0][0] if rows else None

    def _parameters(self) -> dict[str, Any]:
        return {"chat": self.chat, "now": to_micros(self.now)}

    def _skip_query(self, reason: DeliveryReason, series: str | None = None) -> Query:
        where = () if series is None else ("of_series",)
        return Query("skip_reminders", {**self._parameters(), "reason": reason.value, "series": series}, where=where)


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


class ExpiryBroadcast(NamedTuple):
    """A broadcast of the standing campaign."""

    id: str
    state: BroadcastState


@dataclass(frozen=True, slots=True)
class ExpiryRepository:
    """Finds certificates near their end, and makes the broadcasts for them. Each method is a transaction."""

    driver: Driver
    keyring: Keyring

    async def find(self, today: date) -> ExpiryBroadcast | None:
        """Return the broadcast that was left without all its rows, else that of the day; ``None`` where neither is."""
        (rows,) = await self.driver.run(_child_query(today))
        return _to_broadcast(rows)

    async def has_due(self, distances: Iterable[ReminderDistance]) -> bool:
        """Return whether there is anybody to be reminded."""
        found = await self.driver.look(*(_due_query(distance, 1) for distance in distances))
        return any(found)

    async def due(self, distance: ReminderDistance, limit: int) -> list[ExpiringCertificate]:
        """Return certificates at a distance from their end of which nobody was reminded at it, the nearest first."""
        (rows,) = await self.driver.look(_due_query(distance, limit))
        return [ExpiringCertificate(standing, chat, end, bool(done)) for standing, chat, end, done in rows]

    async def open_or_create(
        self, today: date, campaign: BroadcastDraft, daily: BroadcastDraft, now: datetime
    ) -> ExpiryBroadcast:
        """Return the broadcast that was left open, else that of the day.

        It is made of the draft ``daily``, with the standing campaign of the draft ``campaign``, where it is new.
        """
        async with self.driver.transaction() as transaction:
            (rows,) = await transaction.run(_child_query(today))
            if not rows:
                name = await StoreContext(transaction.run, self.keyring, now, MACHINE).next_id(BROADCAST_PREFIX)
                noted = {"id": name, "was": BroadcastState.DRAFT.value, "now": to_micros(now)}
                making = (
                    self._make_query(EXPIRY_CAMPAIGN, None, campaign, BroadcastState.RUNNING, now),
                    self._make_query(name, f"{EXPIRY_STEP}{today}", daily, BroadcastState.APPROVED, now),
                )
                (*_, rows) = await transaction.run(*making, Query("note_life", noted), _child_query(today), commit=True)
        return ExpiryBroadcast(rows[0][0], BroadcastState(rows[0][1]))

    def _make_query(
        self, name: str, step: str | None, draft: BroadcastDraft, state: BroadcastState, now: datetime
    ) -> Query:
        """Build the query; the standing campaign has no step, and a step is due at once."""
        series, starts = (None, None) if step is None else (EXPIRY_CAMPAIGN, to_micros(now))
        row = {"id": name, "series": series, "step": step, "state": state, "starts": starts, "now": to_micros(now)}
        made = Warrant(name, series, step, None, MACHINE, MACHINE, content_digest(draft.model_dump_json()), None)
        content, warrant = seal_draft(self.keyring, name, draft), made.seal(self.keyring)
        return Query("expiring_make", {**row, "content": content, "warrant": warrant})


def _to_broadcast(rows: list[tuple[str, str]]) -> ExpiryBroadcast | None:
    return ExpiryBroadcast(rows[0][0], BroadcastState(rows[0][1])) if rows else None


def _due_query(distance: ReminderDistance, limit: int) -> Query:
    return Query("expiring_next", {**distance._asdict(), "series": EXPIRY_CAMPAIGN, "limit": limit})


def _child_query(today: date) -> Query:
    return Query("expiring_child", {"series": EXPIRY_CAMPAIGN, "step": f"{EXPIRY_STEP}{today}"})
