"""An officer who writes line after line, beside people whose messages could delay others.

Everybody's lines are numbered and each is answered with its number, so that lost, repeated and reordered answers show.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil

from locales import translator
from tests.support.botapi.api import BotApi
from tests.support.botapi.entities import parse
from tests.support.botapi.user import User

#: Settings for the pace that a person may keep up; the server has all of Telegram's limits.
PACE = {
    "TROLY_THROTTLE_BURST": "20",
    "TROLY_THROTTLE_PER_SECOND": "1.0",
    "TROLY_TELEGRAM_MESSAGES_PER_SECOND": "25",
    "TROLY_TELEGRAM_CHAT_MESSAGES_PER_SECOND": "1",
}
_AGREE, _ = parse(translator("vi")("I agree, let us begin"), None)
_NUMBERED = re.compile(r"/k(\d+)")


@dataclass
class Talker:
    """A person who says numbered lines."""

    user: User
    said: int = 0
    waits: list[float] = field(default_factory=list)  #: seconds until each answer, where it was waited for

    async def says(self) -> None:
        self.said += 1
        await self.user.says(f"/k{self.said}")

    async def asks(self, within: float = 60.0) -> None:
        """Say one line, and wait for its answer."""
        began = time.monotonic()
        await self.says()
        await self.user.hears_until(lambda shown: f"/k{self.said}" in shown.text, within)
        self.waits.append(time.monotonic() - began)

    @property
    def answered(self) -> list[int]:
        """Return the numbers of the lines answered so far, in order of the answers."""
        told = (_NUMBERED.search(shown.text) for shown in self.user.chat.history if shown.kind == "message")
        return [int(found[1]) for found in told if found]

    @property
    def wrong(self) -> bool:
        """Return whether an answer was lost, repeated or out of order."""
        return self.answered != list(range(1, self.said + 1))


async def consents(users: Iterable[User]) -> None:
    """Let all users consent at the pace of the platform."""

    async def one(user: User) -> None:
        await user.says("/start")
        await user.hears(60)
        await user.taps(_AGREE)
        await user.hears_until(lambda shown: shown.kind == "message", 60)

    await asyncio.gather(*map(one, users))


@asynccontextmanager
async def beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run the works during the block; their failures are raised in it."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


async def floods(api: BotApi, user: User, seconds: float) -> None:
    """Let somebody write to the bot ten times a second in a group."""
    group = api.group("nhóm")
    for _ in range(int(seconds * 10)):
        await user.says("/start@troly_bot", group=group)
        await asyncio.sleep(0.1)


async def keeps_saying(talkers: Iterable[Talker], lines: int, every: float = 1.0) -> None:
    """Let each say a line every second without waiting for answers, evenly spread."""
    people = list(talkers)
    for _ in range(lines):
        for one in people:
            await one.says()
            await asyncio.sleep(every / len(people))


async def until(ready: Callable[[], bool], within: float) -> bool:
    """Return whether a condition becomes true in time."""
    try:
        async with asyncio.timeout(within):
            while not ready():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    return True


async def talks(officer: Talker, pause: float = 2.0) -> None:
    """Say a line, wait for its answer, pause for reading and typing, and repeat.

    A person who never pauses competes with many who want more than there is, and waits as long as they do.
    """
    while True:
        await officer.asks()
        await asyncio.sleep(pause)


class Memory:
    """Measures the greatest resident memory of a program and its children in MB, five times a second."""

    def __init__(self, *pids: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self.peak = 0.0

    async def watch(self) -> None:
        while True:
            for process in self._processes:
                family = [process, *process.children(recursive=True)]
                self.peak = max(self.peak, sum(map(_resident, family)) / 1e6)
            await asyncio.sleep(0.2)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
