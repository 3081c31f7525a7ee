"""Processes that are called in take different chats, and together leave none behind."""

import pytest

from bot.delivery.runner import _own_part
from bot.messages import Chat

WAITING = [Chat(f"{number}", "telegram", f"{number}") for number in range(400)]


def test_each_begins_at_another_chat_and_the_oldest_are_everybodys() -> None:
    one, other = _own_part(WAITING, 1 / 3), _own_part(WAITING, 2 / 3)
    assert set(one) & set(other) == set(WAITING[:4])
    assert one[:4] == other[:4] == WAITING[:4]


@pytest.mark.parametrize("place", [0.01, 0.5, 0.99])
def test_whoever_goes_on_alone_takes_all_of_them_in_some_looks(place: float) -> None:
    left, looks = list(WAITING), 0
    while left:
        part = set(_own_part(left, place))
        assert part
        left = [chat for chat in left if chat not in part]
        looks += 1
    assert looks <= 13
