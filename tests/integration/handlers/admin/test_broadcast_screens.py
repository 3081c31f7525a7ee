"""/thongbao in the chat, over the real store: an admin writes, checks, approves, sends and watches."""

from datetime import date, timedelta

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from handlers.model import EXPIRY_CAMPAIGN, BroadcastState, InterviewStatus, Role
from tests.support.broadcasts import load_broadcast
from tests.support.database import Sql
from tests.support.store import NOW
from tests.support.stored_dialogue import StoredTurns, add_owing_officers, start_talk


@pytest.fixture
async def town(store: Store, sql: Sql) -> Store:
    await add_owing_officers(store)
    return store


async def test_the_reminders_of_certificates_can_be_paused_and_not_called_off(town: Store) -> None:
    await certificate(town, "4", NOW.date() + timedelta(days=7))
    assert await BroadcastOperations.over(town).create_expiry_broadcast(NOW.date(), (60, 30, 7), NOW)
    owner = await start_talk(town, "owner", Role.OWNER, None)

    said = await owner.says(f"/thongbao {EXPIRY_CAMPAIGN}")
    assert "tự nhắc khi chứng thư sắp hết hạn" in said
    assert "Hủy thông báo" not in owner.labels
    await owner.taps("Tạm dừng")
    assert (await load_broadcast(town, EXPIRY_CAMPAIGN)).state is BroadcastState.PAUSED
    assert "TB-000001" in "".join((await owner.taps("Các lần nhắc"), *owner.labels))


async def certificate(store: Store, address: str, ends: date) -> None:
    async with StoredTurns(store, address)() as turn:
        await turn.register.save_status(
            InterviewStatus(interview=1, unit="DN.NT", subscriber="UBND", not_after=ends, owed=())
        )
