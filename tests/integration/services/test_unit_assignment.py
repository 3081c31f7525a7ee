"""A request that belongs to no unit, or to a wrong one, is given to the one it belongs to, on both databases."""

import asyncio

import pytest

from bot.store.store import Store
from handlers.model.request import RequestState
from handlers.model.request_list import Filter, MoveOutcome
from handlers.model.rights import Grant, Rights, Role
from tests.integration.store.conftest import Command, Database
from tests.support.desk import ADMIN, FOCAL, OFFICER, OTHER, codes, person
from tests.support.office import OPERATOR, UNITS, given, office, settle_units
from tests.support.ports import StoredTurns
from tests.support.stored_dialogue import registered, seen

CODE = "YC-2026-000001"
PROVINCE = Rights.of([Grant("QT-000004", Role.ADMIN, "DN")], UNITS)


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    settle_units(database.sql)
    return store


async def place(store: Store, rights: Rights, unit: str, code: str = CODE) -> MoveOutcome:
    async with office(store) as at:
        return (await at.admin.desk.assign_unit(rights, code, unit)).outcome


async def run(troly: Command, *arguments: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(troly, "requests", "place", *arguments)


async def test_a_request_of_no_unit_is_seen_by_the_admin_of_the_unit_it_is_given_to(desk: Store) -> None:
    await registered(desk, "1", person(), None)
    before = await seen(desk, OPERATOR, CODE)
    assert await codes(desk, ADMIN) == []

    assert await place(desk, OPERATOR, "DN.NT") is MoveOutcome.MOVED

    assert await codes(desk, ADMIN) == [CODE]
    filed = await seen(desk, ADMIN, CODE)
    assert (filed.unit, filed.revision) == ("DN.NT", before.revision + 1)
    assert (filed.actor, filed.changed_at, filed.request.state) == (
        before.actor,
        before.changed_at,
        before.request.state,
    )
    assert filed.request.content == before.request.content.model_copy(update={"unit_code": "DN.NT"})


async def test_it_is_found_by_its_words_as_before(desk: Store) -> None:
    await registered(desk, "1", person(), None)
    await place(desk, OPERATOR, "DN.NT")
    assert await codes(desk, ADMIN, Filter(text="nguyen van an")) == [CODE]


async def test_an_amendment_by_its_officer_keeps_the_place(desk: Store) -> None:
    await registered(desk, "1", person(), None)
    await place(desk, OPERATOR, "DN.NT")
    async with StoredTurns(desk, "1")() as turn:
        mine = await turn.requests.get(CODE)
        assert mine
        assert await turn.requests.amend(CODE, mine.content.model_copy(update={"subscriber": "An"}))
    assert await codes(desk, ADMIN) == [CODE]


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
    await registered(desk, "1", person(), lies)
    assert await place(desk, rights, unit) is outcome
    assert (await seen(desk, OPERATOR, CODE)).unit == (unit if outcome is MoveOutcome.MOVED else lies)


async def test_each_placing_has_a_row_of_the_journal_for_those_who_got_the_request(
    desk: Store, database: Database
) -> None:
    await registered(desk, "1", person(), None)
    await place(desk, OPERATOR, "DN.NT")
    await place(desk, OPERATOR, "DN.NT")
    rows = "SELECT actor, act, subject, unit, count FROM audit"
    assert database.sql(rows) == [("machine", "request.place", CODE, "DN.NT", 1)]


@pytest.mark.parametrize(("rights", "outcome"), [(ADMIN, MoveOutcome.UNKNOWN), (PROVINCE, MoveOutcome.OVERTAKEN)])
async def test_whoever_looked_before_it_was_placed_changes_nothing(
    desk: Store, rights: Rights, outcome: MoveOutcome
) -> None:
    await registered(desk, "1", person(), "DN.NT")
    revision = (await seen(desk, rights, CODE)).revision
    await place(desk, OPERATOR, "DN.DP")
    async with office(desk) as at:
        assert (await at.admin.desk.move(rights, CODE, RequestState.ACCEPTED, revision)).outcome is outcome
    assert (await seen(desk, OTHER, CODE)).request.state is RequestState.SUBMITTED


async def test_the_command_places_each_and_says_what_could_not_be(desk: Store, troly: Command) -> None:
    await registered(desk, "1", person(), None)
    code, out, _ = await run(troly, "yc-2026-000001", "YC-2026-000009", "--to", "DN.NT")
    assert (code, out.splitlines()) == (1, [f"{CODE}: DN.NT", "YC-2026-000009: no such request within reach"])
    assert await codes(desk, ADMIN) == [CODE]


@pytest.mark.parametrize("unit", ["DN.PD", "không có", ""])
async def test_the_command_knows_open_units_only(desk: Store, troly: Command, unit: str) -> None:
    await registered(desk, "1", person(), "DN.NT")
    code, out, error = await run(troly, CODE, "--to", unit)
    assert (code, out) == (2, "")
    assert "troly units find" in " ".join(error.replace("│", " ").split())


async def test_as_a_person_the_command_reaches_as_far_as_they_do(desk: Store, troly: Command) -> None:
    await registered(desk, "1", person(), "DN.NT")
    admin = await given(desk, "admin", Role.ADMIN, "DN.NT")
    focal = await given(desk, "focal", Role.FOCAL, "DN.NT")
    assert (await run(troly, CODE, "--to", "DN.DP", "--as", admin.id))[0] == 3
    assert (await run(troly, CODE, "--to", "DN.NT.VP", "--as", focal.id))[0] == 3
    assert (await run(troly, CODE, "--to", "DN.NT.VP", "--as", admin.id))[0] == 0
