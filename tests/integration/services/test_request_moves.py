"""Moves of requests: guarded, recorded, told to the officer and journalled, on both databases."""

import json
from datetime import timedelta

import pytest

from bot.messages import NOTICE
from bot.services.unit_of_work import open_admin_transaction, open_turn
from bot.store.store import Store
from handlers.model.request import RequestState
from handlers.model.request_list import MAX_BULK_MOVES, Filter, MoveOutcome
from handlers.model.rights import Grant, Rights, Role
from tests.integration.store.conftest import Database
from tests.support.desk import ADMIN, OTHER, codes, person
from tests.support.office import UNITS, office, settle_units
from tests.support.ports import StoredTurns
from tests.support.stored_dialogue import registered, seen
from tests.support.storing import NOW, claim, one_chat


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    settle_units(database.sql)
    return store


async def test_a_move_is_recorded_told_once_and_journalled(desk: Store, database: Database) -> None:
    given = await registered(desk, "officer", person(), "DN.NT")
    async with office(desk) as at:
        done = await at.admin.desk.move(ADMIN, given.code, RequestState.SENT_BACK, 0, "Thiếu quyết định <b>")

    assert done.outcome is MoveOutcome.MOVED
    assert done.filed is not None
    assert (done.filed.revision, done.filed.actor, done.filed.note) == (1, "QT-000001", "Thiếu quyết định <b>")
    (row,) = await claim(desk)
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


async def test_the_second_admin_is_told_who_was_first_and_overwrites_nothing(desk: Store) -> None:
    given = await registered(desk, "1", person(), "DN.NT")
    first = Rights.of([Grant("QT-000009", Role.OWNER)], UNITS)
    async with office(desk) as at:
        await at.admin.desk.move(first, given.code, RequestState.ACCEPTED, 0)
    async with office(desk) as at:
        late = await at.admin.desk.move(ADMIN, given.code, RequestState.REFUSED, 0, "không đủ")

    assert late.outcome is MoveOutcome.OVERTAKEN
    assert late.filed is not None
    assert (late.filed.actor, late.filed.request.state) == ("QT-000009", RequestState.ACCEPTED)
    assert len(await claim(desk)) == 1


async def test_what_the_officer_did_meanwhile_overtakes_an_admin_too(desk: Store) -> None:
    given = await registered(desk, "officer", person(), "DN.NT")
    async with StoredTurns(desk, "officer")(NOW + timedelta(minutes=1)) as turn:
        await turn.requests.amend(given.code, person("Trần Thị Bình", unit_code="DN.NT"))
    async with office(desk) as at:
        late = await at.admin.desk.move(ADMIN, given.code, RequestState.ACCEPTED, 0)

    assert late.outcome is MoveOutcome.OVERTAKEN
    assert late.filed is not None
    assert (late.filed.actor, late.filed.revision) == ("subscriber", 1)
    assert await codes(desk, ADMIN, Filter(text="binh")) == [given.code]
    assert await codes(desk, ADMIN, Filter(text="nguyen")) == []


@pytest.mark.parametrize("to", [RequestState.DONE, RequestState.WITHDRAWN, RequestState.SUBMITTED, RequestState.DRAFT])
async def test_there_is_no_move_that_is_not_in_the_table_or_belongs_to_the_officer(
    desk: Store, to: RequestState
) -> None:
    given = await registered(desk, "1", person(), "DN.NT")
    async with office(desk) as at:
        done = await at.admin.desk.move(ADMIN, given.code, to, 0, "lý do")

    assert done.outcome is MoveOutcome.NOT_ALLOWED
    assert await claim(desk) == []


@pytest.mark.parametrize("note", ["", " ", "x" * 501, "CCCD 075012345678", "\x00", "\u202e"])
async def test_nothing_is_refused_without_a_reason_that_can_be_told(desk: Store, note: str) -> None:
    given = await registered(desk, "1", person(), "DN.NT")
    async with office(desk) as at:
        done = await at.admin.desk.move(ADMIN, given.code, RequestState.REFUSED, 0, note)
        bulk = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.REFUSED, note)

    assert (done.outcome, bulk.outcome) == (MoveOutcome.NO_REASON, MoveOutcome.NO_REASON)
    assert (await seen(desk, ADMIN, given.code)).request.state is RequestState.SUBMITTED


async def test_an_admin_of_another_commune_changes_nothing(desk: Store) -> None:
    given = await registered(desk, "1", person(), "DN.NT")
    async with office(desk) as at:
        assert (await at.admin.desk.move(OTHER, given.code, RequestState.ACCEPTED, 0)).outcome is MoveOutcome.UNKNOWN
        assert (await at.admin.desk.move_all(OTHER, Filter(unit="DN"), RequestState.ACCEPTED)).changed == ()
        assert await at.admin.desk.get(OTHER, given.code) is None

    assert (await seen(desk, ADMIN, given.code)).revision == 0


