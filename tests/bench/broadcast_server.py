"""The Bot API server of the broadcast bench, in a process of its own: strict about any second.

Commands come over a pipe: ``sent`` asks for the times of what was sent to many, ``talk`` has people talk, ``free``
lifts the limits.
"""

import asyncio
import gc
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from tests.support.telegram.api import FIRST_USER, BotApi
from tests.support.telegram.limits import Limits
from tests.support.telegram.user import User

PACE = 1000
#: People who talk, each about once a second.
TALKERS, PAUSE = 20, 1.0


@dataclass
class Counting(Limits):
    """Remembers when messages to many came, and how many were too many."""

    times: list[float] = field(default_factory=list)

    def check(self, chat: int, *, paid: bool = False) -> None:
        super().check(chat, paid=paid)
        if paid or not self.enabled:
            self.times.append(self.clock())


@dataclass(frozen=True)
class Server:
    """The process, as others speak to it."""

    url: str
    token: str
    pipe: Connection

    def ask(self, *command: object) -> Any:
        self.pipe.send(command)
        return self.pipe.recv()

    def addresses(self, count: int) -> Iterator[str]:
        """Of those who may be written to; the talkers come before them."""
        return (str(FIRST_USER + TALKERS + number) for number in range(count))


@contextmanager
def server(people: int) -> Iterator[Server]:
    """A server with so many people beside those who talk."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(theirs, people), daemon=True)
    process.start()
    try:
        url, token = ours.recv()
        yield Server(url, token, ours)
    finally:
        process.terminate()
        process.join()


def _main(pipe: Connection, people: int) -> None:
    asyncio.run(_serve(pipe, people))


async def _serve(pipe: Connection, people: int) -> None:
    limits = Counting(paid=PACE, per_chat=1000, burst=1000)
    async with BotApi.start(limits=limits) as api:
        users = [api.user(f"Người {number}") for number in range(TALKERS + people)]
        for user in users:
            user.chat.started = True
        gc.disable()  # a pause of the collector here would be taken for one of the line
        pipe.send((api.url, api.token))
        async for command in _commands(pipe):
            pipe.send(await _answer(command, api, limits, users[:TALKERS]))


async def _commands(pipe: Connection) -> AsyncIterator[tuple[Any, ...]]:
    while True:
        yield await asyncio.to_thread(pipe.recv)


async def _answer(command: tuple[Any, ...], api: BotApi, limits: Counting, talkers: list[User]) -> object:
    match command:
        case ("sent",):
            api.calls.clear()
            return limits.times, limits.refused
        case ("free",):
            limits.enabled = False
            limits.times.clear()
            return None
        case ("talk", seconds, people):
            waits = await asyncio.gather(*(_talk(user, at, seconds) for at, user in enumerate(talkers[:people])))
            return [wait for each in waits for wait in each]
        case _:
            raise ValueError(command)


async def _talk(person: User, at: int, seconds: float) -> list[float]:
    """Seconds that each answer took; everybody begins at a moment of their own."""
    await asyncio.sleep(PAUSE * at / TALKERS)
    person.chat.unheard.clear()
    waits, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        asked = time.perf_counter()
        await person.says("/huy")
        await _answered(person)
        waits.append(time.perf_counter() - asked)
        await asyncio.sleep(PAUSE)
    return waits


async def _answered(person: User) -> None:
    await person.hears(within=60)
