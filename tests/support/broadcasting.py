"""People in a store who may be written to, and broadcasts brought to the point of being sent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.demo.data_writer import DemoChat, DemoDataWriter
from bot.services.broadcasts.service import BroadcastOperations
from bot.services.unit_of_work import open_admin_transaction
from bot.store.store import Store
from handlers.model.broadcast import ActionResult, BroadcastDraft, BroadcastState, BroadcastText
from handlers.model.rights import Rights
from tests.support.storing import AGREED

DRAFT = BroadcastDraft(
    title="Nhắc hạn",
    text=BroadcastText(
        vi="Kính gửi {ho_ten|anh/chị}, xin nhớ việc chứng thư.", en="Dear {ho_ten|colleague}, please act."
    ),
)


async def settle_people(bulk: DemoDataWriter, addresses: Iterable[str], now: datetime) -> None:
    """People of Telegram who agreed once, and of whom nothing else is known."""
    met = now - timedelta(days=30)
    await bulk.write_chats(DemoChat("telegram", address, met, met, session=AGREED) for address in addresses)


async def frozen(store: Store, now: datetime, draft: BroadcastDraft = DRAFT) -> str:
    """A broadcast to all of them, checked, approved by the operator, with a row for everybody."""
    rights = Rights.operator(await store.units.read())
    async with open_admin_transaction(store, now) as office:
        made = await office.admin.broadcasts.new(rights, draft)
        await office.commit()
    assert made is not None
    checked = await BroadcastOperations.over(store).check(made.id, now)
    assert not checked.problems, checked.problems
    await _moved(store, made.id, BroadcastState.APPROVED, now)
    while await BroadcastOperations.over(store).freeze(made.id, now):
        pass
    return made.id


async def running(store: Store, now: datetime, draft: BroadcastDraft = DRAFT) -> str:
    """The same, on its way."""
    name = await frozen(store, now, draft)
    await _moved(store, name, BroadcastState.RUNNING, now)
    return name


async def _moved(store: Store, name: str, to: BroadcastState, now: datetime) -> None:
    rights = Rights.operator(await store.units.read())
    async with open_admin_transaction(store, now) as office:
        assert await office.admin.broadcasts.move(rights, name, to) is ActionResult.DONE
        await office.commit()
