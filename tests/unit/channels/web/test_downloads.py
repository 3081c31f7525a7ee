"""A browser that takes its file slowly keeps nobody else from theirs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.responses import Response
from starlette.types import Message

from bot.channels.web.downloads import DownloadRoom, FileAnswer
from bot.channels.web.inbox import LARGEST_FILE
from bot.store.links import FileFacts
from tests.support.delivery import eventually

Task = asyncio.Task[object]
LARGE = b"x" * LARGEST_FILE
SMALL = b"y" * 1000


class Taker:
    """A browser at an address that asks for a file, and takes it or stops in the middle."""

    def __init__(self, room: DownloadRoom, address: str, content: bytes | None = LARGE, *, stuck: bool = False) -> None:
        self.room, self.address, self.content, self.stuck = room, address, content, stuck
        self.status, self.body, self.over, self.loaded = 0, bytearray(), False, False

    async def load(self) -> tuple[FileFacts, bytes] | None:
        self.loaded = True
        if self.content is None:
            return None
        return FileFacts(name="đơn.pdf", media_type="application/pdf", size=len(self.content)), self.content

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif self.stuck:
            await asyncio.Event().wait()
        else:
            self.body += message["body"] if message.get("more_body") else b""
            self.over = not message.get("more_body")

    async def asks(self) -> "Taker":
        scope = {"type": "http", "path": "/t/x", "headers": [], "client": (self.address, 1)}
        answer = FileAnswer(self.room, self.load, Response(status_code=404), "vi")
        await answer(scope, self.receive, self.send)
        return self

    async def receive(self) -> Message:
        return {"type": "http.disconnect"}


@asynccontextmanager
async def stuck(room: DownloadRoom, address: str, count: int, content: bytes = LARGE) -> AsyncIterator[list[Task]]:
    takers = [Taker(room, address, content, stuck=True) for _ in range(count)]
    tasks = [asyncio.create_task(one.asks()) for one in takers]
    await eventually(lambda: all(one.status for one in takers))
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_address_that_takes_nothing_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.downloads._PATIENCE", 0.05)
    room = DownloadRoom()
    async with stuck(room, "192.0.2.1", 4):
        other = await Taker(room, "192.0.2.2").asks()
        assert (other.status, other.over, other.body == LARGE) == (200, True, True)
        fifth = await Taker(room, "192.0.2.1").asks()
        assert (fifth.status, fifth.loaded) == (503, False)  # and its link is not used up
    assert (await Taker(room, "192.0.2.1").asks()).status == 200


async def test_small_files_take_no_room_from_each_other() -> None:
    room = DownloadRoom()
    async with stuck(room, "192.0.2.1", 200, SMALL):
        assert (await Taker(room, "192.0.2.1", SMALL).asks()).body == SMALL


async def test_where_the_room_is_full_the_slowest_that_had_its_time_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.downloads._USUAL", 0.0)
    monkeypatch.setattr("bot.channels.web.downloads._LOOK", 0.01)
    room = DownloadRoom()
    async with stuck(room, "192.0.2.1", 4), stuck(room, "192.0.2.3", 4):
        other = await Taker(room, "192.0.2.2").asks()
        assert (other.status, other.over) == (200, True)


async def test_nobody_is_cut_off_while_there_is_room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.downloads._USUAL", 0.0)
    room = DownloadRoom()
    async with stuck(room, "192.0.2.1", 1, SMALL) as (slow,):
        assert (await Taker(room, "192.0.2.2").asks()).over
        assert not slow.done()


async def test_what_is_not_there_is_said_and_holds_no_room() -> None:
    room = DownloadRoom(LARGEST_FILE, LARGEST_FILE)
    assert [(await Taker(room, "192.0.2.1", None).asks()).status for _ in range(3)] == [404] * 3
