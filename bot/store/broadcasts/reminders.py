"""What the person in a chat says to reminders."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.request_book import Ask
from handlers.broadcasts.model import Reason


@dataclass(frozen=True, slots=True)
class StoredReminders:
    """Implements ``handlers.broadcasts.ports.Reminders``."""

    ask: Ask
    chat: str
    now: datetime

    async def is_stopped(self) -> bool:
        """No reminders are wanted."""
        (rows,) = await self.ask(Call("stopped", {"chat": self.chat}))
        return bool(rows)

    async def stop(self) -> int:
        """None from now on; what is being queued for this chat at this moment is held back when it is claimed."""
        timed = self._parameters()
        _, skipped = await self.ask(Call("stop_reminders", timed), self._skip_query(Reason.STOPPED))
        return len(skipped)

    async def resume(self) -> None:
        """They are wanted again."""
        await self.ask(Call("resume_reminders", {"chat": self.chat}))

    async def latest(self) -> str | None:
        """Which of them was sent last."""
        (rows,) = await self.ask(Call("latest_reminder", {"chat": self.chat}))
        return rows[0][0] if rows else None

    async def has_received(self, broadcast: str) -> bool:
        """It is one that can be answered here."""
        return await self._series(broadcast) is not None

    async def mark_done(self, broadcast: str) -> bool:
        """Nothing more of the whole campaign."""
        series = await self._series(broadcast)
        if series is None:
            return False
        row = {**self._parameters(), "broadcast": series}
        await self.ask(Call("mark_done", row), self._skip_query(Reason.DONE, series))
        return True

    async def postpone(self, broadcast: str, day: date) -> bool:
        """On that day, and nothing of the campaign before."""
        series = await self._series(broadcast)
        if series is None:
            return False
        row = {**self._parameters(), "broadcast": series, "day": day.toordinal()}
        await self.ask(Call("mark_later", row), self._skip_query(Reason.LATER, series))
        return True

    async def _series(self, broadcast: str) -> str | None:
        """The campaign, or the broadcast itself, where this chat had it."""
        (rows,) = await self.ask(Call("series_of", {"broadcast": broadcast, "chat": self.chat}))
        return rows[0][0] if rows else None

    def _parameters(self) -> dict[str, Any]:
        return {"chat": self.chat, "now": stored(self.now)}

    def _skip_query(self, reason: Reason, series: str | None = None) -> Call:
        where = () if series is None else ("of_series",)
        return Call("skip_reminders", {**self._parameters(), "reason": reason.value, "series": series}, where=where)
