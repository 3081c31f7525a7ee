"""The real program as a separate process: ``python -m bot run``."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.fork_server import Fork, ForkServer
from tests.support.telegram.api import BotApi

COMMAND = (sys.executable, "-m", "bot", "run")
UNHURRIED = {
    "TROLY_THROTTLE_BURST": "100000",
    "TROLY_THROTTLE_PER_SECOND": "100000",
    "TROLY_TELEGRAM_MESSAGES_PER_SECOND": "100000",
    "TROLY_TELEGRAM_CHAT_MESSAGES_PER_SECOND": "100000",
    "TROLY_WEB_PRIVATE_LISTEN": "",
    "TROLY_WEB_LISTEN": "",  # several programs run at once
}
START = 120.0  #: seconds until a program must poll or listen


class Program:
    """A program that talks to a Bot API server; its data folder outlives it."""

    #: The command that a fork runs.
    command = "run"

    def __init__(
        self, api: BotApi, folder: Path, settings: dict[str, str], start: ForkServer | tuple[str, ...] = COMMAND
    ) -> None:
        self.api, self.folder, self.start = api, folder, start
        self.log = folder / "program.log"
        self.process: asyncio.subprocess.Process | Fork | None = None
        self.settings = {
            "PATH": os.environ["PATH"],
            "TROLY_DATA_DIR": str(folder / "data"),
            "TROLY_STATE_DIR": str(folder / "state"),
            "TROLY_TELEGRAM_TOKEN": api.token,
            "TROLY_TELEGRAM_API_URL": api.url,
            **UNHURRIED,
            **settings,
        }

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def printed(self) -> str:
        """Return everything that was written to its output so far."""
        return self.log.read_text()

    async def launch(self) -> None:
        """Start the process; returns at once."""
        if isinstance(self.start, ForkServer):
            self.process = self.start.fork(self.folder, self.settings, self.log, self.command)
            return
        with self.log.open("ab") as log:
            nothing = asyncio.subprocess.DEVNULL
            self.process = await asyncio.create_subprocess_exec(
                *self.start, cwd=self.folder, env=self.settings, stdin=nothing, stdout=log, stderr=log
            )

    async def launch_and_wait(self) -> None:
        """Start it and wait until it asks the Bot API for updates, or sets its webhook."""
        before = self.api.listened
        await self.launch()
        await self.until(lambda: self.api.listened != before)

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until a condition holds, and fail if the program ends."""
        async with asyncio.timeout(START):
            while not ready():
                assert self.running, f"the program ended:\n{self.printed()}"
                await asyncio.sleep(0.005)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def kill(self) -> None:
        """Send SIGKILL, so that the program can clean up nothing."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.running:
            self.process.send_signal(number)
        return await self.process.wait()


@asynccontextmanager
async def run_program(
    api: BotApi, folder: Path, settings: dict[str, str] | None = None, start: ForkServer | tuple[str, ...] = COMMAND
) -> AsyncIterator[Program]:
    """Start the program and wait until it is ready; kill it at the end of the block if it still runs."""
    program = Program(api, folder, settings or {}, start)
    try:
        await program.launch_and_wait()
        yield program
    finally:
        if program.process is not None:
            await program.kill()
