"""Once a day: certificates that end, and those who wanted to be reminded later."""

from collections.abc import Mapping
from datetime import date, datetime

from bot.delivery.heralding.terms import Terms
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts.model import Audience, Broadcast, Life
from rules.calendar import vietnamese


class Daily:
    """At its hour of the day, or as soon after it as reminders may leave. Repeating it changes nothing."""

    def __init__(self, book: BroadcastBook, terms: Terms) -> None:
        self._book = book
        self._terms = terms
        self._done: dict[str, date] = {}

    async def work(self, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        """True: something began."""
        today = vietnamese(now).date()
        if vietnamese(now).time() < self._terms.daily_at or not self._terms.hours.open_at(now):
            return False
        began = False
        if self._done.get("expiring") != today:
            began = await self._expiring(today, now)
            self._done["expiring"] = today
        if self._done.get("later") != today:
            began = await self._later(broadcasts, today, now) or began
            self._done["later"] = today
        return began

    async def _expiring(self, today: date, now: datetime) -> bool:
        days = self._terms.expiry_days
        return bool(days) and await self._book.expiring(today, days, now) is not None

    async def _later(self, broadcasts: Mapping[str, Broadcast], today: date, now: datetime) -> bool:
        """One broadcast for each that was asked for again; of a paused one none, until it goes on."""
        made = [
            await self._book.child(
                parent, f"later:{today}", now, starts_at=now, audience=_these(broadcasts, parent, chats)
            )
            for parent, chats in (await self._book.later(today)).items()
            if parent not in broadcasts or broadcasts[parent].state is not Life.PAUSED
        ]
        return any(made)


def _these(broadcasts: Mapping[str, Broadcast], parent: str, chats: tuple[str, ...]) -> Audience:
    """These chats, of whom those drop out who are no longer meant."""
    known = broadcasts.get(parent)
    return (known.draft.audience if known else Audience()).model_copy(update={"chats": chats})
