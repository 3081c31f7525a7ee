"""What a process of ours that works for another one takes upon itself: to end with it, in time, and within memory."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1  #: prctl(2)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let SIGALRM end the process, inside a library's C code too, where the parent did not end it in time."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


def end_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, even in the middle of a file."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def give_way() -> None:
    """Let the parent go first where there are too few processors: whoever talks does not wait for whoever sent a file."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(5)


def bound_memory(extra: int) -> None:
    """Let the address space grow by so many bytes and no more, where the system can hold to that."""
    try:
        import resource  # noqa: PLC0415 - Unix only

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return
