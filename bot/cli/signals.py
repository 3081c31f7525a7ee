"""Treat SIGTERM like Ctrl-C, so that a writing command cleans up."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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

    def told(number: int, _: FrameType | None) -> None:
        raised.append(number)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, told)
    try:
        yield
    except KeyboardInterrupt:
        raise (Terminated if raised else KeyboardInterrupt) from None
    finally:
        signal.signal(signal.SIGTERM, before)
