import heapq
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.pace import Pace, Rate, TokenBuckets
from bot.delivery.pacing import ConcurrencyLimit, MessageKind, Pacer, _Part
from tests.support.delivery import ManualClock

UNHURRIED = Rate(1e6, 1e6)


def pacer(clock: ManualClock, overall: float, **more: float) -> Pacer:
    return Pacer(Pace(overall, UNHURRIED, **more), clock)


class Platform:
    """Takes its time, counts a message at any moment between its departure and its answer."""

    def __init__(self, clock: ManualClock, slowness: float, seed: int = 1) -> None:
        self.clock, self.slowness = clock, slowness
        self.chance = random.Random(seed)
        self.counted: list[float] = []
        self._under_way: list[tuple[float, int, Pacer, MessageKind]] = []

    def receive(self, pacer: Pacer, kind: MessageKind) -> None:
        answer = self.clock.seconds + self.chance.uniform(0, self.slowness)
        self.counted.append(self.chance.uniform(self.clock.seconds, answer))
        heapq.heappush(self._under_way, (answer, len(self.counted), pacer, kind))

    def pass_time(self, seconds: float) -> None:
        until = self.clock.seconds + seconds
        while self._under_way and self._under_way[0][0] <= until:
            self.clock.seconds, _, pacer, kind = heapq.heappop(self._under_way)
            pacer.record_arrival(kind)
        self.clock.seconds = until

    def most_in_a_second(self, seconds: float = 1.0) -> int:
        times = sorted(self.counted)
        first = most = 0
        for last, time in enumerate(times):
            while times[first] < time - seconds + 1e-9:  # half open: what is a whole second apart is not within one
                first += 1
            most = max(most, last - first + 1)
        return most


async def test_places_that_are_reserved_ahead_leave_when_they_are_free() -> None:
    clock = ManualClock()
    ours = pacer(clock, 3)
    assert ours.reserve(MessageKind.URGENT, 3) == 3
    for _ in range(3):
        ours.record_arrival(MessageKind.URGENT)
    clock.seconds += 0.95
    assert ours.reserve(MessageKind.BROADCAST, 1) == 0
    assert ours.reserve(MessageKind.BROADCAST, 1, ahead=0.1) == 1
    assert 0.04 < ours.until_departure() < 0.06
    clock.seconds += ours.until_departure()
    assert ours.until_departure() == 0


def send(pacer: Pacer, platform: Platform, kind: MessageKind, most: int) -> int:
    places = pacer.reserve(kind, most)
    for _ in range(places):
        platform.receive(pacer, kind)
    return places


@settings(max_examples=60, deadline=None)
@given(
    pace=st.sampled_from([0.5, 1, 2.5, 25, 30, 200]),
    slowness=st.sampled_from([0.0, 0.01, 0.3, 2.0]),
    wishes=st.lists(
        st.tuples(st.sampled_from(MessageKind), st.integers(0, 40), st.floats(0, 0.7)), min_size=1, max_size=80
    ),
)
def test_no_second_of_the_platform_ever_holds_more_than_the_pace(
    pace: float, slowness: float, wishes: list[tuple[MessageKind, int, float]]
) -> None:
    clock = ManualClock()
    platform, ours = Platform(clock, slowness), pacer(clock, pace)
    for kind, most, pause in wishes:
        send(ours, platform, kind, most)
        platform.pass_time(pause)
    assert platform.most_in_a_second() <= max(1, pace)


@settings(max_examples=40, deadline=None)
@given(
    pace=st.sampled_from([1, 2.5, 4, 10.5, 25, 200]),
    live=st.lists(st.integers(1, 4), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
)
def test_processes_that_come_and_go_together_never_send_more_than_the_pace(
    pace: float, live: list[int], seed: int
) -> None:
    clock = ManualClock()
    platform = Platform(clock, 0.05, seed)
    processes = [pacer(clock, pace) for _ in range(4)]
    before = 1
    for count in live:
        for rank, each in enumerate(processes):
            each.share(count, rank)
        if count > before:  # who joins waits until the others know, and a second is over
            beginning = before
            for _ in range(40):
                _hurry(processes[:beginning], platform)
        before = count
        for _ in range(40):
            _hurry(processes[:count], platform)
    assert platform.most_in_a_second() <= pace


@pytest.mark.parametrize(("pace", "live"), [(25, 1), (25, 4), (25, 13), (25, 50), (0.5, 3), (1000, 7)])
def test_the_parts_of_all_processes_are_the_whole_pace(pace: float, live: int) -> None:
    parts = [_Part.of(Pace(pace, UNHURRIED), live, rank).overall for rank in range(live)]
    assert sum(parts) == max(1, int(pace))
    assert max(parts) - min(parts) <= 1


@given(
    pace=st.integers(1, 60),
    senders=st.integers(1, 6),
    views=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=6, max_size=6),
)
def test_whoever_counts_dead_processes_too_never_takes_more_than_its_part(
    pace: int, senders: int, views: list[tuple[int, int]]
) -> None:
    """Of the dead that a process counts besides all that send, some come before it and some behind."""
    parts = [
        _Part.of(Pace(pace, UNHURRIED), senders + before + behind, place + before).overall
        for place, (before, behind) in enumerate(views[:senders])
    ]
    assert sum(parts) <= pace


@pytest.mark.parametrize("live", [1, 4, 13])
def test_however_many_processes_send_a_broadcast_leaves_at_the_pace(live: int) -> None:
    clock = ManualClock()
    platform = Platform(clock, 0.01)
    processes = [pacer(clock, 25) for _ in range(live)]
    for rank, each in enumerate(processes):
        each.share(live, rank)
    while clock.seconds < 1020:
        for each in processes:
            send(each, platform, MessageKind.BROADCAST, 10_000)
        platform.pass_time(0.005)
    assert len(platform.counted) >= 0.97 * 25 * 20
    assert platform.most_in_a_second() <= 25


