"""Who is meant, for what goes on by itself: lists are checked and get rows; those whose day has come are found."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.store.broadcasts.checking import Checker
from bot.store.broadcasts.expiring import Expiring
from bot.store.broadcasts.freezing import Freezer
from bot.store.drivers import Call, Driver
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Checked
from handlers.broadcasts.policy import Policy


@dataclass(frozen=True, slots=True)
class Gathering:
    """A part of ``bot.store.broadcast_api.BroadcastBook``."""

    driver: Driver
    keyring: Keyring
    policy: Policy

    async def check(self, broadcast: str, now: datetime) -> Checked:
        """Go through the whole list; nothing against a draft makes it ``checked``. What was found is kept."""
        return await Checker(self.driver, self.keyring, self.policy).check(broadcast, now)

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients; False where all have theirs."""
        return await Freezer(self.driver, self.keyring, self.policy).freeze(broadcast, now, limit)

    async def create_expiry_broadcast(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """A broadcast, with its rows, to all whose certificate has come so near to its end; ``None``: to nobody."""
        return await Expiring(self.driver, self.keyring, self.policy).remind(today, days, now)

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """Who wanted to be reminded again on this day or before: chats by campaign or broadcast."""
        (rows,) = await self.driver.run(Call("later_marks", {"day": day.toordinal()}))
        found: defaultdict[str, list[str]] = defaultdict(list)
        for broadcast, chat in rows:
            found[broadcast].append(chat)
        return {broadcast: tuple(chats) for broadcast, chats in found.items()}
