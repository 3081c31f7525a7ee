"""A Zalo Official Account: events taken in, the pace of a broadcast, and kills amid one, by the real program.

The account is the fake one of the tests, which counts calls by the minute as Zalo does.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, cast

from bot.services.opening import open_store_from_settings
from tests.bench.result import Result
from tests.bench.zalo_caller import Answered, Calls, make_calls
from tests.support.broadcast_kills import any_hour_settings, make_settings, run_with_kills
from tests.support.broadcasts import start_notice
from tests.support.channels import CHANNELS, OaPlatform
from tests.support.fork_server import start_fork_server
from tests.support.program import COMMAND, Program, run_program

CASE = next(one for one in CHANNELS if one.name == "zalo-business")
PEOPLE = 200
#: Events a second, for so many seconds; what people say: a command, and a sentence that takes long to read.
RATES, SECONDS = {500: "/huy", 200: "xã tôi vừa sáp nhập vào xã mới, chứng thư của cơ quan, token vẫn giữ"}, 6.0
P99, LONGEST = 0.2, 2.0
RECIPIENTS, PACE = 3_000, 2_000
#: A minute of the smallest package, and as many as need more than two of them.
SMALL_PACE, FEW = 100, 220
SHARE, GROWTH = 0.95, 50.0
KILLS, KILL_PACE, SEED = 100, 100, 2026


def run() -> list[Result]:
    """Intake, broadcasts, kills."""
    return [*asyncio.run(_intake()), *asyncio.run(_broadcast()), *asyncio.run(_small_package()), *_kills()]


@asynccontextmanager
async def _program(pace: int = 10_000) -> AsyncIterator[tuple[OaPlatform, Program, Path]]:
    """The program beside an account that lets so many calls a minute through."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        async with CASE.start(folder) as platform:
            assert isinstance(platform, OaPlatform)
            platform.oa.account.calls_per_minute = pace
            variables = platform.settings | any_hour_settings(1) | {
                "TROLY_ZALO_OA_CALLS_PER_MINUTE": str(pace), "TROLY_LOG_LEVEL": "WARNING",
            }  # fmt: skip
            async with open_store_from_settings(make_settings(folder)) as opened:
                await platform.prepare(opened.store)
            async with run_program(cast(Any, platform), folder, variables, COMMAND) as program:
                yield platform, program, folder


async def _intake() -> list[Result]:
    async with _program() as (platform, _, _):
        account = platform.oa.account
        people = tuple(account.user().id for _ in range(PEOPLE))

        async def call(text: str, per_second: int, seconds: float) -> Answered:
            calls = Calls(
                platform.oa.hook, account.app_id, account.oa_secret, people, per_second, seconds, text, f"{time.time()}"
            )
            return await asyncio.to_thread(make_calls, calls)

        for line in ("/start", "đồng ý"):
            await call(line, 100, PEOPLE / 100)
        await asyncio.sleep(2)
        return [_answered(rate, await call(text, rate, SECONDS)) for rate, text in RATES.items()]


def _answered(rate: int, found: Answered) -> Result:
    took = quantiles(found.took, n=100)[98] if rate > 200 else max(found.took)
    most, what = (P99, "p99") if rate > 200 else (LONGEST, "the longest, while sentences are read")
    name = f"Zalo's webhook at {rate} events/s: {what} of its 200"
    return Result(name, took * 1000, None, "ms", None, f"under {most * 1000:.0f}", took < most and not found.refused)


async def _broadcast() -> list[Result]:
    name = f"Zalo broadcast to {RECIPIENTS:,} at {PACE:,}/min"
    async with _program(PACE) as (platform, program, folder):
        before = _peak(program)
        rate = await _send(platform, folder, RECIPIENTS, RECIPIENTS / PACE * 120 + 60)
        grown = _peak(program) - before
        caused = platform.oa.account.reached
    share = rate / PACE
    return [
        Result(name, rate, PACE, "messages/min", share, f"at least {SHARE} of the pace", share >= SHARE and not caused),
        Result(f"{name}: memory growth", grown, None, "MB", None, f"under {GROWTH:.0f}", grown < GROWTH),
    ]


async def _small_package() -> list[Result]:
    """A broadcast at 100 calls a minute while somebody talks: nothing is one call too many."""
    async with _program(SMALL_PACE) as (platform, _, folder):
        lan = platform.person()
        talking = asyncio.create_task(_talk(lan))
        rate = await _send(platform, folder, FEW, FEW / SMALL_PACE * 120 + 60)
        talking.cancel()
        refused = int(platform.oa.account.reached)
    name = f"Zalo broadcast to {FEW} at {SMALL_PACE}/min beside a conversation"
    return [
        Result(name, rate, SMALL_PACE, "messages/min", rate / SMALL_PACE, "told", holds=True),
        Result(f"{name}: −32 caused", refused, None, "calls", None, "0", refused == 0),
    ]


async def _talk(lan: Any) -> None:
    while True:
        await lan.says("/trogiup")
        await asyncio.sleep(8)


async def _send(platform: OaPlatform, folder: Path, count: int, within: float) -> float:
    """Messages a minute, from the first to the last."""
    known = make_settings(folder)
    async with open_store_from_settings(known) as opened:
        addresses = set(await platform.meet(opened.store, count))
        await start_notice(opened.store, datetime.now(UTC))
    first = 0.0
    async with asyncio.timeout(within):
        while True:
            arrived = sum(one.user in addresses for one in platform.oa.account.sent)
            first = first or (time.perf_counter() if arrived else 0.0)
            if arrived >= count:
                return (count - 1) / (time.perf_counter() - first) * 60
            await asyncio.sleep(0.05)


def _peak(program: Program) -> float:
    """Megabytes, the most it ever held."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{program.pid}/status").read_text("ascii"), re.MULTILINE)
    assert found
    return int(found[1]) / 1000


def _kills() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder, start_fork_server() as start:
        after = asyncio.run(
            run_with_kills(CASE, Path(folder), start, recipients=RECIPIENTS, kills=KILLS, pace=KILL_PACE, seed=SEED)
        )
    name = f"{KILLS} kills amid a Zalo broadcast to {RECIPIENTS:,}"
    counts = {
        "received twice": len(after.twice),
        "missing and not named unknown": len(after.missing),
        "without a final state": RECIPIENTS - len(after.states) + len(after.unfinished),
    }
    zero = [Result(f"{name}: {what}", count, None, "people", None, "0", count == 0) for what, count in counts.items()]
    left, unknown = after.left, after.tally.get("unknown", 0)
    return [
        Result(f"{name}: not sent yet at the last kill", left, None, "people", None, "some", left > 0),
        *zero,
        Result(f"{name}: named unknown", unknown, None, "people", None, "named", holds=True),
    ]
