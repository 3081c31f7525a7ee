"""Registered requests are told to those in whose scope they are: once, as each chose, never to their officer."""

from contextlib import suppress
from datetime import date, timedelta

import pytest

from bot.messages import NOTICE, OutboxRow
from bot.store import Store
from handlers.model import (
    Filter,
    MoveOutcome,
    NoticeTiming,
    RequestOffice,
    RequestState,
    Rights,
    Role,
    Succession,
    SuccessionKind,
    Unit,
    UnitAssignment,
    UnitDirectory,
)
from rules.outcome import Procedure
from tests.support.backends import Backend
from tests.support.people import ADMIN, OPERATOR, UNITS, admin_transaction, end_role, grant_role, make_person_content
from tests.support.store import NOW, claim_rows, make_content
from tests.support.stored_dialogue import StoredTurns, register_request


async def told(store: Store) -> dict[str, OutboxRow]:
    """Return what waits to be sent, by the address of its person."""
    return {row.chat.address: row for row in await claim_rows(store)}


async def chooses(store: Store, address: str, timing: NoticeTiming) -> None:
    async with admin_transaction(store, store.chats.at("telegram", address)) as at:
        await at.admin.people.choose_notice_timing(timing)


async def test_a_registered_request_is_told_to_those_in_whose_scope_it_is_and_to_nobody_else(store: Store) -> None:
    for name, role, unit in (
        ("đầu mối", Role.FOCAL, "DN.NT"),
        ("tỉnh", Role.ADMIN, "DN"),
        ("xã bên", Role.ADMIN, "DN.DP"),
        ("văn phòng", Role.FOCAL, "DN.NT.VP"),
        ("chủ", Role.OWNER, None),
    ):
        await grant_role(store, name, role, unit)

    made = await register_request(store, "cán bộ", make_person_content(), "DN.NT")

    heard = await told(store)
    assert set(heard) == {"đầu mối", "tỉnh"}
    assert {row.priority for row in heard.values()} == {NOTICE}
    assert heard["tỉnh"].origin == f"new:{made.code}:0:{heard['tỉnh'].chat.id}"
    assert "Nguyễn Văn An" in heard["tỉnh"].reply.paragraphs[0]
    assert "Nguyễn" not in heard["đầu mối"].reply.paragraphs[0]  # a focal officer sees names masked
    assert heard["tỉnh"].reply.choices[0].tap.startswith(f"desk_request|{made.code}|=")