@pytest.mark.parametrize("live", [1, 4, 13])
def test_a_broadcast_leaves_a_place_free_only_while_somebody_talks(live: int) -> None:
    clock = ManualClock()
    platform = Platform(clock, 0.01)
    processes = [pacer(clock, 25) for _ in range(live)]
    for rank, each in enumerate(processes):
        each.share(live, rank)
    rates = []
    for talks in (True, False):
        before = len(platform.counted)
        for step in range(1000):
            if talks and step % 100 == 0:
                send(processes[0], platform, MessageKind.URGENT, 1)
            for each in processes:
                send(each, platform, MessageKind.BROADCAST, 10_000)
            platform.pass_time(0.01)
        rates.append((len(platform.counted) - before - 10 * talks) / 10)
        platform.pass_time(61)
    assert rates[0] < 24.1 < rates[1]
    assert platform.most_in_a_second() <= 25


def _hurry(processes: list[Pacer], platform: Platform) -> None:
    for each in processes:
        send(each, platform, platform.chance.choice(list(MessageKind)), 50)
    platform.pass_time(0.0311)


@pytest.mark.parametrize(("pace", "share"), [(25, 0.85), (1000, 0.97)])
def test_a_broadcast_leaves_nearly_as_fast_as_may_be(pace: int, share: float) -> None:
    clock = ManualClock()
    platform, ours = Platform(clock, 0.01), pacer(clock, pace)
    while clock.seconds < 1010:
        send(ours, platform, MessageKind.BROADCAST, 10_000)
        platform.pass_time(ours.wait(MessageKind.BROADCAST))
    assert len(platform.counted) >= share * pace * 10
    assert platform.most_in_a_second() <= pace


@pytest.mark.parametrize("pace", [25, 1000])
def test_an_answer_leaves_at_once_while_a_broadcast_takes_all_it_may(pace: int) -> None:
    clock = ManualClock()
    platform, ours = Platform(clock, 0.05), pacer(clock, pace)
    for step in range(400):
        while send(ours, platform, MessageKind.BROADCAST, 10_000):
            pass
        if step % 60 == 59:  # one or two a second
            assert send(ours, platform, MessageKind.URGENT, 1) == 1
        platform.pass_time(0.0101)


@pytest.mark.parametrize("calls", [100, 2000])
def test_a_platform_that_counts_minutes_gets_nearly_all_it_takes_and_answers_wait_a_moment(calls: int) -> None:
    clock = ManualClock()
    platform, ours = Platform(clock, 0.3), pacer(clock, calls / 60, window=60.0)
    ends, asked, waits = clock.seconds + 300, clock.seconds, []
    while clock.seconds < ends:
        if clock.seconds - asked > 3.0:  # twenty answers a minute
            began = clock.seconds
            while not send(ours, platform, MessageKind.URGENT, 1):
                platform.pass_time(0.05)
            waits.append(clock.seconds - began)
            asked = clock.seconds
        send(ours, platform, MessageKind.BROADCAST, 10_000)
        platform.pass_time(min(0.5, ours.wait(MessageKind.BROADCAST)))
    assert platform.most_in_a_second(60.0) <= calls
    assert len(platform.counted) >= 0.95 * calls * 5
    assert max(waits) < 2.5


def test_places_that_are_not_used_are_free_again() -> None:
    clock = ManualClock()
    ours = pacer(clock, 30)
    assert ours.reserve(MessageKind.URGENT, 50) == 30
    ours.release(MessageKind.URGENT, 30)
    assert ours.reserve(MessageKind.URGENT, 50) == 30
    for _ in range(30):
        ours.record_arrival(MessageKind.URGENT)
    assert ours.reserve(MessageKind.URGENT, 50) == 0
    assert 0.9 < ours.wait(MessageKind.URGENT) <= 1.01
    clock.seconds += 1.01
    assert ours.reserve(MessageKind.URGENT, 50) == 30


def test_what_is_not_paid_for_keeps_to_its_own_pace() -> None:
    clock = ManualClock()
    ours = pacer(clock, 1000, urgent=30)
    assert ours.reserve(MessageKind.URGENT, 100) == 30
    assert ours.reserve(MessageKind.BROADCAST, 100) > 30


def test_one_chat_is_held_back_while_others_go_on() -> None:
    ours = Pacer(Pace(overall=30, chat=Rate(1, 2)), ManualClock())
    assert [ours.take_chat_place("a") for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    assert ours.take_chat_place("b") == 0.0


def test_tokens_never_exceed_the_burst_however_long_nothing_is_sent() -> None:
    clock = ManualClock()
    buckets = TokenBuckets(Rate(1, 3), clock)
    clock.seconds += 10_000
    assert [buckets.try_take("a") for _ in range(4)] == [True, True, True, False]


def test_full_buckets_are_forgotten_so_that_memory_stays_bounded() -> None:
    clock = ManualClock()
    buckets = TokenBuckets(Rate(1, 3), clock)
    for number in range(20_000):
        buckets.take(str(number))
        clock.seconds += 0.01
    assert len(buckets._buckets) < 5000


def test_a_bucket_in_use_is_not_forgotten_in_a_crowd() -> None:
    clock = ManualClock()
    buckets = TokenBuckets(Rate(1, 3), clock)
    for number in range(10_000):
        buckets.take(str(number))
    assert buckets.try_take("0")
    assert buckets.try_take("0")
    assert not buckets.try_take("0")


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
