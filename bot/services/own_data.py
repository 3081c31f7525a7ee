"""The use cases of own data: what is held about the person in a chat is shown, or deleted as far as it may be."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.own_data import OwnDataRepository, OwnDataTask, OwnDataTasks
from bot.store.tasks import UnreadableTask
from handlers.core.ports import OwnRequests, People
from handlers.core.text import MarkupTranslator
from handlers.model.request import RETAINED_STATES
from handlers.own_data import format_data_failed


@dataclass(frozen=True, slots=True)
class OwnDataService:
    """Implements ``handlers.core.ports.OwnData``: decides which requests must stay, and what they keep."""

    own_data: OwnDataRepository
    requests: OwnRequests
    people: People

    async def order(self, language: str) -> bool:
        """Accept one order at a time, until its files have left."""
        if await self.own_data.has_order():
            return False
        await self.own_data.add_order(language)
        return True

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Read everything as it is within this turn."""
        return self.own_data.sections()

    async def erase(self) -> tuple[str, ...]:
        """Let the turn go on: it can still finish.

        Requests are locked first and the journal last, as moves do: two transactions that go the opposite way would
        wait for each other.
        """
        await self.own_data.lock_requests()
        staying = [request for request in await self.requests.mine() if request.state in RETAINED_STATES]
        readable = [request for request in staying if not request.content.unreadable]
        await self.own_data.erase({request.code: request.content.to_minimal() for request in readable})
        await self.people.leave()
        return tuple(request.code for request in staying)


async def take_order(orders: OwnDataTasks, channel: str, now: datetime) -> OwnDataTask | None:
    """Take the order that waited longest; one that cannot be read fails on the way, and its person is told."""
    while isinstance(order := await orders.take(channel, now), UnreadableTask):
        await orders.fail(order, format_data_failed(MarkupTranslator(order.language)), now)
    return order
