"""What goes wrong is said clearly, loses nothing, and may be tried again."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.services.opening import migrate, open_driver, open_store
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.drivers import Query, postgres, sqlite
from bot.store.errors import (
    DatabaseUnusable,
    DatabaseUrlError,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreLost,
    StoreUnavailable,
)
from bot.store.sealing import open_keyring
from tests.support.database import LEAVE, Database, OpenStore
from tests.support.store import (
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    closing_async,
    get_text,
    make_content,
    make_incoming,
    make_reply,
    open_chat,
    reply_texts,
)


@contextmanager
def writing(database: Database) -> Iterator[None]:
    """Another program in the middle of a long write."""
    if database.url is None:
        with closing(sqlite3.connect(database.file, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
    else:
        with psycopg.connect(database.url) as connection:
            connection.execute("LOCK TABLE chats, inbox, outbox")
            yield
            connection.rollback()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.05)


@pytest.mark.usefixtures("_impatient")
async def test_a_locked_database_refuses_for_now_and_everything_works_afterwards(
    another: OpenStore, database: Database
) -> None:
    store = await another()
    chat = await open_chat(store)
    turn = await claim_next_turn(store, chat)

    with writing(database):
        for attempt in (
            store.inbox.receive([make_incoming("2", "hai")], NOW),
            finish(store, turn),
            register_and_finish(store, turn),
            claim_rows(store),
        ):
            with pytest.raises(StoreLocked) as locked:
                await attempt
            assert locked.value.retryable

    await register_and_finish(store, turn)
    await store.inbox.receive([make_incoming("2", "hai")], NOW)
    assert get_text(await store.inbox.claim_turn(chat)) == "hai"
    assert reply_texts(await claim_rows(store)) == ["xong"]


async def test_a_short_write_of_somebody_else_is_waited_for(store: Store, database: Database) -> None:
    with writing(database):
        receiving = asyncio.create_task(store.inbox.receive([make_incoming("1")], NOW))
        await asyncio.sleep(0.1)
        assert not receiving.done()

    assert len(await receiving) == 1


async def finish(store: Store, turn: object) -> None:
    async with open_turn(store, turn, NOW) as unit:  # type: ignore[arg-type]  # handed through
        await unit.finish("{}", [make_reply("xong")])


async def register_and_finish(store: Store, turn: object) -> None:
    async with open_turn(store, turn, NOW) as unit:  # type: ignore[arg-type]  # handed through
        await unit.requests.register(make_content())
        await unit.finish("{}", [make_reply("xong")])


async def fill(store: Store, limit: int) -> None:
    """Allow the database file so many pages; a file never shrinks below what it has."""
    await store.driver._connection.execute_fetchall(f"PRAGMA max_page_count={limit}")  # type: ignore[attr-defined]


async def test_a_full_disk_keeps_the_turn_for_later(tmp_path: Path) -> None:
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    try:
        chat = await open_chat(store)
        turn = await claim_next_turn(store, chat)
        long = "nội dung dài " * 15_000  # as long as a message may be
        await fill(store, 1)

        for attempt in (answer_next(store, chat, long), store.inbox.receive([make_incoming("2", long)], NOW)):
            with pytest.raises(StoreFull) as full:
                await attempt
            assert full.value.retryable

        await fill(store, 1_000_000)
        assert await store.inbox.claim_turn(chat) == turn
        await answer_next(store, chat, long)
        assert reply_texts(await claim_rows(store)) == [long]
    finally:
        await store.close()


@pytest.mark.postgres
async def test_a_broken_connection_is_told_and_replaced(tmp_path: Path, postgres_url: str) -> None:
    store = await open_store(postgres_url, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    try:
        chat = await open_chat(store)
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(LEAVE)

        with pytest.raises(StoreLost) as lost:
            await store.inbox.claim_turn(chat)

        assert lost.value.retryable
        assert get_text(await store.inbox.claim_turn(chat)) == "xin chào"
    finally:
        await store.close()


@pytest.mark.postgres
async def test_a_missing_database_is_said_at_once(tmp_path: Path, postgres_url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="nowhere"):
        await open_store(postgres_url.replace("/troly_", "/nowhere_"), tmp_path, open_keyring(tmp_path / "k.json")[0])


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://troly:hunter2@127.0.0.1:1/troly",  # nobody listens
        "postgresql://troly:hunter2@no-such-host.invalid/troly",
    ],
)
async def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(DatabaseUnusable) as failed:
        await open_store(url, tmp_path, open_keyring(tmp_path / "keys.json")[0])

    assert "hunter2" not in str(failed.value)
    assert "hunter2" not in repr(failed.value.__cause__)
    assert failed.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "mysql://troly:hunter2@host/troly",  # another kind of database
        "hunter2",  # no URL at all
        "",
        "postgresql://",  # names nothing
        "postgresql://troly:hunter2%@host/troly",  # a password with a bare percent sign
        "postgresql://troly:hunter2@host:port/troly",
        "postgresql://troly:hunter2@[host/troly",
        "sqlite://host/file",
        "sqlite:///",
    ],
)
async def test_a_wrong_url_is_refused_without_repeating_it(tmp_path: Path, url: str) -> None:
    with pytest.raises((DatabaseUrlError, DatabaseUnusable)) as refused:
        await open_store(url, tmp_path, open_keyring(tmp_path / "keys.json")[0])

    assert "hunter2" not in str(refused.value)


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "troly.sqlite3"
    path.write_bytes(b"not a database, and longer than the header of one" * 100)

    with pytest.raises(DatabaseUnusable):
        await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])

    assert path.read_bytes().startswith(b"not a database")


async def test_a_folder_in_place_of_the_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "troly.sqlite3").mkdir()

    with pytest.raises(DatabaseUnusable, match=r"troly\.sqlite3"):
        await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])


async def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(DatabaseUnusable, match="file"):
        await open_store("sqlite:///" + str(tmp_path / "file" / "db"), tmp_path, open_keyring(tmp_path / "k.json")[0])


async def test_a_sqlite_url_opens_the_file_it_names(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/deep/other.db", tmp_path, open_keyring(tmp_path / "keys.json")[0])
    await store.close()

    assert (tmp_path / "deep" / "other.db").stat().st_mode & 0o777 == 0o600


def test_every_error_that_may_be_tried_again_says_so() -> None:
    for kind in (StoreUnavailable, StoreLocked, StoreFull, StoreLost):
        assert kind.retryable
    assert not StoreError.retryable


async def test_a_batch_that_sqlite_cannot_take_spoils_none_that_share_its_hop(tmp_path: Path) -> None:
    async with closing_async(await open_driver(None, tmp_path)) as driver:
        await migrate(driver)
        too_large = Query("give_up", {"inbox": 2**80, "now": 0})
        calls = [Query("next_number", {"name": "a"}), too_large, *(Query("next_number", {"name": n}) for n in "bc")]
        results = await asyncio.gather(*(driver.run(call) for call in calls), return_exceptions=True)

    assert isinstance(results[1], OverflowError)
    assert [results[0], *results[2:]] == [[[(1,)]]] * 3
