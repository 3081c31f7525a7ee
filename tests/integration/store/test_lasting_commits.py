"""What must be on the disk before anybody is told of it is told to nobody before."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.services.opening import migrate_database, open_driver
from bot.store import Query
from bot.store.drivers import sqlite
from tests.support.store import closing_async


@pytest.mark.parametrize("fails", [False, True])
async def test_a_code_that_was_given_is_seen_by_nobody_until_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """A reply that names it could leave meanwhile, and after a power failure the code would be given once more."""
    await migrate_database(None, tmp_path)
    begun, on_disk = threading.Event(), threading.Event()

    def sync(_: Path) -> None:
        begun.set()
        on_disk.wait(60)

    monkeypatch.setattr(sqlite, "_sync_file", sync)
    async with closing_async(await open_driver(None, tmp_path)) as driver:

        async def give() -> None:
            async with driver.transaction() as transaction:
                await transaction.run(Query("next_number", {"name": "YC-2026"}), commit=True)
                if fails:
                    raise ConnectionError

        giving = asyncio.create_task(give())
        assert await asyncio.to_thread(begun.wait, 60)
        claiming = asyncio.create_task(driver.run(Query("counters")))
        done, _ = await asyncio.wait([claiming], timeout=0.1)
        on_disk.set()
        await asyncio.gather(giving, return_exceptions=True)
        assert not done
        assert ("YC-2026", 1) in (await claiming)[0]
