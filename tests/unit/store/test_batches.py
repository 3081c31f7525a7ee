"""Batches are short, give way, and always come to their end."""

import pytest

from bot.store.batches import Batches, delete_in_batches
from bot.store.drivers import Query, Rows
from tests.support.delivery import ManualClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    made = ManualClock()
    monkeypatch.setattr("bot.store.batches.perf_counter", made.monotonic)
    return made


async def test_a_batch_that_takes_long_makes_the_next_ones_smaller_but_never_empty(clock: ManualClock) -> None:
    batches, sizes = Batches(), []

    async def slow(size: int) -> None:
        sizes.append(size)
        clock.seconds += 0.05

    for _ in range(5):
        await batches.run(slow)

    assert sizes == [400, 200, 100, 100, 100]


async def test_where_there_is_nothing_else_to_do_batches_grow_to_a_bound(clock: ManualClock) -> None:
    batches, sizes = Batches(most=700), []

    async def quick(size: int) -> None:
        sizes.append(size)

    for _ in range(4):
        await batches.run(quick)

    assert sizes == [400, 700, 700, 700]


async def test_rows_are_deleted_until_none_are_left() -> None:
    left = 250

    async def run(call: Query) -> list[Rows]:
        nonlocal left
        gone = min(left, call.parameters["limit"])
        left -= gone
        return [[(1,)] * gone]

    assert await delete_in_batches(run, Batches(), "expire_inbox", {"before": 0}) == 250
    assert left == 0
