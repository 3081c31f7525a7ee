"""Stop asynchronous work on a signal, on an event or after a time limit."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


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


@contextlib.contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set ``stop`` on SIGTERM or SIGINT; a second signal ends the process the usual way."""
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def run_until_signal(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` as ``asyncio.run`` does, and end it at a signal whichever thread the system hands that to.

    A signal that another thread gets wakes nobody who waits in the event loop, unless the loop has a handler of any
    signal: only then every signal is written to what it waits for.
    """

    async def awake() -> T:
        if threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGURG, lambda: None)
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
