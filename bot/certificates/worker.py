"""The process that reads files of strangers: ``python -m bot.certificates.worker MEMORY SECONDS [TRUST_FOLDER]``.

It gets a file as a frame on standard input and answers with a reading as JSON on standard output; it knows no setting,
no secret and no chat. It ends when its input ends, when
its parent ends, and over a file that takes longer than the seconds given.
"""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from bot.certificates.frames import LENGTH, READY, frame
from bot.certificates.reading import read
from bot.certificates.trust import EMPTY, TrustStore

_PR_SET_PDEATHSIG = 1  #: prctl(2)


def main(arguments: list[str]) -> None:
    """Serve until the input ends."""
    memory, seconds, *folders = arguments
    # What a library prints must not be taken for an answer.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        trust = TrustStore.load(Path(folders[0])) if folders else EMPTY
        _end_with_parent()
        _bound(int(memory))
        _serve(sys.stdin.buffer, answers, trust, float(seconds))


def _serve(files: BinaryIO, answers: BinaryIO, trust: TrustStore, seconds: float) -> None:
    gc.freeze()  # what was imported is never garbage; without it every collection walks all of it
    _answer(answers, READY)
    while header := files.read(LENGTH.size):
        (length,) = LENGTH.unpack(header)
        data = files.read(length)
        with _at_most(seconds):
            answer = read(data, trust=trust).model_dump_json().encode()
        _answer(answers, answer)
        gc.collect()


def _answer(answers: BinaryIO, payload: bytes) -> None:
    answers.write(frame(payload))
    answers.flush()


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Let SIGALRM end the process, inside a library's C code too, where the parent did not end it in time."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


def _end_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, even in the middle of a file."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bound(extra: int) -> None:
    """Let the address space grow by so many bytes and no more, where the system can hold to that."""
    try:
        import resource  # noqa: PLC0415 - Unix only

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return


if __name__ == "__main__":
    main(sys.argv[1:])
