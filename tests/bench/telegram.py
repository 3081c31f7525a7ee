"""Updates per second through the Bot API server, ours against a bare python-telegram-bot application.

Ours stores every update before it acknowledges it, handles it in a transaction and keeps each reply in an outbox; the
peer keeps its conversation in memory and a pickle. Both are processes of their own, both answer every line once.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from tests.bench import telegram_peer
from tests.bench.result import Result
from tests.support.program import COMMAND, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits
from tests.support.telegram.user import User

CHATS = 40
LINES = 10  #: each chat says at once
ROUNDS = 7
GOAL = 0.8
QUIET = {"TROLY_LOG_LEVEL": "WARNING"}
#: -P: this file has the name of the library, and must not stand in its way.
PEER = (sys.executable, "-P", telegram_peer.__file__)


class Side:
    """One program, its server, its people."""

    def __init__(self, api: BotApi) -> None:
        self.people = [api.user(f"Người {number}") for number in range(CHATS)]
        self.rates: list[float] = []

    async def start(self) -> None:
        for line in ("/start", "đồng ý"):  # which the peer takes as lines like any other
            await self._say([line])

    async def measure(self) -> None:
        began = time.perf_counter()
        await self._say(["/huy"] * LINES)  # a command that answers in one sentence, as the peer does
        self.rates.append(CHATS * LINES / (time.perf_counter() - began))

    async def _say(self, lines: list[str]) -> None:
        for line in lines:
            for person in self.people:
                await person.says(line)
        await asyncio.gather(*(self._hear(person, len(lines)) for person in self.people))

    @staticmethod
    async def _hear(person: User, count: int) -> None:
        for _ in range(count):
            await person.hears(within=60)


async def _measure(folder: Path) -> tuple[list[float], list[float]]:
    """Rates of ours and of the peer, round by round, so that a pair was measured under the same load."""
    async with AsyncExitStack() as stack:
        sides = []
        for name, command in (("ours", COMMAND), ("peer", PEER)):
            api = await stack.enter_async_context(BotApi.start(limits=Limits.off()))
            place = folder / name
            (place / "data").mkdir(parents=True)
            await stack.enter_async_context(run_program(api, place, QUIET, command))
            sides.append(Side(api))
        for side in sides:
            await side.start()
        for turn in range(ROUNDS):
            for side in sides if turn % 2 else reversed(sides):
                await side.measure()
    ours, peer = (side.rates for side in sides)
    return ours, peer


def run() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        ours, peer = asyncio.run(_measure(Path(folder)))
    ratio = median(one / other for one, other in zip(ours, peer, strict=True))
    name, goal = "Telegram updates through the Bot API", f"ours at least {GOAL} of the peer"
    return [Result(name, median(ours), median(peer), "updates/s", ratio, goal, ratio >= GOAL)]
