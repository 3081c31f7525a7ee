"""A list that comes back, applied to the requests in the store: all of it or nothing."""

import pytest

from bot.messages import Chat
from bot.store.store import Store
from handlers.model.imports import ImportLine
from handlers.model.request import RequestState
from tests.integration.store.conftest import Database
from tests.support.lists import list_lines, register_four
from tests.support.office import office, settle_units


@pytest.fixture
async def officer(store: Store, database: Database) -> Chat:
    settle_units(database.sql)
    return await register_four(store)


async def test_a_word_that_names_no_state_waits_sealed_too(store: Store, officer: Chat, database: Database) -> None:
    typed = (ImportLine(number=2, code="YC-2026-000001", state=None, word="xong của chị Hoa", revision=0),)
    async with office(store, officer) as at:
        name = await at.admin.imports.save_lines(typed)

    assert "chị Hoa".encode() not in database.bytes_at_rest()
    async with office(store, officer) as at:
        assert await at.admin.imports.load_lines(name) == typed


async def test_a_list_that_waits_for_a_yes_is_no_export_under_way(store: Store, officer: Chat) -> None:
    kept = await list_lines(store, RequestState.ACCEPTED)
    async with office(store, officer) as at:
        await at.admin.imports.save_lines(kept)

    assert (await store.status.depths()).tasks == 0