async def test_whoever_registers_is_not_told_of_their_own_request(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await grant_role(store, "an", Role.FOCAL, "DN")
    await register_request(store, "an", make_person_content(), "DN.NT")

    assert await told(store) == {}


async def test_a_person_with_two_roles_is_told_once(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await grant_role(store, "an", Role.FOCAL, "DN")
    await register_request(store, "cán bộ", make_person_content(), "DN.NT")

    assert len(await claim_rows(store)) == 1
    assert await claim_rows(store) == []


async def test_nothing_is_told_of_a_turn_that_was_not_kept(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    with suppress(RuntimeError):
        async with StoredTurns(store, "cán bộ")() as turn:
            await turn.requests.register(make_person_content().model_copy(update={"unit_code": "DN.NT"}))
            raise RuntimeError

    assert await told(store) == {}


async def test_a_draft_is_told_when_it_is_sent_and_a_returned_request_when_it_comes_again(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    async with StoredTurns(store, "cán bộ")() as turn:
        made = await turn.requests.register(
            make_person_content().model_copy(update={"unit_code": "DN.NT"}), RequestState.DRAFT
        )
    assert await told(store) == {}
    async with StoredTurns(store, "cán bộ")() as turn:
        await turn.requests.move(made.code, RequestState.SUBMITTED)

    assert (await told(store))["an"].origin.startswith(f"new:{made.code}:1:")


async def test_a_request_without_a_unit_is_told_once_it_has_one(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    made = await register_request(store, "cán bộ", make_person_content(), None)
    assert await told(store) == {}
    async with StoredTurns(store, "cán bộ")() as turn:
        assert (await turn.requests.handling(made.code)).unit is None
        await turn.requests.amend(made.code, make_person_content().model_copy(update={"unit_code": "DN.NT"}))
        await turn.requests.amend(
            made.code, make_person_content("Trần Thị Bình").model_copy(update={"unit_code": "DN.NT"})
        )

    assert [row.chat.address for row in await claim_rows(store)] == ["an"]


async def test_an_operator_who_places_a_request_tells_those_who_have_it_now(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    made = await register_request(store, "cán bộ", make_person_content(), None)
    async with admin_transaction(store) as at:
        assert (await at.admin.desk.assign_unit(OPERATOR, made.code, "DN.NT")).outcome is MoveOutcome.MOVED

    assert set(await told(store)) == {"an"}


async def test_whoever_chose_the_morning_is_not_told_at_once_and_a_role_that_ended_hears_nothing(store: Store) -> None:
    await grant_role(store, "sáng", Role.ADMIN, "DN.NT")
    await grant_role(store, "ngay", Role.OWNER)
    former = await grant_role(store, "cũ", Role.ADMIN, "DN.NT")
    await chooses(store, "sáng", NoticeTiming.MORNING)
    await chooses(store, "ngay", NoticeTiming.AT_ONCE)
    assert await end_role(store, OPERATOR, former.id) is None
    await register_request(store, "cán bộ", make_person_content(), "DN.NT")

    assert set(await told(store)) == {"ngay"}


@pytest.mark.parametrize(
    ("role", "unit", "usual"),
    [(Role.ADMIN, "DN.NT", NoticeTiming.AT_ONCE), (Role.OWNER, None, NoticeTiming.MORNING)],
)
async def test_the_timing_is_that_of_the_role_until_it_is_chosen(
    store: Store, role: Role, unit: str | None, usual: NoticeTiming
) -> None:
    await grant_role(store, "an", role, unit)
    other = next(one for one in NoticeTiming if one is not usual)
    chat = store.chats.at("telegram", "an")
    async with admin_transaction(store, chat) as at:
        assert await at.admin.people.notice_timing() is usual
        await at.admin.people.choose_notice_timing(other)
    async with admin_transaction(store, chat) as at:
        assert await at.admin.people.notice_timing() is other


async def test_people_who_blocked_or_left_are_not_told(store: Store, ground: Backend) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await grant_role(store, "bình", Role.ADMIN, "DN.NT")
    ground.change_chat("an", blocked_at=NOW)
    await register_request(store, "cán bộ", make_person_content(), "DN.NT")

    assert set(await told(store)) == {"bình"}


async def test_the_officer_learns_the_office_and_never_a_persons_name(store: Store) -> None:
    await grant_role(store, "tỉnh", Role.ADMIN, "DN", label="Anh Tư")
    await grant_role(store, "xã", Role.ADMIN, "DN.NT", label="Chị Lan")
    await grant_role(store, "đầu mối", Role.FOCAL, "DN.NT")
    made = await register_request(store, "cán bộ", make_person_content(), "DN.NT")
    async with StoredTurns(store, "cán bộ")() as turn:
        handling = await turn.requests.handling(made.code)

    assert handling.offices == (RequestOffice(Role.ADMIN, "DN.NT"), RequestOffice(Role.FOCAL, "DN.NT"))
    assert (handling.unit, handling.usual_days) == ("DN.NT", None)


async def test_the_usual_time_is_the_median_of_enough_answers_and_else_nothing(store: Store) -> None:
    grant = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    rights = Rights.of([grant], UNITS)
    for number, days in enumerate((1, 2, 3, 30, 2)):
        made = await register_request(store, f"{number}", make_content(f"AA0{number}"), "DN.NT")
        async with StoredTurns(store, f"{number}")() as turn:
            assert (await turn.requests.handling(made.code)).usual_days is None
        async with admin_transaction(store, now=NOW + timedelta(days=days)) as at:
            await at.admin.desk.move(rights, made.code, RequestState.ACCEPTED, 0)
    async with StoredTurns(store, "0")() as turn:
        handling = await turn.requests.handling("YC-2026-000001")

    assert handling.usual_days == 2
    assert handling.steps == {grant.id: RequestOffice(Role.ADMIN, "DN.NT")}


async def test_a_step_is_told_with_the_office_that_made_it(store: Store) -> None:
    made = await register_request(store, "cán bộ", make_person_content(), "DN.NT")
    async with admin_transaction(store) as at:
        await at.admin.desk.move(ADMIN, made.code, RequestState.ACCEPTED, 0)

    assert "Quản trị viên – Xã Nhơn Trạch đã chuyển trạng thái" in (await told(store))["cán bộ"].reply.paragraphs[0]


async def test_requests_that_an_import_of_units_places_are_told_once_a_person_however_many_they_are(
    store: Store,
) -> None:
    """A notice for each would be a flood; the overview of the morning tells of new requests only."""
    made = [await register_request(store, f"cán bộ {number}", make_person_content(), None) for number in range(3)]
    done = await register_request(store, "cán bộ 9", make_person_content(), None)
    async with admin_transaction(store) as at:
        for state in (RequestState.ACCEPTED, RequestState.REFUSED):
            row = await at.admin.desk.get(OPERATOR, done.code)
            assert row is not None
            await at.admin.desk.move(OPERATOR, done.code, state, row.revision, "Không thuộc phạm vi")
    await claim_rows(store)
    await grant_role(store, "xã", Role.ADMIN, "DN.NT")
    await grant_role(store, "tỉnh", Role.ADMIN, "DN")
    await chooses(store, "tỉnh", NoticeTiming.MORNING)
    await grant_role(store, "xã bên", Role.ADMIN, "DN.DP")
    revision = {one.code: 0 for one in made}
    async with admin_transaction(store) as at:
        row = await at.admin.desk.get(OPERATOR, done.code)
        assert row is not None
        placing = [
            UnitAssignment(code, number, "DN.NT") for code, number in {**revision, done.code: row.revision}.items()
        ]
        assert await at.admin.units.save(OPERATOR, UNITS, frozenset(), placing) is None

    heard = await told(store)
    assert set(heard) == {"xã", "tỉnh"}
    assert all("3</b>" in row.reply.paragraphs[0] for row in heard.values())
    assert all("Nguyễn" not in "".join(row.reply.paragraphs) for row in heard.values())
    assert await claim_rows(store) == []


async def test_requests_that_come_to_the_heir_of_an_ended_unit_are_told_to_those_who_have_it_now(store: Store) -> None:
    await register_request(store, "cán bộ", make_person_content(), "DN.NT")
    await claim_rows(store)
    await grant_role(store, "xã bên", Role.ADMIN, "DN.DP")
    ended = Unit("DN.NT", "Xã Nhơn Trạch", "DN", closed_on=date(2025, 7, 1))
    heir = Succession("DN.NT", "DN.DP", SuccessionKind.MERGED_INTO_EXISTING, date(2025, 7, 1), "1662/NQ-UBTVQH15")
    units = UnitDirectory.of([{**UNITS.units, "DN.NT": ended}[code] for code in UNITS.units], [heir])
    async with admin_transaction(store) as at:
        assert await at.admin.units.save(OPERATOR, units, frozenset({"DN.NT"})) is None

    heard = await told(store)
    assert set(heard) == {"xã bên"}


async def test_what_is_incomplete_is_counted_by_what_it_lacks_and_found_by_the_same_filter(store: Store) -> None:
    whole = make_person_content().model_copy(update={"serial": "75580955FC81D6A7", "not_after": date(2028, 1, 2)})
    contents = {
        "whole": whole,
        "no_serial": whole.model_copy(update={"serial": None}),
        "no_day": whole.model_copy(update={"not_after": None}),
        "new": whole.model_copy(update={"serial": None, "not_after": None, "procedure": Procedure.ISSUE_NEW}),
        "back": whole,
    }
    made = {name: await register_request(store, name, content, "DN.NT") for name, content in contents.items()}
    made["homeless"] = await register_request(store, "homeless", whole, None)
    wanted = Filter(incomplete=True)
    async with admin_transaction(store) as at:
        row = await at.admin.desk.get(OPERATOR, made["back"].code)
        assert row is not None
        await at.admin.desk.move(OPERATOR, row.request.code, RequestState.SENT_BACK, row.revision, "Thiếu quyết định")
    async with admin_transaction(store) as at:
        assert await at.admin.units.save(OPERATOR, UNITS, frozenset(UNITS.units)) is None
    async with admin_transaction(store) as at:
        found = {row.request.code for row in await at.admin.desk.page(OPERATOR, wanted, 20)}
        assert await at.admin.desk.count(OPERATOR, wanted) == len(found)
    assert found == {made[name].code for name in ("no_serial", "no_day", "back", "homeless")}
