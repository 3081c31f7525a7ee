"""Exports are ordered one at a time, read what is within reach, and end with the role that they were ordered by."""

import pytest

from bot.messages import Chat, DeliveryState
from bot.store import Store
from handlers.core import Reply
from handlers.model import ExportForm, ExportOrder, ExportStatus, Filter, RequestRow, RequestState, Rights, Role
from tests.support.backends import Backend
from tests.support.people import (
    ADMIN,
    FOCAL,
    OFFICER,
    OPERATOR,
    admin_transaction,
    end_role,
    grant_role,
    load_rights,
    make_person_content,
)
from tests.support.store import CHANNEL, NOW, SERIAL, claim_rows, make_reply, open_chat
from tests.support.stored_dialogue import register_request

ORDER = ExportOrder(wanted=Filter(), form=ExportForm.XLSX)


@pytest.fixture
async def filled(store: Store) -> Store:
    """Four requests: of two communes, of an office below one of them, and of no unit."""
    for number, unit in enumerate(("DN.NT", "DN.DP", "DN.NT.VP", None)):
        await register_request(store, str(number), make_person_content(), unit)
    return store


@pytest.fixture
async def admin(store: Store) -> Chat:
    await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    return await open_chat(store, "1", "admin")


async def batch(
    store: Store, held: Rights, limit: int = 100, wanted: Filter | None = None, after: int = 0
) -> list[RequestRow]:
    async with admin_transaction(store) as at:
        _, last = await at.admin.lists.extent(held, wanted or Filter())
        return list(await at.admin.lists.batch(held, wanted or Filter(), limit, after=after, last=last))


async def start(store: Store, chat: Chat, held: Rights, order: ExportOrder = ORDER) -> str | None:
    async with admin_transaction(store, chat) as at:
        return await at.admin.lists.start(held, order, 7, make_reply("0 / 7"))


async def running(store: Store, chat: Chat) -> ExportStatus | None:
    async with admin_transaction(store, chat) as at:
        return await at.admin.lists.running()


async def delivered(store: Store) -> list[Reply]:
    """Deliver what waits; the platform calls each message 42."""
    said = []
    while rows := await claim_rows(store):
        for row in rows:
            said.append(row.reply)
            await store.outbox.settle(row, DeliveryState.SENT, NOW, message="42")
    return said


def numbers(rows: list[RequestRow]) -> list[int]:
    return [row.number % 1000 for row in rows]


async def test_everything_within_reach_comes_in_the_order_of_registration(filled: Store) -> None:
    assert numbers(await batch(filled, OPERATOR)) == [1, 2, 3, 4]
    assert numbers(await batch(filled, ADMIN)) == [1, 3]
    first, *_ = await batch(filled, OPERATOR, 1)
    assert numbers(await batch(filled, OPERATOR, 2, after=first.number)) == [2, 3]
    assert await batch(filled, OFFICER) == []
    assert numbers(await batch(filled, ADMIN, wanted=Filter(unit="DN"))) == [1, 3]


async def test_a_row_has_its_last_note_and_neither_decision_nor_history_and_is_masked(filled: Store) -> None:
    async with admin_transaction(filled) as at:
        await at.admin.desk.move(ADMIN, "YC-2026-000001", RequestState.SENT_BACK, 0, "Thiếu tên cũ")
    full, *_ = await batch(filled, ADMIN)
    masked, *_ = await batch(filled, FOCAL)

    assert (full.request.state, full.note, full.actor, full.revision) == (
        *(RequestState.SENT_BACK, "Thiếu tên cũ", "QT-000001", 1),
    )
    assert (full.request.content.decision, full.request.history) == ("", ())
    assert (full.request.content.serial, masked.request.content.subscriber, masked.note) == (SERIAL, "N. V. An", "")
    assert SERIAL not in repr(masked)


async def test_one_is_under_way_at_a_time_and_whoever_may_not_starts_none(
    ground: Backend, store: Store, admin: Chat
) -> None:
    assert await start(store, admin, OFFICER) is None
    assert await start(store, admin, await load_rights(store, "admin")) == "XD-000001"
    assert await start(store, admin, await load_rights(store, "admin")) is None
    assert await running(store, admin) == ExportStatus("XD-000001", 0, 7)
    assert await running(store, store.chats.at(CHANNEL, "somebody else")) is None
    assert ground.journal()[-1] == ("QT-000001", "export_start", "XD-000001 xlsx", "DN.NT", 7)
    assert [reply.paragraphs for reply in await delivered(store)] == [("0 / 7",)]


async def test_a_cancelled_one_makes_room_and_says_so_in_place_of_its_message(
    ground: Backend, store: Store, admin: Chat
) -> None:
    held = await load_rights(store, "admin")
    await start(store, admin, held)
    await delivered(store)
    async with admin_transaction(store, admin) as at:
        assert await at.admin.lists.cancel(held, make_reply("hủy"))
        assert not await at.admin.lists.cancel(held, make_reply("hủy"))

    assert await running(store, admin) is None
    assert [(one.paragraphs, one.action, one.target) for one in await delivered(store)] == [(("hủy",), "edit", "42")]
    assert ground.journal()[-1][1:3] == ("export_cancel", "XD-000001")
    assert await start(store, admin, held) == "XD-000002"


async def test_one_ends_with_the_role_that_it_was_ordered_by(ground: Backend, store: Store, admin: Chat) -> None:
    await start(store, admin, await load_rights(store, "admin"))
    await delivered(store)

    assert await end_role(store, OPERATOR, "QT-000001") is None

    assert await running(store, admin) is None
    assert ("machine", "export_cancel", "XD-000001 QT-000001", None, 1) in ground.journal()
    (said,) = await delivered(store)
    assert (said.action, said.target) == ("edit", "42")


async def test_one_that_the_roles_that_are_left_still_cover_goes_on(store: Store, admin: Chat) -> None:
    wider = await grant_role(store, "admin", Role.ADMIN, "DN")
    near = ExportOrder(wanted=Filter(unit="DN.NT"), form=ExportForm.CSV)
    await start(store, admin, await load_rights(store, "admin"), near)

    assert await end_role(store, OPERATOR, wider.id) is None

    assert await running(store, admin) is not None
