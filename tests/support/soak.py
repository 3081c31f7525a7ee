"""How often a property is tried: ``make soak`` takes its time and tries each ten times as often."""

import os

from hypothesis import settings

_TIMES = 10 if os.environ.get("TROLY_TESTS_SOAK") else 1


def examples(usually: int) -> int:
    """Return how many examples to try."""
    return usually * _TIMES


def use_profile() -> None:
    """Let no property fail because the machine does other things too."""
    settings.register_profile("troly", deadline=None, max_examples=examples(100))
    settings.load_profile("troly")
