"""The services in memory behind what conversations and admins ask of a store: tests of both read alike."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.store.api import (
    BROADCAST,
    NOTICE,
    REPLY,
    Chat,
    DeliveryState,
    Incoming,
    OutboxRow,
    PendingTurn,
    Verdict,
)
from bot.store.task_api import ExportTask

from handlers import testing
from handlers.core.events import Event
from handlers.core.replies import Reply
from handlers.model.broadcast import BroadcastPolicy, DeliveryReason
from handlers.model.rights import Role
from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from handlers.testing import MemoryAdminServices, MemoryBroadcastOperations, MemoryHouse, MemoryTables, MemoryTurn

_PRIORITIES = {"reply": REPLY, "notice": NOTICE, "broadcast": BROADCAST}


class MemoryStore:
    """Implements as much of ``bot.store.api.Store`` as a conversation needs."""

    def __init__(self, units: UnitDirectory = NO_UNITS, policy: BroadcastPolicy | None = None) -> None:
        self.house = MemoryHouse(MemoryTables(units), policy or BroadcastPolicy())
        if units:  # as an import would leave them
            self.tables.next_number("units")
        self.tasks = MemoryTasks(self)
        self._waiting: list[PendingTurn] = []
        self._known: set[tuple[str, str]] = set()

    @property
    def tables(self) -> MemoryTables:
        return self.house.tables

    @property
    def broadcasts(self) -> MemoryBroadcastOperations:
        return self.house.broadcasts

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        fresh = [one for one in updates if (one.channel, one.update_id) not in self._known]
        for update in fresh:
            self._known.add((update.channel, update.update_id))
            heard = self.house.hear(update.channel, update.address, now)
            chat = Chat(heard.id, heard.channel, heard.address)
            self._waiting.append(PendingTurn(len(self._known), chat, update.event, None, now))
        return list(dict.fromkeys(self.chat(update.channel, update.address) for update in fresh))

    async def claim_turn(self, chat: Chat) -> PendingTurn | None:
        found = next((one for one in self._waiting if one.chat.id == chat.id), None)
        return replace(found, session=self.tables.chats[chat.id].session) if found else None

    @asynccontextmanager
    async def turn(self, pending: PendingTurn, now: datetime) -> AsyncIterator["MemoryTurnTransaction"]:
        acting = self.house.acting(now, pending.chat.channel, pending.chat.id)
        with self.tables.transaction() as opened:
            unit = MemoryTurnTransaction(acting)
            yield unit
            if unit.again is not None:
                opened.commit()
        if unit.again is not None:
            self._handled(pending, unit.again)

    def _handled(self, pending: PendingTurn, again: Sequence[Event]) -> None:
        """Follow-ups come in the place of their update."""
        at = next(place for place, one in enumerate(self._waiting) if one.inbox_id == pending.inbox_id)
        first = len(self._known) + 1
        self._known |= {("again", f"{number}") for number in range(first, first + len(again))}
        self._waiting[at : at + 1] = [
            replace(pending, inbox_id=first + number, event=event) for number, event in enumerate(again)
        ]

    async def give_up(self, pending: PendingTurn, now: datetime, replies: Sequence[Reply] = ()) -> None:
        raise AssertionError(f"the turn failed: {pending.event}")

    @asynccontextmanager
    async def admin_transaction(
        self, now: datetime, *, chat: str = "", channel: str = "machine", reading: bool = False
    ) -> AsyncIterator["MemoryAdminTransaction"]:
        del reading
        with self.house.office(now, channel, chat) as (admin, opened):
            yield MemoryAdminTransaction(admin, opened)

    def chat(self, channel: str, address: str) -> Chat:
        return Chat(testing.chat_id(channel, address), channel, address)

    async def language(self, chat: Chat) -> str | None:
        known = self.tables.chats.get(chat.id)
        return known.language if known else None

    async def roles(self, chat: Chat) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.tables.grants_of(chat.id))

    async def units(self) -> UnitDirectory:
        return self.tables.units

    async def units_version(self) -> int:
        return self.tables.counters.get("units", 0)

    async def verify_journal(self) -> Verdict:
        return Verdict(len(self.tables.journal))

    async def claim(self, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        """The first message of each chat that has none in flight."""
        del now
        rows: dict[str, OutboxRow] = {}
        messages = [one for one in self.tables.messages.values() if one.channel == channel and one.reply is not None]
        busy = {one.chat for one in messages if one.state == "sending"}
        for number, one in enumerate(messages):
            if one.state != "queued" or one.chat in busy or one.reply is None or len(rows) == limit:
                continue
            busy.add(one.chat)
            self.tables.messages[one.origin] = replace(one, state="sending")
            known = self.tables.chats[one.chat]
            to = Chat(known.id, known.channel, known.address)
            rows[one.origin] = OutboxRow(number, to, one.reply, one.attempts, _PRIORITIES[one.kind], one.origin)
        return list(rows.values())

    async def settle(
        self,
        row: OutboxRow,
        state: DeliveryState,
        now: datetime,
        *,
        message: str | None = None,
        reason: DeliveryReason | None = None,
    ) -> None:
        known = self.tables.messages[row.origin]
        settled = replace(known, state=state.value, message=message, reason=reason, settled_at=now, reply=None)
        self.tables.messages[row.origin] = settled

    async def close(self) -> None:
        """Nothing is open."""


class MemoryTurnTransaction(MemoryTurn):
    """Implements ``bot.store.api.TurnTransaction``."""

    again: Sequence[Event] | None = None  #: ``None``: it is not finished

    async def finish(  # type: ignore[override]
        self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = ()
    ) -> None:
        super().finish(session, replies)
        self.again = again


@dataclass
class MemoryAdminTransaction:
    """Implements ``bot.store.api.AdminTransaction``."""

    admin: MemoryAdminServices
    opened: testing.MemoryTransaction

    async def expect(self, chat: Chat) -> None:
        self.admin.acting.expect_chat(chat.channel, chat.address)

    async def commit(self) -> None:
        self.opened.commit()


@dataclass
class MemoryTasks:
    """The exports that are being written, as far as a conversation shows them."""

    store: MemoryStore
    taken: set[str] = field(default_factory=set)

    async def take(self, channel: str, now: datetime) -> ExportTask | None:
        del now
        for task in self.store.tables.tasks.values():
            chat = self.store.tables.chats[task.chat]
            if task.state == "queued" and task.order is not None and chat.channel == channel:
                self.store.tables.tasks[task.id] = replace(task, state="running", done=0)
                return ExportTask(task.id, Chat(chat.id, chat.channel, chat.address), task.order)
        return None

    async def report(self, task: ExportTask, done: int, total: int, now: datetime) -> bool:
        del now
        known = self.store.tables.tasks[task.id]
        if known.state == "running":
            self.store.tables.tasks[task.id] = replace(known, done=done, total=total)
        return known.state == "running"
