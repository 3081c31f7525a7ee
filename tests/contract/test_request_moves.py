"""Moves of requests: guarded, told to the officer and journalled; and their place in the tree of units."""

import json
from datetime import timedelta

import pytest

from bot.messages import NOTICE, DeliveryState
from bot.store import Store
from handlers.model import Filter, Grant, MoveOutcome, RequestState, Rights, Role
from tests.support.backends import Backend
from tests.support.people import (
    ADMIN,
    FOCAL,
    OFFICER,
    OPERATOR,
    OTHER,
    UNITS,
    admin_transaction,
    list_codes,
    make_person_content,
)
from tests.support.store import NOW, claim_rows, open_admin_transaction, open_chat, open_turn
from tests.support.stored_dialogue import StoredTurns, load_request, register_request

CODE = "YC-2026-000001"
PROVINCE = Rights.of([Grant("QT-000004", Role.ADMIN, "DN")], UNITS)


async def test_a_move_is_recorded_told_once_and_journalled(ground: Backend) -> None:
    given = await register_request(ground.store, "officer", make_person_content(), "DN.NT")
    async with admin_transaction(ground.store) as at:
        done = await at.admin.desk.move(ADMIN, given.code, RequestState.SENT_BACK, 0, "Thiếu quyết định <b>")

    assert done.outcome is MoveOutcome.MOVED
    assert done.filed is not None
    assert (done.filed.revision, done.filed.actor, done.filed.note) == (1, "QT-000001", "Thiếu quyết định <b>")
    (row,) = await claim_rows(ground.store)
    assert (row.chat.address, row.priority, row.origin) == ("officer", NOTICE, f"request:{given.code}:1")
    assert "Thiếu quyết định &lt;b&gt;" in row.reply.paragraphs[0]
    assert f"/yeucau {given.code}" in row.reply.paragraphs[-1]
    assert ground.journal() == [("QT-000001", "request.move", given.code, "DN.NT", 1)]
    assert "Thiếu".encode() not in ground.bytes_at_rest()
    async with StoredTurns(ground.store, "officer")() as turn:
        mine = await turn.requests.get(given.code)
    assert mine is not None
    assert [(step.state, step.note) for step in mine.history] == [
        (RequestState.SUBMITTED, ""),
        (RequestState.SENT_BACK, "Thiếu quyết định <b>"),
    ]


async def test_the_second_admin_is_told_who_was_first_and_overwrites_nothing(desk: Store) -> None:
    given = await register_request(desk, "1", make_person_content(), "DN.NT")
    first = Rights.of([Grant("QT-000009", Role.OWNER)], UNITS)
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(first, given.code, RequestState.ACCEPTED, 0)
    async with admin_transaction(desk) as at:
        late = await at.admin.desk.move(ADMIN, given.code, RequestState.REFUSED, 0, "không đủ")

    assert late.outcome is MoveOutcome.OVERTAKEN
    assert late.filed is not None
    assert (late.filed.actor, late.filed.request.state) == ("QT-000009", RequestState.ACCEPTED)
    assert len(await claim_rows(desk)) == 1


async def test_what_the_officer_did_meanwhile_overtakes_an_admin_too(desk: Store) -> None:
    given = await register_request(desk, "officer", make_person_content(), "DN.NT")
    async with StoredTurns(desk, "officer")(NOW + timedelta(minutes=1)) as turn:
        await turn.requests.amend(given.code, make_person_content("Trần Thị Bình", unit_code="DN.NT"))
    async with admin_transaction(desk) as at:
        late = await at.admin.desk.move(ADMIN, given.code, RequestState.ACCEPTED, 0)

    assert late.outcome is MoveOutcome.OVERTAKEN
    assert late.filed is not None
    assert (late.filed.actor, late.filed.revision) == ("subscriber", 1)
    assert await list_codes(desk, ADMIN, Filter(text="binh")) == [given.code]
    assert await list_codes(desk, ADMIN, Filter(text="nguyen")) == []


@pytest.mark.parametrize("to", [RequestState.DONE, RequestState.WITHDRAWN, RequestState.SUBMITTED, RequestState.DRAFT])
async def test_there_is_no_move_that_is_not_in_the_table_or_belongs_to_the_officer(
    desk: Store, to: RequestState
) -> None:
    given = await register_request(desk, "1", make_person_content(), "DN.NT")
    async with admin_transaction(desk) as at:
        done = await at.admin.desk.move(ADMIN, given.code, to, 0, "lý do")

    assert done.outcome is MoveOutcome.NOT_ALLOWED
    assert await claim_rows(desk) == []


