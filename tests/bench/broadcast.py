"""A broadcast to 100,000 people at 1,000 a second, by the real program, over the Bot API server in its own process.

The peer is a bare ``telegram.Bot`` that sends as many side by side, without a store, a pace or words of its own, to
the same server without limits. Answers are timed on the server: from a person's line to what the program says to it.
"""

import asyncio
import multiprocessing
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import psycopg
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.store.sealing import open_keyring
from tests.bench.broadcast_server import PACE, TALKERS, Server, server
from tests.bench.province import empty_postgres
from tests.bench.result import Result
from tests.support.broadcast_kills import any_hour_settings
from tests.support.broadcasts import BroadcastWriter, Row
from tests.support.program import UNHURRIED
from tests.support.telegram.api import FIRST_USER

WARM, RECIPIENTS = 1_000, 100_000
#: Messages side by side: the most that the program allows itself at this pace.
AT_ONCE = 250
PEERS = 2_000
#: Messages a second that are not paid for.
USUAL = 25
#: People who talk at that pace: their answers must not need all of it.
FEW = 5
TALK = 15.0  #: seconds
SHARE, OF_PEER, GROWTH, SLOWER = 0.95, 0.8, 50.0, 1.5


def run() -> list[Result]:
    """Rate, refusals, memory, answers."""
    with tempfile.TemporaryDirectory() as folder, server(RECIPIENTS) as api:
        with _program(api, Path(folder)) as program:
            quiet = _p99(api.ask("talk", TALK, TALKERS))
            _sent(program, api, "TB-900001", WARM)
            before = program.peak()
            rate = _sent(program, api, "TB-900002", RECIPIENTS)
            growth = program.peak() - before
            busy = _busy(program, api)
            _, refused = api.ask("sent")
        usual = _at_usual_pace(api)
        with tempfile.TemporaryDirectory() as other, _program(api, Path(other), url=empty_postgres()) as program:
            quiet_apart = _p99(api.ask("talk", TALK, TALKERS))
            busy_apart = _busy(program, api)
        api.ask("free")
        bare = _in_process(api)
    return [
        *_results(rate, bare, refused, growth),
        _answers(PACE, busy, quiet),
        _answers(PACE, busy_apart, quiet_apart, "PostgreSQL"),
        _answers(USUAL, *usual),
    ]


def _at_usual_pace(api: Server) -> tuple[float, float]:
    """Answers with and without a broadcast at the pace that is not paid for."""
    with tempfile.TemporaryDirectory() as folder, _program(api, Path(folder), USUAL) as program:
        quiet = _p99(api.ask("talk", 4 * TALK, FEW))
        return _busy(program, api, USUAL, FEW), quiet


def _answers(pace: int, busy: float, quiet: float, database: str = "SQLite") -> Result:
    name = f"p99 of an answer, with and without a broadcast at {pace:,}/s, {database}"
    slower = busy / quiet
    return Result(name, busy * 1000, quiet * 1000, "ms", slower, f"at most {SLOWER} times", slower <= SLOWER)


def _results(rate: float, bare: float, refused: int, growth: float) -> list[Result]:
    name = f"broadcast to {RECIPIENTS:,} at {PACE:,}/s"
    grown = f"{name}: memory growth from {WARM:,}"
    fast = rate >= SHARE * PACE or rate >= OF_PEER * bare
    goal = f"{SHARE} of the pace, or {OF_PEER} of the bare bot"
    return [
        Result(f"{name}, against the pace", rate, PACE, "messages/s", rate / PACE, goal, fast),
        Result(f"{name}, against a bare bot", rate, bare, "messages/s", rate / bare, goal, fast),
        Result(f"{name}: refused as too many", refused, None, "messages", None, "0", refused == 0),
        Result(grown, growth, None, "MB", None, f"under {GROWTH:.0f}", growth < GROWTH),
    ]


class _Program:
    """``troly run`` over a folder, and what it holds."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], url: str | None) -> None:
        self.folder, self.process, self.url = folder, process, url

    def queue(self, name: str, addresses: Iterator[str]) -> None:
        keyring = open_keyring(self.folder / "keys.json")[0]
        BroadcastWriter(keyring, self._many).queue(name, addresses, now=datetime.now(UTC))

    def _many(self, statement: str, rows: Sequence[Row]) -> None:
        if self.url:
            with psycopg.connect(self.url) as server:
                server.cursor().executemany(statement.replace("?", "%s").encode(), rows)
            return
        with closing(sqlite3.connect(self.folder / "troly.sqlite3", timeout=60)) as connection, connection:
            connection.executemany(statement, rows)

    def peak(self) -> float:
        """Megabytes, the most it ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return int(found[1]) / 1000


@contextmanager
def _program(api: Server, folder: Path, pace: int = PACE, url: str | None = None) -> Iterator[_Program]:
    environment = {
        "PATH": os.environ["PATH"],
        **UNHURRIED,
        **any_hour_settings(pace),
        "TROLY_DATA_DIR": str(folder),
        "TROLY_TELEGRAM_TOKEN": api.token,
        "TROLY_TELEGRAM_API_URL": api.url,
        "TROLY_TELEGRAM_PAID_BROADCASTS": "true",
        "TROLY_LOG_LEVEL": "WARNING",
        **({"TROLY_DATABASE_URL": url} if url else {}),
    }
    with subprocess.Popen((sys.executable, "-m", "bot", "run"), env=environment) as process:
        try:
            api.ask("talk", 2.0, TALKERS)  # everybody is welcomed
            yield _Program(folder, process, url)
        finally:
            process.terminate()


def _sent(program: _Program, api: Server, name: str, count: int) -> float:
    """Messages a second from the first to the last, as the server saw them."""
    before = len(api.ask("sent")[0])
    program.queue(name, api.addresses(count))
    times = _arrived(api, before + count)[before:]
    return (count - 1) / (times[-1] - times[0])


def _arrived(api: Server, count: int, within: float = 300.0) -> list[float]:
    until = time.monotonic() + within
    times: list[float] = []
    while time.monotonic() < until:
        times = api.ask("sent")[0]
        if len(times) >= count:
            return times
        time.sleep(1)
    raise TimeoutError(f"{len(times)} of {count} came within {within} s")


def _busy(program: _Program, api: Server, pace: int = PACE, talkers: int = TALKERS) -> float:
    """Seconds of an answer while a broadcast runs."""
    before = len(api.ask("sent")[0])
    seconds = TALK * TALKERS / talkers  # as many answers, however few talk
    program.queue("TB-900003", api.addresses(int(pace * seconds * 1.3)))
    _arrived(api, before + pace)
    return _p99(api.ask("talk", seconds, talkers))


def _p99(waits: Sequence[float]) -> float:
    return quantiles(waits, n=100)[98]


def _in_process(api: Server) -> float:
    """The peer's rate."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_bare, (api.url, api.token))


def _bare(url: str, token: str) -> float:
    return asyncio.run(_send_bare(url, token))


async def _send_bare(url: str, token: str) -> float:
    bot = Bot(token, base_url=f"{url}/bot", request=HTTPXRequest(connection_pool_size=AT_ONCE, pool_timeout=60))
    numbers = iter(range(PEERS))

    async def send() -> None:
        for number in numbers:
            await bot.send_message(FIRST_USER + number, "Kính gửi anh/chị: hạn gia hạn chứng thư là 30/11/2026.")

    began = time.perf_counter()
    async with bot:
        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return PEERS / (time.perf_counter() - began)
