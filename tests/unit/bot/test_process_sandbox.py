"""A child process apart: what is within its reach, how it is limited, and what its death means."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.process_sandbox import Death, SandboxProcess, StartError, UnansweredError, answer_once

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals of Linux")
#: Answers each request with what the expression in it gives.
_MODULE = """
import json, os, signal, sys, time
from bot.process_sandbox import serve
serve(lambda data: json.dumps(eval(data)).encode(), memory=64 * 1024 * 1024, seconds=0.5)
"""


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answering.py").write_text(_MODULE)
    (tmp_path / "ending.py").write_text("print('not ready')")
    monkeypatch.syspath_prepend(tmp_path)


@asynccontextmanager
async def _answering() -> AsyncIterator[SandboxProcess]:
    process = await SandboxProcess.start_server("answering")
    try:
        yield process
    finally:
        await process.kill()


async def test_one_request_after_another_is_answered() -> None:
    async with _answering() as process:
        assert [await process.ask(b"1 + 1"), await process.ask(b"len('x' * 100000)")] == [b"2", b"100000"]
        assert not process.has_ended
    assert process.has_ended


async def test_what_a_library_prints_is_not_taken_for_an_answer() -> None:
    async with _answering() as process:
        assert await process.ask(b"print('noise')") == b"null"


async def test_nothing_of_the_environment_is_within_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROLY_TELEGRAM_TOKEN", "123:secret")
    monkeypatch.setenv("HOME", "/somewhere")
    async with _answering() as process:
        assert await process.ask(b"sorted({'TROLY_TELEGRAM_TOKEN', 'HOME', 'PATH'} & set(os.environ))") == b"[]"


#: What a request makes of its process -> what its end means.
DEATHS = {
    b"time.sleep(60)": Death.TOO_SLOW,
    b"len(bytes(2**30))": Death.TOO_MUCH_MEMORY,
    b"os.abort()": Death.TOO_MUCH_MEMORY,  # as Rust does where it gets no memory
    b"os.kill(os.getpid(), signal.SIGKILL)": Death.TOO_MUCH_MEMORY,  # as the kernel does
    b"os.kill(os.getpid(), signal.SIGSEGV)": Death.CRASHED,
    b"1 / 0": Death.CRASHED,
    b"os._exit(0)": Death.CRASHED,
}


@LINUX
@pytest.mark.parametrize(("request_", "death"), DEATHS.items())
async def test_each_death_has_its_meaning(request_: bytes, death: Death) -> None:
    async with _answering() as process:
        with pytest.raises((EOFError, OSError)):
            await process.ask(request_)
        assert await process.death() is death


@pytest.mark.parametrize("module", ["ending", "no_such_module"])
async def test_a_process_that_never_gets_ready_did_not_start(module: str) -> None:
    with pytest.raises(StartError):
        await SandboxProcess.start_server(module)


async def test_a_program_that_is_not_there_did_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(StartError):
        await SandboxProcess.start_server("answering")


async def test_one_request_is_asked_of_a_process_of_its_own() -> None:
    assert await answer_once("answering", b"6 * 7", 5.0, int) == 42


@pytest.mark.parametrize(
    ("module", "request_", "death"),
    [
        ("no_such_module", b"1", Death.NOT_STARTED),
        ("answering", b"1 / 0", Death.CRASHED),
        ("answering", b"'no number'", Death.CRASHED),  # what is answered cannot be read
    ],
)
async def test_no_answer_is_told_with_its_cause(module: str, request_: bytes, death: Death) -> None:
    with pytest.raises(UnansweredError) as told:
        await answer_once(module, request_, 5.0, int)
    assert told.value.death is death


#: Starts a process that is at work for long, tells its number and waits.
_PARENT = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from bot.process_sandbox import SandboxProcess
async def main():
    process = await SandboxProcess.start("sleeping")
    print((await process.next_line()).decode(), flush=True)
    await process.wait()
asyncio.run(main())
"""
_SLEEPING = """
import os, time
from bot.process_sandbox import exit_with_parent
exit_with_parent()
print(os.getpid(), flush=True)
time.sleep(60)
"""


@LINUX
async def test_a_process_ends_with_its_parent_in_the_middle_of_its_work(tmp_path: Path) -> None:
    (tmp_path / "sleeping.py").write_text(_SLEEPING)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    with suppress(ProcessLookupError):
        for _ in range(200):
            await asyncio.sleep(0.05)
            if not _is_running(pid):
                return
        os.kill(pid, signal.SIGKILL)
    pytest.fail("it outlived its parent")


def _is_running(pid: int) -> bool:
    """Whether a process is there and no zombie; an orphan may stay one where nobody reaps it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
