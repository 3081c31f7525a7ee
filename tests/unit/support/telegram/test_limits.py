"""https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""

from dataclasses import dataclass

import pytest

from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import ApiError
from tests.support.telegram.limits import Limits
from tests.unit.support.telegram.conftest import Ask


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def refused(limits: Limits, chat: int) -> int | None:
    try:
        limits.check(chat)
    except ApiError as error:
        after: int = error.parameters["retry_after"]
        return after
    return None


def test_a_chat_takes_a_small_burst_and_then_one_a_second() -> None:
    clock = Clock()
    limits = Limits(burst=3, clock=clock)
    assert [refused(limits, 1) for _ in range(4)] == [None, None, None, 1]
    clock.now = 1.0
    assert [refused(limits, 1) for _ in range(2)] == [None, 1]
    assert refused(limits, 2) is None


def test_all_chats_together_take_thirty_a_second() -> None:
    limits = Limits(clock=Clock())
    assert [refused(limits, chat) for chat in range(1, 32)] == [None] * 30 + [1]


def test_a_group_takes_twenty_a_minute() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    assert [refused(limits, -1) for _ in range(21)] == [None] * 20 + [3]


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
async def test_too_many_requests_say_when_to_come_back(api: BotApi, ask: Ask, method: str) -> None:
    await api.user("Lan").says("x")
    api.gate.limits = Limits(burst=1)
    await ask("sendMessage", chat_id=api.user("Lan").id, text="x")
    answer = await ask(method, chat_id=api.user("Lan").id, message_id=2, text="y")
    assert answer["error_code"] == 429
    assert answer["description"] == "Too Many Requests: retry after 1"
    assert answer["parameters"] == {"retry_after": 1}


def test_paid_broadcasts_have_a_limit_of_their_own_that_holds_for_any_second() -> None:
    now = [0.0]
    limits = Limits(paid=10, clock=lambda: now[0])
    for number in range(10):
        now[0] = 0.5 + number / 100
        limits.check(number + 1, paid=True)
    now[0] = 1.49
    with pytest.raises(ApiError):
        limits.check(99, paid=True)
    limits.check(98)  # what is not paid for is counted apart
    now[0] = 1.5
    limits.check(99, paid=True)
    assert limits.refused == 1
