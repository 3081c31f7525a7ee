"""/thongbao in the chat, over the real store: an admin writes, checks, approves, sends and watches."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store.store import Store
from handlers.model import EXPIRY_CAMPAIGN, Broadcast, BroadcastState, InterviewStatus, Role
from rules.outcome import Procedure
from tests.integration.handlers.admin.conftest import Sql
from tests.support.people import OPERATOR, admin_transaction, grant_role
from tests.support.store import NOW
from tests.support.stored_dialogue import StoredDialogue, StoredTurns

CODE = "TB-000001"


@pytest.fixture
async def town(store: Store, sql: Sql) -> Store:
    """Officers: two of Xã Nhơn Trạch, one of them with something to do; one of Xã Đại Phước."""
    await officer(store, "1", "DN.NT", (Procedure.CHANGE_INFORMATION,))
    await officer(store, "2", "DN.NT.VP", ())
    await officer(store, "3", "DN.DP", (Procedure.REVOKE,))
    return store


async def officer(store: Store, address: str, unit: str, owed: Sequence[Procedure]) -> None:
    async with StoredTurns(store, address)() as turn:
        name = f"UBND {unit}"
        await turn.register.save_status(InterviewStatus(interview=1, unit=unit, subscriber=name, owed=tuple(owed)))


async def talk(store: Store, address: str, role: Role = Role.ADMIN, unit: str | None = "DN.NT") -> StoredDialogue:
    """Somebody with a role who has agreed to talk."""
    await grant_role(store, address, role, unit, label=f"Anh {address}")
    dialogue = StoredDialogue(store=store, address=address)
    await dialogue.says("/start", "dong y")
    return dialogue


async def seen(store: Store, name: str = CODE) -> Broadcast:
    async with admin_transaction(store) as at:
        found = await at.admin.broadcasts.get(OPERATOR, name)
    assert found is not None
    return found


async def test_the_reminders_of_certificates_can_be_paused_and_not_called_off(town: Store) -> None:
    await certificate(town, "4", NOW.date() + timedelta(days=7))
    assert await BroadcastOperations.over(town).create_expiry_broadcast(NOW.date(), (60, 30, 7), NOW)
    owner = await talk(town, "owner", Role.OWNER, None)

    said = await owner.says(f"/thongbao {EXPIRY_CAMPAIGN}")
    assert "tự nhắc khi chứng thư sắp hết hạn" in said
    assert "Hủy thông báo" not in owner.labels
    await owner.taps("Tạm dừng")
    assert (await seen(town, EXPIRY_CAMPAIGN)).state is BroadcastState.PAUSED
    assert "TB-000001" in "".join((await owner.taps("Các lần nhắc"), *owner.labels))


async def certificate(store: Store, address: str, ends: date) -> None:
    async with StoredTurns(store, address)() as turn:
        await turn.register.save_status(
            InterviewStatus(interview=1, unit="DN.NT", subscriber="UBND", not_after=ends, owed=())
        )
