"""``troly migrate``, ``troly keys`` and ``troly retention``."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.services.opening import open_store
from bot.store import key_rotation
from bot.store.drivers import load_migrations
from bot.store.sealing import open_keyring
from bot.store.sealing.keyfile import read_key_file
from tests.support.database import Command, Database
from tests.support.store import answer_next, open_chat


def with_a_silent_chat(database: Database) -> None:
    async def fill() -> None:
        store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        await answer_next(store, await open_chat(store), now=datetime.now(UTC) - timedelta(days=40))
        await store.close()

    asyncio.run(fill())
    database.sql("UPDATE chats SET last_contact_at = 0")
    database.sql(
        "INSERT INTO counters (name, value) VALUES ('seen', ?)", int(time.time() * 1_000_000)
    )  # served till now


def test_migrate_brings_up_what_is_missing_and_says_so(troly: Command, database: Database) -> None:
    if database.url:
        database.sql("DROP SCHEMA public CASCADE")
        database.sql("CREATE SCHEMA public")
    else:
        database.file.unlink()

    code, out, _ = troly("migrate")

    assert code == 0
    assert out.splitlines() == [f"Applied: {step.name}" for step in load_migrations()]
    assert troly("migrate")[1] == "The database is up to date.\n"


def test_keys_are_listed_by_id_and_use_and_never_shown(troly: Command, database: Database) -> None:
    with_a_silent_chat(database)

    code, out, _ = troly("keys", "list")

    keys = read_key_file(database.keys)
    assert code == 0
    assert out.startswith(keys.current)
    assert "in use  values sealed: 2" in out
    assert not any(secret in out for secret in database.keys.read_text().split('"') if len(secret) > 40)


def test_a_rotation_says_what_it_did(troly: Command, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "SETTLING_TIME", timedelta())
    with_a_silent_chat(database)
    first = read_key_file(database.keys).current

    code, out, _ = troly("keys", "rotate")

    keys = read_key_file(database.keys)
    assert code == 0
    assert f"New key {keys.current}; values sealed anew: 2." in out
    listed = troly("keys", "list")[1]
    assert "in use  values sealed: 2" in listed.splitlines()[-1]
    if database.url:  # a process of another machine, of which nobody knows, may still seal with it for a day
        assert set(keys.keys) == {first, keys.current}
        assert "superseded  values sealed: 0" in listed.splitlines()[0]
        assert f"Dropped key {first}" in troly("keys", "retire", first)[1]
    else:
        assert f"Dropped key {first}" in out
    assert set(read_key_file(database.keys).keys) == {keys.current}


def test_retention_counts_first_and_deletes_then(troly: Command, database: Database) -> None:
    with_a_silent_chat(database)

    dry = troly("retention", "--dry-run", "--days", "30")[1]
    done = troly("retention", "--days", "30")[1]

    assert dry.splitlines()[0] == "Would be deleted:"
    assert done.splitlines()[0] == "Deleted:"
    assert dry.splitlines()[1:] == done.splitlines()[1:]
    assert "  chats: 1" in done
    assert "  chats: 0" in troly("retention", "--days", "30")[1]


@pytest.mark.parametrize("command", [("migrate",), ("keys", "list"), ("keys", "rotate"), ("retention",)])
def test_a_newer_database_ends_every_command_with_one_clear_line(
    troly: Command, database: Database, command: tuple[str, ...]
) -> None:
    troly("migrate")
    database.sql("INSERT INTO schema_migrations VALUES (9999, '9999_future', 'x', 0)")

    code, out, err = troly(*command)

    assert code != 0
    assert "Traceback" not in err
    newer = "troly: The database was made by a later version of the program (migration 9999_future)."
    assert err.splitlines()[-1].startswith(newer)
    assert out == ""
    database.sql("DELETE FROM schema_migrations WHERE version = 9999")
