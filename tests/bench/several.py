"""Turns a second by N = 1, 2, 4 processes on one PostgreSQL, 0 and 2 ms away, signals by LISTEN/NOTIFY and by NATS.

One process receives everything, as by polling; the others are called in by signals alone. Each is a process of its own
with its pool of connections, and the line to the database is a proxy that holds back each packet. CPU is that of the
workers and of the server, for on two cores that, and not the line, is soon the limit.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from bot.clock import Clock
from bot.messages import Incoming
from bot.services.opening import open_store
from bot.store import SharedUse
from bot.store.sealing import open_keyring
from handlers.core import TextReceived
from tests.bench.province import empty_postgres
from tests.bench.result import Result
from tests.bench.signals import worker_runner
from tests.support.delivery import DeliveryPipeline
from tests.support.servers import nats_server

NUMBERS, MILLISECONDS = (1, 2, 4), (0, 2)
PEOPLE, LINES, BATCH = 300, 5, 100
ROUNDS = int(os.environ.get("TROLY_BENCH_ROUNDS", "3"))
GOAL = 1.6
#: Seconds until whoever joined may send.
JOINING = 7.0
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Case:
    """A way to run: how many processes, how far from the database, and what carries the signals."""

    number: int
    delay: int  #: milliseconds for the way there and back
    way: str

    @property
    def name(self) -> str:
        return f"turns/s by N={self.number}, {self.delay} ms to PostgreSQL, {self.way}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run took, for each turn."""

    rate: float
    workers: float  #: milliseconds of CPU, of all processes together
    server: float  #: the same of PostgreSQL
    signals: int  #: turns that others than the receiver took


def run() -> list[Result]:
    """Turns a second, median of interleaved rounds; the CPU of a turn stands beside the name."""
    cases = [Case(number, delay, way) for delay in MILLISECONDS for way in ("NOTIFY", "NATS") for number in NUMBERS]
    found: dict[Case, list[Measured]] = {case: [] for case in cases}
    with nats_server() as nats:
        url = empty_postgres()
        for turn in range(ROUNDS):
            for case in cases if turn % 2 else reversed(cases):
                found[case].append(_measure(case, url, nats.url if case.way == "NATS" else None))
                sys.stderr.write(f"  {case.name}: {found[case][-1]}\n")
    rates = {case: median(one.rate for one in runs) for case, runs in found.items()}
    return [_result(case, rates, found[case]) for case in cases]


def _result(case: Case, rates: dict[Case, float], runs: list[Measured]) -> Result:
    alone = rates[Case(1, case.delay, case.way)]
    ratio = rates[case] / alone
    cpu = median(one.workers for one in runs), median(one.server for one in runs)
    name = f"{case.name} (CPU {cpu[0]:.1f} + {cpu[1]:.1f} ms)"
    asked = case.number == 2 and case.delay and case.way == "NATS"
    goal = f"at least {GOAL} times N=1" if asked else ""
    return Result(name, rates[case], alone, "turns/s", ratio, goal, not asked or ratio >= GOAL)


def _measure(case: Case, url: str, signals: str | None) -> Measured:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        open_keyring(Path(folder, "keys.json"))
        line = stack.enter_context(slow_line(url, case.delay / 2000)) if case.delay else url
        workers = [stack.enter_context(_worker(line, folder, signals)) for _ in range(case.number)]
        time.sleep(JOINING if case.number > 1 else 1.0)
        _talk(workers, "warm", 1)
        before, server = [worker.ask("cpu")[0] for worker in workers], _cpu_of_server(url)
        receiver = workers[0].ask("sent")[0]
        begun = time.monotonic()
        _talk(workers, "talk", LINES)
        seconds = time.monotonic() - begun
        spent = sum(worker.ask("cpu")[0] for worker in workers) - sum(before)
        turns = PEOPLE * LINES
        others = turns - int(workers[0].ask("sent")[0] - receiver)
        return Measured(turns / seconds, spent / turns * 1000, (_cpu_of_server(url) - server) / turns * 1000, others)


def _talk(workers: list["_Worker"], name: str, lines: int) -> None:
    """Return once every line has its answer."""
    goal = sum(worker.ask("sent")[0] for worker in workers) + PEOPLE * lines
    workers[0].tell("talk", name, lines)
    until = time.monotonic() + 120
    while sum(worker.ask("sent")[0] for worker in workers) < goal:
        assert time.monotonic() < until, "not everybody was answered"
        time.sleep(0.02)


