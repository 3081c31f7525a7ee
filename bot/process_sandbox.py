"""Run child processes apart: without an environment, within limits, and never longer than their parent.

The parent starts a module with ``start_server``; that module calls ``serve`` to answer one request after another. A
process with a protocol of its own is started with ``start`` and calls only ``exit_with_parent``. ``Death`` names the
cause of an unexpected end. ``answer_once`` does all of that for a single request.
"""

import asyncio
import ctypes
import gc
import os
import signal
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO, TypeVar

T = TypeVar("T")

_START_SECONDS = 60.0
#: Seconds that a slow process has to end itself before it is killed.
_GRACE = 10.0
_READY = b"ready"
#: Each request and each answer is preceded by its length: four bytes, big-endian.
_LENGTH = struct.Struct(">I")
_PR_SET_PDEATHSIG = 1  #: prctl(2)
#: A process ends with this status when Python itself gets no memory.
_NO_MEMORY = 71


class StartError(OSError):
    """The process did not start, or was not ready in time."""


class Death(Enum):
    """The cause of a process's unexpected end."""

    NOT_STARTED = auto()
    TOO_SLOW = auto()
    TOO_MUCH_MEMORY = auto()
    CRASHED = auto()


class UnansweredError(Exception):
    """A process gave no answer, or one that cannot be read."""

    def __init__(self, death: Death) -> None:
        super().__init__(death.name)
        self.death = death


#: Rust and OpenSSL abort when they get no memory; the kernel kills.
_CAUSES = {
    -signal.SIGALRM: Death.TOO_SLOW,
    -signal.SIGABRT: Death.TOO_MUCH_MEMORY,
    -signal.SIGKILL: Death.TOO_MUCH_MEMORY,
    _NO_MEMORY: Death.TOO_MUCH_MEMORY,
}


class SandboxProcess:
    """A child process as seen from the event loop: a fresh interpreter, not a fork, with one request at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls, module: str, *arguments: str, environment: Mapping[str, str] | None = None,
        stdin: int = PIPE, stderr: int | BinaryIO = DEVNULL, longest_line: int = 2**16,
    ) -> "SandboxProcess":  # fmt: skip
        """Start ``python -m module`` with ``environment`` as its only variables: no token and no key is in reach.

        Args:
            module: The module to run.
            arguments: Its arguments.
            environment: Its variables, beside the path of the modules.
            stdin: A pipe by default.
            stderr: Discarded by default; a file keeps its last words.
            longest_line: The most bytes of a line that ``next_line`` reads.

        Raises:
            StartError: the process did not start.
        """
        path = os.pathsep.join(entry for entry in sys.path if entry)
        known = {"PYTHONPATH": path, "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""), **(environment or {})}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", module, *arguments,
                stdin=stdin, stdout=PIPE, stderr=stderr, limit=longest_line, env=known,
            )  # fmt: skip
        except OSError as error:
            raise StartError(*error.args) from error
        return cls(process)

    @classmethod
    async def start_server(cls, module: str, *arguments: str) -> "SandboxProcess":
        """Start a module that calls ``serve``, and wait until it is ready. Raises ``StartError``."""
        started = await cls.start(module, *arguments)
        await started.get_ready()
        return started

    async def get_ready(self) -> None:
        """Wait until a serving process is ready.

        Kill it and raise ``StartError`` when it does not get ready in time.
        """
        ready = False
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready = await self._answer() == _READY
        except (TimeoutError, EOFError, OSError) as error:
            raise StartError(repr(error)) from error
        finally:
            if not ready:
                await self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def ask(self, request: bytes) -> bytes:
        """Send a request to a serving process and return its answer; raises ``EOFError`` or ``OSError`` if it died."""
        pipe = self._process.stdin
        if pipe is None:
            raise EOFError
        pipe.write(_LENGTH.pack(len(request)))
        pipe.write(request)
        await pipe.drain()
        return await self._answer()

    async def _answer(self) -> bytes:
        pipe = self._output
        (length,) = _LENGTH.unpack(await pipe.readexactly(_LENGTH.size))
        return await pipe.readexactly(length)

    async def next_line(self) -> bytes:
        """Return the next line of its standard output, empty at the end.

        Raises ``ValueError`` for a line that is too long.
        """
        return await self._output.readline()

    @property
    def _output(self) -> asyncio.StreamReader:
        pipe = self._process.stdout
        if pipe is None:
            raise EOFError
        return pipe

    async def kill(self) -> None:
        """Kill the process and reap it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()

    async def wait(self) -> int:
        """Wait until the process ends by itself and return its exit status."""
        return await self._process.wait()

    async def death(self) -> Death:
        """Wait until the process ends by itself and return the cause."""
        return _CAUSES.get(await self.wait(), Death.CRASHED)


async def answer_once(module: str, request: bytes, seconds: float, parse: Callable[[bytes], T]) -> T:
    """Start a module that calls ``serve``, ask it one thing, and end it.

    Args:
        module: The module to run.
        request: What it is asked.
        seconds: The time that it gives itself for a request.
        parse: Reads its answer, in a thread; a ``ValueError`` counts as a crash.

    Raises:
        UnansweredError: with the cause.
    """
    try:
        process = await SandboxProcess.start_server(module)
    except StartError as error:
        raise UnansweredError(Death.NOT_STARTED) from error
    try:
        async with asyncio.timeout(seconds + _GRACE):
            answer = await process.ask(request)
        return await asyncio.to_thread(parse, answer)
    except TimeoutError:
        raise UnansweredError(Death.TOO_SLOW) from None
    except (EOFError, OSError):
        raise UnansweredError(await process.death()) from None
    except ValueError:
        raise UnansweredError(Death.CRASHED) from None
    finally:
        await process.kill()


def serve(answer: Callable[[bytes], bytes], *, memory: int, seconds: float) -> None:
    """Answer requests until the input ends; this is the whole life of a process started by ``start_server``.

    Args:
        answer: Makes the answer to a request.
        memory: The bytes that the process may add to its address space; beyond it the process dies.
        seconds: The time for a request; beyond it the process dies.
    """
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # a library's print must not be taken for an answer
        exit_with_parent()
        _limit_memory(memory)
        gc.freeze()  # imported objects are never garbage; unfrozen, every collection would walk all of them
        _send(answers, _READY)
        while header := sys.stdin.buffer.read(_LENGTH.size):
            (length,) = _LENGTH.unpack(header)
            _send(answers, _answer_in_time(answer, sys.stdin.buffer.read(length), seconds))
            gc.collect()


def _answer_in_time(answer: Callable[[bytes], bytes], request: bytes, seconds: float) -> bytes:
    try:
        with _time_limit(seconds):
            return answer(request)
    except MemoryError:
        os._exit(_NO_MEMORY)  # no memory is left to unwind with


def _send(answers: BinaryIO, payload: bytes) -> None:
    answers.write(_LENGTH.pack(len(payload)) + payload)
    answers.flush()


def exit_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, even in the middle of a file."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def give_way() -> None:
    """Lower the priority of this process: on few processors, conversations must not wait for a file."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(5)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Let SIGALRM end the process, even inside a library's C code, when the parent did not end it in time."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


def _limit_memory(extra: int) -> None:
    """Limit the growth of the address space to ``extra`` bytes, where the system supports it."""
    try:
        import resource  # noqa: PLC0415 - Unix only

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return
