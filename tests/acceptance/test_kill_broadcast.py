"""SIGKILL at random moments of a broadcast: nobody gets it twice, and nobody is lost silently."""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.processes import run_worker
from tests.support.broadcast_kills import (
    Aftermath,
    any_hour_settings,
    make_settings,
    read_aftermath,
    run_with_kills,
    start_broadcast,
    wait_until_settled,
)
from tests.support.channels import CHANNELS, TelegramPlatform
from tests.support.fork_server import ForkServer
from tests.support.telegram.api import BotApi

TELEGRAM_CASE = CHANNELS[0]
RECIPIENTS, KILLS, PACE = 250, 8, 40
#: A second: the last kill comes before the end, however long each process lives.
SLOW = 60


def everybody_was_reached_once(after: Aftermath, whence: str = "") -> None:
    assert not after.twice, whence
    assert not after.missing, whence
    assert not after.unfinished, whence
    assert sum(after.tally.values()) == len(after.states) == len(after.received) == RECIPIENTS


async def test_killed_at_random_moments_a_broadcast_reaches_everybody_once(
    fast_start: ForkServer, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    after = await run_with_kills(
        TELEGRAM_CASE, tmp_path, fast_start, recipients=RECIPIENTS, kills=KILLS, pace=SLOW, seed=seed
    )
    everybody_was_reached_once(after, f"seed {seed}")
    assert after.left, "the last kills came when it was over"


@pytest.mark.postgres
async def test_of_two_workers_one_is_killed_and_the_other_ends_the_broadcast(
    api: BotApi, postgres_url: str, tmp_path: Path, fast_start: ForkServer
) -> None:
    settings = make_settings(tmp_path, postgres_url)
    environment = {
        **any_hour_settings(PACE),
        "TROLY_DATABASE_URL": postgres_url,
        "TROLY_DATA_DIR": str(settings.data_dir),
        "TROLY_WORKER_LEASE_SECONDS": "1",
    }
    async with AsyncExitStack() as stack:
        first, _ = [
            await stack.enter_async_context(run_worker(api, tmp_path / one, environment, fast_start))
            for one in ("a", "b")
        ]
        platform = TelegramPlatform(api)
        name, *_ = await start_broadcast(platform, settings, RECIPIENTS)  # both are there before anything is to be sent
        await _both_have_sent(postgres_url)
        await first.kill()
        await wait_until_settled(settings, name)
        after = await read_aftermath(platform.received(), settings, name)
    everybody_was_reached_once(after)
    assert after.tally.keys() <= {"sent", "unknown"}


async def _both_have_sent(url: str) -> None:
    """Return in the middle: both have sent a good deal."""
    busy = "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE state = 'sent' GROUP BY worker HAVING COUNT(*) >= 15) w"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as database, asyncio.timeout(20):
        while True:
            if await (await database.execute(busy)).fetchone() == (2,):
                return
            await asyncio.sleep(0.02)
