"""Once a day: certificates that end, and those who wanted to be reminded later."""

from collections.abc import Mapping
from datetime import date, datetime

from bot.delivery.heralding.terms import Terms
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts.model import STANDING, Audience, Broadcast, Life
from rules.calendar import vietnamese


class Daily:
    """At its hour of the day, or as soon after it as reminders may leave. Repeating it changes nothing."""

    def __init__(self, book: BroadcastBook, terms: Terms) -> None:
        self._book = book
        self._terms = terms
        self._looked: dict[str, date] = {}

    async def remind_of_expiry(self, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        """Remind of certificates that end, unless that is paused; True: somebody is."""
        today = self._due_day("expiring", now)
        if today is None or _is_paused(broadcasts, STANDING):
            return False
        days = self._terms.expiry_days
        began = bool(days) and await self._book.create_expiry_broadcast(today, days, now) is not None
        self._looked["expiring"] = today
        return began

    async def remind_postponed(self, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        """Remind again whose day has come, of a paused campaign when it goes on; True: somebody is."""
        today = self._due_day("later", now)
        if today is None:
            return False
        made = [
            await self._book.create_step(parent, f"later:{today}", now, starts_at=now, audience=Audience(chats=chats))
            for parent, chats in (await self._book.due_postponed(today)).items()
            if not _is_paused(broadcasts, parent)
        ]
        self._looked["later"] = today
        return any(made)

    def _due_day(self, what: str, now: datetime) -> date | None:
        """The day to look for; ``None``: it is too early, closed, or was looked for."""
        local = vietnamese(now)
        if local.time() < self._terms.daily_at or not self._terms.hours.is_open_at(now):
            return None
        return None if self._looked.get(what) == local.date() else local.date()


def _is_paused(broadcasts: Mapping[str, Broadcast], name: str) -> bool:
    return name in broadcasts and broadcasts[name].state is Life.PAUSED
