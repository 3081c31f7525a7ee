"""What several workers cost on PostgreSQL: statements and CPU of a turn at 20 answers a second, for N = 1, 2, 4.

Statements are counted in the server's own log: BEGIN, COMMIT, signals and looks in vain included. All workers live in
this process, each with a pool of its own, so that its CPU time is the time of all of them. ``TROLY_BENCH_SIGNALS`` may
name a NATS server, which then carries the signals.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

from bot.channels.pace import Pace
from bot.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.intake import Intake, Throttle
from bot.delivery.pacing import Pacer
from bot.delivery.runner import ChannelService, Runner
from bot.delivery.turn_pool import TurnPool
from bot.delivery.worker_lease import WorkerLease
from bot.messages import Incoming
from bot.services.opening import open_store
from bot.store import SharedUse, TurnClaims
from bot.store.sealing import open_keyring
from bot.store.workers import LeaseDuration
from handlers.core import TextReceived
from tests.bench.province import empty_postgres
from tests.bench.result import Result
from tests.support.delivery import UNHURRIED, DeliveryPipeline

RATE, SECONDS, PEOPLE = 20, 10.0, 40
GOALS = {1: 14.0, 2: 15.0, 4: 16.0}
DEARER = 1.3
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a turn took."""

    statements: float
    milliseconds: float  #: of CPU, of all workers together
    kinds: Counter[str]


def run() -> list[Result]:
    """Statements and CPU, for each number of workers."""
    url = empty_postgres()
    costs = {number: asyncio.run(_measured(url, number)) for number in GOALS}
    alone = costs[1].milliseconds
    results = []
    for number, cost in costs.items():
        name, goal = f"a turn at {RATE}/s with N={number} on PostgreSQL", GOALS[number]
        ratio = cost.milliseconds / alone
        results += [
            Result(
                f"{name}: statements", cost.statements, None, "", None, f"at most {goal:.0f}", cost.statements <= goal
            ),
            Result(
                f"{name}: CPU", cost.milliseconds, alone, "ms", ratio, f"at most {DEARER} times N=1", ratio <= DEARER
            ),
        ]
        for kind, count in cost.kinds.most_common(40 if os.environ.get("TROLY_BENCH_KINDS") else 0):
            sys.stderr.write(f"  N={number} {count / RATE / SECONDS:6.2f} {kind}\n")
    return results


async def _measured(url: str, number: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        async with workers(url, Path(folder), number) as pipes:
            await asyncio.sleep(5.0)  # whoever joins waits, so that the others have heard of it
            await _talk(pipes, "warm", 2.0)
            with _Log(url) as log:
                before = time.process_time()
                await _talk(pipes, f"talk {number}", SECONDS)
                spent = time.process_time() - before
            kinds = Counter(_kind(line) for line in log)
    turns = RATE * SECONDS
    return Cost(kinds.total() / turns, spent / turns * 1000, kinds)


def _kind(statement: str) -> str:
    return " ".join(statement.split())[:70]


class _Log(list[str]):
    """The statements that the server runs within the block."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def __enter__(self) -> Self:
        folder = str(_asked(self._url, "SHOW data_directory"))
        self._path = Path(folder, "log")
        _asked(self._url, "ALTER SYSTEM SET log_statement = 'all'")
        _asked(self._url, "SELECT pg_reload_conf()")
        time.sleep(0.5)
        self._from = self._path.stat().st_size
        return self

    def __exit__(self, *_: object) -> None:
        _asked(self._url, "ALTER SYSTEM RESET log_statement")
        _asked(self._url, "SELECT pg_reload_conf()")
        with self._path.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._from)
            self.extend(found[1] for line in log if (found := _STATEMENT.search(line)) and "ALTER SYSTEM" not in line)


def _asked(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]  # there is a row


@asynccontextmanager
async def workers(url: str, folder: Path, number: int, pace: float = 1e6) -> AsyncIterator[list[DeliveryPipeline]]:
    """So many workers of one channel over an empty database; the first of them receives, too."""
    keyring, stop = open_keyring(folder / "keys.json")[0], asyncio.Event()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    async with AsyncExitStack() as stack:
        pipes, running = [], []
        for _ in range(number):
            store = await open_store(
                url, folder, keyring, use=SharedUse(signals_url=os.environ.get("TROLY_BENCH_SIGNALS"))
            )
            stack.push_async_callback(store.close)
            pipe = DeliveryPipeline(store, Clock())
            pipes.append(pipe)
            running.append(asyncio.create_task(worker_runner(pipe, pace).run(stop)))
        yield pipes
        stop.set()
        await asyncio.gather(*running)


def worker_runner(pipe: DeliveryPipeline, pace: float, lease_seconds: float = 10.0) -> Runner:
    """Return what serves the channel at a pace; its pipeline receives from then on, too."""
    store, clock = pipe.store, pipe.clock
    pacer = Pacer(Pace(pace, UNHURRIED), clock)
    lease = WorkerLease(store.workers, "telegram", clock, pacer.share, LeaseDuration(lease_seconds))
    dispatcher = Dispatcher(store, pipe.channel, pacer, clock, may_send=lease.may_send)
    turns = pipe.turn_handler(dispatcher)
    workers = TurnPool(turns.step, turns.wake_outlet)
    claims = TurnClaims(workers.would_begin, turns.hand_on)
    pipe.intake = Intake(store, Throttle(UNHURRIED, clock), clock, workers.submit, claims=claims)
    return Runner(store, workers, (ChannelService(lease, dispatcher),), ())


async def _talk(pipes: list[DeliveryPipeline], name: str, seconds: float) -> None:
    """Lines of people at the rate, and their answers."""
    begun, number = time.monotonic(), int(RATE * seconds)
    answered = sum(len(pipe.channel.sent) for pipe in pipes)
    for line in range(number):
        await asyncio.sleep(max(0.0, begun + line / RATE - time.monotonic()))
        told = TextReceived(text="xin chào", message=str(line))
        await pipes[0].intake.accept([Incoming("telegram", f"{name} {line}", str(line % PEOPLE), told)])
    async with asyncio.timeout(30):
        while sum(len(pipe.channel.sent) for pipe in pipes) < answered + number:  # noqa: ASYNC110 - of other workers
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.5)  # the end of the last one is stored
