"""A hundred SIGKILLs at random moments of a broadcast to 5,000 people."""

import asyncio
import tempfile
from pathlib import Path

from tests.bench.result import Result
from tests.support.broadcast_kills import Aftermath, run_with_kills
from tests.support.channels import CHANNELS
from tests.support.fork_server import start_fork_server

RECIPIENTS, KILLS = 5_000, 100
PACE = 300  #: a second, so that it is still under way at the last kill
SEED = 2026


def _measure() -> Aftermath:
    with tempfile.TemporaryDirectory() as folder, start_fork_server() as start:
        return asyncio.run(
            run_with_kills(CHANNELS[0], Path(folder), start, recipients=RECIPIENTS, kills=KILLS, pace=PACE, seed=SEED)
        )


def run() -> list[Result]:
    after = _measure()
    name = f"{KILLS} kills during a broadcast of {RECIPIENTS:,}"
    counts = {
        "received twice": len(after.twice),
        "missing and not reported unknown": len(after.missing),
        "without a final state": RECIPIENTS - len(after.states) + len(after.unfinished),
    }
    zero = [Result(f"{name}: {what}", count, None, "people", None, "0", count == 0) for what, count in counts.items()]
    unknown = after.tally.get("unknown", 0)
    left = Result(f"{name}: not sent yet at the last kill", after.left, None, "people", None, "some", after.left > 0)
    return [
        left,
        *zero,
        Result(f"{name}: unknown, told to the admin", unknown, None, "people", None, "named", holds=True),
    ]
