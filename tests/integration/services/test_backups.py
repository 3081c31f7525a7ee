"""Backups: whole while chats are answered, proved row by row, put back into an empty database only."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from bot.services.backups import Backup, create_backup, find_backup, list_backups, restore_backup, verify_backup
from bot.services.opening import open_store, open_store_from_settings
from bot.settings import Settings
from bot.store import BackupError, DatabaseMoved, Store, TargetHoldsData
from bot.store.contents.opening import open_tables
from bot.store.errors import ContentsDiffer
from bot.store.sealing import open_keyring
from bot.store.workers import LeaseDuration
from locales import translator
from tests.support.contents import CHATS, answer, session_of, settings_of
from tests.support.database import Database, client_programs
from tests.support.kill import kill_until_done
from tests.support.store import CHANNEL, NOW


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    client_programs(monkeypatch)


def empty_target(database: Database, request: pytest.FixtureRequest, folder: Path) -> Settings:
    """Return the settings of a database of the same kind without anything in it, and with the same keys."""
    folder.mkdir()
    shutil.copy(database.keys, folder / "keys.json")
    return settings_of(request.getfixturevalue("empty_postgres_url") if database.url else None, folder)


async def test_a_backup_made_while_many_chats_are_answered_is_put_back_without_the_loss_of_one(
    store: Store, database: Database, request: pytest.FixtureRequest
) -> None:
    for number in range(CHATS):
        await answer(store, number)

    async def go_on() -> int:
        number = CHATS
        while not making.done():
            await answer(store, number)
            number += 1
        return number

    folder = database.folder / "copies"
    making = asyncio.create_task(asyncio.to_thread(create_backup, settings_of(database.url, database.folder), folder))
    reached = await go_on()
    made = await making
    verify_backup(made)
    restored = empty_target(database, request, database.folder / "new")
    await asyncio.to_thread(restore_backup, restored, made)

    assert reached > CHATS
    async with open_store_from_settings(restored) as opened:
        assert [await session_of(opened.store, number) for number in range(CHATS)] == [
            str(number) for number in range(CHATS)
        ]
        assert (await opened.store.continuity.position()).put_back
    (kept,) = database.folder.glob("copies/troly-*")
    secrets = [key["key"] for key in json.loads(database.keys.read_text())["keys"].values()]
    found = b"".join(path.read_bytes() for path in kept.iterdir())
    assert not [secret for secret in secrets if secret.encode() in found]
    assert made.manifest.keys == tuple(json.loads(database.keys.read_text())["keys"])


async def test_the_row_numbers_of_a_database_that_was_put_back_go_on_behind_the_last_one_given(
    store: Store, database: Database, request: pytest.FixtureRequest
) -> None:
    await answer(store, 1)
    (row,) = await store.outbox.claim(CHANNEL, 1, NOW)
    database.sql("DELETE FROM outbox")
    made = create_backup(settings_of(database.url, database.folder), database.folder / "copies")
    restored = empty_target(database, request, database.folder / "new")
    restore_backup(restored, made)

    async with open_store_from_settings(restored) as opened:
        await answer(opened.store, 2)
        (later,) = await opened.store.outbox.claim(CHANNEL, 1, NOW)
    assert later.id > row.id


def make_backup(url: str | None, folder: Path) -> None:
    create_backup(settings_of(url, folder), folder / "copies", keep=2)


async def test_a_kill_amid_a_backup_leaves_nothing_that_counts_and_the_next_one_is_whole(
    store: Store, database: Database
) -> None:
    for number in range(CHATS):
        await answer(store, number)

    kill_until_done(make_backup, database.url, database.folder)

    for path in list_backups(database.folder / "copies"):
        verify_backup(find_backup(database.folder / "copies", path))
    left = {one.name for one in (database.folder / "copies").iterdir()}
    assert left == {".lock", *(path.name for path in list_backups(database.folder / "copies"))}


async def test_a_restore_that_was_killed_left_the_database_empty(
    store: Store, database: Database, request: pytest.FixtureRequest
) -> None:
    await answer(store, 1)
    made = create_backup(settings_of(database.url, database.folder), database.folder / "copies")
    restored = empty_target(database, request, database.folder / "new")

    def die(table: str) -> None:
        if table == "outbox":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_backup(restored, made, die)
    url = restored.database_url.get_secret_value() if restored.database_url else None
    tables = open_tables(url, restored.data_dir)
    assert tables.names() == []
    tables.close()
    restore_backup(restored, made)  # and the next one finds its way


async def test_a_database_that_holds_data_is_not_overwritten(store: Store, database: Database) -> None:
    await answer(store, 1)
    made = create_backup(settings_of(database.url, database.folder), database.folder / "copies")
    await answer(store, 2)

    with pytest.raises(TargetHoldsData):
        restore_backup(settings_of(database.url, database.folder), made)
    assert await session_of(store, 2) == "2"


async def test_a_backup_that_was_altered_is_not_put_back(store: Store, database: Database, tmp_path: Path) -> None:
    await answer(store, 1)
    made = create_backup(settings_of(database.url, database.folder), tmp_path / "copies")
    file = made.path / made.manifest.file
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    for refused in (verify_backup, lambda backup: restore_backup(settings_of(None, tmp_path / "new"), backup)):
        with pytest.raises(BackupError, match="not the one that was written"):
            refused(made)


@pytest.fixture
def made(tmp_path: Path) -> Backup:
    """A backup of an SQLite database with a chat."""
    keyring, _ = open_keyring(tmp_path / "keys.json")

    async def fill() -> None:
        store = await open_store(None, tmp_path, keyring)
        await answer(store, 1)
        await store.close()

    asyncio.run(fill())
    return create_backup(settings_of(None, tmp_path), tmp_path / "copies", keep=2)


def test_rows_that_are_not_those_that_were_counted_are_named(made: Backup) -> None:
    facts = {**made.manifest.tables, "chats": made.manifest.tables["chats"].model_copy(update={"digest": "0" * 64})}
    with pytest.raises(ContentsDiffer, match="chats"):
        verify_backup(Backup(made.path, made.manifest.model_copy(update={"tables": facts})))


def test_one_process_makes_a_backup_in_a_folder_and_the_oldest_ones_go(made: Backup, tmp_path: Path) -> None:
    older = [made.path.with_name(f"troly-2026010{day}T000000Z") for day in range(1, 4)]
    for path in older:
        shutil.copytree(made.path, path)
    made.path.rename(older[0].with_name("troly-20260104T000000Z"))
    newest = create_backup(settings_of(None, tmp_path), tmp_path / "copies", keep=2)
    assert [path.name for path in list_backups(tmp_path / "copies")] == ["troly-20260104T000000Z", newest.path.name]


def test_a_folder_without_a_database_and_one_without_backups_say_so(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no database yet"):
        create_backup(settings_of(None, tmp_path), tmp_path / "copies")
    with pytest.raises(BackupError, match="There is no backup"):
        find_backup(tmp_path / "copies")


@pytest.mark.parametrize("manifest", [b"", b"{", b'{"version": 2}', b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_says_nothing_is_no_backup(made: Backup, manifest: bytes) -> None:
    (made.path / "manifest.json").write_bytes(manifest)
    with pytest.raises(BackupError) as refused:
        find_backup(made.path.parent)
    assert "manifest is missing or damaged" in refused.value.say(translator("en"))
    assert "tệp mô tả bị thiếu hoặc bị hỏng" in refused.value.say(translator("vi"))


@pytest.mark.postgres
def test_without_pg_dump_of_the_server_it_is_said_what_to_install(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("bot.services.postgres_dump._PLACES", ())
    with pytest.raises(BackupError, match=r"pg_dump of version \d+ or later .* apt-get install postgresql-client-\d+"):
        create_backup(settings_of(postgres_url, tmp_path), tmp_path / "copies")
    assert list_backups(tmp_path / "copies") == []


async def test_a_backup_of_one_kind_is_put_back_into_the_other(
    made: Backup, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    restored = settings_of(request.getfixturevalue("empty_postgres_url"), tmp_path)
    restore_backup(restored, made)
    async with open_store_from_settings(restored) as opened:
        assert await session_of(opened.store, 1) == "1"


async def test_nothing_is_put_back_under_a_process_that_serves_a_database_still_empty(
    made: Backup, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    target = settings_of(request.getfixturevalue("empty_postgres_url"), tmp_path)
    async with open_store_from_settings(target) as opened:
        worker = await opened.store.workers.join(CHANNEL, LeaseDuration(), NOW)
        with pytest.raises(DatabaseMoved, match="serves this database at the moment"):
            await asyncio.to_thread(restore_backup, target, made)
        await answer(opened.store, 2)
        assert await session_of(opened.store, 2) == "2"
        assert worker
