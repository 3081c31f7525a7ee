"""SIGKILL at random moments while people talk with the assistant."""

import asyncio
import random
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.acceptance.officer import Officer
from tests.acceptance.test_conversation import CODE
from tests.support.program import Program
from tests.support.telegram.chats import Shown
from tests.support.telegram.user import User

LONGEST = 0.12  #: seconds from an act of an officer to the kill; a turn takes less
#: Seconds: while others' acts go on killing, a file may have to wait until its reader has time to start.
PATIENCE = 60.0
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+Z-]+|\d\d:\d\d(:\d\d)? ngày \d+/\d+/\d{4}|\d\d:\d\d")


@dataclass
class WatchedOfficer(Officer):
    """An officer whose every act is told to whoever kills; a reply that comes twice is heard once."""

    patience: float = PATIENCE
    acted: Callable[[], Awaitable[None]] = field(default=lambda: asyncio.sleep(0))
    _last: Shown | None = None

    async def hears(self) -> Shown:
        await self.acted()
        while True:
            shown = await super().hears()
            if self._last is None or (shown.text, shown.buttons) != (self._last.text, self._last.buttons):
                self._last = shown
                return shown


@dataclass
class Killer:
    """Kills and restarts the program after chosen acts."""

    program: Program
    after: frozenset[int]  #: which acts are followed by a kill
    chance: random.Random
    acts: int = 0
    kills: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def acted(self) -> None:
        if self.acts in self.after:
            self.kills_within(LONGEST)
        self.acts += 1

    def kills_within(self, seconds: float) -> None:
        """One kill at some moment from now on."""
        self._tasks.append(asyncio.create_task(self._kill(self.chance.uniform(0, seconds))))

    async def _kill(self, delay: float) -> None:
        async with self._one_at_a_time:
            await asyncio.sleep(delay)
            await self.program.kill()
            self.kills += 1
            await self.program.launch()

    async def done(self) -> None:
        await asyncio.gather(*self._tasks)


def transcript(user: User) -> list[object]:
    """What the officer's screen went through: replies in order, repeats taken out, what differs by clock masked."""
    shown = [(one.kind, mask_clock(one.text), mask_clock(str(one.labels))) for one in user.chat.history]
    return [reply for reply, _ in groupby(shown)]


def mask_clock(text: str) -> str:
    return TIME.sub("<time>", CODE.sub("<code>", text))


_TABLES = """
CREATE TABLE ever_received (id INTEGER, chat TEXT, state TEXT);
CREATE TRIGGER witness_received AFTER INSERT ON inbox BEGIN
    INSERT INTO ever_received VALUES (new.id, new.chat, new.state);
END;
CREATE TRIGGER witness_handled AFTER UPDATE OF state ON inbox BEGIN
    UPDATE ever_received SET state = new.state WHERE id = new.id;
END;
CREATE TABLE ever_queued (chat TEXT, origin TEXT, state TEXT);
CREATE TRIGGER witness_queued AFTER INSERT ON outbox BEGIN
    INSERT INTO ever_queued VALUES (new.chat, new.origin, new.state);
END;
CREATE TRIGGER witness_settled AFTER UPDATE OF state ON outbox BEGIN
    UPDATE ever_queued SET state = new.state WHERE origin = new.origin;
END;
"""


class Witness:
    """The SQLite database of a data folder, from when ``begin`` was called."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "data" / "troly.sqlite3"

    def begin(self) -> None:
        """Note all that comes from now on. The tables must be there already."""
        with closing(sqlite3.connect(self._file)) as connection:
            connection.executescript(_TABLES)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(statement).fetchall()

    def busy(self) -> int:
        """How much is still to be handled, said or written."""
        (row,) = self.sql(
            "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'waiting')"
            " + (SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending'))"
            " + (SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running'))"
        )
        return int(row[0])

    def received(self) -> list[tuple[str, str]]:
        """Every update: of which chat, what became of it."""
        return self.sql("SELECT chat, state FROM ever_received")

    def queued(self) -> list[tuple[str, str, str]]:
        """Every message: to which chat, what asked for it, what became of it."""
        return self.sql("SELECT chat, origin, state FROM ever_queued")
