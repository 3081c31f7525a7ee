from bot.delivery import Pace, Pacer, Rate
from bot.delivery.pacing import Buckets
from tests.support.delivery import ManualClock


def test_a_burst_leaves_at_once_and_then_the_rate_holds() -> None:
    clock = ManualClock()
    pacer = Pacer(Pace(overall=Rate(30, 30), chat=Rate(100, 100)), clock)
    assert [pacer.take(str(number)) for number in range(30)] == [0.0] * 30
    assert pacer.available() == 0
    assert 0 < pacer.wait_for_one() <= 1 / 30
    clock.seconds += 1
    assert pacer.available() == 30


def test_one_chat_is_held_back_while_others_go_on() -> None:
    clock = ManualClock()
    pacer = Pacer(Pace(overall=Rate(30, 30), chat=Rate(1, 2)), clock)
    assert [pacer.take("a") for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    assert pacer.take("b") == 0.0


def test_tokens_never_exceed_the_burst_however_long_nothing_is_sent() -> None:
    clock = ManualClock()
    buckets = Buckets(Rate(1, 3), clock)
    clock.seconds += 10_000
    assert [buckets.try_take("a") for _ in range(4)] == [True, True, True, False]


def test_full_buckets_are_forgotten_so_that_memory_stays_bounded() -> None:
    clock = ManualClock()
    buckets = Buckets(Rate(1, 3), clock)
    for number in range(20_000):
        buckets.take(str(number))
        clock.seconds += 0.01
    assert len(buckets._buckets) < 5000


def test_a_bucket_in_use_is_not_forgotten_in_a_crowd() -> None:
    clock = ManualClock()
    buckets = Buckets(Rate(1, 3), clock)
    for number in range(10_000):
        buckets.take(str(number))
    assert buckets.try_take("0")
    assert buckets.try_take("0")
    assert not buckets.try_take("0")
