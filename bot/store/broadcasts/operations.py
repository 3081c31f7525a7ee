"""Broadcasts as what goes on by itself sees and moves them."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from bot.store.broadcast_api import FormatApprovalRequest
from bot.store.broadcasts.checks import BroadcastChecker
from bot.store.broadcasts.expiry import ExpiryReminders
from bot.store.broadcasts.lifecycle import BroadcastTransitions, NewStep, make_step
from bot.store.broadcasts.notices import ask_approvers, queue_author_notice
from bot.store.broadcasts.recipients import RecipientWriter
from bot.store.broadcasts.repository import readable_broadcasts
from bot.store.broadcasts.results import read_tally
from bot.store.context import StoreContext
from bot.store.drivers.base import Driver, Query, Transaction
from bot.store.encoding import to_micros
from bot.store.sealing.keyring import Keyring
from handlers.core.replies import Reply
from handlers.model.broadcast import (
    Audience,
    Broadcast,
    BroadcastPolicy,
    BroadcastState,
    CheckReport,
    DeliveryCounts,
    StateReason,
)
from handlers.model.rights import MACHINE


@dataclass(frozen=True, slots=True)
class RecipientOperations:
    """A part of ``bot.store.broadcast_api.BroadcastOperations``."""

    driver: Driver
    keyring: Keyring
    policy: BroadcastPolicy

    async def check(self, broadcast: str, now: datetime) -> CheckReport:
        """Go through the whole list; nothing against a draft makes it ``checked``. What was found is kept."""
        return await BroadcastChecker(self.driver, self.keyring, self.policy).check(broadcast, now)

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients; False where all have theirs."""
        return await RecipientWriter(self.driver, self.keyring, self.policy).freeze(broadcast, now, limit)

    async def create_expiry_broadcast(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """A broadcast, with its rows, to all whose certificate has come so near to its end; ``None``: to nobody."""
        return await ExpiryReminders(self.driver, self.keyring, self.policy).remind(today, days, now)

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """Who wanted to be reminded again on this day or before: chats by campaign or broadcast."""
        (rows,) = await self.driver.run(Query("later_marks", {"day": day.toordinal()}))
        found: defaultdict[str, list[str]] = defaultdict(list)
        for broadcast, chat in rows:
            found[broadcast].append(chat)
        return {broadcast: tuple(chats) for broadcast, chats in found.items()}


@dataclass(frozen=True, slots=True)
class StoredBroadcastOperations:
    """Implements ``bot.store.broadcast_api.BroadcastOperations``."""

    driver: Driver
    keyring: Keyring
    gathering: RecipientOperations

    @classmethod
    def of(cls, driver: Driver, keyring: Keyring, policy: BroadcastPolicy) -> "StoredBroadcastOperations":
        """Over a database."""
        return cls(driver, keyring, RecipientOperations(driver, keyring, policy))

    async def list_open(self) -> tuple[Broadcast, ...]:
        """Those that something may still have to be done for."""
        (rows,) = await self.driver.run(Query("broadcasts", where=("broadcast_open",)))
        return tuple(readable_broadcasts(self.keyring, rows))

    async def check(self, broadcast: str, now: datetime) -> CheckReport:
        """Go through the whole list."""
        return await self.gathering.check(broadcast, now)

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients."""
        return await self.gathering.freeze(broadcast, now, limit=limit)

    async def move(
        self, broadcast: str, was: BroadcastState, to: BroadcastState, now: datetime, why: StateReason | None = None
    ) -> bool:
        """Move it, with what it made."""
        async with self._acting(now) as (transaction, acting):
            moved = await BroadcastTransitions(acting, MACHINE).move(broadcast, was, to, why)
            await transaction.run(commit=True)
        return bool(moved)

    async def hold(self, broadcast: str, until: datetime | None, why: StateReason | None, now: datetime) -> bool:
        """Hold it back, or let it go."""
        row = {"id": broadcast, "why": why, "now": to_micros(now)}
        async with self.driver.transaction() as transaction:
            held = Query("hold_broadcast", {**row, "until": 0 if until is None else to_micros(until)})
            (found,) = await transaction.run(held)
            if found and until is not None:
                await transaction.run(Query("note_move", {**row, "state": found[0][0], "actor": MACHINE}))
            await transaction.run(commit=True)
        return bool(found)

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Give messages of a cancelled one their end."""
        (gone,) = await self.driver.run(Query("withdraw", {"id": broadcast, "now": to_micros(now), "limit": limit}))
        return len(gone) == limit

    async def tally(self, broadcast: str) -> DeliveryCounts:
        """How far it is."""
        return await read_tally(self.driver.run, broadcast)

    async def create_step(  # noqa: PLR0913 - as the port has it
        self,
        parent: str,
        step: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        audience: Audience | None = None,
        left_out: StateReason | None = None,
        why: StateReason | None = None,
    ) -> str | None:
        """Make a step."""
        wanted = NewStep(parent, step, starts_at, audience, left_out, why)
        async with self._acting(now) as (transaction, acting):
            made = await make_step(acting, wanted)
            if made is not None:
                await transaction.run(commit=True)
        return made

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """Who wanted to be reminded again on this day or before."""
        return await self.gathering.due_postponed(day)

    async def create_expiry_broadcast(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """Remind of certificates that come to their end."""
        return await self.gathering.create_expiry_broadcast(today, days, now)

    async def notify_author(self, broadcast: str, said: Reply, mark: str, now: datetime) -> bool:
        """Tell its author."""
        async with self._acting(now) as (transaction, acting):
            told = await queue_author_notice(acting, broadcast, said, mark)
            await transaction.run(commit=True)
        return told

    async def request_approvals(self, broadcast: str, asks: FormatApprovalRequest, mark: str, now: datetime) -> int:
        """Ask those who may approve it."""
        async with self._acting(now) as (transaction, acting):
            asked = await ask_approvers(acting, broadcast, asks, mark)
            await transaction.run(commit=True)
        return asked

    @asynccontextmanager
    async def _acting(self, now: datetime) -> AsyncIterator[tuple[Transaction, StoreContext]]:
        async with self.driver.transaction() as transaction:
            yield transaction, StoreContext(transaction.run, self.keyring, now, MACHINE, policy=self.gathering.policy)
