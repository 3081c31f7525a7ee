"""Moves of requests: guarded, recorded, told to the officer and journalled, on both databases."""

import pytest

from bot.messages import NOTICE
from bot.store.store import Store
from handlers.model import MAX_BULK_MOVES, Filter, MoveOutcome, RequestState
from tests.integration.conftest import Database
from tests.support.people import ADMIN, admin_transaction, insert_units, make_person_content
from tests.support.store import claim_rows
from tests.support.stored_dialogue import StoredTurns, load_request, register_request


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    return store


async def test_a_move_is_recorded_told_once_and_journalled(desk: Store, database: Database) -> None:
    given = await register_request(desk, "officer", make_person_content(), "DN.NT")
    async with admin_transaction(desk) as at:
        done = await at.admin.desk.move(ADMIN, given.code, RequestState.SENT_BACK, 0, "Thiếu quyết định <b>")

    assert done.outcome is MoveOutcome.MOVED
    assert done.filed is not None
    assert (done.filed.revision, done.filed.actor, done.filed.note) == (1, "QT-000001", "Thiếu quyết định <b>")
    (row,) = await claim_rows(desk)
    assert (row.chat.address, row.priority, row.origin) == ("officer", NOTICE, f"request:{given.code}:1")
    assert "Thiếu quyết định &lt;b&gt;" in row.reply.paragraphs[0]
    assert f"/yeucau {given.code}" in row.reply.paragraphs[-1]
    assert database.sql("SELECT actor, act, subject, unit, count FROM audit") == [
        ("QT-000001", "request.move", given.code, "DN.NT", 1)
    ]
    assert "Thiếu".encode() not in database.bytes_at_rest()
    async with StoredTurns(desk, "officer")() as turn:
        mine = await turn.requests.get(given.code)
    assert mine is not None
    assert [(step.state, step.note) for step in mine.history] == [
        (RequestState.SUBMITTED, ""),
        (RequestState.SENT_BACK, "Thiếu quyết định <b>"),
    ]


async def test_more_than_a_thousand_are_not_moved_at_one_go(desk: Store, database: Database) -> None:
    given = await register_request(desk, "1", make_person_content(), "DN.NT")
    database.sql(
        "WITH RECURSIVE others (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM others WHERE place < ?)"
        " INSERT INTO requests (code, number, chat, state, procedure, content, unit)"
        " SELECT 'YC-2025-' || place, place, chat, state, procedure, content, unit FROM requests, others",
        MAX_BULK_MOVES,
    )
    async with admin_transaction(desk) as at:
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED)

    assert (done.outcome, done.meant, done.changed) == (MoveOutcome.TOO_MANY, MAX_BULK_MOVES + 1, ())
    assert (await load_request(desk, ADMIN, given.code)).request.state is RequestState.SUBMITTED
