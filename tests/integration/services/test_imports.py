"""A list that comes back, applied to the requests in the store: all of it or nothing."""

from collections.abc import Sequence

import pytest

from bot.messages import Chat
from bot.services.unit_of_work import open_turn
from bot.store.store import Store
from handlers.model import Filter, ImportLine, ImportPlan, ImportResult, RequestRow, RequestState, Rights, Role
from tests.integration.conftest import Database
from tests.support.people import OPERATOR, admin_transaction, grant_role, insert_units
from tests.support.store import NOW, claim_next_turn, make_content, open_chat

ADMIN = "admin of Nhơn Trạch"
REASON = "thiếu quyết định sáp nhập"


@pytest.fixture
async def officer(store: Store, database: Database) -> Chat:
    """Who registered three requests of Nhơn Trạch and one of Đại Phước."""
    insert_units(database.sql)
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        for number, code in enumerate(("DN.NT", "DN.NT", "DN.NT", "DN.DP")):
            await unit.requests.register(make_content(f"{number}").model_copy(update={"unit_code": code}))
        await unit.finish("{}", [])
    await grant_role(store, ADMIN, Role.ADMIN, "DN.NT")
    return chat


async def listed(store: Store, held: Rights = OPERATOR) -> list[RequestRow]:
    """The oldest first."""
    async with admin_transaction(store) as at:
        return list(reversed(await at.admin.desk.page(held, Filter(), 100)))


async def lines(store: Store, *states: RequestState | None, note: str = "") -> list[ImportLine]:
    """The whole list as it stands, with the states of the first ones changed."""
    return [
        ImportLine(
            number=at + 2,
            code=one.request.code,
            state=(states[at] if at < len(states) else None) or one.request.state,
            note=note if at < len(states) and states[at] else one.note,
            revision=one.revision,
        )
        for at, one in enumerate(await listed(store))
    ]


async def applied(store: Store, held: Rights, given_lines: Sequence[ImportLine], seen: ImportPlan) -> ImportResult:
    async with admin_transaction(store) as at:
        return await at.admin.imports.apply(held, given_lines, seen.mark)


def states(found: Sequence[RequestRow]) -> list[RequestState]:
    return [one.request.state for one in found]


async def test_a_list_waits_sealed_in_its_chat_until_there_is_a_yes_or_a_no(
    store: Store, officer: Chat, database: Database
) -> None:
    given_lines = tuple(await lines(store, RequestState.SENT_BACK, note=REASON))
    async with admin_transaction(store, officer) as at:
        older = await at.admin.imports.save_lines(given_lines[:1])
        name = await at.admin.imports.save_lines(given_lines)
        assert await at.admin.imports.load_lines(older) is None
    assert REASON.encode() not in database.bytes_at_rest()

    async with admin_transaction(store, store.chats.at("telegram", ADMIN)) as at:
        assert await at.admin.imports.load_lines(name) is None, "it waits in another chat"
    async with admin_transaction(store, officer) as at:
        assert await at.admin.imports.load_lines(name) == given_lines
        await at.admin.imports.drop_lines(name)
        assert await at.admin.imports.load_lines(name) is None


async def test_a_word_that_names_no_state_waits_sealed_too(store: Store, officer: Chat, database: Database) -> None:
    typed = (ImportLine(number=2, code="YC-2026-000001", state=None, word="xong của chị Hoa", revision=0),)
    async with admin_transaction(store, officer) as at:
        name = await at.admin.imports.save_lines(typed)

    assert "chị Hoa".encode() not in database.bytes_at_rest()
    async with admin_transaction(store, officer) as at:
        assert await at.admin.imports.load_lines(name) == typed


async def test_a_list_that_waits_for_a_yes_is_no_export_under_way(store: Store, officer: Chat) -> None:
    kept = await lines(store, RequestState.ACCEPTED)
    async with admin_transaction(store, officer) as at:
        await at.admin.imports.save_lines(kept)

    assert (await store.status.depths()).tasks == 0
