"""People in a store who may be written to, and broadcasts brought to the point of being sent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.store.api import Store
from bot.store.bulk import Bulk
from bot.store.bulk_rows import MadeChat
from handlers.broadcasts.model import Draft, Life, Outcome, Text
from handlers.office.rights import Rights
from tests.support.storing import AGREED

DRAFT = Draft(
    title="Nhắc hạn",
    text=Text(vi="Kính gửi {ho_ten|anh/chị}, xin nhớ việc chứng thư.", en="Dear {ho_ten|colleague}, please act."),
)


async def settle_people(bulk: Bulk, addresses: Iterable[str], now: datetime) -> None:
    """People of Telegram who agreed once, and of whom nothing else is known."""
    met = now - timedelta(days=30)
    await bulk.write_chats(MadeChat("telegram", address, met, met, session=AGREED) for address in addresses)


async def frozen(store: Store, now: datetime, draft: Draft = DRAFT) -> str:
    """A broadcast to all of them, checked, approved by the operator, with a row for everybody."""
    rights = Rights.operator(await store.units())
    async with store.admin_transaction(now) as office:
        made = await office.admin.broadcasts.new(rights, draft)
        await office.commit()
    assert made is not None
    checked = await store.broadcasts.check(made.id, now)
    assert not checked.problems, checked.problems
    await _moved(store, made.id, Life.APPROVED, now)
    while await store.broadcasts.freeze(made.id, now):
        pass
    return made.id


async def running(store: Store, now: datetime, draft: Draft = DRAFT) -> str:
    """The same, on its way."""
    name = await frozen(store, now, draft)
    await _moved(store, name, Life.RUNNING, now)
    return name


async def _moved(store: Store, name: str, to: Life, now: datetime) -> None:
    rights = Rights.operator(await store.units())
    async with store.admin_transaction(now) as office:
        assert await office.admin.broadcasts.move(rights, name, to) is Outcome.DONE
        await office.commit()
