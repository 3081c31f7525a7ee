"""Moves of requests: guarded, recorded, told to the officer and journalled, on both databases."""

from typing import Any

import pytest

from bot.services.request_list import RequestMover
from bot.store import RequestListRepository, Store
from handlers.model import MAX_BULK_MOVES, Filter, Grant, MoveOutcome, RequestRow, RequestState, Rights, Role
from tests.support.database import Database
from tests.support.people import ADMIN, UNITS, admin_transaction, insert_units, make_person_content
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


async def test_a_move_of_somebody_else_between_two_readings_is_not_taken_back(
    desk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = (await register_request(desk, "1", make_person_content(), "DN.NT")).code
    other, page = Rights.of([Grant("QT-000004", Role.ADMIN, "DN")], UNITS), RequestListRepository.page

    async def read_and_lose(self: RequestListRepository, selection: Any, *limits: Any) -> tuple[RequestRow, ...]:
        rows = await page(self, selection, *limits)
        monkeypatch.setattr(RequestListRepository, "page", page)
        movable = await self.read_movable(selection, 1)
        await RequestMover(self, other, RequestState.FORWARDED, "").move(movable)
        return rows

    async with admin_transaction(desk) as at:
        await at.admin.desk.move(ADMIN, given, RequestState.ACCEPTED, 0)
        monkeypatch.setattr(RequestListRepository, "page", read_and_lose)
        done = await at.admin.desk.take_back(ADMIN, Filter(codes=(given,)))
    assert (done.changed, done.left) == ((), (given,))
    assert (await load_request(desk, ADMIN, given)).request.state is RequestState.FORWARDED
