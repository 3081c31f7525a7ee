"""Tables come up to the program's version, once, and never past it."""

import asyncio

import pytest

from bot.services.opening import STORE_TEXTS, migrate, migrate_database, open_driver, open_store
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.drivers import Migration, load_migrations
from bot.store.errors import SchemaAltered, SchemaNewer, StoreError
from bot.store.sealing import open_keyring, sealed_columns
from handlers.model import BroadcastPolicy
from tests.support.database import Database
from tests.support.store import NOW, claim_next_turn, closing_async, get_text, make_content, make_incoming

NAMES = [step.name for step in load_migrations()]


async def test_a_fresh_database_gets_every_migration_once(bare_database: Database) -> None:
    assert await migrate_database(bare_database.url, bare_database.folder) == NAMES
    assert await migrate_database(bare_database.url, bare_database.folder) == []
    recorded = bare_database.sql("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
    assert recorded == [(step.version, step.name, step.checksum) for step in load_migrations()]


async def test_starts_at_the_same_moment_migrate_one_after_the_other(bare_database: Database) -> None:
    applied = await asyncio.gather(*(migrate_database(bare_database.url, bare_database.folder) for _ in range(4)))

    assert sorted(applied, key=len) == [[], [], [], NAMES]


async def test_a_database_of_version_one_keeps_what_it_holds(bare_database: Database) -> None:
    keyring, _ = open_keyring(bare_database.keys)
    async with closing_async(await open_driver(bare_database.url, bare_database.folder)) as driver:
        await migrate(driver, load_migrations()[:1])
        (chat,) = await Store.over(driver, keyring, BroadcastPolicy(), STORE_TEXTS).inbox.receive(
            [make_incoming("1", "trước khi nâng cấp")], NOW
        )

    async with closing_async(await open_store(bare_database.url, bare_database.folder, keyring)) as store:
        turn = await claim_next_turn(store, chat)
        assert get_text(turn) == "trước khi nâng cấp"
        async with open_turn(store, turn, NOW) as unit:
            assert (await unit.requests.register(make_content())).code == "YC-2026-000001"
            await unit.finish("{}", [])


async def test_a_request_registered_before_the_upgrade_is_still_found_by_its_serial(bare_database: Database) -> None:
    keyring, _ = open_keyring(bare_database.keys)
    async with closing_async(await open_driver(bare_database.url, bare_database.folder)) as driver:
        await migrate(driver, load_migrations()[:2])
        (chat,) = await Store.over(driver, keyring, BroadcastPolicy(), STORE_TEXTS).inbox.receive(
            [make_incoming("1")], NOW
        )
    sealed = keyring.seal(make_content("AA").model_dump_json(), sealed_columns.content("YC-2026-000001"))
    bare_database.sql(
        "INSERT INTO requests (code, number, chat, state, procedure, serial, content) VALUES (?, 1, ?, ?, ?, ?, ?)",
        *("YC-2026-000001", chat.id, "submitted", "change_information", keyring.lookup("serial", "AA"), sealed),
    )

    async with closing_async(await open_store(bare_database.url, bare_database.folder, keyring)) as store:
        turn = await claim_next_turn(store, chat)
        async with open_turn(store, turn, NOW) as unit:
            found = await unit.requests.open_for("AA", "change_information")
    assert found is not None
    assert found.code == "YC-2026-000001"


async def test_before_broadcasts_whoever_had_no_session_is_taken_for_a_group_until_they_write(
    bare_database: Database,
) -> None:
    keyring, _ = open_keyring(bare_database.keys)
    async with closing_async(await open_driver(bare_database.url, bare_database.folder)) as driver:
        await migrate(driver, load_migrations()[:4])
        one, two, *_ = await Store.over(driver, keyring, BroadcastPolicy(), STORE_TEXTS).inbox.receive(
            [make_incoming(str(n), address=str(n)) for n in range(3)], NOW
        )
    bare_database.sql("UPDATE chats SET session = ? WHERE id = ?", b"?", one.id)

    async with closing_async(await open_store(bare_database.url, bare_database.folder, keyring)) as store:
        taken_for = "SELECT COUNT(*) FROM chats WHERE in_group = 1"
        assert bare_database.sql(taken_for) == [(2,)]
        turn = await claim_next_turn(store, two)
        async with open_turn(store, turn, NOW) as unit:
            await unit.finish("{}", [])
    assert bare_database.sql(taken_for) == [(1,)]


async def test_a_newer_database_is_refused_and_left_alone(bare_database: Database) -> None:
    await migrate_database(bare_database.url, bare_database.folder)
    bare_database.sql("INSERT INTO schema_migrations VALUES (9999, '9999_future', 'x', 0)")

    with pytest.raises(SchemaNewer, match="9999_future") as refused:
        await open_store(bare_database.url, bare_database.folder, open_keyring(bare_database.keys)[0])

    assert refused.value.exit_code != 0
    assert bare_database.sql("SELECT COUNT(*) FROM keyring") == [(0,)]


async def test_a_migration_changed_after_it_was_applied_is_refused(bare_database: Database) -> None:
    await migrate_database(bare_database.url, bare_database.folder)
    bare_database.sql("UPDATE schema_migrations SET checksum = 'other' WHERE version = 1")

    with pytest.raises(SchemaAltered, match=NAMES[0]):
        await migrate_database(bare_database.url, bare_database.folder)


async def test_a_migration_that_fails_leaves_nothing_half_done(bare_database: Database) -> None:
    following = load_migrations()[-1].version + 1
    broken = Migration(following, "next_broken", "CREATE TABLE half (id BIGINT); CREATE TABLE half (id BIGINT);")

    async with closing_async(await open_driver(bare_database.url, bare_database.folder)) as driver:
        with pytest.raises(StoreError):
            await migrate(driver, [*load_migrations(), broken])
        assert await migrate(driver) == NAMES
        whole = Migration(following, "next_whole", "CREATE TABLE half (id BIGINT);")
        assert await migrate(driver, [*load_migrations(), whole]) == ["next_whole"]
