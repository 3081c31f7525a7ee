"""Moves between databases: every row compared, interrupted without loss, and never two databases in use."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from bot.cli.backup import _move
from bot.services.opening import migrate_database, open_store, open_store_from_settings
from bot.settings import Settings
from bot.store import DatabaseMoved, TargetHoldsData
from bot.store.contents import digest_tables
from bot.store.contents.opening import open_tables
from bot.store.errors import AlreadyServed
from bot.store.sealing import open_keyring
from bot.store.workers import LeaseDuration, hold_serving_lock
from tests.support.contents import CHATS, answer, session_of, settings_of
from tests.support.kill import kill_until_done
from tests.support.store import CHANNEL, NOW

pytestmark = pytest.mark.postgres


async def fill(folder: Path, url: str | None = None) -> None:
    store = await open_store(url, folder, open_keyring(folder / "keys.json")[0])
    for number in range(CHATS):
        await answer(store, number)
    await store.close()


async def sessions(settings: Settings) -> list[str | None]:
    async with open_store_from_settings(settings) as opened:
        return [await session_of(opened.store, number) for number in range(CHATS)]


async def test_every_row_goes_to_postgresql_and_back(tmp_path: Path, empty_postgres_url: str) -> None:
    await fill(tmp_path)
    there, back = settings_of(empty_postgres_url, tmp_path), settings_of(f"sqlite:///{tmp_path}/back.sqlite3", tmp_path)
    first = open_tables(None, tmp_path)
    before = digest_tables(first)
    first.close()

    done = await _move(settings_of(None, tmp_path), there)
    again = await _move(there, back)

    second = open_tables(f"sqlite:///{tmp_path}/back.sqlite3", tmp_path)
    assert digest_tables(second) == before
    second.close()
    assert done == again
    assert done.rows == sum(one.rows for one in before.values())
    assert await sessions(back) == [str(number) for number in range(CHATS)]


async def test_nobody_goes_on_with_the_database_that_was_left(tmp_path: Path, empty_postgres_url: str) -> None:
    await fill(tmp_path)
    left = settings_of(None, tmp_path)
    await _move(left, settings_of(empty_postgres_url, tmp_path))
    with pytest.raises(DatabaseMoved, match="moved to another one at"):
        await sessions(left)
    with pytest.raises(DatabaseMoved, match="moved to another one already"):
        await _move(left, settings_of(f"sqlite:///{tmp_path}/third.sqlite3", tmp_path))
    async with open_store_from_settings(left, taking_up=True) as opened:  # as ``troly restored`` does
        here = await opened.store.continuity.position()
        assert await opened.store.continuity.continue_from_copy(here, (), NOW)
    assert len(await sessions(left)) == CHATS


async def test_a_target_that_holds_data_is_refused_and_stays_as_it_is(tmp_path: Path, postgres_url: str) -> None:
    await fill(tmp_path)
    (tmp_path / "other").mkdir()
    await fill(tmp_path / "other", postgres_url)
    with pytest.raises(TargetHoldsData):
        await _move(settings_of(None, tmp_path), settings_of(postgres_url, tmp_path))
    assert len(await sessions(settings_of(postgres_url, tmp_path / "other"))) == CHATS
    assert len(await sessions(settings_of(None, tmp_path))) == CHATS


async def test_while_a_program_serves_either_database_nothing_is_moved(tmp_path: Path, empty_postgres_url: str) -> None:
    await fill(tmp_path)
    here, there = settings_of(None, tmp_path), settings_of(empty_postgres_url, tmp_path)
    async with hold_serving_lock(here):
        with pytest.raises(AlreadyServed):
            await _move(here, there)
    await _move(here, there)
    async with open_store_from_settings(there) as opened:
        await opened.store.workers.join(CHANNEL, LeaseDuration(), NOW)
        with pytest.raises(DatabaseMoved, match="serves this database at the moment"):
            await _move(there, settings_of(f"sqlite:///{tmp_path}/back.sqlite3", tmp_path))


def move_there(url: str | None, folder: Path) -> None:
    with suppress(DatabaseMoved):  # it was killed behind its end
        asyncio.run(_move(settings_of(None, folder), settings_of(url, folder)))


async def test_a_move_that_is_killed_again_and_again_comes_to_its_end_with_every_row(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    await fill(tmp_path)
    await migrate_database(empty_postgres_url, tmp_path)

    kills = kill_until_done(move_there, empty_postgres_url, tmp_path)

    assert kills > 0
    assert await sessions(settings_of(empty_postgres_url, tmp_path)) == [str(number) for number in range(CHATS)]


async def test_half_a_move_is_not_served_and_begins_anew_where_the_source_was_used_meanwhile(
    tmp_path: Path, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(tmp_path)
    here, there = settings_of(None, tmp_path), settings_of(empty_postgres_url, tmp_path)

    def die(table: str) -> None:
        if table == "outbox":
            raise KeyboardInterrupt

    monkeypatch.setattr("bot.cli.backup._show_progress", die)
    with pytest.raises(KeyboardInterrupt):
        await _move(here, there)
    monkeypatch.undo()
    with pytest.raises(DatabaseMoved, match="was interrupted"):
        await sessions(there)
    async with open_store_from_settings(here) as opened:
        await answer(opened.store, CHATS)

    await _move(here, there)

    async with open_store_from_settings(there) as opened:
        assert await session_of(opened.store, CHATS) == str(CHATS)


async def test_half_a_move_of_another_database_is_left_alone(tmp_path: Path, empty_postgres_url: str) -> None:
    await fill(tmp_path)
    await migrate_database(empty_postgres_url, tmp_path)
    tables = open_tables(empty_postgres_url, tmp_path)
    tables.execute("INSERT INTO copied_tables (name, copied, digest) VALUES ('', 0, 'another')")
    tables.commit()
    tables.close()
    with pytest.raises(DatabaseMoved, match="of another database"):
        await _move(settings_of(None, tmp_path), settings_of(empty_postgres_url, tmp_path))
