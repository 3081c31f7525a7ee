"""A broadcast scheduler over a real store, with officers who owe something and an admin who writes broadcasts."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.delivery.broadcast_scheduler import BroadcastScheduler
from bot.delivery.broadcast_sending import SchedulerSettings
from bot.messages import DeliveryState
from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from bot.store.drivers import to_micros
from handlers.core import Reply
from handlers.model import ActionResult, Broadcast, BroadcastDraft, BroadcastState, BroadcastText, Role
from rules.calendar import VIETNAM
from tests.support.delivery import ManualClock
from tests.support.people import OPERATOR, admin_transaction, grant_role, load_rights
from tests.support.statistics import Certificate, Officer, write_people
from tests.support.store import CHANNEL

TEXT = BroadcastText(vi="Hạn là {han}: {so_ngay}.", en="Due on {han}: {so_ngay}.")
ADMIN = "4242"


def vietnam_time(month: int, day: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    """Return a moment in Viet Nam."""
    return datetime(year, month, day, hour, minute, tzinfo=VIETNAM)


@dataclass
class SchedulerRun:
    """A world on SQLite that starts on a Monday morning; messages are delivered only by ``deliver``."""

    store: Store
    folder: Path
    terms: SchedulerSettings = field(default_factory=SchedulerSettings)
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.clock.set(vietnam_time(11, 23))
        self.start()

    def start(self) -> None:
        """A new process."""
        self.herald = BroadcastScheduler(BroadcastOperations.over(self.store), self.terms, self.clock, lambda: None)

    async def at(self, moment: datetime) -> None:
        """Set the clock, and run the scheduler until it has nothing more to do now."""
        self.clock.set(moment)
        await self.calm()

    async def calm(self) -> None:
        """Run the scheduler until it has nothing more to do now."""
        while await self.herald.work():
            pass
        self.clock.seconds += 3.0
        await self.herald.work()
        assert not self.herald._failing, "a look went wrong"

    def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run an SQL statement directly on the database."""
        with closing(sqlite3.connect(self.folder / "troly.sqlite3", isolation_level=None)) as connection:
            return connection.execute(statement, parameters).fetchall()

    def officers(self, *names: str, ends: date | None = None, owed: str = "change_information") -> None:
        """Create officers who wrote before, each with a certificate."""
        heard = self.clock.now() - timedelta(days=1)
        write_people(self, [Officer(name, None, heard, [Certificate(name, ends, owed, heard)]) for name in names])

    def finishes(self, name: str) -> None:
        """Record that an officer owes nothing any more."""
        self.sql("UPDATE standings SET owed = '' WHERE chat = ?", name)

    async def approved(
        self, draft: BroadcastDraft, *, alone: bool = False, meanwhile: Callable[[], None] | None = None
    ) -> str:
        """Create a broadcast and have it approved, by the operator or by its author (``alone``).

        It is written by an admin and checked by the scheduler; ``meanwhile`` is called between the approval and the
        rows.
        """
        await grant_role(self.store, ADMIN, Role.OWNER)
        theirs, chat = await load_rights(self.store, ADMIN), self.store.chats.at(CHANNEL, ADMIN)
        async with admin_transaction(self.store, chat, self.clock.now()) as at:
            made = await at.admin.broadcasts.new(theirs, draft)
            assert isinstance(made, Broadcast)
            await at.admin.broadcasts.request_check(theirs, made.id)
        await self.calm()
        assert await self.by_hand(made.id, BroadcastState.APPROVED, by=ADMIN if alone else None) is ActionResult.DONE
        if meanwhile:
            meanwhile()
        await self.calm()
        return made.id

    async def by_hand(self, name: str, to: BroadcastState, by: str | None = None) -> ActionResult:
        """Move a broadcast by hand, as the operator or as the admin of an address."""
        whose = await load_rights(self.store, by) if by else OPERATOR
        chat = self.store.chats.at(CHANNEL, by) if by else None
        async with admin_transaction(self.store, chat, self.clock.now()) as at:
            return await at.admin.broadcasts.move(whose, name, to)

    def deliver(self, state: str = "sent", names: Sequence[str] = ()) -> None:
        """Give waiting messages of running broadcasts a final state: all, or those for the named people."""
        chosen = f"AND chat IN ({', '.join('?' * len(names))})" if names else ""
        now = to_micros(self.clock.now())
        self.sql(
            "UPDATE outbox SET state = ?, settled_at = ? WHERE state = 'queued' AND broadcast IN (SELECT id FROM"
            f" broadcasts WHERE state = 'running' AND COALESCE(held_until, 0) <= ?) {chosen}",
            *(state, now, now, *names),
        )

    async def delivered(self) -> None:
        """Deliver everything that waits, and let finished broadcasts end."""
        self.deliver()
        self.clock.seconds += 3.0
        await self.calm()

    async def heard(self) -> list[Reply]:
        """Return the messages that the admin gets now; each gets the number of its row."""
        said = list[Reply]()
        while rows := await self.store.outbox.claim(CHANNEL, 100, self.clock.now()):
            for row in rows:
                await self.store.outbox.settle(row, DeliveryState.SENT, self.clock.now(), message=str(row.id))
                said.append(row.reply)
        return said

    def state(self, name: str) -> tuple[str, str | None]:
        """Return the state of a broadcast and its reason."""
        return self.sql("SELECT state, why FROM broadcasts WHERE id = ?", name)[0]

    def steps(self, parent: str) -> dict[str, tuple[str, str | None]]:
        """Return the state and reason of each step of a campaign."""
        made = self.sql("SELECT step, state, why FROM broadcasts WHERE parent = ? ORDER BY id", parent)
        return {step: (state, why) for step, state, why in made}

    def reached(self, parent: str) -> dict[str, list[str]]:
        """Return the people that each step has reached."""
        rows = self.sql(
            "SELECT b.step, o.chat FROM broadcasts b JOIN outbox o ON o.broadcast = b.id"
            " WHERE b.parent = ? AND o.state = 'sent' ORDER BY b.id, o.chat",
            parent,
        )
        return {step: [chat for of, chat in rows if of == step] for step, _ in rows}

    def told(self, name: str) -> list[str]:
        """Return the marks of the messages to the author, without those of the progress message.

        The part that tells messages of one kind apart is cut off.
        """
        rows = self.sql("SELECT origin FROM outbox WHERE origin LIKE ? ORDER BY id", f"herald:{name}:%")
        marks = [origin.split(":")[2] for (origin,) in rows]
        return [mark for mark in marks if mark != "shown" and not mark.isdecimal()]
