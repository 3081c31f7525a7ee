"""Nobody writes faster than the assistant listens: what is let in of what a person sends."""

from collections.abc import Iterable, Iterator

import structlog

from bot.delivery.clock import Clock
from bot.delivery.pacing import Buckets, Rate
from bot.store.api import Incoming
from handlers.events import TooMuch

_log = structlog.get_logger(__name__)


class Throttle:
    """A person's messages beyond the rate are dropped; the first of them becomes one ``TooMuch`` a burst.

    A burst is over when half of the allowance is back. ``dropped`` counts what was not let in.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._buckets = Buckets(rate, clock)
        self._told: set[str] = set()
        self.dropped = 0

    def admit(self, updates: Iterable[Incoming]) -> Iterator[Incoming]:
        """What is let in, in order."""
        for update in updates:
            admitted = self._admit(update)
            if admitted is not None:
                yield admitted

    def _admit(self, update: Incoming) -> Incoming | None:
        key = f"{update.channel}:{update.address}"
        if key in self._told and self._buckets.level(key) >= self._rate.burst / 2:
            self._told.discard(key)
        if self._buckets.try_take(key):
            return update
        if key in self._told:
            self.dropped += 1
            _log.debug("update_throttled", channel=update.channel, dropped=self.dropped)
            return None
        self._told.add(key)
        too_much = TooMuch(message=update.event.message, group=update.event.group)
        return Incoming(update.channel, update.update_id, update.address, too_much)
