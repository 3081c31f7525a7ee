"""Waiting longer after each failure, never in step with others."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.delivery.clock import Clock
from bot.metrics import NO_METRICS, Metrics
from bot.store.errors import StoreUnavailable

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Backoff:
    """Delays of 0.5 s, 1 s, 2 s ... up to ``longest`` seconds, each shortened by up to half at random."""

    def __init__(self, *, first: float = 0.5, longest: float = 60.0) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        delay = min(self._longest, self._first * 2.0 ** min(self._failures, 32))
        self._failures += 1
        spread: float = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        return delay * spread

    def reset(self) -> None:
        """It worked."""
        self._failures = 0


async def until_stored(clock: Clock, operation: Callable[[], Awaitable[T]], metrics: Metrics = NO_METRICS) -> T:
    """The result of a store operation, repeated while the store is unavailable: nothing is lost to a busy disk."""
    backoff = Backoff(longest=30.0)
    while True:
        try:
            return await operation()
        except StoreUnavailable as error:
            metrics.store_failed(error)
            _log.warning("store_unavailable", error=type(error).__name__)
            await clock.sleep(backoff.next())
