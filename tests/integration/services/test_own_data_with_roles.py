"""What is held about a person by the admins' side: shown, and deleted while others work with it."""

import asyncio

import pytest

from bot.messages import Chat
from bot.services.unit_of_work import open_turn
from bot.store import Store
from handlers.core import MarkupTranslator
from handlers.model import ExportForm, ExportOrder, Filter, ImportLine, MoveOutcome, RequestState, Role
from tests.support.database import Database, OpenStore
from tests.support.dialogue import find_machine_labels, read_own_data, render_own_data
from tests.support.people import OPERATOR, admin_transaction, grant_role, insert_units, load_rights
from tests.support.store import ADDRESS, NAME, NOW, claim_next_turn, make_content, make_reply, open_chat
from tests.support.stored_dialogue import register_request


async def test_what_i_ordered_is_shown_and_nobody_elses(store: Store) -> None:
    await grant_role(store, "khác", Role.OWNER)
    await grant_role(store, ADDRESS, Role.OWNER)
    chat, other = await open_chat(store), await open_chat(store, "2", "khác")
    lines = (ImportLine(number=2, code="YC-2026-000001", state=RequestState.DONE, note=NAME),)
    for one, address in ((chat, ADDRESS), (other, "khác")):
        held = await load_rights(store, address)
        async with admin_transaction(store, one) as at:
            order = ExportOrder(wanted=Filter(text=NAME), form=ExportForm.CSV)
            await at.admin.lists.start(held, order, 1, make_reply("chờ"))
            await at.admin.lists.save_lines(lines)

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        held = await read_own_data(unit.own_data)

    at = NOW.isoformat()
    assert held["tasks"] == [
        {"id": "NL-000001", "kind": "import", "state": "queued", "created_at": at},
        {"id": "XD-000001", "kind": "export", "state": "queued", "created_at": at},
    ]
    text = render_own_data(held, MarkupTranslator("vi"))
    assert "XD-000001" in text
    assert find_machine_labels(text, held) == set()
    assert NAME not in text


async def test_of_a_request_that_stays_the_notes_go_and_the_moves_stay(store: Store, database: Database) -> None:
    insert_units(database.sql)
    made = await register_request(store, ADDRESS, make_content(), "DN.NT")
    for revision, state in enumerate((RequestState.ACCEPTED, RequestState.FORWARDED)):
        async with admin_transaction(store) as at:
            moved = await at.admin.desk.move(OPERATOR, made.code, state, revision, "bà Lan gọi 0912")
        assert moved.outcome is MoveOutcome.MOVED, state
    chat = await open_chat(store)

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
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
    insert_units(database.sql)
    await grant_role(store, "chủ", Role.OWNER)
    chats, other = [], await another()
    for number in range(6):
        address = f"{round_} {number}"
        await grant_role(store, address, Role.ADMIN, "DN.NT")
        for _ in range(3):
            await register_request(store, address, make_content(), "DN.NT")
        chats.append(await open_chat(store, f"erase {address}", address))

    async def erase(chat: Chat) -> None:
        async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
            await unit.own_data.erase()
            await unit.finish(None, [])

    async def move(state: RequestState) -> None:
        async with admin_transaction(other) as at:
            await at.admin.desk.move_all(OPERATOR, Filter(), state, "lý do")

    await asyncio.gather(
        *map(erase, chats), *(move(state) for state in (RequestState.ACCEPTED, RequestState.SENT_BACK) * 4)
    )

    assert (await store.audit.verify_journal()).fault is None
    assert [grant for chat in chats for grant in (await load_rights(store, chat.address)).grants] == []
