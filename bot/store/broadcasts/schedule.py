"""Broadcasts as the scheduler reads and holds them; every method is a transaction of its own, and idempotent."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from bot.store.broadcasts.recipients import read_tally
from bot.store.broadcasts.repository import readable_broadcasts
from bot.store.context import StoreContext
from bot.store.drivers.base import Driver, Query, Transaction
from bot.store.encoding import to_micros
from bot.store.sealing.keyring import Keyring
from handlers.model.broadcast import Broadcast, BroadcastPolicy, DeliveryCounts, StateReason
from handlers.model.rights import MACHINE


class MachineTransaction(NamedTuple):
    """A transaction in which the machine acts."""

    transaction: Transaction
    context: StoreContext

    async def commit(self) -> None:
        """Keep what was done."""
        await self.transaction.run(commit=True)


@dataclass(frozen=True, slots=True)
class ScheduleRepository:
    """Two processes may call any of it at once."""

    driver: Driver
    keyring: Keyring
    policy: BroadcastPolicy

    def machine_context(self, now: datetime) -> StoreContext:
        """Return a context in which the machine acts and every call is a transaction of its own."""
        return StoreContext(self.driver.run, self.keyring, now, MACHINE, policy=self.policy)

    @asynccontextmanager
    async def machine_transaction(self, now: datetime) -> AsyncIterator[MachineTransaction]:
        """Open a transaction in which the machine acts; without ``commit`` nothing of it stays."""
        async with self.driver.transaction() as transaction:
            context = StoreContext(transaction.run, self.keyring, now, MACHINE, policy=self.policy)
            yield MachineTransaction(transaction, context)

    async def list_open(self) -> tuple[Broadcast, ...]:
        """Return those that have not ended, the oldest first: campaigns, what they made, those that stand alone.

        Those that were cancelled while messages of them wait are among them; what cannot be read any more is not.
        """
        (rows,) = await self.driver.run(Query("broadcasts", where=("broadcast_open",)))
        return tuple(readable_broadcasts(self.keyring, rows))

    async def hold(self, broadcast: str, until: datetime | None, why: StateReason | None, now: datetime) -> bool:
        """Let nothing leave before; ``None`` lets go again. False where it was held so already, or has ended.

        ``why`` of one that is paused stays.
        """
        row = {"id": broadcast, "why": why, "now": to_micros(now)}
        async with self.driver.transaction() as transaction:
            held = Query("hold_broadcast", {**row, "until": 0 if until is None else to_micros(until)})
            (found,) = await transaction.run(held)
            if found and until is not None:
                await transaction.run(Query("note_move", {**row, "state": found[0][0], "actor": MACHINE}))
            await transaction.run(commit=True)
        return bool(found)

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Give queued rows of a cancelled one their end; False where none is left after it."""
        (gone,) = await self.driver.run(Query("withdraw", {"id": broadcast, "now": to_micros(now), "limit": limit}))
        return len(gone) == limit

    async def tally(self, broadcast: str) -> DeliveryCounts:
        """Count its rows by state and reason."""
        return await read_tally(self.driver.run, broadcast)

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """Return who wanted to be reminded again on this day or before: chats by campaign or broadcast."""
        (rows,) = await self.driver.run(Query("later_marks", {"day": day.toordinal()}))
        found: defaultdict[str, list[str]] = defaultdict(list)
        for broadcast, chat in rows:
            found[broadcast].append(chat)
        return {broadcast: tuple(chats) for broadcast, chats in found.items()}
