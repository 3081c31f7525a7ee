"""Requests as the person who registers them sees them: guarded moves, each recorded."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.store import Store
from handlers.model import AMENDABLE_STATES, OPEN_STATES, REQUEST_TRANSITIONS, RequestState, RequestStep
from rules.outcome import Procedure
from tests.support.store import NAME, NOW, make_content
from tests.support.stored_dialogue import StoredTurns, Turns


async def test_a_registered_request_reads_back_as_it_was_given(turns: Turns) -> None:
    async with turns() as unit:
        given = await unit.requests.register(make_content())

    async with turns() as unit:
        assert await unit.requests.mine() == (given,)
        assert await unit.requests.get(given.code) == given
    assert given.code == "YC-2026-000001"
    assert given.content == make_content()
    assert given.history == (RequestStep(state=RequestState.SUBMITTED, at=NOW, by="subscriber"),)


async def test_codes_count_within_the_year_in_viet_nam(turns: Turns) -> None:
    new_year_in_viet_nam = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    codes = []
    for now in (NOW, new_year_in_viet_nam - timedelta(seconds=1), new_year_in_viet_nam):
        async with turns(now) as unit:
            codes.append((await unit.requests.register(make_content())).code)

    assert codes == ["YC-2026-000001", "YC-2026-000002", "YC-2027-000001"]


async def test_the_newest_request_comes_first(turns: Turns) -> None:
    async with turns() as unit:
        codes = [(await unit.requests.register(make_content(serial))).code for serial in ("AA", "BB", "CC")]
        assert [request.code for request in await unit.requests.mine()] == codes[::-1]


async def test_nobody_sees_or_moves_the_request_of_another_chat(store: Store) -> None:
    async with StoredTurns(store, "an")() as unit:
        code = (await unit.requests.register(make_content())).code

    async with StoredTurns(store, "bình")() as unit:
        assert await unit.requests.mine() == ()
        assert await unit.requests.get(code) is None
        assert await unit.requests.open_for("AA", "revoke") is None
        assert await unit.requests.amend(code, make_content("AA")) is None
        assert await unit.requests.move(code, RequestState.WITHDRAWN) is None
    async with StoredTurns(store, "an")() as unit:
        kept = await unit.requests.get(code)
    assert kept is not None
    assert (kept.state, kept.content) == (RequestState.SUBMITTED, make_content())


async def test_an_open_request_for_the_same_certificate_and_procedure_is_found(turns: Turns) -> None:
    async with turns() as unit:
        given = await unit.requests.register(make_content("AA", Procedure.REVOKE))

        assert await unit.requests.open_for("AA", "revoke") == given
        assert await unit.requests.open_for("AA", "extend") is None
        assert await unit.requests.open_for("AB", "revoke") is None
        await unit.requests.move(given.code, RequestState.WITHDRAWN)
        assert await unit.requests.open_for("AA", "revoke") is None


@pytest.mark.parametrize("state", RequestState)
async def test_a_request_is_noticed_again_exactly_while_it_is_open(turns: Turns, state: RequestState) -> None:
    async with turns() as unit:
        await unit.requests.register(make_content("AA", Procedure.REVOKE), state)

        assert (await unit.requests.open_for("AA", "revoke") is not None) == (state in OPEN_STATES)


@pytest.mark.parametrize("state", RequestState)
async def test_a_request_is_amended_exactly_while_that_is_allowed(turns: Turns, state: RequestState) -> None:
    async with turns() as unit:
        given = await unit.requests.register(make_content("AA"), state)

        amended = await unit.requests.amend(given.code, make_content("BB", Procedure.REVOKE))

        assert (amended is not None) == (state in AMENDABLE_STATES)
        expected = make_content("BB", Procedure.REVOKE) if state in AMENDABLE_STATES else make_content("AA")
        kept = await unit.requests.get(given.code)
        assert kept is not None
        assert kept.content == expected
        assert (await unit.requests.open_for("BB", "revoke") is not None) == (state in AMENDABLE_STATES)


async def test_a_request_moves_exactly_along_the_allowed_moves(turns: Turns) -> None:
    async with turns() as unit:
        for old, new in product(RequestState, RequestState):
            given = await unit.requests.register(make_content(), old)

            moved = await unit.requests.move(given.code, new)

            assert (moved is not None) == (new in REQUEST_TRANSITIONS[old]), (old, new)
            assert moved is None or moved.state == new


async def test_every_move_is_recorded_with_who_and_when(turns: Turns) -> None:
    async with turns() as unit:
        code = (await unit.requests.register(make_content(), RequestState.DRAFT)).code
    later = NOW + timedelta(hours=3)
    async with turns(later) as unit:
        await unit.requests.move(code, RequestState.SUBMITTED)
        await unit.requests.move(code, RequestState.DONE)
        moved = await unit.requests.move(code, RequestState.WITHDRAWN)

    assert moved is not None
    assert [(step.state, step.at, step.by) for step in moved.history] == [
        (RequestState.DRAFT, NOW, "subscriber"),
        (RequestState.SUBMITTED, later, "subscriber"),
        (RequestState.WITHDRAWN, later, "subscriber"),
    ]


async def test_without_a_serial_a_certificate_is_known_by_whose_it_is(turns: Turns) -> None:
    async with turns() as unit:
        given = await unit.requests.register(make_content(None, Procedure.REVOKE))

    async with turns() as unit:
        again = make_content(None, Procedure.REVOKE).model_copy(update={"subscriber": NAME.upper()})
        other = make_content(None, Procedure.REVOKE).model_copy(update={"subscriber": "Ủy ban nhân dân xã Đại Phước"})
        assert await unit.requests.get(given.code) == given
        assert await unit.requests.open_for(again.certificate_key, "revoke") == given
        assert await unit.requests.open_for(other.certificate_key, "revoke") is None
        assert await unit.requests.open_for(make_content("AA").certificate_key, "revoke") is None


async def test_a_serial_that_becomes_known_is_what_the_certificate_is_found_by(turns: Turns) -> None:
    async with turns() as unit:
        given = await unit.requests.register(make_content(None, Procedure.REVOKE))
        amended = await unit.requests.amend(given.code, make_content("AA", Procedure.REVOKE))

        assert await unit.requests.open_for("AA", "revoke") == amended
        assert await unit.requests.open_for(given.content.certificate_key, "revoke") is None


async def test_of_two_open_requests_for_the_same_the_newest_is_found(turns: Turns) -> None:
    async with turns() as unit:
        _, newest = [await unit.requests.register(make_content("AA", Procedure.REVOKE)) for _ in range(2)]

        assert await unit.requests.open_for("AA", "revoke") == newest


async def test_a_code_that_was_never_given_is_nobodys(turns: Turns) -> None:
    async with turns() as unit:
        assert await unit.requests.get("YC-2026-000001") is None
        assert await unit.requests.amend("YC-2026-000001", make_content()) is None
        assert await unit.requests.move("YC-2026-000001", RequestState.WITHDRAWN) is None
