"""What the author of a broadcast is told: notices, once each, and a message that moves."""

from datetime import datetime

from bot.clock import Clock
from bot.services.broadcasts.service import BroadcastOperations
from handlers.core.replies import Reply
from handlers.model.broadcast import Broadcast

#: Seconds between two states of the message that moves.
EDIT_INTERVAL = 3.0
#: Steps of which nothing is told unless something is wrong: it may be one person a day that asked for them.
_SILENT_STEP_PREFIX = "later:"


class AuthorNotifier:
    """Remembers what was said last, so that nothing is written twice; the store sees to the rest."""

    def __init__(self, book: BroadcastOperations, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._told: dict[str, set[str]] = {}
        self._shown: dict[str, tuple[Reply, float]] = {}

    def has_told(self, broadcast: Broadcast, mark: str) -> bool:
        """This process has told it."""
        return mark in self._told.get(broadcast.id, ())

    async def notify_once(self, broadcast: Broadcast, mark: str, said: Reply, now: datetime) -> None:
        """A notice; ``mark`` names it among those about this broadcast."""
        if not self.has_told(broadcast, mark):
            await self._book.notify_author(broadcast.id, said, mark, now)
            self._told.setdefault(broadcast.id, set()).add(mark)

    async def notify_finished(self, broadcast: Broadcast, said: Reply, now: datetime) -> None:
        """What became of it, once for each time that it ends."""
        if not _is_silent(broadcast):
            await self.notify_once(broadcast, f"finished:{broadcast.revision}", said, now)

    async def update_progress(self, broadcast: Broadcast, said: Reply, now: datetime) -> None:
        """The message that moves, where it would change, and not more often than every few seconds."""
        if _is_silent(broadcast):
            return
        last, since = self._shown.get(broadcast.id, (None, 0.0))
        if said == last or (last is not None and self._clock.monotonic() - since < EDIT_INTERVAL):
            return
        if await self._book.notify_author(broadcast.id, said, "shown", now):
            self._shown[broadcast.id] = said, self._clock.monotonic()

    async def finish_progress(self, broadcast: Broadcast, said: Reply, now: datetime) -> None:
        """Its last state, at once."""
        if not _is_silent(broadcast):
            await self._book.notify_author(broadcast.id, said, "last", now)

    def forget(self, broadcasts: set[str]) -> None:
        """All but these have ended."""
        self._told = {name: told for name, told in self._told.items() if name in broadcasts}
        self._shown = {name: shown for name, shown in self._shown.items() if name in broadcasts}


def _is_silent(broadcast: Broadcast) -> bool:
    return (broadcast.step or "").startswith(_SILENT_STEP_PREFIX)
