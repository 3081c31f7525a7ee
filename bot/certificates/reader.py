"""Read a stranger's file in a worker process, outside the event loop and within limits of time and memory.

``Readers`` reads in two such processes, so that nobody's file waits behind others' slow ones for more than a moment:
what takes long is read apart, and so is what comes from those who sent such lately.
"""

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import structlog
from pydantic import ValidationError

from bot.certificates import LIMITS, MEBIBYTE, Limits
from bot.clock import Clock, Lately
from bot.messages import Chat
from bot.process_sandbox import Death, SandboxProcess, StartError
from handlers.model import FileProblem, FileProblemKind, Reading

_log = structlog.get_logger(__name__)
#: A worker is replaced after so many files or after one big file, so that it keeps no memory; an idle worker ends after
#: so many seconds.
_FILES_PER_WORKER = 500
_BIG_FILE = 4 * MEBIBYTE
_IDLE_SECONDS = 60.0
#: A worker ends itself after so many times the allowed seconds, in case its parent is not there to kill it.
_GRACE = 2
_MODULE = "bot.certificates.parsing"
_DEATHS = {
    Death.TOO_SLOW: FileProblemKind.TOO_SLOW,
    Death.TOO_MUCH_MEMORY: FileProblemKind.TOO_MUCH_MEMORY,
    Death.CRASHED: FileProblemKind.BROKEN,
}


async def start_worker(memory: int, seconds: float, trust: Path | None) -> SandboxProcess:
    """Start a process that reads files.

    Args:
        memory: The bytes that it may add to its address space.
        seconds: The time for one file, after which it ends itself.
        trust: The folder of installed CA files; None for no CAs.

    Raises:
        StartError: the process did not start.
    """
    return await SandboxProcess.start_server(_MODULE, str(memory), str(seconds), *([str(trust)] if trust else []))


class CertificateReader:
    """Reads files one after another in one worker process, which starts with the first file."""

    def __init__(
        self, trust: Path | None = None, limits: Limits = LIMITS, *, idle_seconds: float = _IDLE_SECONDS
    ) -> None:
        """Keep the settings and start nothing.

        ``trust`` is the folder of installed CA files, read anew by every worker.
        """
        self._trust = trust
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._turn = asyncio.Lock()
        self._worker: SandboxProcess | None = None
        self._files = 0
        self._retirement: asyncio.Task[None] | None = None

    async def read(self, data: bytes, name: str = "") -> Reading:
        """Return the reading of ``bot.certificates.parsing.read``.

        Beyond a limit the only problem is TOO_SLOW or TOO_MUCH_MEMORY; without a worker it is UNAVAILABLE.
        """
        del name  # only the bytes decide the format
        if len(data) > self._limits.file:
            return _refuse_file(FileProblemKind.TOO_LARGE)
        async with self._turn:
            try:
                return await self._ask(await self._running(), data)
            finally:
                self._retire_later()

    async def close(self) -> None:
        """End the worker after the current file; the reader may be used again."""
        async with self._turn:
            if self._retirement is not None:
                self._retirement.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._retirement
            await self._stop()

    async def _ask(self, worker: SandboxProcess | None, data: bytes) -> Reading:
        if worker is None:
            return _refuse_file(FileProblemKind.UNAVAILABLE)
        healthy = False
        try:
            async with asyncio.timeout(self._limits.seconds):
                answer = await worker.ask(data)
            reading = Reading.model_validate_json(answer)
            healthy = not _is_out_of_memory(reading)
        except TimeoutError:
            reading = _refuse_file(FileProblemKind.TOO_SLOW)
        except (EOFError, OSError):
            reading = await _refused_by_death(worker)
        except ValidationError:
            reading = _refuse_file(FileProblemKind.BROKEN)
        finally:
            self._files += 1
            if not healthy or self._files >= _FILES_PER_WORKER or len(data) >= _BIG_FILE:
                await self._stop()
        return reading

    async def _running(self) -> SandboxProcess | None:
        if self._worker is not None and self._worker.has_ended:
            await self._stop()
        if self._worker is None:
            try:
                self._worker = await start_worker(self._limits.memory, self._limits.seconds * _GRACE, self._trust)
            except StartError as error:
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


def _refuse_file(trouble: FileProblemKind) -> Reading:
    return Reading(problems=(FileProblem(trouble=trouble),))


def _is_out_of_memory(reading: Reading) -> bool:
    return any(problem.trouble is FileProblemKind.TOO_MUCH_MEMORY for problem in reading.problems)


async def _refused_by_death(worker: SandboxProcess) -> Reading:
    death = await worker.death()
    _log.warning("certificate worker died", death=death.name)
    return _refuse_file(_DEATHS[death])


#: Seconds of reading within the last minute or so after which somebody's files are read apart.
_MUCH = 1.0
#: What a file costs at least whose reading was given up: a new process has to start.
_GIVEN_UP = 3.0
_TROUBLES = frozenset({FileProblemKind.TOO_SLOW, FileProblemKind.TOO_MUCH_MEMORY})
#: Bytes for which a file gives way for a second to what comes behind it, and seconds for which it does at most.
_A_SECOND, _LONGEST = 10_000, 60.0


class ReadApart(Exception):  # noqa: N818 - says what is to be done
    """The file takes longer than others may wait: it is to be tried again, and is read apart then."""


def giving_way(size: int) -> float:
    """Return the seconds for which a file of so many bytes lets later ones go first."""
    return min(_LONGEST, size / _A_SECOND)


class Readers:
    """Pairs a ``quick`` reader, which gives up soon, with a ``slow`` one; without ``slow`` all is read in one place."""

    def __init__(self, quick: CertificateReader, slow: CertificateReader | None, clock: Clock) -> None:
        self._quick = _Place(quick)
        self._slow = _Place(slow) if slow else None
        self._clock = clock
        self._lately = Lately(clock.monotonic)

    def apart(self, chat: Chat) -> bool:
        """Tell whether this person's files are read apart from others'."""
        return self._slow is not None and self._lately.of(chat.id) >= _MUCH

    async def read(self, chat: Chat, data: bytes, name: str) -> Reading:
        """Read a file.

        Raises:
            ReadApart: it was slow; from now on this person's files are read apart.
        """
        place = self._slow if self._slow and self.apart(chat) else self._quick
        async with place.turn(self._clock.monotonic() + giving_way(len(data))):
            begun = self._clock.monotonic()
            reading = await place.reader.read(data, name)
            spent = self._clock.monotonic() - begun
        troubles = {problem.trouble for problem in reading.problems} & _TROUBLES
        self._lately.add(chat.id, max(spent, _GIVEN_UP) if troubles else spent)
        if FileProblemKind.TOO_SLOW in troubles and self._slow and place is not self._slow:
            raise ReadApart
        return reading


class _Place:
    """Reads one file at a time; the one with the earliest moment is next."""

    def __init__(self, reader: CertificateReader) -> None:
        self.reader = reader
        self._busy = False
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = count()

    @asynccontextmanager
    async def turn(self, moment: float) -> AsyncIterator[None]:
        if self._busy:
            await self._wait(moment)
        self._busy = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, moment: float) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (moment, next(self._count), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was our turn already
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            *_, mine = heapq.heappop(self._waiting)
            if not mine.done():
                mine.set_result(None)
                return
        self._busy = False
