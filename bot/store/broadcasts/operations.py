"""Broadcasts as what goes on by itself sees and moves them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from bot.store.broadcast_api import Asks
from bot.store.broadcasts.asking import ask_approvers
from bot.store.broadcasts.gathering import Gathering
from bot.store.broadcasts.moving import Mover
from bot.store.broadcasts.results import tally_of
from bot.store.broadcasts.rows import readable
from bot.store.broadcasts.stepping import Step, make_step
from bot.store.broadcasts.telling import tell
from bot.store.drivers import Call, Driver, Transaction
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Audience, Broadcast, Checked, Life, Tally, Why
from handlers.broadcasts.policy import Policy
from handlers.office.rights import MACHINE
from handlers.replies import Reply


@dataclass(frozen=True, slots=True)
class StoredBroadcastBook:
    """Implements ``bot.store.broadcast_api.BroadcastBook``."""

    driver: Driver
    keyring: Keyring
    gathering: Gathering

    @classmethod
    def of(cls, driver: Driver, keyring: Keyring, policy: Policy) -> "StoredBroadcastBook":
        """Over a database."""
        return cls(driver, keyring, Gathering(driver, keyring, policy))

    async def list_open(self) -> tuple[Broadcast, ...]:
        """Those that something may still have to be done for."""
        (rows,) = await self.driver.run(Call("broadcasts", where=("broadcast_open",)))
        return tuple(readable(self.keyring, rows))

    async def check(self, broadcast: str, now: datetime) -> Checked:
        """Go through the whole list."""
        return await self.gathering.check(broadcast, now)

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients."""
        return await self.gathering.freeze(broadcast, now, limit=limit)

    async def move(self, broadcast: str, was: Life, to: Life, now: datetime, why: Why | None = None) -> bool:
        """Move it, with what it made."""
        async with self._acting(now) as (transaction, acting):
            moved = await Mover(acting, MACHINE).move(broadcast, was, to, why)
            await transaction.run(commit=True)
        return bool(moved)

    async def hold(self, broadcast: str, until: datetime | None, why: Why | None, now: datetime) -> bool:
        """Hold it back, or let it go."""
        row = {"id": broadcast, "why": why, "now": stored(now)}
        async with self.driver.transaction() as transaction:
            held = Call("hold_broadcast", {**row, "until": 0 if until is None else stored(until)})
            (found,) = await transaction.run(held)
            if found and until is not None:
                await transaction.run(Call("note_move", {**row, "state": found[0][0], "actor": MACHINE}))
            await transaction.run(commit=True)
        return bool(found)

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Give messages of a cancelled one their end."""
        (gone,) = await self.driver.run(Call("withdraw", {"id": broadcast, "now": stored(now), "limit": limit}))
        return len(gone) == limit

    async def tally(self, broadcast: str) -> Tally:
        """How far it is."""
        return await tally_of(self.driver.run, broadcast)

    async def create_step(  # noqa: PLR0913 - as the port has it
        self,
        parent: str,
        step: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        audience: Audience | None = None,
        left_out: Why | None = None,
        why: Why | None = None,
    ) -> str | None:
        """Make a step."""
        wanted = Step(parent, step, starts_at, audience, left_out, why)
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
            told = await tell(acting, broadcast, said, mark)
            await transaction.run(commit=True)
        return told

    async def request_approvals(self, broadcast: str, asks: Asks, mark: str, now: datetime) -> int:
        """Ask those who may approve it."""
        async with self._acting(now) as (transaction, acting):
            asked = await ask_approvers(acting, broadcast, asks, mark)
            await transaction.run(commit=True)
        return asked

    @asynccontextmanager
    async def _acting(self, now: datetime) -> AsyncIterator[tuple[Transaction, Acting]]:
        async with self.driver.transaction() as transaction:
            yield transaction, Acting(transaction.run, self.keyring, now, MACHINE, policy=self.gathering.policy)
