"""The worker: bounded, replaced where it fails, and never in the way of the event loop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.certificates import LIMITS, MEBIBYTE, Limits, trust
from bot.certificates.parsing import read
from bot.certificates.reader import CertificateReader, start_worker
from bot.process_sandbox import Death
from handlers.model import FileProblem, FileProblemKind, Reading, Recognition
from tests.support import pki, pki_files
from tests.support.delivery import eventually

pytestmark = pytest.mark.long

#: Where a worker's memory is measured, or bounded by what it starts with.
FRESH = pytest.mark.fresh_interpreter
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
#: Keeps the parser busy for many seconds: every line is decoded by itself.
SLOW = b"MIIFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!\n" * 480_000


@asynccontextmanager
async def _reader(
    folder: Path | None = None, limits: Limits = LIMITS, idle: float = 60
) -> AsyncIterator[CertificateReader]:
    reader = CertificateReader(folder, limits, idle_seconds=idle)
    try:
        yield reader
    finally:
        await reader.close()


def _refused(trouble: FileProblemKind) -> Reading:
    return Reading(problems=(FileProblem(trouble=trouble),))


def _pid(reader: CertificateReader) -> int:
    worker = reader._worker
    assert worker is not None
    return worker.pid


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _of_process(reader: CertificateReader, what: str) -> bytes:
    return Path(f"/proc/{_pid(reader)}/{what}").read_bytes()


@FRESH
async def test_the_worker_gives_what_reading_in_this_process_gives() -> None:
    files = [pki.make_certificate(), b"", pki_files.pdf(pki.issue()), pki_files.make_zip({"a": b"b"})]
    async with _reader() as reader:
        assert [await reader.read(data, "tệp") for data in files] == [read(data) for data in files]


async def test_nothing_starts_before_the_first_file() -> None:
    async with _reader() as reader:
        assert reader._worker is None


async def test_a_file_over_the_size_does_not_reach_the_worker() -> None:
    async with _reader() as reader:
        assert await reader.read(bytes(LIMITS.file + 1)) == _refused(FileProblemKind.TOO_LARGE)
        assert reader._worker is None


async def test_files_sent_at_once_are_each_answered() -> None:
    names = [f"Trường Mầm non số {n}" for n in range(30)]
    async with _reader() as reader:
        readings = await asyncio.gather(*(reader.read(pki.make_certificate(name)) for name in names))
    assert [reading.certificates[0].name for reading in readings] == names


async def test_a_slow_file_is_given_up_and_the_event_loop_never_stalls() -> None:
    loop, gaps = asyncio.get_running_loop(), [0.0]

    async def tick() -> None:
        while True:
            start = loop.time()
            await asyncio.sleep(0.01)
            gaps.append(loop.time() - start)

    async with _reader(limits=replace(LIMITS, seconds=1.0)) as reader:
        await reader.read(pki.make_certificate())
        ticking, before = asyncio.create_task(tick()), _pid(reader)
        start = loop.time()
        assert await reader.read(SLOW) == _refused(FileProblemKind.TOO_SLOW)
        assert loop.time() - start < 3
        ticking.cancel()
        assert max(gaps) < 0.5
        assert (await reader.read(pki.make_certificate())).certificates
        assert _pid(reader) != before


@FRESH
@LINUX
async def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_is_read() -> None:
    async with _reader(limits=replace(LIMITS, memory=32 * MEBIBYTE)) as reader:
        hungry = pki_files.make_zip({"a": bytes(49 * MEBIBYTE)})
        assert await reader.read(hungry) == _refused(FileProblemKind.TOO_MUCH_MEMORY)
        assert (await reader.read(pki.make_certificate())).certificates


@FRESH
@LINUX
async def test_the_largest_entry_an_archive_may_hold_fits_into_the_memory_of_a_worker() -> None:
    largest = pki_files.make_zip({"a": bytes(LIMITS.file), "b": bytes(LIMITS.file), "c.cer": pki.issue().der})
    async with _reader(limits=replace(LIMITS, seconds=60)) as reader:  # as slowly as a busy machine likes
        assert len((await reader.read(largest)).certificates) == 1


#: How a worker dies -> what the officer is told.
DEATHS = {
    signal.SIGKILL: FileProblemKind.TOO_MUCH_MEMORY,
    signal.SIGABRT: FileProblemKind.TOO_MUCH_MEMORY,
    signal.SIGSEGV: FileProblemKind.BROKEN,
}


@LINUX
@pytest.mark.parametrize(("death", "trouble"), DEATHS.items())
async def test_a_worker_that_dies_over_a_file_is_replaced(death: signal.Signals, trouble: FileProblemKind) -> None:
    async with _reader() as reader:
        await reader.read(pki.make_certificate())
        reading = asyncio.create_task(reader.read(SLOW))
        await asyncio.sleep(0.2)
        os.kill(_pid(reader), death)
        assert await reading == _refused(trouble)
        assert (await reader.read(pki.make_certificate())).certificates


@LINUX
async def test_a_worker_that_died_between_files_is_replaced_unnoticed() -> None:
    async with _reader() as reader:
        await reader.read(pki.make_certificate())
        worker = reader._worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGKILL)
        await worker.death()  # its end was noticed
        assert (await reader.read(pki.make_certificate())).certificates


@LINUX
async def test_a_cancelled_reading_leaves_no_worker_in_the_middle_of_a_file() -> None:
    async with _reader() as reader:
        await reader.read(pki.make_certificate())
        pid = _pid(reader)
        reading = asyncio.create_task(reader.read(SLOW))
        await asyncio.sleep(0.1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not _is_alive(pid)
        assert (await reader.read(pki.make_certificate())).certificates


@LINUX
async def test_a_worker_that_nobody_needs_ends() -> None:
    async with _reader(idle=0.05) as reader:
        await reader.read(pki.make_certificate())
        pid = _pid(reader)
        assert reader._retirement is not None
        await reader._retirement
        assert not _is_alive(pid)
        assert (await reader.read(pki.make_certificate())).certificates


@FRESH
async def test_a_big_file_leaves_no_big_worker_behind() -> None:
    async with _reader() as reader:
        await reader.read(bytes(4 * MEBIBYTE))
        assert reader._worker is None


@LINUX
async def test_closing_ends_the_worker() -> None:
    async with _reader() as reader:
        await reader.read(pki.make_certificate())
        pid = _pid(reader)
    assert not _is_alive(pid)


@FRESH
@LINUX
async def test_no_secret_of_the_environment_is_within_the_workers_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROLY_TELEGRAM_TOKEN", "123:secret")
    async with _reader() as reader:
        await reader.read(pki.make_certificate())
        environment = _of_process(reader, "environ")
    assert b"PYTHONPATH" in environment
    assert b"TROLY" not in environment


@FRESH
@LINUX
async def test_a_worker_that_read_every_kind_stays_small() -> None:
    async with _reader() as reader:
        for data in (pki.make_certificate(), pki_files.pdf(pki.issue()), pki_files.word_document(pki.issue().der)):
            assert (await reader.read(data)).certificates
        pages = int(_of_process(reader, "statm").split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") < 100 * MEBIBYTE


async def test_without_a_process_the_file_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    async with _reader() as reader:
        assert await reader.read(pki.make_certificate()) == _refused(FileProblemKind.UNAVAILABLE)


async def test_the_worker_verifies_with_the_cas_of_the_folder(tmp_path: Path) -> None:
    for authority in (pki.g2_root(), pki.g2_state()):
        file = tmp_path / "ca.crt"
        file.write_bytes(authority.pem)
        trust.install(file, tmp_path / "trust", declared=trust.fingerprint_of(authority.certificate))
    async with _reader(tmp_path / "trust") as reader:
        (one,) = (await reader.read(pki.make_certificate())).certificates
    assert one.recognition is Recognition.VERIFIED


@LINUX
async def test_a_worker_ends_itself_over_a_file_that_takes_too_long() -> None:
    worker = await start_worker(LIMITS.memory, 0.3, None)
    with pytest.raises((EOFError, OSError)):
        await worker.ask(SLOW)
    assert await worker.death() is Death.TOO_SLOW
    await worker.kill()


#: Starts a worker, gives it a file that takes long, tells its number and waits.
_PARENT = """
import asyncio
from bot.certificates.reader import start_worker
from tests.unit.certificates.test_reader import SLOW
async def main():
    worker = await start_worker(2**28, 60.0, None)
    asking = asyncio.create_task(worker.ask(SLOW))
    await asyncio.sleep(0.5)
    print(worker.pid, flush=True)
    await asking
asyncio.run(main())
"""


@LINUX
async def test_a_worker_does_not_outlive_its_parent() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", _PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert _is_running(pid)
    parent.kill()
    await parent.wait()
    await eventually(lambda: not _is_running(pid), 3)  # its file alone keeps it busy for longer


def _is_running(pid: int) -> bool:
    """Whether a process is there and no zombie; an orphan may stay one where nobody reaps it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
