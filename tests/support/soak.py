"""How often a property is tried: less in a run of all tests than in ``make soak``, which takes its time."""

import os

from hypothesis import settings

_SOAKS = bool(os.environ.get("TROLY_TESTS_SOAK"))


def examples(usually: int, soaking: int) -> int:
    """Return how many examples to try."""
    return soaking if _SOAKS else usually


def use_profile() -> None:
    """Let no property fail because the machine does other things too; soaking, try all of them ten times as often."""
    settings.register_profile("troly", deadline=None, max_examples=examples(100, 1000))
    settings.load_profile("troly")
