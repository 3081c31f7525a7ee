"""Stop asynchronous work on a signal, an event or a time limit; repeat it, and wait longer after each failure.

``retry`` repeats a failed operation with stamina; ``Backoff`` is for loops that also continue after a success.
"""

import asyncio
import contextlib
import random
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

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


async def cancel_on(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Return the result of ``work``, or cancel it and return None when ``stop`` is set first."""
    working, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        return None
    finally:
        stopped.cancel()
        if not working.done():
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working


async def wait_at_most(seconds: float, work: Coroutine[Any, Any, object]) -> None:
    """Wait until ``work`` ends or ``seconds`` have passed; work that takes longer is cancelled without an error."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work


@contextlib.asynccontextmanager
async def run_in_background(works: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run the coroutines as tasks until the block ends, then cancel them and wait for them.

    Yields the tasks. Their errors are not raised here.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def run_service(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a service that a signal stops at any moment from here to the end of the process.

    SIGTERM or SIGINT sets the event that ``work`` is given, also before its loop runs. A second SIGINT interrupts the
    end as Ctrl-C does; a further SIGTERM asks for what is happening already. Nothing of asyncio's own is used, whose
    handlers go with the loop: a signal would kill the process while it closes, and that looks like a failure.
    """
    stop, loops, asked = asyncio.Event(), list[asyncio.AbstractEventLoop](), list[int]()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and asked:
            signal.default_int_handler(number, frame)
        asked.append(number)
        for loop in loops:
            loop.call_soon_threadsafe(stop.set)

    async def awake() -> None:
        loops.append(wake_at_signals())
        if asked:
            stop.set()
        try:
            await work(stop)
        finally:
            loops.clear()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        asyncio.run(awake())
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is ignored stays so while the interpreter ends


def wake_at_signals() -> asyncio.AbstractEventLoop:
    """Let the running loop wake up at every signal, and return it.

    A signal that the system hands to another thread wakes nobody who waits in the loop, unless the loop has a handler
    of any signal: only then every signal is written to what it waits for.
    """
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        loop.add_signal_handler(signal.SIGURG, lambda: None)
    return loop


def run_until_signal(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` as ``asyncio.run`` does, and end it at a signal whichever thread the system hands that to."""

    async def awake() -> T:
        wake_at_signals()
        return await work

    return asyncio.run(awake())


class Terminated(KeyboardInterrupt):
    """SIGTERM came; code that ends a command at Ctrl-C ends it here too."""


#: Exit statuses as a shell reports them: 128 plus the signal's number.
EXIT_CODES = {KeyboardInterrupt: 128 + signal.SIGINT, Terminated: 128 + signal.SIGTERM}


@contextmanager
def raise_on_sigterm() -> Iterator[None]:
    """Raise ``Terminated`` in the main thread on SIGTERM, the way asyncio ends at Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():  # signals arrive only there
        yield
        return
    raised: list[int] = []

    def on_signal(number: int, _: FrameType | None) -> None:
        raised.append(number)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    except KeyboardInterrupt:
        raise (Terminated if raised else KeyboardInterrupt) from None
    finally:
        signal.signal(signal.SIGTERM, before)
