"""Connections that stay from test to test: each is as new, and one whose server's process has ended is not used."""

import psycopg
import pytest
from psycopg import AsyncConnection

from tests.support.database import LEAVE
from tests.support.delivery import eventually

pytestmark = pytest.mark.postgres


async def test_whoever_connects_next_finds_nothing_of_the_one_before(postgres_url: str) -> None:
    before = await AsyncConnection.connect(postgres_url, autocommit=True)
    for said in (
        "SET lock_timeout = '7s'",
        "LISTEN news",
        "CREATE TEMP TABLE mine (number INTEGER)",
        "PREPARE it AS SELECT 1",
    ):
        await before.execute(said.encode())
    process = before.info.backend_pid
    await before.close()
    assert before.closed
    assert not before.broken

    async with await AsyncConnection.connect(postgres_url) as after:
        assert (after.info.backend_pid, after.autocommit) == (process, False)
        left = await after.execute(
            "SELECT current_setting('lock_timeout'), (SELECT COUNT(*) FROM pg_listening_channels()),"
            " to_regclass('mine'), (SELECT COUNT(*) FROM pg_prepared_statements)"
        )
        assert await left.fetchone() == ("0", 0, None, 0)


async def test_one_amid_a_transaction_is_closed_and_undone(postgres_url: str) -> None:
    before = await AsyncConnection.connect(postgres_url)
    await before.execute("INSERT INTO counters (name, value) VALUES ('mine', 1)")
    process = before.info.backend_pid
    await before.close()

    async with await AsyncConnection.connect(postgres_url, autocommit=True) as after:
        assert after.info.backend_pid != process
        assert await (await after.execute("SELECT 1 FROM counters WHERE name = 'mine'")).fetchone() is None


async def test_one_that_the_server_has_ended_meanwhile_is_not_handed_out(postgres_url: str) -> None:
    before = await AsyncConnection.connect(postgres_url, autocommit=True)
    process = before.info.backend_pid
    await before.close()
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(LEAVE)
        ended = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        await eventually(lambda: admin.execute(ended, (process,)).fetchone() is None)

    async with await AsyncConnection.connect(postgres_url, autocommit=True) as after:
        assert await (await after.execute("SELECT 1")).fetchone() == (1,)
        assert after.info.backend_pid != process