@pytest.mark.parametrize("note", ["", " ", "x" * 501, "CCCD 075012345678", "\x00", "\u202e"])
async def test_nothing_is_refused_without_a_reason_that_can_be_told(desk: Store, note: str) -> None:
    given = await register_request(desk, "1", make_person_content(), "DN.NT")
    async with admin_transaction(desk) as at:
        done = await at.admin.desk.move(ADMIN, given.code, RequestState.REFUSED, 0, note)
        bulk = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.REFUSED, note)

    assert (done.outcome, bulk.outcome) == (MoveOutcome.NO_REASON, MoveOutcome.NO_REASON)
    assert (await load_request(desk, ADMIN, given.code)).request.state is RequestState.SUBMITTED


async def test_an_admin_of_another_commune_changes_nothing(desk: Store) -> None:
    given = await register_request(desk, "1", make_person_content(), "DN.NT")
    async with admin_transaction(desk) as at:
        assert (await at.admin.desk.move(OTHER, given.code, RequestState.ACCEPTED, 0)).outcome is MoveOutcome.UNKNOWN
        assert (await at.admin.desk.move_all(OTHER, Filter(unit="DN"), RequestState.ACCEPTED)).changed == ()
        assert await at.admin.desk.get(OTHER, given.code) is None

    assert (await load_request(desk, ADMIN, given.code)).revision == 0


async def test_a_bulk_change_moves_what_can_be_moved_and_names_what_was_left(desk: Store, ground: Backend) -> None:
    given = [(await register_request(desk, str(number), make_person_content(), "DN.NT")).code for number in range(4)]
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(ADMIN, given[0], RequestState.REFUSED, 0, "trùng")
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED)

    assert (done.outcome, done.changed, done.left, done.meant) == (MoveOutcome.MOVED, tuple(given[1:]), (given[0],), 4)
    assert len(await claim_rows(desk)) == 4
    *_, (_, *row) = ground.journal()
    assert tuple(row) == ("request.move_all", f"accepted: {', '.join(given[1:])}", "DN.NT", 3)


async def test_a_bulk_change_of_what_was_seen_is_refused_once_it_is_something_else(desk: Store) -> None:
    given = await register_request(desk, "officer", make_person_content(), "DN.NT")
    async with admin_transaction(desk) as at:
        seen_then = await at.admin.desk.preview_move_all(ADMIN, Filter())
    async with StoredTurns(desk, "officer")(NOW + timedelta(minutes=1)) as turn:
        await turn.requests.amend(given.code, make_person_content("Trần Thị Bình", unit_code="DN.NT"))
    async with admin_transaction(desk) as at:
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED, seen=seen_then.mark)
        seen_now = await at.admin.desk.preview_move_all(ADMIN, Filter())
        again = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED, seen=seen_now.mark)

    assert (done.outcome, done.changed, done.meant) == (MoveOutcome.OVERTAKEN, (), 1)
    assert seen_then.number == seen_now.number == 1
    assert again.changed == (given.code,)


async def test_a_mistaken_move_is_taken_back_by_whoever_made_it_for_a_while(desk: Store, ground: Backend) -> None:
    given = [(await register_request(desk, str(number), make_person_content(), "DN.NT")).code for number in range(3)]
    wanted = Filter(codes=tuple(given))
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(ADMIN, given[0], RequestState.REFUSED, 0, "trùng")  # final: it stays
        await at.admin.desk.move_all(ADMIN, wanted, RequestState.ACCEPTED)
        await at.admin.desk.move(PROVINCE, given[1], RequestState.FORWARDED, 1)
    async with admin_transaction(desk) as at:
        assert (await at.admin.desk.take_back(FOCAL, wanted)).changed == ()
        assert (await at.admin.desk.take_back(OTHER, wanted)).changed == ()
        done = await at.admin.desk.take_back(ADMIN, wanted)
        again = await at.admin.desk.take_back(ADMIN, wanted)
    assert (done.changed, done.left, again.changed) == ((given[2],), tuple(given[:2]), ())
    states = [(await load_request(desk, ADMIN, code)).request.state for code in given]
    assert states == [RequestState.REFUSED, RequestState.FORWARDED, RequestState.SUBMITTED]
    *_, (_, *row) = ground.journal()
    assert tuple(row) == ("request.take_back", given[2], "DN.NT", 1)
    for row in [row for row in await claim_rows(desk) if row.origin == f"request:{given[2]}:1"]:
        await desk.outbox.settle(row, DeliveryState.SENT, NOW)
    (after,) = [row for row in await claim_rows(desk) if row.origin == f"request:{given[2]}:2"]
    assert "đã ghi nhận" in after.reply.paragraphs[0]