async def test_a_bulk_change_moves_what_can_be_moved_and_names_what_was_left(desk: Store, database: Database) -> None:
    given = [(await registered(desk, str(number), person(), "DN.NT")).code for number in range(4)]
    async with office(desk) as at:
        await at.admin.desk.move(ADMIN, given[0], RequestState.REFUSED, 0, "trùng")
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED)

    assert (done.outcome, done.changed, done.left, done.meant) == (MoveOutcome.MOVED, tuple(given[1:]), (given[0],), 4)
    assert len(await claim(desk)) == 4
    *_, row = database.sql("SELECT act, subject, unit, count FROM audit ORDER BY number")
    assert row == ("request.move_all", f"accepted: {', '.join(given[1:])}", "DN.NT", 3)


async def test_a_bulk_change_of_what_was_seen_is_refused_once_it_is_something_else(desk: Store) -> None:
    given = await registered(desk, "officer", person(), "DN.NT")
    async with office(desk) as at:
        seen_then = await at.admin.desk.preview_move_all(ADMIN, Filter())
    async with StoredTurns(desk, "officer")(NOW + timedelta(minutes=1)) as turn:
        await turn.requests.amend(given.code, person("Trần Thị Bình", unit_code="DN.NT"))
    async with office(desk) as at:
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED, seen=seen_then.mark)
        seen_now = await at.admin.desk.preview_move_all(ADMIN, Filter())
        again = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED, seen=seen_now.mark)

    assert (done.outcome, done.changed, done.meant) == (MoveOutcome.OVERTAKEN, (), 1)
    assert seen_then.number == seen_now.number == 1
    assert again.changed == (given.code,)


async def test_more_than_a_thousand_are_not_moved_at_one_go(desk: Store, database: Database) -> None:
    given = await registered(desk, "1", person(), "DN.NT")
    database.sql(
        "WITH RECURSIVE others (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM others WHERE place < ?)"
        " INSERT INTO requests (code, number, chat, state, procedure, content, unit)"
        " SELECT 'YC-2025-' || place, place, chat, state, procedure, content, unit FROM requests, others",
        MAX_BULK_MOVES,
    )
    async with office(desk) as at:
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED)

    assert (done.outcome, done.meant, done.changed) == (MoveOutcome.TOO_MANY, MAX_BULK_MOVES + 1, ())
    assert (await seen(desk, ADMIN, given.code)).request.state is RequestState.SUBMITTED


async def test_an_officer_is_told_in_the_language_of_their_conversation(desk: Store) -> None:
    given = await registered(desk, "1", person(), "DN.NT")
    chat = await one_chat(desk, "english", "1")
    turn = await desk.inbox.claim_turn(chat)
    assert turn is not None
    async with open_turn(desk, turn, NOW) as unit:
        await unit.finish(json.dumps({"language": "en"}), [])
    async with office(desk) as at:
        await at.admin.desk.move(ADMIN, given.code, RequestState.ACCEPTED, 0)

    (row,) = await claim(desk)
    assert "An admin has changed its state" in row.reply.paragraphs[0]


async def test_whoever_asked_to_be_forgotten_is_told_nothing_and_whoever_blocked_breaks_nothing(
    desk: Store, database: Database
) -> None:
    given = [(await registered(desk, str(number), person(), "DN.NT")).code for number in range(2)]
    database.sql(
        "UPDATE chats SET erased_at = 1, session = NULL WHERE id = (SELECT chat FROM requests WHERE code = ?)", given[0]
    )
    database.sql("UPDATE chats SET blocked_at = 1 WHERE id = (SELECT chat FROM requests WHERE code = ?)", given[1])
    async with office(desk) as at:
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED)

    assert done.changed == tuple(given)
    assert [row.origin for row in await claim(desk)] == [f"request:{given[1]}:1"]


async def test_a_move_that_is_not_committed_leaves_no_notice_and_no_row(desk: Store, database: Database) -> None:
    given = await registered(desk, "1", person(), "DN.NT")
    async with open_admin_transaction(desk, NOW) as at:
        await at.admin.desk.move(ADMIN, given.code, RequestState.ACCEPTED, 0)

    assert await claim(desk) == []
    assert database.sql("SELECT COUNT(*) FROM audit") == [(0,)]
    assert (await seen(desk, ADMIN, given.code)).revision == 0
