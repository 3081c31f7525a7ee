"""Requests: unique codes, guarded moves, each recorded, nobody sees another's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, product

import pytest

from bot.store.api import Store
from handlers.ports import RequestBook
from handlers.requests.model import AMENDABLE, MOVES, OPEN, State, Step
from rules.outcome import Procedure
from tests.integration.store.conftest import OpenStore
from tests.support.storing import ADDRESS, NOW, content, next_turn, one_chat

_updates = count(1)


@asynccontextmanager
async def requests_of(store: Store, address: str = ADDRESS, now: datetime = NOW) -> AsyncIterator[RequestBook]:
    chat = await one_chat(store, f"update {next(_updates)}", address)
    async with store.turn(await next_turn(store, chat), now) as unit:
        yield unit.requests
        await unit.finish("{}", [])


async def test_a_registered_request_reads_back_as_it_was_given(store: Store) -> None:
    async with requests_of(store) as book:
        given = await book.register(content())

    async with requests_of(store) as book:
        assert await book.mine() == (given,)
        assert await book.get(given.code) == given
    assert given.code == "YC-2026-000001"
    assert given.content == content()
    assert given.history == (Step(state=State.SUBMITTED, at=NOW, by="subscriber"),)


async def test_codes_count_within_the_year_in_viet_nam(store: Store) -> None:
    new_year_in_viet_nam = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    codes = []
    for now in (NOW, new_year_in_viet_nam - timedelta(seconds=1), new_year_in_viet_nam):
        async with requests_of(store, now=now) as book:
            codes.append((await book.register(content())).code)

    assert codes == ["YC-2026-000001", "YC-2026-000002", "YC-2027-000001"]


async def test_codes_are_unique_when_many_register_at_once(store: Store, another: OpenStore) -> None:
    other = await another()

    async def register(each: Store, address: str) -> str:
        async with requests_of(each, address) as book:
            return (await book.register(content())).code

    codes = await asyncio.gather(
        *(register(each, f"chat {n} {i}") for n in range(12) for i, each in enumerate((store, other)))
    )

    assert sorted(codes) == [f"YC-2026-{number:06d}" for number in range(1, 25)]


async def test_the_newest_request_comes_first(store: Store) -> None:
    async with requests_of(store) as book:
        codes = [(await book.register(content(serial))).code for serial in ("AA", "BB", "CC")]
        assert [request.code for request in await book.mine()] == codes[::-1]


async def test_nobody_sees_or_moves_the_request_of_another_chat(store: Store) -> None:
    async with requests_of(store, "an") as book:
        code = (await book.register(content())).code

    async with requests_of(store, "bình") as book:
        assert await book.mine() == ()
        assert await book.get(code) is None
        assert await book.open_for("AA", "revoke") is None
        assert await book.amend(code, content("AA")) is None
        assert await book.move(code, State.WITHDRAWN) is None
    async with requests_of(store, "an") as book:
        kept = await book.get(code)
    assert kept is not None
    assert (kept.state, kept.content) == (State.SUBMITTED, content())


async def test_an_open_request_for_the_same_certificate_and_procedure_is_found(store: Store) -> None:
    async with requests_of(store) as book:
        given = await book.register(content("AA", Procedure.REVOKE))

        assert await book.open_for("AA", "revoke") == given
        assert await book.open_for("AA", "extend") is None
        assert await book.open_for("AB", "revoke") is None
        await book.move(given.code, State.WITHDRAWN)
        assert await book.open_for("AA", "revoke") is None


@pytest.mark.parametrize("state", State)
async def test_a_request_is_noticed_again_exactly_while_it_is_open(store: Store, state: State) -> None:
    async with requests_of(store) as book:
        await book.register(content("AA", Procedure.REVOKE), state)

        assert (await book.open_for("AA", "revoke") is not None) == (state in OPEN)


@pytest.mark.parametrize("state", State)
async def test_a_request_is_amended_exactly_while_that_is_allowed(store: Store, state: State) -> None:
    async with requests_of(store) as book:
        given = await book.register(content("AA"), state)

        amended = await book.amend(given.code, content("BB", Procedure.REVOKE))

        assert (amended is not None) == (state in AMENDABLE)
        expected = content("BB", Procedure.REVOKE) if state in AMENDABLE else content("AA")
        kept = await book.get(given.code)
        assert kept is not None
        assert kept.content == expected
        assert (await book.open_for("BB", "revoke") is not None) == (state in AMENDABLE)


async def test_a_request_moves_exactly_along_the_allowed_moves(store: Store) -> None:
    async with requests_of(store) as book:
        for old, new in product(State, State):
            given = await book.register(content(), old)

            moved = await book.move(given.code, new)

            assert (moved is not None) == (new in MOVES[old]), (old, new)
            assert moved is None or moved.state == new


async def test_every_move_is_recorded_with_who_and_when(store: Store) -> None:
    async with requests_of(store) as book:
        code = (await book.register(content(), State.DRAFT)).code
    later = NOW + timedelta(hours=3)
    async with requests_of(store, now=later) as book:
        await book.move(code, State.SUBMITTED)
        await book.move(code, State.DONE)
        moved = await book.move(code, State.WITHDRAWN)

    assert moved is not None
    assert [(step.state, step.at, step.by) for step in moved.history] == [
        (State.DRAFT, NOW, "subscriber"),
        (State.SUBMITTED, later, "subscriber"),
        (State.WITHDRAWN, later, "subscriber"),
    ]


async def test_a_request_without_a_serial_is_kept_too(store: Store) -> None:
    async with requests_of(store) as book:
        given = await book.register(content(None))

        assert await book.get(given.code) == given
