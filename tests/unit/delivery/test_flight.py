import pytest

from bot.delivery.pacing import ConcurrencyLimit
from tests.support.delivery import ManualClock


@pytest.mark.parametrize(
    ("pace", "seconds", "enough"),
    [
        (1000, 0.002, 5),  # near: what is more would stand in a queue
        (1000, 0.1, 152),  # far: so many are on the line
        (25, 0.1, 5),
    ],
)
def test_as_many_are_under_way_as_the_pace_needs_over_this_line(pace: float, seconds: float, enough: int) -> None:
    flight = ConcurrencyLimit(pace, ManualClock())
    assert flight.concurrency == 8
    flight.record_latency(seconds)
    flight.record_latency(seconds * 40)  # it waited behind others
    assert flight.concurrency == enough


def test_a_line_that_becomes_slower_is_noticed() -> None:
    clock = ManualClock()
    flight = ConcurrencyLimit(1000, clock)
    for seconds in (0.002, 0.1, 0.1, 0.1):
        flight.record_latency(seconds)
        clock.seconds += 11
    assert flight.concurrency == 152
