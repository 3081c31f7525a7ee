"""The ports of the conversation in turns: over a store, or over the services in memory."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Protocol

from bot.store.store import Store
from handlers.core.broadcast_ports import Reminders
from handlers.core.ports import InterviewRegister, OwnData, OwnRequests
from tests.support.opening import open_turn
from tests.support.storing import ADDRESS, AGREED, NOW, next_turn, one_chat

_updates = count(1)


class Ports(Protocol):
    """The ports of a turn."""

    requests: OwnRequests
    own_data: OwnData
    register: InterviewRegister
    reminders: Reminders


class Turns(Protocol):
    """One person's turns, one after the other."""

    def __call__(self, now: datetime = NOW) -> AbstractAsyncContextManager[Ports]: ...


@dataclass
class StoredTurns:
    """Turns of a store, each committed at its end."""

    store: Store
    address: str = ADDRESS

    @asynccontextmanager
    async def __call__(self, now: datetime = NOW) -> AsyncIterator[Ports]:
        chat = await one_chat(self.store, f"update {next(_updates)}", self.address)
        async with open_turn(self.store, await next_turn(self.store, chat), now) as unit:
            yield unit
            await unit.finish(AGREED, [])