def _cpu_of_server(url: str) -> float:
    """Seconds of CPU of PostgreSQL with all its processes, those that have ended included."""
    folder = Path(str(psycopg.connect(url).execute("SHOW data_directory").fetchone()[0]))  # type: ignore[index]
    server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
    own = server.cpu_times()
    total: float = own.user + own.system + own.children_user + own.children_system
    for child in server.children():
        times = child.cpu_times()
        total += times.user + times.system
    return total


class _Worker:
    """A process that serves the channel, and does what it is asked."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def tell(self, *asked: object) -> None:
        self._pipe.send(asked)

    def ask(self, *asked: object) -> tuple[float, ...]:
        self.tell(*asked)
        answer: tuple[float, ...] = self._pipe.recv()
        return answer


@contextmanager
def _worker(url: str, folder: str, signals: str | None) -> Iterator[_Worker]:
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(url, folder, signals, theirs), daemon=True)
    process.start()
    worker = _Worker(ours)
    worker.ask("sent")  # it has begun
    try:
        yield worker
    finally:
        worker.tell("end")
        process.join(30)
        process.kill()


def _serve(url: str, folder: str, signals: str | None, pipe: Connection) -> None:
    asyncio.run(_serve_until_told(url, Path(folder), signals, pipe))


async def _serve_until_told(url: str, folder: Path, signals: str | None, pipe: Connection) -> None:
    keyring, stop = open_keyring(folder / "keys.json")[0], asyncio.Event()
    store = await open_store(url, folder, keyring, use=SharedUse(signals_url=signals))
    road = DeliveryPipeline(store, Clock())
    running = asyncio.create_task(worker_runner(road, 1e6).run(stop))
    talking: set[asyncio.Task[None]] = set()
    while (asked := await asyncio.to_thread(pipe.recv))[0] != "end":
        match asked:
            case ("talk", name, lines):
                talking.add(asyncio.create_task(_receive(road, name, lines)))
            case ("cpu",):
                pipe.send((time.process_time(),))
            case _:
                pipe.send((float(len(road.channel.sent)),))
    stop.set()
    await running
    await store.close()


async def _receive(road: DeliveryPipeline, name: str, lines: int) -> None:
    """Everybody says so many lines, which arrive by the hundred."""
    said = [(line, person) for line in range(lines) for person in range(PEOPLE)]
    for begin in range(0, len(said), BATCH):
        await road.intake.accept(
            [
                Incoming("telegram", f"{name} {line} {person}", str(person), TextReceived(text="chào", message="1"))
                for line, person in said[begin : begin + BATCH]
            ]
        )


@contextmanager
def slow_line(url: str, seconds: float) -> Iterator[str]:
    """Yield the URL of a database through a proxy that holds back what it carries, each way by so many seconds."""
    place = conninfo_to_dict(url)
    ours, theirs = _SPAWN.Pipe()
    socket = f"{place['host']}/.s.PGSQL.{place.get('port', 5432)}"
    process = _SPAWN.Process(target=_carry, args=(socket, seconds, theirs), daemon=True)
    process.start()
    try:
        yield f"postgresql://{place['user']}@127.0.0.1:{ours.recv()}/{place['dbname']}"
    finally:
        process.kill()
        process.join()


def _carry(socket: str, seconds: float, told: Connection) -> None:
    asyncio.run(_carry_all(socket, seconds, told))


async def _carry_all(socket: str, seconds: float, told: Connection) -> None:
    loop = asyncio.get_running_loop()

    def opened() -> "_End":
        near, far = _End(loop, seconds), _End(loop, seconds)
        near.other, far.other = far, near
        near.connecting = loop.create_task(_connect(socket, far))
        return near

    server = await loop.create_server(opened, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _connect(socket: str, far: "_End") -> None:
    await asyncio.get_running_loop().create_unix_connection(lambda: far, socket)


class _End(asyncio.Protocol):
    """One end of a connection; what it gets leaves the other one a little later, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop, self._seconds = loop, seconds
        self._transport: asyncio.Transport | None = None
        self._early: list[Callable[[], None]] = []
        self.other: _End
        self.connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream has this one
        for write in self._early:
            write()

    def data_received(self, data: bytes) -> None:
        self._loop.call_later(self._seconds, self.other.write, data)

    def write(self, data: bytes) -> None:
        if self._transport is None:
            self._early.append(lambda: self.write(data))
        else:
            self._transport.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self.other._transport is not None:
            self._loop.call_later(self._seconds, self.other._transport.close)
