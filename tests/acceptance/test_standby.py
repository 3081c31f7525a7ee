"""A standby of PostgreSQL is promoted in the middle of a broadcast that two workers send."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from bot.services.opening import open_store_from_settings
from handlers.model import TELEGRAM, Role
from tests.acceptance.processes import run_worker
from tests.support.broadcast_kills import (
    Aftermath,
    any_hour_settings,
    make_settings,
    read_aftermath,
    start_broadcast,
    wait_until_settled,
)
from tests.support.channels import TelegramPlatform
from tests.support.fork_server import ForkServer
from tests.support.load import wait_for
from tests.support.people import grant_role
from tests.support.program import Program
from tests.support.servers import PostgresNode, begin_standby, postgres_nodes
from tests.support.telegram.api import BotApi

RECIPIENTS, PACE = 100, 40
STANDBY = "standby"
pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("postgres_server")]  # for the user that servers run as


@pytest.fixture
def nodes() -> Iterator[tuple[PostgresNode, PostgresNode]]:
    """A server and the standby that follows it."""
    with postgres_nodes(2) as (primary, standby):
        primary.start()
        with psycopg.connect(primary.uri("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE troly")
        begin_standby(primary, standby, STANDBY)
        yield primary, standby


class Campaign:
    """Two workers in the middle of a broadcast; their URL names both servers."""

    def __init__(self, api: BotApi, folder: Path, nodes: tuple[PostgresNode, PostgresNode]) -> None:
        self.api, self.folder = api, folder
        self.primary, self.standby = nodes
        hosts = ",".join(node.host for node in nodes)
        self.url = f"postgresql://postgres@/troly?host={hosts}&target_session_attrs=read-write"
        self.settings = make_settings(folder, self.url)
        self.workers: list[Program] = []
        self.name = ""

    @asynccontextmanager
    async def started(self, start: ForkServer) -> AsyncIterator[TelegramPlatform]:
        environment = {
            **any_hour_settings(PACE),
            "TROLY_DATABASE_URL": self.url,
            "TROLY_DATA_DIR": str(self.settings.data_dir),
            "TROLY_WORKER_LEASE_SECONDS": "2",
        }
        platform = TelegramPlatform(self.api)
        async with open_store_from_settings(self.settings) as opened:
            await grant_role(opened.store, str(self.api.user("Hà").id), Role.OWNER, channel=TELEGRAM)
        async with AsyncExitStack() as stack:
            for one in ("a", "b"):
                worker = run_worker(self.api, self.folder / one, environment, start)
                self.workers.append(await stack.enter_async_context(worker))
            self.name, *_ = await start_broadcast(platform, self.settings, RECIPIENTS)
            yield platform

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as database:
            return database.execute(statement.encode()).fetchall()

    async def ends(self, platform: TelegramPlatform) -> Aftermath:
        await wait_until_settled(self.settings, self.name)
        return await read_aftermath(platform.received(), self.settings, self.name)

    def printed(self) -> str:
        return "".join(worker.printed() for worker in self.workers)


async def test_a_standby_that_commits_waited_for_takes_over_and_the_broadcast_reaches_everybody_once(
    api: BotApi, nodes: tuple[PostgresNode, PostgresNode], tmp_path: Path, fast_start: ForkServer
) -> None:
    primary, standby = nodes
    with psycopg.connect(primary.uri("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'".encode())
        connection.execute("SELECT pg_reload_conf()")
    at = Campaign(api, tmp_path, nodes)
    async with at.started(fast_start) as platform:
        assert await wait_for(lambda: platform.received().total() >= RECIPIENTS // 3, 30), at.printed()
        primary.stop("immediate")
        standby.promote()
        after = await at.ends(platform)

        assert (after.twice, after.missing) == ([], [])
        assert after.tally.keys() <= {"sent", "unknown"}
        assert len([one for one, count in after.received.items() if count]) == RECIPIENTS
        assert at.sql("SELECT why FROM broadcasts") == [(None,)]  # nobody had to let it go on
        assert await wait_for(lambda: "standby_took_over" in at.printed(), 20)
        assert at.sql("SELECT COUNT(*) FROM outbox WHERE origin LIKE 'aside:%'") == [(0,)]


async def test_of_a_standby_that_nobody_waited_for_nothing_is_sent_that_may_have_been_sent(
    api: BotApi, nodes: tuple[PostgresNode, PostgresNode], tmp_path: Path, fast_start: ForkServer
) -> None:
    primary, standby = nodes
    at = Campaign(api, tmp_path, nodes)
    async with at.started(fast_start) as platform:
        assert await wait_for(lambda: platform.received().total() >= RECIPIENTS // 5, 30), at.printed()
        standby.stop("immediate")  # what is sent from now on it does not hear of
        known = platform.received().total()
        assert await wait_for(lambda: platform.received().total() >= known + RECIPIENTS // 5, 30)
        primary.stop("immediate")
        standby.start()
        standby.promote()
        after = await at.ends(platform)

        assert (after.twice, after.missing) == ([], [])
        assert after.tally.keys() == {"sent", "unknown"}
        # People who got it although the standby never heard of that.
        assert [one for one, count in after.received.items() if count and after.states[one] == "unknown"]
        assert at.sql("SELECT state, why FROM broadcasts") == [("paused", "restored")]
        told = "SELECT COUNT(*) FROM outbox WHERE origin LIKE 'aside:promoted:%'"
        assert at.sql(told) == [(1,)]
        assert at.sql("SELECT value FROM counters WHERE name = 'line'") == [(2,)]
