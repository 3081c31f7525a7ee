"""A list that comes back: all of it or nothing is applied."""

import pytest

from bot.messages import Chat
from bot.services.exports import ExportTaskService
from bot.store import Store
from handlers.model import ImportConflict, ImportLine, LineProblem, MoveOutcome, RequestState, Role
from tests.support.backends import Backend
from tests.support.exports import (
    IMPORTER,
    REASON,
    apply_import,
    list_lines,
    list_requests,
    plan_import,
    register_four,
    states_of,
)
from tests.support.people import OPERATOR, admin_transaction, grant_role, load_rights
from tests.support.store import NOW, claim_next_turn, deliver_all, make_content, open_chat, open_turn


@pytest.fixture
async def officer(store: Store) -> Chat:
    return await register_four(store)


async def moved(store: Store, code: str, to: RequestState, revision: int = 0, note: str = "") -> None:
    async with admin_transaction(store) as at:
        assert (await at.admin.desk.move(OPERATOR, code, to, revision, note)).outcome is MoveOutcome.MOVED


async def test_changes_are_made_told_and_recorded_as_any_move(store: Store, officer: Chat, ground: Backend) -> None:
    given_lines = await list_lines(store, RequestState.ACCEPTED, RequestState.SENT_BACK, note=REASON)
    plan = await plan_import(store, OPERATOR, given_lines)

    assert (await apply_import(store, OPERATOR, given_lines, plan)).applied
    found = await list_requests(store)
    assert states_of(found) == [
        RequestState.ACCEPTED,
        RequestState.SENT_BACK,
        RequestState.SUBMITTED,
        RequestState.SUBMITTED,
    ]
    assert [(one.revision, one.note, one.actor) for one in found[:2]] == [(1, REASON, "machine")] * 2
    notices = "\n".join(reply.paragraphs[0] for reply in await deliver_all(store))
    assert [notices.count(f"{one.request.code}</b>") for one in found] == [1, 1, 0, 0]
    assert notices.count(REASON) == 2
    assert [(act, count) for _, act, _, _, count in ground.journal() if act.startswith("request")] == [
        ("request.import", 2)
    ]


async def test_an_admin_changes_their_own_communes_requests_and_knows_of_no_other(store: Store, officer: Chat) -> None:
    held = await load_rights(store, IMPORTER)
    own = (await list_lines(store, RequestState.ACCEPTED))[:3]
    assert (await apply_import(store, held, own, await plan_import(store, held, own))).applied

    all_of_them = await list_lines(store, None, RequestState.ACCEPTED)
    plan = await plan_import(store, held, all_of_them)
    assert [(bad.line.code, bad.fault) for bad in plan.bad] == [("YC-2026-000004", LineProblem.UNKNOWN)]
    assert not (await apply_import(store, held, all_of_them, plan)).applied
    assert states_of(await list_requests(store)) == [RequestState.ACCEPTED, *[RequestState.SUBMITTED] * 3]


@pytest.mark.parametrize("role", [Role.FOCAL, None])
async def test_whoever_may_not_import_changes_nothing(store: Store, officer: Chat, role: Role | None) -> None:
    if role:
        await grant_role(store, "somebody", role, "DN")
    held = await load_rights(store, "somebody")
    given_lines = await list_lines(store, RequestState.ACCEPTED)
    plan = await plan_import(store, held, given_lines)

    assert {bad.fault for bad in plan.bad} == {LineProblem.UNKNOWN}
    assert not (await apply_import(store, held, given_lines, plan)).applied
    assert set(states_of(await list_requests(store))) == {RequestState.SUBMITTED}


