"""One worker process, seen from the event loop."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from bot.certificates.errors import WorkerError
from bot.certificates.frames import LENGTH, READY

_START_SECONDS = 60.0
_MODULE = "bot.certificates.worker"


class WorkerProcess:
    """Start it, ask it, kill it. Not for two questions at once."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, memory: int, seconds: float, trust: Path | None) -> "WorkerProcess":
        """Spawn a process and wait until it is ready; raises ``WorkerError``.

        It is a fresh interpreter, not a fork, and gets no environment: no token and no key is within its reach.
        """
        arguments = [str(memory), str(seconds), *([str(trust)] if trust else [])]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", _MODULE, *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
                env={"PYTHONPATH": path, "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
            )  # fmt: skip
        except OSError as error:
            raise WorkerError from error
        worker = cls(process)
        await worker._get_ready()
        return worker

    async def _get_ready(self) -> None:
        ready = False
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready = await self._answer() == READY
        except (TimeoutError, EOFError, OSError) as error:
            raise WorkerError from error
        finally:
            if not ready:
                await self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def ask(self, data: bytes) -> bytes:
        """The worker's answer to a file; raises ``EOFError`` or ``OSError`` where it died."""
        pipe = self._process.stdin
        if pipe is None:
            raise EOFError
        pipe.write(LENGTH.pack(len(data)))
        pipe.write(data)
        await pipe.drain()
        return await self._answer()

    async def _answer(self) -> bytes:
        pipe = self._process.stdout
        if pipe is None:
            raise EOFError
        (length,) = LENGTH.unpack(await pipe.readexactly(LENGTH.size))
        return await pipe.readexactly(length)

    async def kill(self) -> int:
        """End it at once and reap it; its exit status."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return await self._process.wait()

    async def exit_status(self) -> int:
        """The status of a process that died by itself."""
        return await self._process.wait()
