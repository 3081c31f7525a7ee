"""Whoever only looks keeps nobody from writing."""

import asyncio

import pytest

from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from bot.store.drivers import Query
from bot.store.errors import ReadingOnly
from handlers.model import Filter
from tests.support.database import OpenStore
from tests.support.people import OPERATOR
from tests.support.store import NOW, make_incoming

#: Seconds: far less than a writer would wait for another one.
SOON = 2.0


async def test_an_update_is_stored_while_another_process_reads_the_list(store: Store, another: OpenStore) -> None:
    reader = await another()
    async with open_admin_transaction(reader, NOW, reading=True) as at:
        await at.admin.desk.count(OPERATOR, Filter())
        assert len(await asyncio.wait_for(store.inbox.receive([make_incoming("1")], NOW), SOON)) == 1


async def test_an_update_is_stored_while_the_same_process_reads_the_list(store: Store) -> None:
    async with open_admin_transaction(store, NOW, reading=True) as at:
        await at.admin.desk.count(OPERATOR, Filter())
        assert len(await asyncio.wait_for(store.inbox.receive([make_incoming("1")], NOW), SOON)) == 1


async def test_what_is_to_be_written_while_it_is_only_read_is_refused_and_says_so(store: Store) -> None:
    async with open_admin_transaction(store, NOW, reading=True) as at:
        with pytest.raises(ReadingOnly):
            await at.admin.journal.record(OPERATOR, "test", "x")
    async with open_admin_transaction(store, NOW, reading=True) as at:
        assert await at.admin.journal.latest(OPERATOR, 10) == ()


async def test_what_is_read_is_of_one_moment(store: Store, another: OpenStore) -> None:
    reader = await another()
    async with open_admin_transaction(reader, NOW, reading=True) as at:
        before = await at.admin.journal.latest(OPERATOR, 10)
        async with open_admin_transaction(store, NOW) as other:
            await other.admin.journal.record(OPERATOR, "test", "x")
            await other.commit()
        assert await at.admin.journal.latest(OPERATOR, 10) == before


async def test_how_much_waits_is_told_while_somebody_writes(store: Store, another: OpenStore) -> None:
    writer = await another()
    async with open_admin_transaction(writer, NOW) as at:
        await at.admin.journal.record(OPERATOR, "test", "x")
        await asyncio.wait_for(store.status.depths(), SOON)


async def test_who_reads_in_a_transaction_may_look_at_the_queues_as_well(store: Store) -> None:
    async with asyncio.timeout(10), store.driver.transaction(reading=True) as reading:
        await reading.run(Query("inbox_waiting"))
        assert (await store.status.depths()).inbox == 0
