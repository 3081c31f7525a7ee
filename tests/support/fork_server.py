"""Starts the program without the cost of its imports: a fork of a warm process (``tests.support.warm``)."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.support import warm


class Fork:
    """A process of the program; as much of ``asyncio.subprocess.Process`` as a test needs."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """Return ``None`` while it runs, and a negative number if a signal ended it."""
        return self._process.poll()

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def wait(self) -> int:
        while (code := self.returncode) is None:  # noqa: ASYNC110  # a thread for each would cost more
            await asyncio.sleep(0.002)
        return code


class ForkServer:
    def fork(self, folder: Path, settings: dict[str, str], log: Path, command: str = "run") -> Fork:
        """Run a command of the program in a new process in ``folder``; its output is appended to ``log``."""
        with log.open("ab") as output:
            return Fork(
                subprocess.Popen(
                    (sys.executable, "-m", "bot", command),
                    cwd=folder,
                    env=settings,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            )


@contextmanager
def start_fork_server() -> Iterator[ForkServer]:
    """Let forks start within a few milliseconds, by the warm process that is there or by one for this block."""
    with nullcontext() if warm.is_installed() else warm.installed():
        yield ForkServer()
