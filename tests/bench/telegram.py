"""Updates through the Bot API server: ours against three peers, in a flood and at 20 a second.

Ours stores every update before it acknowledges it, handles it in a transaction and keeps each reply in an outbox. Two
peers do the same turn over one SQLite file: aiogram 3 and grammY with better-sqlite3; a bare python-telegram-bot keeps
its conversation in memory and a pickle. All are processes of their own and answer every line once. The durable peers
are fetched into a folder of their own beside the virtual environment; where that cannot be had they are left out.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from tests.bench import telegram_peer
from tests.bench.result import Result
from tests.support.program import COMMAND, Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits
from tests.support.telegram.user import User

CHATS = 40
LINES = 10  #: each chat says at once
RATE, SECONDS = 20, 6
ROUNDS = int(os.environ.get("TROLY_BENCH_ROUNDS", "5"))
GOAL, FLOOD_CPU, CALM_CPU = 0.8, 0.9, 1.0
QUIET = {"TROLY_LOG_LEVEL": "WARNING"}
HERE, PEERS = Path(__file__).parent, Path(sys.prefix) / "peers"
AIOGRAM, GRAMMY = ("aiogram==3.31.0", "aiosqlite==0.22.1"), ("grammy@1.46.0", "better-sqlite3@12.11.1")
OURS, BARE, DURABLE = "ours", "bare python-telegram-bot", ("aiogram", "grammY")


@dataclass(slots=True)
class Load:
    """What rounds of one load took."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  #: milliseconds for each update


class Side:
    """One program, its server, its people."""

    def __init__(self, api: BotApi, program: Program) -> None:
        self.people = [api.user(f"Người {number}") for number in range(CHATS)]
        self.flood, self.calm = Load(), Load()
        self._program = program

    async def start(self) -> None:
        for line in ("/start", "đồng ý"):  # which the peers take as lines like any other
            await self._say([line])

    async def measure(self) -> None:
        await self._measure(self.flood, CHATS * LINES, self._say(["/huy"] * LINES))  # answered in one sentence
        await self._measure(self.calm, RATE * SECONDS, self._say_calmly())

    async def _measure(self, load: Load, count: int, talk: Awaitable[None]) -> None:
        spent, began = self._cpu(), time.perf_counter()
        await talk
        load.rates.append(count / (time.perf_counter() - began))
        await asyncio.sleep(0.2)  # the end of the last one is stored
        load.cpu.append((self._cpu() - spent) / count * 1000)

    def _cpu(self) -> float:
        program = psutil.Process(self._program.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (program, *program.children(recursive=True)))

    async def _say(self, lines: list[str]) -> None:
        for line in lines:
            for person in self.people:
                await person.says(line)
        await asyncio.gather(*(self._hear(person, len(lines)) for person in self.people))

    async def _say_calmly(self) -> None:
        began, hearing = time.perf_counter(), []
        for number in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            person = self.people[number % CHATS]
            await person.says("/huy")
            hearing.append(asyncio.create_task(self._hear(person, 1)))
        await asyncio.gather(*hearing)

    @staticmethod
    async def _hear(person: User, count: int) -> None:
        for _ in range(count):
            await person.hears(within=60)


def _programs() -> Iterator[tuple[str, tuple[str, ...], Mapping[str, str]]]:
    """Name, command and settings of each side that can be had here."""
    yield OURS, COMMAND, QUIET
    #: -P: this file has the name of the library, and must not stand in its way.
    yield BARE, (sys.executable, "-P", str(telegram_peer.__file__)), QUIET
    if python := _with_aiogram():
        yield DURABLE[0], (str(python), "-P", str(HERE / "aiogram_peer.py")), QUIET
    if modules := _with_grammy():
        node = str(shutil.which("node"))
        yield DURABLE[1], (node, str(HERE / "grammy_peer.cjs")), {**QUIET, "NODE_PATH": str(modules)}


def _with_aiogram() -> Path | None:
    """Return a Python that has it; it pins other releases than ours."""
    python = PEERS / "aiogram" / "bin" / "python"
    if not python.exists():
        _ran(sys.executable, "-m", "venv", str(PEERS / "aiogram"))
    return python if _ran(str(python), "-m", "pip", "install", "--quiet", *AIOGRAM) else None


def _with_grammy() -> Path | None:
    """Return the folder of its modules."""
    folder = PEERS / "grammy"
    folder.mkdir(parents=True, exist_ok=True)
    modules = folder / "node_modules"
    built = modules / "better-sqlite3" / "build" / "Release" / "better_sqlite3.node"
    if shutil.which("node") and not built.exists() and shutil.which("npm"):
        # Built against the headers of the system, where it has them, for a binary may not be had from here.
        _ran("npm", "install", "--prefix", str(folder), "--ignore-scripts", *GRAMMY)
        gyp = Path("/usr/lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js")
        _ran("node", str(gyp), "rebuild", "--release", "--nodedir=/usr", "-C", str(modules / "better-sqlite3"))
    return modules if built.exists() else None


def _ran(*command: str) -> bool:
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=900)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


async def _measure(folder: Path) -> dict[str, Side]:
    """Rates and CPU of each side, round by round, so that all were measured under the same load."""
    async with AsyncExitStack() as stack:
        sides = {}
        for name, command, settings in _programs():
            api = await stack.enter_async_context(BotApi.start(limits=Limits.off()))
            place = folder / name.partition(" ")[0]
            (place / "data").mkdir(parents=True)
            sides[name] = Side(api, await stack.enter_async_context(run_program(api, place, dict(settings), command)))
        for side in sides.values():
            await side.start()
        for turn in range(ROUNDS):
            for side in sides.values() if turn % 2 else reversed(sides.values()):
                await side.measure()
    return sides


def run() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        sides = asyncio.run(_measure(Path(folder)))
    ours = sides.pop(OURS)
    results = []
    for name, peer in sides.items():
        ratio = median(one / other for one, other in zip(ours.flood.rates, peer.flood.rates, strict=True))
        goal = f"ours at least {GOAL} of the peer" if name == BARE else ""
        what = f"Telegram updates in a flood, against {name}"
        rates = median(ours.flood.rates), median(peer.flood.rates)
        results.append(Result(what, *rates, "updates/s", ratio, goal, not goal or ratio >= GOAL))
        most = {"flood": FLOOD_CPU, "calm": CALM_CPU} if name == DURABLE[0] else {}
        results.append(_cpu(f"CPU of an update in a flood, against {name}", ours.flood, peer.flood, most.get("flood")))
        results.append(_cpu(f"CPU of an update at {RATE}/s, against {name}", ours.calm, peer.calm, most.get("calm")))
    missing = [name for name in DURABLE if name not in sides]
    return results + [Result(f"{name} could not be had here", 0, None, "", None, "", holds=True) for name in missing]


def _cpu(name: str, ours: Load, peer: Load, most: float | None) -> Result:
    ratio = median(one / other for one, other in zip(ours.cpu, peer.cpu, strict=True))
    goal = f"at most {most} of the peer" if most else ""
    return Result(name, median(ours.cpu), median(peer.cpu), "ms", ratio, goal, most is None or ratio <= most)
