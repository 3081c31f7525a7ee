"""Processes that are called in take different chats, and together leave none behind."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from bot.delivery.runner import ChannelService, Runner, _own_part
from bot.delivery.turn_pool import SlowTask, SlowTaskKind, TurnPool
from bot.messages import Chat
from bot.store.errors import UnknownKey
from tests.support.delivery import eventually

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


class Looked:
    """An inbox where chats wait for a key that does not come, of a process beside another one."""

    def __init__(self, waiting: Sequence[Chat]) -> None:
        self.waiting, self.looks = waiting, 0
        self.shared = self.alone = False
        self.place, self.channel = 0.5, "telegram"

    async def chats_waiting(self, _channel: str) -> Sequence[Chat]:
        self.looks += 1
        return self.waiting

    def take_up(self, _table: str, _takes: object) -> None: ...


@pytest.mark.parametrize("errand", [False, True])
async def test_what_nobody_can_handle_now_is_not_looked_for_again_and_again(errand: bool) -> None:
    tried = Counter[str]()

    async def handle_next(chat: Chat) -> SlowTask:
        tried[chat.id] += 1
        if not errand:
            raise UnknownKey
        return SlowTask(SlowTaskKind.FILE, asyncio.Event().wait)  # type: ignore[arg-type]  # for ever

    one: Any = Looked(WAITING[:100])
    workers, stop = TurnPool(handle_next, lambda _: None), asyncio.Event()
    runner = _runner(one, workers)
    runner._look()
    sweeping = asyncio.create_task(runner._sweep(stop))
    await eventually(lambda: len(tried) == len(one.waiting))
    for _ in range(200):
        await asyncio.sleep(0)
    stop.set()
    await sweeping
    assert set(tried.values()) == {1}
    assert one.looks <= 6


def _runner(one: Any, workers: TurnPool) -> Runner:
    store: Any = SimpleNamespace(inbox=one, workers=one)
    return Runner(store, workers, (ChannelService(one, one),), ())
