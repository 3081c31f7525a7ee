"""Wait longer after each failure, and never in step with others.

``retry`` repeats a failed operation with stamina; ``Backoff`` is for loops that also continue after a success.
"""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
import structlog

from bot.metrics import NO_METRICS, Metrics
from bot.store import StoreUnavailable

T = TypeVar("T")

_log = structlog.get_logger(__name__)

#: The library's own hooks would log the error's message, which may quote a person: every ``on`` logs only safe facts.
stamina.instrumentation.set_on_retry_hooks([])


class Backoff:
    """Gives delays of 0.5 s, 1 s, 2 s ... up to ``longest`` seconds, each shortened by up to half at random."""

    def __init__(self, *, first: float = 0.5, longest: float = 60.0) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        """Return the seconds to wait after one more failure."""
        delay = min(self._longest, self._first * 2.0 ** min(self._failures, 32))
        self._failures += 1
        spread: float = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        return delay * spread

    def reset(self) -> None:
        """Start again with the first delay, after a success."""
        self._failures = 0


async def retry(
    operation: Callable[[], Awaitable[T]],
    on: Callable[[Exception], bool | float],
    *,
    attempts: int | None = None,
    first: float = 0.5,
    longest: float = 60.0,
) -> T:
    """Repeat an operation while ``on`` allows it for its error, and return its result; any other error is raised.

    Args:
        operation: Started anew for each attempt.
        on: Returns False to give up, True to wait as ``Backoff`` does, or the least number of seconds to wait.
        attempts: The most attempts; None for no limit.
        first: Seconds of the first delay.
        longest: Seconds of the longest delay.
    """
    try:
        return await operation()  # nearly always all there is; the machinery of retries would cost a turn an eighth
    except Exception as error:  # noqa: BLE001 - ``on`` judges it
        attempt = _begin_with(error, operation)
    failures = 0

    def said(error: BaseException) -> bool | float:
        nonlocal failures
        answer = on(error) if isinstance(error, Exception) else False  # a cancellation ends it
        if isinstance(answer, bool):
            return answer
        failures += 1
        return max(answer, min(longest, first / 2 * 2.0 ** min(failures, 32)))

    caller = stamina.AsyncRetryingCaller(
        attempts=attempts, timeout=None, wait_initial=first / 2, wait_jitter=first / 2, wait_max=longest
    )
    return await caller(said, attempt)


def _begin_with(error: Exception, operation: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
    """Return the operation with a first attempt that has failed already."""
    failed = [error]

    async def attempt() -> T:
        if failed:
            raise failed.pop()
        return await operation()

    return attempt


async def retry_while_unavailable(operation: Callable[[], Awaitable[T]], metrics: Metrics = NO_METRICS) -> T:
    """Repeat a store operation while the store is unavailable, and return its result: a busy disk must lose nothing."""

    def passing(error: Exception) -> bool:
        if not isinstance(error, StoreUnavailable):
            return False
        metrics.record_store_failure(error)
        _log.warning("store_unavailable", error=type(error).__name__)
        return True

    return await retry(operation, passing, longest=30.0)