async def test_a_move_that_was_taken_back_is_no_move_to_take_back(desk: Store) -> None:
    given = (await register_request(desk, "1", make_person_content(), "DN.NT")).code
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(ADMIN, given, RequestState.ACCEPTED, 0)
        for to, revision in ((RequestState.FORWARDED, 1), (RequestState.SENT_BACK, 3)):
            await at.admin.desk.move(ADMIN, given, to, revision, "thiếu quyết định")
            assert (await at.admin.desk.take_back(ADMIN, Filter(codes=(given,)))).changed == (given,)
            assert (await at.admin.desk.take_back(ADMIN, Filter(codes=(given,)))).changed == ()
            filed = await at.admin.desk.get(ADMIN, given)
            assert filed is not None
            assert filed.request.state is RequestState.ACCEPTED


async def test_a_move_is_not_taken_back_later_or_after_another_change(desk: Store) -> None:
    given = [(await register_request(desk, str(number), make_person_content(), "DN.NT")).code for number in range(2)]
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(ADMIN, given[0], RequestState.SENT_BACK, 0, "thiếu quyết định")
        await at.admin.desk.move(ADMIN, given[1], RequestState.ACCEPTED, 0)
    async with StoredTurns(desk, "0")(NOW + timedelta(minutes=1)) as turn:
        await turn.requests.amend(given[0], make_person_content("Trần Thị Bình", unit_code="DN.NT"))
    async with open_admin_transaction(desk, NOW + timedelta(minutes=2)) as at:
        assert (await at.admin.desk.take_back(ADMIN, Filter(codes=(given[0],)))).changed == ()
    async with open_admin_transaction(desk, NOW + timedelta(minutes=16)) as at:
        assert (await at.admin.desk.take_back(ADMIN, Filter(codes=(given[1],)))).changed == ()
    async with open_admin_transaction(desk, NOW + timedelta(minutes=15)) as at:
        assert (await at.admin.desk.take_back(ADMIN, Filter(codes=(given[1],)))).changed == (given[1],)


async def test_an_officer_is_told_in_the_language_of_their_conversation(desk: Store) -> None:
    given = await register_request(desk, "1", make_person_content(), "DN.NT")
    chat = await open_chat(desk, "english", "1")
    turn = await desk.inbox.claim_turn(chat)
    assert turn is not None
    async with open_turn(desk, turn, NOW) as unit:
        await unit.finish(json.dumps({"language": "en"}), [])
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(ADMIN, given.code, RequestState.ACCEPTED, 0)

    (row,) = await claim_rows(desk)
    assert "Admin – Xã Nhơn Trạch has changed its state" in row.reply.paragraphs[0]


async def test_a_move_that_is_not_committed_leaves_no_notice_and_no_row(desk: Store, ground: Backend) -> None:
    given = await register_request(desk, "1", make_person_content(), "DN.NT")
    async with open_admin_transaction(desk, NOW) as at:
        await at.admin.desk.move(ADMIN, given.code, RequestState.ACCEPTED, 0)

    assert await claim_rows(desk) == []
    assert ground.journal() == []
    assert (await load_request(desk, ADMIN, given.code)).revision == 0


async def test_whoever_asked_to_be_forgotten_is_told_nothing_and_whoever_blocked_breaks_nothing(
    desk: Store, ground: Backend
) -> None:
    given = [(await register_request(desk, str(number), make_person_content(), "DN.NT")).code for number in range(2)]
    ground.change_chat("0", erased_at=NOW, session=None)
    ground.change_chat("1", blocked_at=NOW)
    async with admin_transaction(desk) as at:
        done = await at.admin.desk.move_all(ADMIN, Filter(), RequestState.ACCEPTED)

    assert done.changed == tuple(given)
    assert [row.origin for row in await claim_rows(desk)] == [f"request:{given[1]}:1"]


