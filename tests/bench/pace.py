"""A broadcast at 25 messages a second by N = 1, 4, 13 workers on PostgreSQL: its share of the pace, and any second."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tests.bench.province import empty_postgres
from tests.bench.result import Result
from tests.bench.signals import workers
from tests.support.broadcasts import BroadcastWriter, Row
from tests.support.delivery import DeliveryPipeline

PACE, SECONDS, GOAL = 25, 20, 0.95
NUMBERS = (1, 4, 13)


def run() -> list[Result]:
    """Share of the pace, and the most in any second, for each number of workers."""
    url = empty_postgres()
    results = []
    for number in NUMBERS:
        times = asyncio.run(_sent(url, number))
        rate, most = (len(times) - 1) / (times[-1] - times[0]), _most_in_a_second(times)
        name, share = f"broadcast at {PACE}/s by N={number}", rate / PACE
        results += [
            Result(name, rate, PACE, "messages/s", share, f"at least {GOAL} of the pace", share >= GOAL),
            Result(f"{name}: most in any second", most, PACE, "messages", None, "the pace", most <= PACE),
        ]
    return results


async def _sent(url: str, number: int) -> list[float]:
    """When each message left."""
    with tempfile.TemporaryDirectory() as folder:
        async with workers(url, Path(folder), number, PACE) as pipes:
            await asyncio.sleep(8.0)  # whoever joins waits, and the others have heard of it
            times: list[float] = []
            for pipe in pipes:
                _note_times(pipe, times)
            BroadcastWriter(pipes[0].store.keyring, _Writer(url)).queue(
                "TB-900001", (str(one) for one in range(PACE * SECONDS)), now=datetime.now(UTC)
            )
            async with asyncio.timeout(4 * SECONDS):
                while len(times) < PACE * SECONDS:  # noqa: ASYNC110 - of other workers
                    await asyncio.sleep(0.05)
    return times


def _note_times(pipe: DeliveryPipeline, times: list[float]) -> None:
    take_time = pipe.channel._take_time

    async def noted(row: object) -> None:
        times.append(time.monotonic())
        await take_time(row)  # type: ignore[arg-type]  # as it came

    pipe.channel._take_time = noted  # type: ignore[method-assign]


class _Writer:
    """Writes rows of a broadcast."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, statement: str, rows: Sequence[Row]) -> None:
        with psycopg.connect(self._url) as connection, connection.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s").encode(), rows)


def _most_in_a_second(times: Sequence[float]) -> int:
    return max(sum(first <= other < first + 1.0 for other in times) for first in times)
