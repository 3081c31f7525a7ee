"""Rows of a broadcast: each who is meant has exactly one, with what was known of them at that moment."""

from datetime import timedelta

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store.encoding import to_micros
from bot.store.sealing import Keyring, sealed_columns
from bot.store.store import Store
from handlers.model import PlaceholderValues, RequestState
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure
from tests.integration.conftest import Database, OpenStore
from tests.support.audience import Certificate, Officer, make_officers, write_officers
from tests.support.broadcasts import (
    approve_reminder,
    create_reminder,
    freeze_recipients,
    make_reminder,
    read_progress,
    rows_by_chat,
    values_by_chat,
)
from tests.support.people import insert_units
from tests.support.store import NAME, NOW

TODAY = to_vietnam_day(NOW)
QUEUED = ("queued", None)


@pytest.fixture(autouse=True)
def units(store: Store, database: Database) -> None:
    insert_units(database.sql)


@pytest.fixture
def people(database: Database, keyring: Keyring) -> dict[str, Officer]:
    """Whose first letters tell what is special about them."""
    named = {"a": Officer("a" * 32), "b": Officer("b" * 32, blocked=True), "c": Officer("c" * 32, stopped=True)}
    write_officers(database.sql, keyring, list(named.values()), NOW)
    return named


def chats(*letters: str) -> set[str]:
    return {letter * 32 for letter in letters}


async def test_each_who_is_meant_has_one_row_however_often_and_by_whom_it_is_made(
    store: Store, another: OpenStore, database: Database, keyring: Keyring
) -> None:
    officers = make_officers(60, NOW)
    write_officers(database.sql, keyring, officers, NOW)
    name = await approve_reminder(store, make_reminder())

    assert await BroadcastOperations.over(store).freeze(name, NOW, limit=20)
    assert len(rows_by_chat(database.sql, name)) == 20
    await freeze_recipients(await another(), name, 7)
    await freeze_recipients(store, name)

    assert rows_by_chat(database.sql, name).keys() == {one.id for one in officers if one.agreed and not one.erased}
    assert read_progress(database.sql, name) == ("scheduled", None, len(rows_by_chat(database.sql, name)))


async def test_whoever_gets_nothing_has_a_row_that_says_why(
    store: Store, database: Database, keyring: Keyring, people: dict[str, Officer]
) -> None:
    write_officers(database.sql, keyring, [Officer(letter * 32) for letter in "def0"], NOW)
    name = await approve_reminder(store, make_reminder())
    today = TODAY.toordinal()
    marks = "INSERT INTO reminder_marks (broadcast, chat, done_at, later_on) VALUES (?, ?, ?, ?)"
    database.sql(marks, name, "d" * 32, 1, None)
    database.sql(marks, name, "e" * 32, None, today + 1)
    database.sql(marks, name, "0" * 32, None, today)
    await had(store, database, "f")

    await freeze_recipients(store, name)

    assert rows_by_chat(database.sql, name) == {
        "a" * 32: QUEUED,
        "b" * 32: ("blocked", "blocked_before"),
        "c" * 32: ("skipped", "stopped"),
        "d" * 32: ("skipped", "done"),
        "e" * 32: ("skipped", "later"),
        "f" * 32: ("skipped", "capped"),
        "0" * 32: QUEUED,
    }
    assert database.sql("SELECT chat FROM reminder_marks WHERE later_on IS NOT NULL") == [("e" * 32,)]
    assert values_by_chat(database.sql, keyring, name).keys() == chats("a", "0")


async def had(store: Store, database: Database, letter: str, *, days: int = 6, state: str = "sent") -> None:
    """As many reminders as one person may get in a week."""
    at = to_micros(NOW - timedelta(days=days))
    for _ in range(5):
        name = await create_reminder(store, make_reminder())
        database.sql(
            "INSERT INTO outbox (origin, chat, channel, priority, broadcast, state, queued_at, due_at, settled_at)"
            " VALUES (?, ?, 'telegram', 2, ?, ?, ?, ?, ?)",
            *(name, letter * 32, name, state, at, at, at),
        )


@pytest.mark.parametrize(("days", "kept"), [(8, "sent"), (1, "skipped"), (1, "failed")])
async def test_what_came_long_ago_or_never_is_not_counted(
    store: Store, database: Database, people: dict[str, Officer], days: int, kept: str
) -> None:
    await had(store, database, "a", days=days, state=kept)
    name = await approve_reminder(store, make_reminder())

    await freeze_recipients(store, name)

    assert rows_by_chat(database.sql, name)["a" * 32] == QUEUED


async def test_a_row_holds_what_was_known_of_the_person_and_is_sealed(
    store: Store, database: Database, keyring: Keyring
) -> None:
    done = Certificate(
        "K1", "Cũ", TODAY + timedelta(days=3), (Procedure.REVOKE,), {Procedure.REVOKE: RequestState.DONE}
    )
    half = {Procedure.REVOKE: RequestState.SUBMITTED, Procedure.EXTEND: RequestState.WITHDRAWN}
    open_ = Certificate("K2", NAME, TODAY + timedelta(days=9), (Procedure.REVOKE, Procedure.EXTEND), half)
    ended = Certificate("K3", None, TODAY - timedelta(days=1), ())
    lan = Officer("a" * 32, unit="DN.NT", language="en", certificates=[done, open_, ended])
    write_officers(database.sql, keyring, [lan, Officer("b" * 32, language=None)], NOW)
    name = await approve_reminder(store, make_reminder())

    await freeze_recipients(store, name)

    known = values_by_chat(database.sql, keyring, name)
    end, to_do = TODAY + timedelta(days=3), (Procedure.EXTEND,)
    assert known["a" * 32] == PlaceholderValues(language="en", name=NAME, unit="Xã Nhơn Trạch", day=end, to_do=to_do)
    assert known["b" * 32] == PlaceholderValues()
    assert NAME.encode() not in database.bytes_at_rest()


async def test_a_language_that_stands_nowhere_yet_is_that_of_the_session(
    store: Store, database: Database, keyring: Keyring
) -> None:
    write_officers(database.sql, keyring, [Officer("a" * 32, language=None)], NOW)
    session = keyring.seal('{"language":"en"}', sealed_columns.session("a" * 32))
    database.sql("UPDATE chats SET session = ?", session)
    name = await approve_reminder(store, make_reminder())

    await freeze_recipients(store, name)

    assert values_by_chat(database.sql, keyring, name)["a" * 32].language == "en"
