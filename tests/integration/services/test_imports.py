"""A list that comes back, applied to the requests in the store: all of it or nothing."""

import pytest

from bot.messages import Chat
from bot.store import Store
from handlers.model import ImportLine, RequestState
from tests.support.database import Database
from tests.support.exports import list_lines, register_four
from tests.support.people import admin_transaction, insert_units


@pytest.fixture
async def officer(store: Store, database: Database) -> Chat:
    insert_units(database.sql)
    return await register_four(store)


async def test_a_word_that_names_no_state_waits_sealed_too(store: Store, officer: Chat, database: Database) -> None:
    typed = (ImportLine(number=2, code="YC-2026-000001", state=None, word="xong của chị Hoa", revision=0),)
    async with admin_transaction(store, officer) as at:
        name = await at.admin.lists.save_lines(typed)

    assert "chị Hoa".encode() not in database.bytes_at_rest()
    async with admin_transaction(store, officer) as at:
        assert await at.admin.lists.load_lines(name) == typed


async def test_a_list_that_waits_for_a_yes_is_no_export_under_way(store: Store, officer: Chat) -> None:
    kept = await list_lines(store, RequestState.ACCEPTED)
    async with admin_transaction(store, officer) as at:
        await at.admin.lists.save_lines(kept)

    assert (await store.status.depths()).tasks == 0
