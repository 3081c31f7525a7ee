"""Rows of a broadcast: each who is meant has exactly one, with what was known of them at that moment."""

from datetime import timedelta

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from bot.store.drivers import to_micros
from bot.store.sealing import Keyring, sealed_columns
from tests.support.audience import TODAY, Officer, chat_ids, make_officers, one_of_each
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import approve_reminder, create_reminder, freeze_recipients, make_reminder
from tests.support.database import Database, OpenStore
from tests.support.people import insert_units
from tests.support.store import NOW

QUEUED = ("queued", None)


@pytest.fixture(autouse=True)
def units(store: Store, database: Database) -> None:
    insert_units(database.sql)


@pytest.fixture
def people(ground: DatabaseBackend) -> dict[str, Officer]:
    named = one_of_each()
    ground.write_people(list(named.values()))
    return named


async def test_each_who_is_meant_has_one_row_however_often_and_by_whom_it_is_made(
    store: Store, ground: DatabaseBackend, another: OpenStore, database: Database, keyring: Keyring
) -> None:
    officers = make_officers(60, NOW)
    ground.write_people(officers)
    name = await approve_reminder(store, make_reminder())

    assert await BroadcastOperations.over(store).freeze(name, NOW, limit=20)
    assert len(ground.rows_of(name)) == 20
    await freeze_recipients(await another(), name, 7)
    await freeze_recipients(store, name)

    assert ground.rows_of(name).keys() == {one.id for one in officers if one.agreed and not one.erased}
    assert ground.state_of(name) == ("scheduled", None, len(ground.rows_of(name)))


async def test_whoever_gets_nothing_has_a_row_that_says_why(
    store: Store, ground: DatabaseBackend, database: Database, keyring: Keyring, people: dict[str, Officer]
) -> None:
    ground.write_people([Officer(letter * 32) for letter in "def0"])
    name = await approve_reminder(store, make_reminder())
    today = TODAY.toordinal()
    marks = "INSERT INTO reminder_marks (broadcast, chat, done_at, later_on) VALUES (?, ?, ?, ?)"
    database.sql(marks, name, "d" * 32, 1, None)
    database.sql(marks, name, "e" * 32, None, today + 1)
    database.sql(marks, name, "0" * 32, None, today)
    await had(ground, "f")

    await freeze_recipients(store, name)

    assert ground.rows_of(name) == {
        "a" * 32: QUEUED,
        "b" * 32: ("blocked", "blocked_before"),
        "c" * 32: ("skipped", "stopped"),
        "d" * 32: ("skipped", "done"),
        "e" * 32: ("skipped", "later"),
        "f" * 32: ("skipped", "capped"),
        "0" * 32: QUEUED,
    }
    assert database.sql("SELECT chat FROM reminder_marks WHERE later_on IS NOT NULL") == [("e" * 32,)]
    assert ground.values_of(name).keys() == chat_ids("a", "0")


async def had(ground: DatabaseBackend, letter: str, *, days: int = 6, state: str = "sent") -> None:
    """As many reminders as one person may get in a week."""
    at = to_micros(NOW - timedelta(days=days))
    for _ in range(5):
        name = await create_reminder(ground.store, make_reminder())
        ground.sql(
            "INSERT INTO outbox (origin, chat, channel, priority, broadcast, state, queued_at, due_at, settled_at)"
            " VALUES (?, ?, 'telegram', 2, ?, ?, ?, ?, ?)",
            *(name, letter * 32, name, state, at, at, at),
        )


@pytest.mark.parametrize(("days", "kept"), [(8, "sent"), (1, "skipped"), (1, "failed")])
async def test_what_came_long_ago_or_never_is_not_counted(
    store: Store, ground: DatabaseBackend, people: dict[str, Officer], days: int, kept: str
) -> None:
    await had(ground, "a", days=days, state=kept)
    name = await approve_reminder(store, make_reminder())

    await freeze_recipients(store, name)

    assert ground.rows_of(name)["a" * 32] == QUEUED


async def test_a_language_that_stands_nowhere_yet_is_that_of_the_session(
    store: Store, ground: DatabaseBackend, database: Database, keyring: Keyring
) -> None:
    ground.write_people([Officer("a" * 32, language=None)])
    session = keyring.seal('{"language":"en"}', sealed_columns.session("a" * 32))
    database.sql("UPDATE chats SET session = ?", session)
    name = await approve_reminder(store, make_reminder())

    await freeze_recipients(store, name)

    assert ground.values_of(name)["a" * 32].language == "en"
