"""Keeping broadcasts back until the hours are open."""

from datetime import datetime

from bot.delivery.heralding.terms import Terms
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts.model import Broadcast, Life

#: Where it sends, or somebody may let it send at any moment.
_HELD = frozenset({Life.APPROVED, Life.SCHEDULED, Life.RUNNING, Life.PAUSED})


class Holding:
    """Whoever claims messages leaves alone what is held."""

    def __init__(self, book: BroadcastBook, terms: Terms) -> None:
        self._book = book
        self._terms = terms

    async def update_hold(self, broadcast: Broadcast, now: datetime) -> None:
        """Hold it, or let it go, where it is not so yet."""
        if broadcast.is_campaign or broadcast.state not in _HELD:
            return
        because = self._terms.hours.closed_reason(now)
        until = self._terms.hours.next_open(now) if because else None
        if broadcast.held_until != until:
            await self._book.hold(broadcast.id, until, because, now)
