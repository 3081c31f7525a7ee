"""The services in memory behind what conversations and admins ask of a store: tests of both read alike."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.messages import BROADCAST, NOTICE, REPLY, Chat, DeliveryState, Incoming, OutboxRow, PendingTurn
from bot.store.journal import Verdict
from bot.store.tasks import ExportTask
from handlers import testing
from handlers.core import AdminServices, Event, Reply
from handlers.model import MACHINE, NO_UNITS, BroadcastPolicy, DeliveryReason, Role, UnitDirectory
from handlers.testing import MemoryBroadcastOperations, MemoryContext, MemoryHouse, MemoryTables, MemoryTurn
from rules.offices import ChosenOffices

_PRIORITIES = {"reply": REPLY, "notice": NOTICE, "broadcast": BROADCAST}


class MemoryStore:
    """Offers the repositories of ``bot.store.Store`` that a conversation needs; ``tests.support.store`` opens
    transactions over it.
    """

    def __init__(self, units: UnitDirectory = NO_UNITS, policy: BroadcastPolicy | None = None) -> None:
        self.house = MemoryHouse(MemoryTables(units), policy or BroadcastPolicy())
        if units:  # as an import would leave them
            self.tables.next_number("units")
        self.chats = MemoryChats(self.house)
        self.inbox = MemoryInbox(self.house)
        self.outbox = MemoryOutbox(self.house)
        self.tasks = MemoryTasks(self.house)
        self.units = MemoryUnitReader(self.house)
        self.offices = MemoryOfficeReader(self.house)
        self.audit = MemoryAudit(self.house)

    @property
    def tables(self) -> MemoryTables:
        return self.house.tables

    @property
    def broadcasts(self) -> MemoryBroadcastOperations:
        return self.house.broadcasts

    @asynccontextmanager
    async def open_turn(self, pending: PendingTurn, now: datetime) -> AsyncIterator["MemoryTurnTransaction"]:
        """Stand in for ``bot.services.unit_of_work.open_turn``."""
        acting = self.house.acting(now, pending.chat.channel, pending.chat.id)
        with self.tables.transaction() as opened:
            unit = MemoryTurnTransaction(acting)
            yield unit
            if unit.again is not None:
                opened.commit()
        if unit.again is not None:
            self.inbox.finish(pending, unit.again)

    @asynccontextmanager
    async def open_admin_transaction(
        self, now: datetime, *, chat: str = "", channel: str = MACHINE
    ) -> AsyncIterator["MemoryAdminTransaction"]:
        """Stand in for ``bot.services.unit_of_work.open_admin_transaction``."""
        with self.house.office(now, channel, chat) as (admin, opened):
            yield MemoryAdminTransaction(self.house.acting(now, channel, chat), admin, opened)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class MemoryChats:
    """Stands in for ``bot.store.context.Chats``."""

    house: MemoryHouse

    def at(self, channel: str, address: str) -> Chat:
        return Chat(testing.chat_id(channel, address), channel, address)

    async def language(self, chat: Chat) -> str | None:
        known = self.house.tables.chats.get(chat.id)
        return known.language if known else None

    async def roles(self, chat: Chat) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.house.tables.grants_of(chat.id))


@dataclass(frozen=True)
class MemoryInbox:
    """Stands in for ``bot.store.inbox.Inbox``."""

    house: MemoryHouse
    waiting: list[PendingTurn] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        fresh: dict[str, Chat] = {}
        for update in updates:
            if (update.channel, update.update_id) in self.known:
                continue
            self.known.add((update.channel, update.update_id))
            heard = self.house.hear(update.channel, update.address, now)
            fresh[heard.id] = Chat(heard.id, heard.channel, heard.address)
            self.waiting.append(PendingTurn(len(self.known), fresh[heard.id], update.event, None, now))
        return list(fresh.values())

    async def claim_turn(self, chat: Chat, *, unlikely: bool = False) -> PendingTurn | None:
        found = next((one for one in self.waiting if one.chat.id == chat.id), None)
        return replace(found, session=self.house.tables.chats[chat.id].session) if found else None

    def finish(self, pending: PendingTurn, again: Sequence[Event]) -> None:
        """Put follow-ups in the place of their update."""
        at = next(place for place, one in enumerate(self.waiting) if one.inbox_id == pending.inbox_id)
        first = len(self.known) + 1
        self.known.update(("again", f"{number}") for number in range(first, first + len(again)))
        self.waiting[at : at + 1] = [
            replace(pending, inbox_id=first + number, event=event) for number, event in enumerate(again)
        ]

    async def give_up(self, pending: PendingTurn, now: datetime, replies: Sequence[Reply] = ()) -> None:
        raise AssertionError(f"the turn failed: {pending.event}")


@dataclass(frozen=True)
class MemoryOutbox:
    """Stands in for ``bot.store.outbox.Outbox``."""

    house: MemoryHouse

    async def claim(self, channel: str, limit: int, now: datetime, resting: Collection[str] = ()) -> list[OutboxRow]:
        """Claim the first message of each chat that has none in flight."""
        del now
        tables, rows = self.house.tables, dict[str, OutboxRow]()
        messages = [one for one in tables.messages.values() if one.channel == channel and one.reply is not None]
        busy = {*resting, *(one.chat for one in messages if one.state == "sending")}
        for number, one in enumerate(messages):
            if one.state != "queued" or one.chat in busy or one.reply is None or len(rows) == limit:
                continue
            busy.add(one.chat)
            tables.messages[one.origin] = replace(one, state="sending")
            known = tables.chats[one.chat]
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
        tables = self.house.tables
        known = tables.messages[row.origin]
        tables.messages[row.origin] = replace(
            known, state=state.value, message=message, reason=reason, settled_at=now, reply=None
        )


@dataclass(frozen=True)
class MemoryTasks:
    """Stands in for ``bot.store.tasks.ExportTasks``, as far as a conversation shows exports that are being written."""

    house: MemoryHouse

    async def take(self, channel: str, now: datetime) -> ExportTask | None:
        del now
        tables = self.house.tables
        for task in tables.tasks.values():
            chat = tables.chats[task.chat]
            if task.state == "queued" and task.order is not None and chat.channel == channel:
                tables.tasks[task.id] = replace(task, state="running", done=0)
                return ExportTask(task.id, Chat(chat.id, chat.channel, chat.address), task.order)
        return None

    async def report(self, task: ExportTask, done: int, total: int, now: datetime) -> bool:
        del now
        tables = self.house.tables
        known = tables.tasks[task.id]
        if known.state == "running":
            tables.tasks[task.id] = replace(known, done=done, total=total)
        return known.state == "running"


@dataclass(frozen=True)
class MemoryUnitReader:
    """Stands in for ``bot.store.units.UnitReader``."""

    house: MemoryHouse

    async def version(self) -> int:
        return self.house.tables.counters.get("units", 0)

    async def read(self) -> UnitDirectory:
        return self.house.tables.units


@dataclass(frozen=True)
class MemoryOfficeReader:
    """Stands in for ``bot.store.offices.OfficeReader``."""

    house: MemoryHouse

    async def version(self) -> int:
        return self.house.tables.counters.get("offices", 0)

    async def read(self) -> ChosenOffices:
        return ChosenOffices(one.office for one in self.house.tables.offices.values())


@dataclass(frozen=True)
class MemoryAudit:
    """Stands in for ``bot.store.audit.Audit``; there is no chain that could break."""

    house: MemoryHouse

    async def verify_journal(self) -> Verdict:
        return Verdict(len(self.house.tables.journal))


class MemoryTurnTransaction(MemoryTurn):
    """Stands in for ``bot.services.unit_of_work.TurnTransaction``."""

    again: Sequence[Event] | None = None  #: ``None``: it is not finished
    seconds = 0.0  #: there is no database

    async def finish(  # type: ignore[override]
        self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = (), *, claim: bool = False
    ) -> None:
        assert not claim, "nobody sends beside the turns here"
        super().finish(session, replies)
        self.again = again


@dataclass(frozen=True)
class MemoryAdminTransaction:
    """Stands in for ``bot.services.unit_of_work.AdminTransaction``."""

    acting: MemoryContext
    admin: AdminServices
    opened: testing.MemoryTransaction

    async def expect(self, chat: Chat) -> None:
        self.acting.expect_chat(chat.channel, chat.address)

    async def commit(self) -> None:
        self.opened.commit()
