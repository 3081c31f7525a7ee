"""SIGKILL at random moments while people talk with the assistant."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import groupby

from tests.acceptance.officer import Officer
from tests.acceptance.test_conversation import CODE
from tests.support.botapi.chats import Shown
from tests.support.botapi.user import User
from tests.support.program import Program

LONGEST = 0.12  #: seconds from an act of an officer to the kill; a turn takes less
#: Seconds: while others' acts go on killing, a file may have to wait until its reader has time to start.
PATIENCE = 60.0
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+Z-]+|\d\d:\d\d(:\d\d)? ngày \d+/\d+/\d{4}|\d\d:\d\d")


@dataclass
class Watched(Officer):
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
    shown = [(one.kind, masked(one.text), masked(str(one.labels))) for one in user.chat.history]
    return [reply for reply, _ in groupby(shown)]


def masked(text: str) -> str:
    return TIME.sub("<time>", CODE.sub("<code>", text))
