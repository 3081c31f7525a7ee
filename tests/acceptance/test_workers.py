"""Several processes on PostgreSQL: one receives, two help, one of these is killed amid many conversations."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.kill import WatchedOfficer, transcript
from tests.acceptance.processes import run_worker
from tests.support.fork_server import ForkServer
from tests.support.program import run_program
from tests.support.telegram.api import BotApi

PEOPLE = 24
#: Seconds that Telegram takes for an answer: one process alone has its hands full.
DELAY = 0.05
pytestmark = pytest.mark.postgres


async def converses(officer: WatchedOfficer) -> list[object]:
    """Some questions and answers; what was on the screen."""
    await officer.answers(await officer.consents(), {"subject": "organisation"})
    await officer.says("/visao")
    await officer.says("/trogiup")
    return transcript(officer.user)


async def busy(database: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    """Return while the one that joined second is sending something."""
    sending = """
        SELECT COUNT(*) FROM outbox WHERE state = 'sending'
        AND worker = (SELECT id FROM workers ORDER BY started_at LIMIT 1 OFFSET 1)
    """
    async with asyncio.timeout(20):
        while (await (await database.execute(sending)).fetchone()) == (0,):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.005)


async def test_one_of_several_is_killed_and_everybody_gets_the_right_answers_in_order(
    api: BotApi, postgres_url: str, tmp_path: Path, fast_start: ForkServer
) -> None:
    settings = {
        "TROLY_DATABASE_URL": postgres_url,
        "TROLY_DATA_DIR": str(tmp_path / "data"),
        "TROLY_WORKER_LEASE_SECONDS": "1",
    }
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(run_program(api, tmp_path, settings, fast_start))
        first, second = [
            await stack.enter_async_context(run_worker(api, tmp_path / name, settings, fast_start))
            for name in ("a", "b")
        ]
        database = await stack.enter_async_context(await psycopg.AsyncConnection.connect(postgres_url, autocommit=True))
        calm = await converses(WatchedOfficer(api.user("Lan")))
        api.fault("sendMessage", delay=DELAY, times=10**6)
        talking = asyncio.gather(*(converses(WatchedOfficer(api.user(f"{number}"))) for number in range(PEOPLE)))
        await busy(database)
        await first.kill()
        for shown in await talking:
            assert shown == calm
        await second.stop()

        assert "worker_left" in second.printed()
        states = await (await database.execute("SELECT DISTINCT state FROM outbox")).fetchall()
        assert states == [("sent",)]
