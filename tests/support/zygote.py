"""Starts the program without the cost of its imports: a fork of a warm process (``tests.support.warm``)."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.support.warm import Request, Warm, WarmPopen, is_installed, warm


class Fork:
    """A process of the program; as much of ``asyncio.subprocess.Process`` as a test needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    @property
    def returncode(self) -> int | None:
        """Return ``None`` while it runs, and a negative number if a signal ended it."""
        if self._code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def wait(self) -> int:
        while (code := self.returncode) is None:  # noqa: ASYNC110  # a thread for each would cost more
            await asyncio.sleep(0.002)
        return code


class Zygote:
    def __init__(self, process: Warm) -> None:
        self._process = process

    def fork(self, folder: Path, settings: dict[str, str], log: Path, command: str = "run") -> Fork:
        """Run a command of the program in a new process in ``folder``; its output is appended to ``log``."""
        request = Request(False, "bot", (command,), settings, str(folder))
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            return Fork(self._process.fork(request, (nothing, output, output)))
        finally:
            os.close(output)
            os.close(nothing)


@contextmanager
def zygote() -> Iterator[Zygote]:
    """Start a zygote and wait for its imports, or take the one that is there; a fork takes a few milliseconds."""
    with nullcontext(WarmPopen.get_warm()) if is_installed() else warm() as process:
        yield Zygote(process)
