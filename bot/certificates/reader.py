"""Reading a stranger's file beside the event loop, inside limits of time and memory."""

import asyncio
import contextlib
import signal
from pathlib import Path

import structlog
from pydantic import ValidationError

from bot.certificates.errors import WorkerError
from bot.certificates.limits import LIMITS, MEBIBYTE, Limits
from bot.certificates.process import WorkerProcess
from handlers.certificate import Problem, Reading, Trouble

_log = structlog.get_logger(__name__)
#: A worker is replaced after so many files or after one big file, so that no memory is kept; one that nobody needs for
#: so many seconds ends.
_FILES_PER_WORKER = 500
_BIG_FILE = 4 * MEBIBYTE
_IDLE_SECONDS = 60.0
#: A worker ends itself over a file after so many times the seconds, should nobody be there to end it.
_GRACE = 2
#: How a process ends that got no memory: Rust and OpenSSL abort, the kernel kills.
_OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGKILL}


class CertificateReader:
    """Reads files one after another in one worker process, which starts with the first file."""

    def __init__(
        self, trust: Path | None = None, limits: Limits = LIMITS, *, idle_seconds: float = _IDLE_SECONDS
    ) -> None:
        """Nothing starts here; ``trust`` is the folder of installed CA files, read anew by every worker."""
        self._trust = trust
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._turn = asyncio.Lock()
        self._worker: WorkerProcess | None = None
        self._files = 0
        self._retirement: asyncio.Task[None] | None = None

    async def read(self, data: bytes, name: str = "") -> Reading:
        """What ``bot.certificates.read`` gives, or TOO_SLOW or TOO_MUCH_MEMORY; UNAVAILABLE where no worker starts."""
        del name  # the bytes decide
        if len(data) > self._limits.file:
            return _refused(Trouble.TOO_LARGE)
        async with self._turn:
            try:
                return await self._ask(await self._running(), data)
            finally:
                self._retire_later()

    async def close(self) -> None:
        """End the worker, after the file in hand; the reader may be used again."""
        async with self._turn:
            if self._retirement is not None:
                self._retirement.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._retirement
            await self._stop()

    async def _ask(self, worker: WorkerProcess | None, data: bytes) -> Reading:
        if worker is None:
            return _refused(Trouble.UNAVAILABLE)
        healthy = False
        try:
            async with asyncio.timeout(self._limits.seconds):
                answer = await worker.ask(data)
            reading = Reading.model_validate_json(answer)
            healthy = not _exhausted(reading)
        except TimeoutError:
            reading = _refused(Trouble.TOO_SLOW)
        except (EOFError, OSError):
            reading = _refused(_death(await worker.exit_status()))
        except ValidationError:
            reading = _refused(Trouble.BROKEN)
        finally:
            self._files += 1
            if not healthy or self._files >= _FILES_PER_WORKER or len(data) >= _BIG_FILE:
                await self._stop()
        return reading

    async def _running(self) -> WorkerProcess | None:
        if self._worker is not None and self._worker.has_ended:
            await self._stop()
        if self._worker is None:
            try:
                seconds = self._limits.seconds * _GRACE
                self._worker = await WorkerProcess.start(self._limits.memory, seconds, self._trust)
            except WorkerError as error:
                _log.error("certificate worker did not start", reason=repr(error.__cause__))
        return self._worker

    async def _stop(self) -> None:
        worker, self._worker, self._files = self._worker, None, 0
        if worker is not None:
            await worker.kill()

    def _retire_later(self) -> None:
        if self._retirement is not None:
            self._retirement.cancel()
        self._retirement = asyncio.create_task(self._retire())

    async def _retire(self) -> None:
        await asyncio.sleep(self._idle_seconds)
        async with self._turn:
            await self._stop()


def _refused(trouble: Trouble) -> Reading:
    return Reading(problems=(Problem(trouble=trouble),))


def _exhausted(reading: Reading) -> bool:
    return any(problem.trouble is Trouble.TOO_MUCH_MEMORY for problem in reading.problems)


def _death(status: int) -> Trouble:
    _log.warning("certificate worker died", status=status)
    if status == -signal.SIGALRM:
        return Trouble.TOO_SLOW
    return Trouble.TOO_MUCH_MEMORY if status in _OUT_OF_MEMORY else Trouble.BROKEN
