from dataclasses import replace

import pytest

from bot.channels.pace import Rate
from bot.delivery.intake import Throttle
from bot.messages import Incoming
from handlers.core import TextReceived, Throttled
from tests.support.delivery import ManualClock, make_text_update


def test_a_burst_within_the_allowance_is_let_in() -> None:
    throttle = Throttle(Rate(1, 5), ManualClock())
    assert len(list(throttle.admit(make_text_update("a", number) for number in range(5)))) == 5
    assert throttle.dropped == 0


def test_beyond_the_allowance_the_person_is_told_once_and_the_rest_is_counted() -> None:
    throttle = Throttle(Rate(1, 5), ManualClock())
    admitted = list(throttle.admit(make_text_update("a", number) for number in range(20)))
    assert [type(update.event) for update in admitted] == [TextReceived] * 5 + [Throttled]
    assert admitted[-1].update_id == "5"
    assert throttle.dropped == 14


def test_who_goes_on_a_little_too_fast_is_not_told_again_and_again() -> None:
    clock = ManualClock()
    throttle = Throttle(Rate(1, 10), clock)
    told = 0
    for number in range(100):
        told += sum(isinstance(update.event, Throttled) for update in throttle.admit([make_text_update("a", number)]))
        clock.seconds += 0.4
    assert told == 1


def test_after_a_rest_a_new_burst_is_told_anew() -> None:
    clock = ManualClock()
    throttle = Throttle(Rate(1, 5), clock)
    list(throttle.admit(make_text_update("a", number) for number in range(20)))
    clock.seconds += 60
    admitted = list(throttle.admit(make_text_update("a", number) for number in range(20, 40)))
    assert [type(update.event) for update in admitted] == [TextReceived] * 5 + [Throttled]


def test_one_hurried_person_takes_nothing_from_another() -> None:
    throttle = Throttle(Rate(1, 2), ManualClock())
    list(throttle.admit(make_text_update("a", number, "1") for number in range(20)))
    assert [update.event for update in throttle.admit([make_text_update("b", 21, "2")])] == [
        make_text_update("b", 21).event
    ]


def test_who_was_told_long_ago_is_forgotten() -> None:
    clock = ManualClock()
    throttle = Throttle(Rate(1, 1), clock)
    for number in range(10_000):
        list(throttle.admit([make_text_update("a", number, str(number)), make_text_update("b", number, str(number))]))
        clock.seconds += 1
    assert len(throttle._warned) <= 4096


def test_a_secret_in_the_midst_of_a_burst_is_still_taken_away() -> None:
    throttle = Throttle(Rate(1, 3), ManualClock())
    secret = Incoming("telegram", "9", "1", TextReceived(text="PIN: 0000", message="9", secret=True))
    admitted = list(throttle.admit([*(make_text_update("a", number) for number in range(6)), *[secret] * 9]))
    assert [update.event.secret for update in admitted] == [False] * 4 + [True] * 3
    assert all(isinstance(update.event, Throttled) and update.event.message == "9" for update in admitted[4:])


def test_a_flooding_group_is_told_twice_and_then_once_in_a_while_without_a_word_about_haste() -> None:
    clock = ManualClock()
    throttle = Throttle(Rate(1, 20), clock)

    def flood(first: int) -> list[object]:
        updates = [make_text_update("/start", number, "-100") for number in range(first, first + 50)]
        group = [replace(one, event=one.event.model_copy(update={"group": True})) for one in updates]
        return [update.event.kind for update in throttle.admit(group)]

    assert flood(0) == ["said", "said"]
    clock.seconds += 31
    assert flood(50) == ["said"]
    assert len(list(throttle.admit([make_text_update("a", 200, "1")]))) == 1


def in_group(update: Incoming) -> Incoming:
    return replace(update, event=update.event.model_copy(update={"group": True}))


def test_whoever_puts_the_assistant_into_very_many_groups_gets_no_more_answers_than_a_few_groups() -> None:
    clock = ManualClock()
    throttle = Throttle(Rate(1, 20), clock)
    heard = 0
    for second in range(60):
        groups = [in_group(make_text_update("/start", second * 1000 + number, f"-{number}")) for number in range(300)]
        heard += len(list(throttle.admit(groups)))
        clock.seconds += 1
    assert heard <= 80


def test_a_secret_in_a_flooded_group_is_still_taken_away() -> None:
    throttle = Throttle(Rate(1, 3), ManualClock())
    secret = in_group(Incoming("telegram", "9", "-1", TextReceived(text="/", message="9", secret=True)))
    flood = [in_group(make_text_update("/start", number, "-1")) for number in range(50)]
    admitted = list(throttle.admit([*flood, secret]))
    assert admitted[-1].event.secret


@pytest.mark.long
def test_whoever_keeps_up_the_pace_all_day_is_let_in_no_longer_at_some_time_and_the_next_day_again() -> None:
    clock = ManualClock()
    throttle = Throttle(Rate(1, 20), clock)
    let_in = 0
    for number in range(86_400):
        let_in += sum(not isinstance(one.event, Throttled) for one in throttle.admit([make_text_update("a", number)]))
        clock.seconds += 1
    assert 5_000 <= let_in <= 10_000
    clock.seconds += 3_600
    assert [type(one.event) for one in throttle.admit([make_text_update("a", 90_000)])] == [TextReceived]
