"""Who is meant, for what goes on by itself: the list is checked, gets its rows, and grows by those whose day has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.store.drivers import Driver
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
        raise NotImplementedError

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients; False where all have theirs."""
        raise NotImplementedError

    async def expiring(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """A broadcast, with its rows, to all whose certificate has come so near to its end; ``None``: to nobody."""
        raise NotImplementedError

    async def later(self, day: date) -> dict[str, tuple[str, ...]]:
        """Who wanted to be reminded again on this day or before: chats by campaign or broadcast."""
        raise NotImplementedError
