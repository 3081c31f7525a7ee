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
#: The same of all groups together: one person may put the assistant into very many.
_GROUPS = Rate(1.0, 20)
#: Within a day, that many times what a person may send at once: every message leaves rows that are kept for long.
_BURSTS_A_DAY = 250
_DAY = 86_400.0


class Throttle:
    """A person's messages beyond the rate are dropped; the first of them becomes one ``TooMuch`` a burst.

    Those of a group beyond its own, much lower rate are dropped without a word: Telegram lets 20 a minute into a group;
    so are those beyond the rate of all groups together. A person also has an allowance for the day.

    A burst is over when half of the allowance is back. ``dropped`` counts what was not let in. A secret becomes
    ``TooMuch`` each time, within the same rate once more, so that it can be deleted.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._buckets = Buckets(rate, clock)
        self._secrets = Buckets(rate, clock)  #: a secret is taken out of the chat however fast it came
        self._groups, self._all_groups = Buckets(_GROUP, clock), Buckets(_GROUPS, clock)
        most = _BURSTS_A_DAY * rate.burst
        self._days = Buckets(Rate(most / _DAY, most), clock)
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
            if self._group_heard(key) or (update.event.secret and self._secrets.try_take(key)):
                return update
            self._drop(update)
            return None
        if key in self._told and self._calm(key):
            self._told.discard(key)
        if self._days.level(key) >= 1 and self._buckets.try_take(key):
            self._days.take(key)
            return update
        if key in self._told and not (update.event.secret and self._secrets.try_take(key)):
            self._drop(update)
            return None
        self._remember(key)
        event = update.event
        too_much = TooMuch(message=event.message, group=event.group, secret=event.secret)
        return Incoming(update.channel, update.update_id, update.address, too_much)

    def _group_heard(self, key: str) -> bool:
        return self._groups.level(key) >= 1 and self._all_groups.try_take("") and self._groups.try_take(key)

    def _drop(self, update: Incoming) -> None:
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
