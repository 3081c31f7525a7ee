"""Moves of requests: guarded, recorded, told to the officer and journalled, on both databases."""

import pytest

from bot.store.store import Store
from handlers.model import MAX_BULK_MOVES, Filter, MoveOutcome, RequestState
from tests.support.database import Database
from tests.support.people import ADMIN, admin_transaction, insert_units, make_person_content
from tests.support.stored_dialogue import load_request, register_request


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    return store


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
