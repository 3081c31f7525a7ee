"""Runs the project's programs without the cost of an interpreter's start and imports, by forking a warm process.

A warm process has imported the program and does nothing else. Asked for ``python -m bot …``, or for one of the guarded
child processes, it forks one that takes the given variables, folder and streams and runs the module as ``__main__``,
from the command line on. What comes out is a real process, a child of the one that asked: it can be killed and waited
for, it dies with its parent where it asks for that, and it has a warm process of its own for its guarded children.

``install`` lets every ``subprocess.Popen`` of this process, asyncio's too, start that way where the difference cannot
be seen: a command for another interpreter, a setting of the interpreter or of the locale, or a module that is not known
here starts as it always does. So does everything in a test marked ``fresh_interpreter``.
"""

import asyncio
import atexit
import ctypes
import inspect
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

#: Modules that are run, and those that are imported before: what their commands import by the time they work.
_WORKERS = (
    "bot.certificates.parsing", "bot.dossier.list_reader", "bot.exports.export_worker", "bot.exports.list_reader",
    "bot.exports.broadcast_files", "bot.pdf", "bot.units.list_worker",
)  # fmt: skip
_PROGRAM = "bot"
_IMPORTED = (
    "asyncio", "bot.app", "bot.channels.telegram", "bot.channels.terminal", "bot.metrics", "prometheus_client",
    "bot.web.server", "bot.channels.web", "handlers", "psycopg", *_WORKERS,
)  # fmt: skip
#: Variables that say nothing about how the interpreter starts.
_HARMLESS = {"PYTHONPATH": None, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": None, "PYTHONUNBUFFERED": None}
#: Locales in which bytes that are no text pass through the standard streams, as they do where none is set.
_LENIENT = ("C", "POSIX", "C.UTF-8", "C.utf8")
_ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 2**17  #: bytes of a request
_ROOM = 1000  #: bytes that a fork has for its command line
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  #: prctl(2)


@dataclass(frozen=True)
class Request:
    """What to run: ``python -m what arguments``, or ``-c``."""

    is_code: bool
    what: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    isolated: bool = False  #: python -P


class Warm:
    """A warm process as seen from the one that asks it."""

    def __init__(self, gate: socket.socket) -> None:
        self._gate = gate
        self._one_at_a_time = threading.Lock()

    def fork(self, request: Request, streams: Sequence[int]) -> int:
        """Run something in a new child of this process, with these standard streams; return its number."""
        with self._one_at_a_time, _adopting():
            socket.send_fds(self._gate, [json.dumps(asdict(request)).encode()], streams)
            answer = self._gate.recv(64)
        if not answer:
            raise OSError("the warm process has ended")
        return int(answer)

    def close(self) -> None:
        self._gate.close()


@contextmanager
def _adopting() -> Iterator[None]:
    """Let a grandchild whose parent ends become a child of this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _prctl(_PR_SET_CHILD_SUBREAPER, 0)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


@contextmanager
def warm() -> Iterator[Warm]:
    """Start a warm process; its imports take about a second, and forks of it then take a few milliseconds."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {"PATH": os.environ.get("PATH", os.defpath)}  # in the locale in which the tests run programs
    with theirs, ours, _Popen(
        (sys.executable, "-m", "tests.support.warm", str(theirs.fileno()), "-" * _ROOM),
        pass_fds=[theirs.fileno()], cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        theirs.close()
        try:
            yield Warm(ours)
        finally:
            ours.close()
            process.kill()


_Popen = subprocess.Popen


class WarmPopen(_Popen):  # type: ignore[type-arg]
    """A ``Popen`` whose process is forked where that makes no difference."""

    get_warm: Any = None  #: returns the warm process
    _signature = inspect.signature(_Popen._execute_child)  # type: ignore[attr-defined]

    def _execute_child(self, *arguments: Any, **named: Any) -> None:
        about = self._signature.bind(self, *arguments, **named).arguments
        request = as_request(about)
        if request is None:
            super()._execute_child(*arguments, **named)  # type: ignore[misc]
            return
        pipes = [about[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        streams = [number if pipe == -1 else pipe for number, pipe in enumerate(pipes)]
        self.pid = type(self).get_warm().fork(request, streams)
        self._child_created = True
        names = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(about[name] for name in names))  # type: ignore[attr-defined]


def as_request(about: Mapping[str, Any]) -> Request | None:
    """Return what a ``Popen`` runs if a fork of a warm process is the same; else ``None``."""
    command = about["args"]
    if not isinstance(command, list | tuple) or not _is_plain(about):
        return None
    words = [os.fspath(word) for word in command]
    isolated = words[1:2] == ["-P"]
    rest = words[1 + isolated :]
    environment = dict(os.environ if about["env"] is None else about["env"])
    if words[0] != _INTERPRETER or not _is_ours(rest) or not _starts_the_same(environment):
        return None
    folder = os.fspath(about["cwd"] or Path.cwd())
    return Request(rest[0] == "-c", rest[1], rest[2:], environment, folder, isolated)


_INTERPRETER = sys.executable


def _is_ours(words: Sequence[str]) -> bool:
    """Return whether it runs one of the modules, or a line of code that changes something before it runs one."""
    if words[:1] == ["-c"]:
        return words[1].startswith(f"import {_PROGRAM}.")
    return words[:1] == ["-m"] and words[1] in (_PROGRAM, *_WORKERS)


def _is_plain(about: Mapping[str, Any]) -> bool:
    asked = ("executable", "preexec_fn", "pass_fds", "shell", "gid", "gids", "uid", "start_new_session")
    return not any(about.get(name) for name in asked)


def _starts_the_same(environment: Mapping[str, str]) -> bool:
    settings = {name: value for name, value in environment.items() if name.startswith("PYTHON")}
    known = all(name in _HARMLESS and _HARMLESS[name] in (None, value) for name, value in settings.items())
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "C")
    return known and locale in _LENIENT


@contextmanager
def installed() -> Iterator[None]:
    """Let the processes of this one be forked during the block, once the first of them has started a warm one."""
    if sys.platform != "linux":
        yield
        return
    with _Lazy() as lazy:
        _install(lazy.get)
        try:
            yield
        finally:
            subprocess.Popen = _Popen  # type: ignore[misc]


class _Lazy:
    def __init__(self) -> None:
        self._warm: Warm | None = None
        self._context = warm()

    def get(self) -> Warm:
        if self._warm is None:
            self._warm = self._context.__enter__()
        return self._warm

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._warm is not None:
            self._context.__exit__(None, None, None)


@contextmanager
def fresh() -> Iterator[None]:
    """Start every process of the block from nothing."""
    before = subprocess.Popen
    subprocess.Popen = _Popen  # type: ignore[misc]
    try:
        yield
    finally:
        subprocess.Popen = before  # type: ignore[misc]


def is_installed() -> bool:
    return subprocess.Popen is WarmPopen


def _install(get_warm: Any) -> None:
    WarmPopen.get_warm = staticmethod(get_warm)
    subprocess.Popen = WarmPopen  # type: ignore[misc]


def keep_warm() -> None:
    """Fork a warm process for the children of this one, which must have no thread yet, and install it."""
    request = _divide()
    if request is not None:  # this is a child of the one that stayed behind
        _run(request)


def _divide() -> Request | None:
    """Leave a warm process behind for the children of this one; in each of these, return what it has to do."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    if os.fork():
        theirs.close()
        made = Warm(ours)
        _install(lambda: made)
        return None
    ours.close()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    return _wait_for_request(theirs)


def _wait_for_request(gate: socket.socket) -> Request:
    """Fork for each request; return in the forked process. The process itself ends with the one that asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        message, streams, *_ = socket.recv_fds(gate, _LONGEST, 3)
        if not message:
            os._exit(0)
        number = _fork_orphan()
        if number == 0:
            gate.detach()
            _take_streams(streams)
            return Request(**json.loads(message))
        for stream in streams:
            os.close(stream)
        gate.send(str(number).encode())


def _fork_orphan() -> int:
    """Fork a process whose parent has ended: it then belongs to whoever adopts it. Return 0 in that process."""
    reading, writing = os.pipe()
    between = os.fork()
    if between:
        os.close(writing)
        number = int(os.read(reading, 64))
        os.close(reading)
        os.waitpid(between, 0)
        return number
    between = os.getpid()
    if number := os.fork():
        os.write(writing, str(number).encode())
        os._exit(0)
    while os.getppid() == between:
        time.sleep(0.0002)
    return 0


def _take_streams(streams: Sequence[int]) -> None:
    for number, stream in enumerate(streams):  # they lie above 2, because these are open here
        os.dup2(stream, number)
    os.closerange(3, 1024)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = _output(1, "surrogateescape")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _output(2, "backslashreplace", line_buffering=True)  # type: ignore[misc]


def _output(number: int, errors: str, *, line_buffering: bool = False) -> Any:
    made = open(number, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
    made.reconfigure(line_buffering=line_buffering or made.isatty())
    return made


def _run(request: Request) -> None:
    """Become the program: returns when it ends, and lets its exceptions reach the end of the interpreter."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    sys.argv[1:] = request.arguments
    _show_command_line(request)
    added = [entry for entry in request.environment.get("PYTHONPATH", "").split(os.pathsep) if entry]
    first = [] if request.isolated else [request.folder]
    sys.path[:] = [*first, *(entry for entry in added if entry not in sys.path), *sys.path]
    if request.what not in _WORKERS:
        keep_warm()
    try:
        _execute(request)
    except SystemExit as ended:
        code = ended.code
    else:
        code = 0
    if not isinstance(code, int | None):
        raise SystemExit(code)
    _end(code or 0)


def _show_command_line(request: Request) -> None:
    """Let the system's list of processes tell what runs, as for a process that was started."""
    options = (*(["-P"] if request.isolated else []), "-c" if request.is_code else "-m")
    words = (sys.executable, *options, request.what, *request.arguments)
    start, end = map(int, Path("/proc/self/stat").read_text().rpartition(")")[2].split()[45:47])
    shown = "\0".join(words).encode()[: end - start - 1]
    ctypes.memmove(start, shown.ljust(end - start, b"\0"), end - start)


def _execute(request: Request) -> None:
    if request.is_code:
        exec(compile(request.what, "<string>", "exec"), {"__name__": "__main__"})
        return
    sys.modules.pop(request.what if request.what in _WORKERS else f"{_PROGRAM}.__main__", None)  # it runs as __main__
    runpy.run_module(request.what, run_name="__main__", alter_sys=True)


def _end(code: int) -> None:
    """End as the interpreter does, but leave the memory to the system: taking it apart would copy every page."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        raise SystemExit(code) from None  # the interpreter says it in its own way
    os._exit(code)


def _rehearse() -> None:
    """Let what is read once in a process be read: the catalogue, the language, what the rules are looked up by."""
    from tests.support.dialogue import Dialogue  # noqa: PLC0415 - only the warm process needs it

    asyncio.run(Dialogue().says("/start", "1", "token bị mất", "1"))


def main() -> None:
    """Import the program, then fork for each request."""
    import gc  # noqa: PLC0415 - only the warm process needs it

    gc.disable()
    gate = socket.socket(fileno=int(sys.argv[1]))
    del sys.path[0]
    sys.path.append(str(_ROOT))
    for module in _IMPORTED:
        import_module(module)
    from bot.cli import COMMANDS  # noqa: PLC0415 - as above

    for command, _ in COMMANDS.values():
        import_module(command.partition(":")[0])
    _rehearse()
    gc.freeze()  # a collection, here or in a fork, would go through every page
    gc.enable()
    _run(_wait_for_request(gate))


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