async def place(store: Store, rights: Rights, unit: str, code: str = CODE) -> MoveOutcome:
    async with admin_transaction(store) as at:
        return (await at.admin.desk.assign_unit(rights, code, unit)).outcome


async def test_a_request_of_no_unit_is_seen_by_the_admin_of_the_unit_it_is_given_to(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), None)
    before = await load_request(desk, OPERATOR, CODE)
    assert await list_codes(desk, ADMIN) == []

    assert await place(desk, OPERATOR, "DN.NT") is MoveOutcome.MOVED

    assert await list_codes(desk, ADMIN) == [CODE]
    filed = await load_request(desk, ADMIN, CODE)
    assert (filed.unit, filed.revision) == ("DN.NT", before.revision + 1)
    assert (filed.actor, filed.changed_at, filed.request.state) == (
        before.actor,
        before.changed_at,
        before.request.state,
    )
    assert filed.request.content == before.request.content.model_copy(update={"unit_code": "DN.NT"})


async def test_it_is_found_by_its_words_as_before(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), None)
    await place(desk, OPERATOR, "DN.NT")
    assert await list_codes(desk, ADMIN, Filter(text="nguyen van an")) == [CODE]


async def test_an_amendment_by_its_officer_keeps_the_place(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), None)
    await place(desk, OPERATOR, "DN.NT")
    async with StoredTurns(desk, "1")() as turn:
        mine = await turn.requests.get(CODE)
        assert mine
        assert await turn.requests.amend(CODE, mine.content.model_copy(update={"subscriber": "An"}))
    assert await list_codes(desk, ADMIN) == [CODE]


@pytest.mark.parametrize(
    ("rights", "lies", "unit", "outcome"),
    [
        (ADMIN, None, "DN.NT", MoveOutcome.UNKNOWN),
        (PROVINCE, None, "DN.NT", MoveOutcome.UNKNOWN),
        (ADMIN, "DN.DP", "DN.NT", MoveOutcome.UNKNOWN),
        (ADMIN, "DN.NT", "DN.DP", MoveOutcome.NOT_THERE),
        (ADMIN, "DN.NT", "DN", MoveOutcome.NOT_THERE),
        (FOCAL, "DN.NT", "DN.NT.VP", MoveOutcome.UNKNOWN),
        (OFFICER, "DN.NT", "DN.NT.VP", MoveOutcome.UNKNOWN),
        (OPERATOR, "DN.NT", "DN.PD", MoveOutcome.NOT_THERE),
        (OPERATOR, "DN.NT", "không có", MoveOutcome.NOT_THERE),
        (PROVINCE, "DN.NT", "DN.DP", MoveOutcome.MOVED),
        (ADMIN, "DN.NT", "DN.NT.VP", MoveOutcome.MOVED),
    ],
)
async def test_both_where_it_lies_and_where_it_goes_are_within_reach(
    desk: Store, rights: Rights, lies: str | None, unit: str, outcome: MoveOutcome
) -> None:
    await register_request(desk, "1", make_person_content(), lies)
    assert await place(desk, rights, unit) is outcome
    assert (await load_request(desk, OPERATOR, CODE)).unit == (unit if outcome is MoveOutcome.MOVED else lies)


async def test_each_placing_has_a_row_of_the_journal_for_those_who_got_the_request(
    desk: Store, ground: Backend
) -> None:
    await register_request(desk, "1", make_person_content(), None)
    await place(desk, OPERATOR, "DN.NT")
    await place(desk, OPERATOR, "DN.NT")
    assert ground.journal() == [("machine", "request.place", CODE, "DN.NT", 1)]


@pytest.mark.parametrize(("rights", "outcome"), [(ADMIN, MoveOutcome.UNKNOWN), (PROVINCE, MoveOutcome.OVERTAKEN)])
async def test_whoever_looked_before_it_was_placed_changes_nothing(
    desk: Store, rights: Rights, outcome: MoveOutcome
) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    revision = (await load_request(desk, rights, CODE)).revision
    await place(desk, OPERATOR, "DN.DP")
    async with admin_transaction(desk) as at:
        assert (await at.admin.desk.move(rights, CODE, RequestState.ACCEPTED, revision)).outcome is outcome
    assert (await load_request(desk, OTHER, CODE)).request.state is RequestState.SUBMITTED
