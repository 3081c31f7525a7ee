"""The ports of the conversation in turns, in memory and in a store; contract tests run on both."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Protocol

from bot.services.unit_of_work import open_turn
from bot.store.store import Store
from handlers.core.broadcast_ports import Reminders
from handlers.core.ports import InterviewRegister, OwnData, OwnRequests
from handlers.testing import MemoryInterviewRegister, MemoryOwnData, MemoryOwnRequests, MemoryReminders
from tests.support.storing import ADDRESS, AGREED, NOW, next_turn, one_chat

_updates = count(1)


class Ports(Protocol):
    """The ports that a turn can use."""

    requests: OwnRequests
    own_data: OwnData
    register: InterviewRegister
    reminders: Reminders


class Turns(Protocol):
    """The turns of one person, one after the other."""

    def __call__(self, now: datetime = NOW) -> AbstractAsyncContextManager[Ports]: ...


@dataclass
class MemoryPorts:
    """The same in-memory ports in every turn."""

    requests: OwnRequests
    own_data: OwnData
    register: InterviewRegister
    reminders: Reminders


@dataclass
class MemoryTurns:
    """Turns over the in-memory ports."""

    book: MemoryOwnRequests = field(default_factory=lambda: MemoryOwnRequests(NOW))
    register: MemoryInterviewRegister = field(default_factory=MemoryInterviewRegister)
    reminders: MemoryReminders = field(default_factory=MemoryReminders)

    @asynccontextmanager
    async def __call__(self, now: datetime = NOW) -> AsyncIterator[Ports]:
        self.book.now = now
        own_data = MemoryOwnData(self.book, self.register, reminders=self.reminders)
        yield MemoryPorts(self.book, own_data, self.register, self.reminders)


@dataclass
class StoredTurns:
    """Turns over a store, each committed at its end."""

    store: Store
    address: str = ADDRESS

    @asynccontextmanager
    async def __call__(self, now: datetime = NOW) -> AsyncIterator[Ports]:
        chat = await one_chat(self.store, f"update {next(_updates)}", self.address)
        async with open_turn(self.store, await next_turn(self.store, chat), now) as unit:
            yield unit
            await unit.finish(AGREED, [])
