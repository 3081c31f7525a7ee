"""The requests of an export, a batch at a time: memory stays flat, and nothing is locked between two batches."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.exports.model import Order
from bot.store.api import Store
from handlers.office.model import Filed

#: Requests read, opened and written in one go.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Span:
    """What an export will read at most: how many, and the newest of them when it began."""

    count: int
    last: int


async def span(store: Store, order: Order) -> Span:
    """What is meant now; what is registered later is not part of the export."""
    async with store.admin_transaction(order.now, chat=order.chat, channel=order.channel, reading=True) as unit:
        count, last = await unit.admin.extract.extent(order.rights, order.wanted)
    return Span(count, last)


async def batches(store: Store, order: Order, meant: Span, *, size: int = BATCH) -> AsyncIterator[tuple[Filed, ...]]:
    """What is meant, in the order of registration, each batch read in a transaction of its own."""
    after = 0
    while True:
        async with store.admin_transaction(order.now, chat=order.chat, channel=order.channel, reading=True) as unit:
            found = await unit.admin.extract.batch(order.rights, order.wanted, size, after=after, last=meant.last)
        if not found:
            return
        yield found
        after = found[-1].number


async def rows(store: Store, order: Order, *, size: int = BATCH) -> AsyncIterator[Filed]:
    """What is meant, one by one."""
    async for batch in batches(store, order, await span(store, order), size=size):
        for filed in batch:
            yield filed
