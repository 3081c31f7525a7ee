"""SIGKILL at random moments of a broadcast: nobody gets it twice, and nobody is lost silently."""

import random
from pathlib import Path

from tests.support.broadcast_kills import killed
from tests.support.zygote import Zygote

RECIPIENTS, KILLS, PACE = 250, 8, 150


async def test_killed_at_random_moments_a_broadcast_reaches_everybody_once(fast_start: Zygote, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    after = await killed(tmp_path, fast_start, recipients=RECIPIENTS, kills=KILLS, pace=PACE, seed=seed)
    assert not after.twice, f"seed {seed}"
    assert not after.missing, f"seed {seed}"
    assert not after.unfinished, f"seed {seed}"
    assert sum(after.tally.values()) == len(after.states) == RECIPIENTS
