"""Starts the program without the cost of its imports, by forking a process that has done them.

Everything after the imports is the same as in ``python -m bot run``: the same command line, settings from the
environment, and a process of its own that can be killed. ``python -m tests.support.fork_server`` is the other end.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Modules the program has loaded by the time it runs with Telegram.
LOADED = (
    "bot.app", "bot.cli", "bot.cli.run", "bot.channels.telegram", "bot.metrics.prometheus", "bot.web",
    "handlers",
)  # fmt: skip


class Fork:
    """A child of the zygote; as much of ``asyncio.subprocess.Process`` as a test needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    @property
    def returncode(self) -> int | None:
        """Return ``None`` while it runs; the real exit code is not known here."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return -1
        return None

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def wait(self) -> int:
        while (code := self.returncode) is None:  # noqa: ASYNC110  # the system reaps it: nothing to wait on
            await asyncio.sleep(0.002)
        return code


class ForkServer:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def fork(self, folder: Path, settings: dict[str, str], log: Path, command: str = "run") -> Fork:
        """Run a command of the program in a new process in ``folder``; its output is appended to ``log``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(folder), settings, str(log), command]) + "\n")
        self._process.stdin.flush()
        return Fork(int(self._process.stdout.readline()))


@contextmanager
def start_fork_server() -> Iterator[ForkServer]:
    """Start a zygote and wait for its imports; a fork then takes a few milliseconds."""
    command = (sys.executable, "-m", "tests.support.fork_server")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield ForkServer(process)
        finally:
            process.kill()


def _become_program(folder: str, settings: dict[str, str], log: str, command: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in enumerate((nothing, output, output)):
        os.dup2(target, number)
    import bot.cli  # noqa: PLC0415  # loaded by the parent already

    bot.cli.main([command])


def main() -> None:
    """Fork for each line of standard input; children are reaped by the system."""
    for module in LOADED:
        __import__(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                _become_program(*json.loads(line))
            finally:
                os._exit(1)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
