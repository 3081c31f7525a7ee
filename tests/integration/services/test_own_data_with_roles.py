"""What is held about a person by the admins' side: shown, and deleted while others work with it."""

import asyncio

import pytest

from bot.messages import Chat
from bot.services.unit_of_work import open_turn
from bot.store.store import Store
from handlers.core.text import MarkupTranslator
from handlers.model.exports import ExportForm, ExportOrder
from handlers.model.imports import ImportLine
from handlers.model.request import RequestState
from handlers.model.request_list import Filter, MoveOutcome
from handlers.model.rights import Role
from handlers.own_data import render_own_data
from tests.integration.store.conftest import Database, OpenStore
from tests.support.office import OPERATOR, given, office, rights, settle_units
from tests.support.own_data import everything, machine_labels
from tests.support.stored_dialogue import registered
from tests.support.storing import ADDRESS, NAME, NOW, content, next_turn, one_chat, says


async def test_what_i_ordered_is_shown_and_nobody_elses(store: Store) -> None:
    await given(store, "khác", Role.OWNER)
    await given(store, ADDRESS, Role.OWNER)
    chat, other = await one_chat(store), await one_chat(store, "2", "khác")
    lines = (ImportLine(number=2, code="YC-2026-000001", state=RequestState.DONE, note=NAME),)
    for one, address in ((chat, ADDRESS), (other, "khác")):
        held = await rights(store, address)
        async with office(store, one) as at:
            order = ExportOrder(wanted=Filter(text=NAME), form=ExportForm.CSV)
            await at.admin.exports.start(held, order, 1, says("chờ"))
            await at.admin.imports.save_lines(lines)

    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        held = await everything(unit.own_data)

    at = NOW.isoformat()
    assert held["tasks"] == [
        {"id": "NL-000001", "kind": "import", "state": "queued", "created_at": at},
        {"id": "XD-000001", "kind": "export", "state": "queued", "created_at": at},
    ]
    text = render_own_data(held, MarkupTranslator("vi"))
    assert "XD-000001" in text
    assert machine_labels(text, held) == set()
    assert NAME not in text


async def test_of_a_request_that_stays_the_notes_go_and_the_moves_stay(store: Store, database: Database) -> None:
    settle_units(database.sql)
    made = await registered(store, ADDRESS, content(), "DN.NT")
    for revision, state in enumerate((RequestState.ACCEPTED, RequestState.FORWARDED)):
        async with office(store) as at:
            moved = await at.admin.desk.move(OPERATOR, made.code, state, revision, "bà Lan gọi 0912")
        assert moved.outcome is MoveOutcome.MOVED, state
    chat = await one_chat(store)

    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        before = (await unit.requests.mine())[0].history
        assert await unit.own_data.erase() == (made.code,)
        after = (await unit.requests.mine())[0].history

    assert "bà Lan gọi 0912" in {step.note for step in before}
    assert [step.note for step in after] == [""] * len(before)
    assert [(step.state, step.at, step.by) for step in after] == [(step.state, step.at, step.by) for step in before]


@pytest.mark.parametrize("round_", range(4))
async def test_who_is_erased_while_their_requests_are_moved_waits_for_nobody_in_vain(
    another: OpenStore, store: Store, database: Database, round_: int
) -> None:
    settle_units(database.sql)
    await given(store, "chủ", Role.OWNER)
    chats, other = [], await another()
    for number in range(6):
        address = f"{round_} {number}"
        await given(store, address, Role.ADMIN, "DN.NT")
        for _ in range(3):
            await registered(store, address, content(), "DN.NT")
        chats.append(await one_chat(store, f"erase {address}", address))

    async def erase(chat: Chat) -> None:
        async with open_turn(store, await next_turn(store, chat), NOW) as unit:
            await unit.own_data.erase()
            await unit.finish(None, [])

    async def move(state: RequestState) -> None:
        async with office(other) as at:
            await at.admin.desk.move_all(OPERATOR, Filter(), state, "lý do")

    await asyncio.gather(
        *map(erase, chats), *(move(state) for state in (RequestState.ACCEPTED, RequestState.SENT_BACK) * 4)
    )

    assert (await store.audit.verify_journal()).fault is None
    assert [grant for chat in chats for grant in (await rights(store, chat.address)).grants] == []
