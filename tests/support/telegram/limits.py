"""Sending limits: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.telegram.errors import too_many_requests


@dataclass
class _Bucket:
    """A token bucket: ``rate`` per second in the long run, ``burst`` at once."""

    rate: float
    burst: float
    level: float = 0.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until one more fits; 0 takes it."""
        level = max(0.0, self.level - (now - self.at) * self.rate)
        if level + 1 > self.burst:
            return (level + 1 - self.burst) / self.rate
        self.level, self.at = level + 1, now
        return 0.0


@dataclass
class _Window:
    """A sliding window: at most ``most`` within any second."""

    most: float
    taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Return the seconds until one more fits; 0 takes it."""
        while self.taken and self.taken[0] <= now - 1:
            self.taken.popleft()
        if len(self.taken) >= self.most:
            return self.taken[0] + 1 - now
        self.taken.append(now)
        return 0.0


@dataclass
class Limits:
    """30 messages a second overall, 1 a second in a chat with small bursts, 20 a minute in a group.

    Paid broadcasts have a limit of their own, 1000 within any second: https://core.telegram.org/bots/api#sendmessage
    (allow_paid_broadcast). ``refused`` counts what was answered with 429.
    """

    overall: float = 30
    per_chat: float = 1
    burst: float = 5
    per_group_minute: float = 20
    paid: float = 1000
    enabled: bool = True
    clock: Callable[[], float] = time.monotonic
    refused: int = 0
    _buckets: dict[int, _Bucket] = field(default_factory=dict)

    @classmethod
    def off(cls) -> "Limits":
        return cls(enabled=False)

    def __post_init__(self) -> None:
        self._paid = _Window(self.paid)

    def check(self, chat: int, *, paid: bool = False) -> None:
        """Count a message to ``chat``, or raise 429 with ``retry_after``."""
        if not self.enabled:
            return
        overall = self._paid if paid else self._bucket(0)
        wait = max(self._bucket(chat).wait(self.clock()), overall.wait(self.clock()))
        if wait > 0:
            self.refused += 1
            raise too_many_requests(math.ceil(wait))

    def _bucket(self, chat: int) -> _Bucket:
        if chat not in self._buckets:
            self._buckets[chat] = self._new_bucket(chat)
        return self._buckets[chat]

    def _new_bucket(self, chat: int) -> _Bucket:
        if chat == 0:
            return _Bucket(self.overall, self.overall)
        if chat > 0:
            return _Bucket(self.per_chat, self.burst)
        return _Bucket(self.per_group_minute / 60, self.per_group_minute)
