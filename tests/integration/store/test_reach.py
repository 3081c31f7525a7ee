"""Repositories read and change what lies within a reach, whoever calls them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.store import Store
from bot.store.context import StoreContext
from bot.store.journal import JournalRepository
from bot.store.request_list import ImportRepository, RequestListRepository
from handlers.model import MACHINE, Act, Filter, Reach
from tests.support.database import Database
from tests.support.people import ADMIN, FOCAL, OFFICER, OPERATOR, OTHER, admin_transaction, insert_units
from tests.support.store import NOW, make_content
from tests.support.stored_dialogue import register_request

WITHIN = [OPERATOR.reach(Act.CHANGE_REQUESTS), ADMIN.reach(Act.CHANGE_REQUESTS), Reach(units=("DN.DP", "DN.NT"))]
OUTSIDE = [OTHER.reach(Act.CHANGE_REQUESTS), FOCAL.reach(Act.CHANGE_REQUESTS), OFFICER.reach(Act.CHANGE_REQUESTS)]


@pytest.fixture
async def code(store: Store, database: Database) -> str:
    """Of a request below the unit of ``ADMIN``, with a row of the journal."""
    insert_units(database.sql)
    request = await register_request(store, "1", make_content(), "DN.NT.VP")
    async with admin_transaction(store) as at:
        await at.admin.journal.record(OPERATOR, "export", request.code, unit="DN.NT.VP")
    return request.code


@asynccontextmanager
async def reading(store: Store) -> AsyncIterator[StoreContext]:
    async with store.driver.transaction(reading=True) as transaction:
        yield StoreContext(transaction.run, store.keyring, NOW, MACHINE)


async def found(store: Store, reach: Reach, code: str) -> list[bool]:
    """Whether each of the ways to a request, and to its row of the journal, finds it."""
    async with reading(store) as context:
        requests, imports = RequestListRepository(context), ImportRepository(context)
        selection = await requests.select(reach, Filter(), personal_words=True)
        return [
            selection is not None and await requests.count(selection) == 1,
            await requests.get(reach, code) is not None,
            bool(await requests.read_movable_at(reach, code, 0)),
            bool(await requests.read_movable_among(reach, [code])),
            bool(await imports.read_current(reach, [code])),
            bool(await JournalRepository(context).page(reach, 9)),
        ]


@pytest.mark.parametrize("reach", WITHIN)
async def test_what_lies_within_reach_is_found_on_every_way(store: Store, code: str, reach: Reach) -> None:
    assert await found(store, reach, code) == [True] * 6


@pytest.mark.parametrize("reach", OUTSIDE)
async def test_what_lies_out_of_reach_is_found_on_none(store: Store, code: str, reach: Reach) -> None:
    assert await found(store, reach, code) == [False] * 6


async def test_a_request_that_changed_since_is_not_read_for_a_move(store: Store, code: str) -> None:
    async with reading(store) as context:
        assert await RequestListRepository(context).read_movable_at(Reach(everything=True), code, 1) == []
