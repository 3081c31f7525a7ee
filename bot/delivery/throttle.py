"""Nobody writes faster than the assistant listens: what is let in of what a person sends."""

from collections.abc import Iterable, Iterator

import structlog

from bot.delivery.buckets import Buckets, Rate
from bot.delivery.clock import Clock
from bot.store.api import Incoming
from handlers.events import TooMuch

#: People told of their haste are looked through when there are more than this many.
_KEPT = 4096

_log = structlog.get_logger(__name__)


#: A group is told where to write, and not again and again: whatever is asked there, the answer is the same.
_GROUP = Rate(1 / 30, 2)


class Throttle:
    """A person's messages beyond the rate are dropped; the first of them becomes one ``TooMuch`` a burst.

    Those of a group beyond its own, much lower rate are dropped without a word: Telegram lets 20 a minute into a group.

    A burst is over when half of the allowance is back. ``dropped`` counts what was not let in.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._buckets = Buckets(rate, clock)
        self._groups = Buckets(_GROUP, clock)
        self._told: set[str] = set()
        self._crowded = _KEPT
        self.dropped = 0

    def admit(self, updates: Iterable[Incoming]) -> Iterator[Incoming]:
        """What is let in, in order."""
        for update in updates:
            admitted = self._admit(update)
            if admitted is not None:
                yield admitted

    def _admit(self, update: Incoming) -> Incoming | None:
        key = f"{update.channel}:{update.address}"
        if update.event.group:
            return update if self._groups.try_take(key) else self._dropped(update)
        if key in self._told and self._calm(key):
            self._told.discard(key)
        if self._buckets.try_take(key):
            return update
        if key in self._told:
            return self._dropped(update)
        self._remember(key)
        too_much = TooMuch(message=update.event.message, group=update.event.group)
        return Incoming(update.channel, update.update_id, update.address, too_much)

    def _dropped(self, update: Incoming) -> None:
        self.dropped += 1
        _log.debug("update_throttled", channel=update.channel, dropped=self.dropped)

    def _calm(self, key: str) -> bool:
        return self._buckets.level(key) >= self._rate.burst / 2

    def _remember(self, key: str) -> None:
        """Told; those whose burst is long over are forgotten once there are many."""
        if len(self._told) >= self._crowded:
            self._told = {told for told in self._told if not self._calm(told)}
            self._crowded = max(_KEPT, 2 * len(self._told))
        self._told.add(key)
