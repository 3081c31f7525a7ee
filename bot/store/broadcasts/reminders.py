"""Answers of the person in a chat to reminders."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.store.drivers.base import Query, RunQueries
from bot.store.encoding import to_micros
from handlers.model.broadcast import DeliveryReason


@dataclass(frozen=True, slots=True)
class StoredReminders:
    """Implements ``handlers.core.broadcast_ports.Reminders`` over the rows of one chat, its own person's."""

    ask: RunQueries
    chat: str
    now: datetime

    async def is_stopped(self) -> bool:
        """It holds for all broadcasts."""
        (rows,) = await self.ask(Query("stopped", {"chat": self.chat}))
        return bool(rows)

    async def stop(self) -> int:
        """A row that is being queued for this chat at this moment is held back when it is claimed."""
        timed = self._parameters()
        _, skipped = await self.ask(Query("stop_reminders", timed), self._skip_query(DeliveryReason.STOPPED))
        return len(skipped)

    async def resume(self) -> None:
        """Rows that were skipped meanwhile stay so."""
        await self.ask(Query("resume_reminders", {"chat": self.chat}))

    async def latest(self) -> str | None:
        """The time of sending decides."""
        (rows,) = await self.ask(Query("latest_reminder", {"chat": self.chat}))
        return rows[0][0] if rows else None

    async def has_received(self, broadcast: str) -> bool:
        """A row of it in this chat is enough, whatever became of that."""
        return await self._series(broadcast) is not None

    async def mark_done(self, broadcast: str) -> bool:
        """Rows of the whole campaign that wait are skipped."""
        series = await self._series(broadcast)
        if series is None:
            return False
        row = {**self._parameters(), "broadcast": series}
        await self.ask(Query("mark_done", row), self._skip_query(DeliveryReason.DONE, series))
        return True

    async def postpone(self, broadcast: str, day: date) -> bool:
        """Rows of the whole campaign that wait are skipped; a step of their own comes on that day."""
        series = await self._series(broadcast)
        if series is None:
            return False
        row = {**self._parameters(), "broadcast": series, "day": day.toordinal()}
        await self.ask(Query("mark_later", row), self._skip_query(DeliveryReason.LATER, series))
        return True

    async def _series(self, broadcast: str) -> str | None:
        """The campaign, or the broadcast itself, where this chat had it."""
        (rows,) = await self.ask(Query("series_of", {"broadcast": broadcast, "chat": self.chat}))
        return rows[0][0] if rows else None

    def _parameters(self) -> dict[str, Any]:
        return {"chat": self.chat, "now": to_micros(self.now)}

    def _skip_query(self, reason: DeliveryReason, series: str | None = None) -> Query:
        where = () if series is None else ("of_series",)
        return Query("skip_reminders", {**self._parameters(), "reason": reason.value, "series": series}, where=where)
