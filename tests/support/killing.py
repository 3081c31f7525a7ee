"""Kills a process at random moments until its work is complete."""

import multiprocessing
import random
from collections.abc import Callable
from pathlib import Path

#: Shortest and longest life in seconds, including opening the store, and its growth each time, so that a slow machine
#: makes progress too.
SHORTEST, LONGEST, LONGER_EACH_TIME = 0.03, 0.08, 0.01

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(["tests.support.turning_office"])  # processes without the cost of their imports

#: Works on the database at this URL, or in this folder.
Work = Callable[[str | None, Path], None]


def killed_again_and_again(work: Work, url: str | None, folder: Path) -> int:
    """Let the work run for short moments until it is complete; return how often it was killed."""
    chance = random.Random(2026)
    for kills in range(1000):
        process = _nursery.Process(target=work, args=(url, folder))
        process.start()
        process.join(chance.uniform(SHORTEST, LONGEST + kills * LONGER_EACH_TIME))
        if process.exitcode == 0:
            return kills
        assert process.exitcode is None, "it failed by itself"
        process.kill()
        process.join()
    raise AssertionError("it never came to its end")