async def test_a_newer_change_is_a_conflict_that_says_whose_when_and_what_it_is_now(
    store: Store, officer: Chat
) -> None:
    given_lines = await list_lines(store, RequestState.ACCEPTED, RequestState.ACCEPTED)
    await moved(store, "YC-2026-000001", RequestState.REFUSED, note=REASON)
    plan = await plan_import(store, OPERATOR, given_lines)

    (conflict,) = plan.conflicts
    assert (conflict.line, conflict.now.state, conflict.now.actor) == (given_lines[0], RequestState.REFUSED, "machine")
    assert conflict.now.changed_at == NOW
    assert not (await apply_import(store, OPERATOR, given_lines, plan)).applied
    assert states_of(await list_requests(store))[1] is RequestState.SUBMITTED


async def test_an_amended_request_is_a_conflict_too(store: Store, officer: Chat) -> None:
    given_lines = await list_lines(store, RequestState.ACCEPTED)
    chat = await open_chat(store, "2")
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.requests.amend("YC-2026-000001", make_content("other").model_copy(update={"unit_code": "DN.NT"}))
        await unit.finish("{}", [])

    (conflict,) = (await plan_import(store, OPERATOR, given_lines)).conflicts
    assert isinstance(conflict, ImportConflict)
    assert conflict.now.actor == "subscriber"


async def test_what_changed_between_the_look_and_the_yes_undoes_the_yes(store: Store, officer: Chat) -> None:
    given_lines = await list_lines(store, RequestState.ACCEPTED, RequestState.ACCEPTED)
    seen = await plan_import(store, OPERATOR, given_lines)
    await moved(store, "YC-2026-000001", RequestState.ACCEPTED)

    imported = await apply_import(store, OPERATOR, given_lines, seen)
    assert not imported.applied
    assert [change.code for change in imported.plan.changes] == ["YC-2026-000002"]
    assert states_of(await list_requests(store))[1] is RequestState.SUBMITTED
    assert (await apply_import(store, OPERATOR, given_lines, imported.plan)).applied


async def test_one_bad_line_stops_all(store: Store, officer: Chat) -> None:
    given_lines = [
        *await list_lines(store, RequestState.ACCEPTED),
        ImportLine(number=9, code="YC-1999-000001", state=RequestState.DONE),
    ]
    plan = await plan_import(store, OPERATOR, given_lines)

    assert not (await apply_import(store, OPERATOR, given_lines, plan)).applied
    assert set(states_of(await list_requests(store))) == {RequestState.SUBMITTED}


async def test_an_edited_row_of_an_older_list_that_was_not_touched_does_not_disturb(
    store: Store, officer: Chat
) -> None:
    given_lines = await list_lines(store, None, RequestState.ACCEPTED)
    await moved(store, "YC-2026-000001", RequestState.ACCEPTED)

    plan = await plan_import(store, OPERATOR, given_lines)
    assert plan.applicable
    assert (await apply_import(store, OPERATOR, given_lines, plan)).applied
    assert states_of(await list_requests(store))[:2] == [RequestState.ACCEPTED, RequestState.ACCEPTED]


async def test_no_exporter_takes_a_list_that_waits(store: Store, officer: Chat) -> None:
    given_lines = await list_lines(store)
    async with admin_transaction(store, officer) as at:
        await at.admin.lists.save_lines(given_lines)

    assert await ExportTaskService(store.tasks).take("telegram", NOW) is None


async def test_a_list_waits_sealed_in_its_chat_until_there_is_a_yes_or_a_no(
    store: Store, officer: Chat, ground: Backend
) -> None:
    given_lines = tuple(await list_lines(store, RequestState.SENT_BACK, note=REASON))
    async with admin_transaction(store, officer) as at:
        older = await at.admin.lists.save_lines(given_lines[:1])
        name = await at.admin.lists.save_lines(given_lines)
        assert await at.admin.lists.load_lines(older) is None
    assert REASON.encode() not in ground.bytes_at_rest()
    async with admin_transaction(store, store.chats.at("telegram", IMPORTER)) as at:
        assert await at.admin.lists.load_lines(name) is None, "it waits in another chat"
    async with admin_transaction(store, officer) as at:
        assert await at.admin.lists.load_lines(name) == given_lines
        await at.admin.lists.drop_lines()
        assert await at.admin.lists.load_lines(name) is None
