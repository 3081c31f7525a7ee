"""A browser that takes or sends its file slowly keeps nobody else from theirs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from bot.channels.web.inbox import LARGEST_FILE
from bot.channels.web.transfers import FileAnswer, HeldAnswer, NoRoom, TransferRoom
from bot.store.links import FileFacts
from tests.support.delivery import eventually

Task = asyncio.Task[object]
LARGE = b"x" * LARGEST_FILE
SMALL = b"y" * 1000


class Taker:
    """A browser at an address that asks for a file, and takes it or stops in the middle."""

    def __init__(
        self,
        room: TransferRoom,
        address: str,
        content: bytes | None = LARGE,
        *,
        stuck: bool = False,
        once: bool = False,
    ) -> None:
        self.room, self.address, self.content, self.stuck, self.once = room, address, content, stuck, once
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
        answer = FileAnswer(self.room, self.load, Response(status_code=404), "vi", once=self.once)
        await answer(scope, self.receive, self.send)
        return self

    async def receive(self) -> Message:
        return {"type": "http.disconnect"}


@asynccontextmanager
async def stuck(
    room: TransferRoom, address: str, count: int, content: bytes = LARGE, *, once: bool = False
) -> AsyncIterator[list[Task]]:
    takers = [Taker(room, address, content, stuck=True, once=once) for _ in range(count)]
    tasks = [asyncio.create_task(one.asks()) for one in takers]
    await eventually(lambda: all(one.status for one in takers))
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_address_that_takes_nothing_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._PATIENCE", 0.05)
    room = TransferRoom()
    async with stuck(room, "192.0.2.1", 2):
        other = await Taker(room, "192.0.2.2").asks()
        assert (other.status, other.over, other.body == LARGE) == (200, True, True)
        third = await Taker(room, "192.0.2.1").asks()
        assert (third.status, third.loaded) == (503, False)  # and its link is not used up
    assert (await Taker(room, "192.0.2.1").asks()).status == 200


async def test_small_files_take_no_room_from_each_other() -> None:
    room = TransferRoom()
    async with stuck(room, "192.0.2.1", 200, SMALL):
        assert (await Taker(room, "192.0.2.1", SMALL).asks()).body == SMALL


async def test_where_the_room_is_full_the_slowest_that_had_its_time_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._USUAL", 0.0)
    monkeypatch.setattr("bot.channels.web.transfers._LOOK", 0.01)
    room = TransferRoom()
    async with stuck(room, "192.0.2.1", 2), stuck(room, "192.0.2.3", 2):
        other = await Taker(room, "192.0.2.2").asks()
        assert (other.status, other.over) == (200, True)


async def test_a_file_that_is_there_once_is_not_cut_off_for_a_slow_browser_but_on_a_dead_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._USUAL", 0.0)
    monkeypatch.setattr("bot.channels.web.transfers._LONGEST", 0.0)
    monkeypatch.setattr("bot.channels.web.transfers._PATIENCE", 0.05)
    monkeypatch.setattr("bot.channels.web.transfers._LOOK", 0.01)
    room = TransferRoom()
    async with stuck(room, "192.0.2.1", 2, once=True) as one, stuck(room, "192.0.2.3", 2, once=True) as other:
        late = await Taker(room, "192.0.2.2", once=True).asks()
        assert (late.status, late.loaded) == (503, False)
        assert not [task for task in (*one, *other) if task.done()]
        monkeypatch.setattr("bot.channels.web.transfers._STALLED", 0.0)
        assert (await Taker(room, "192.0.2.2", once=True).asks()).over


async def test_nobody_is_cut_off_while_there_is_room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._USUAL", 0.0)
    room = TransferRoom()
    async with stuck(room, "192.0.2.1", 1, SMALL) as (slow,):
        assert (await Taker(room, "192.0.2.2").asks()).over
        assert not slow.done()


async def test_what_is_not_there_is_said_and_holds_no_room() -> None:
    room = TransferRoom(LARGEST_FILE, LARGEST_FILE)
    assert [(await Taker(room, "192.0.2.1", None).asks()).status for _ in range(3)] == [404] * 3


def upload(address: str, length: str = str(LARGEST_FILE)) -> Request:
    headers = [(b"content-length", length.encode())] if length else []
    return Request({"type": "http", "path": "/chat", "headers": headers, "client": (address, 1)})


@asynccontextmanager
async def uploading(room: TransferRoom, address: str, count: int) -> AsyncIterator[list[Task]]:
    """Slow senders at an address, who hold their room until they are stopped."""
    inside = 0

    async def sends() -> None:
        nonlocal inside
        async with room.receiving(upload(address)):
            inside += 1
            await asyncio.Event().wait()

    tasks: list[Task] = [asyncio.create_task(sends()) for _ in range(count)]
    await eventually(lambda: inside == count)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_address_that_sends_slowly_keeps_no_other_from_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._PATIENCE", 0.05)
    room = TransferRoom()
    async with uploading(room, "192.0.2.1", 2):
        async with room.receiving(upload("192.0.2.2")), room.receiving(upload("192.0.2.2", "")):
            pass
        async with room.receiving(upload("192.0.2.1", "300")):  # a line waits for no file
            pass
        with pytest.raises(NoRoom):
            async with room.receiving(upload("192.0.2.1")):
                pass


async def test_where_all_the_room_is_held_by_slow_senders_one_makes_way_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._USUAL", 0.0)
    monkeypatch.setattr("bot.channels.web.transfers._LOOK", 0.01)
    room = TransferRoom()
    async with uploading(room, "192.0.2.1", 2) as one, uploading(room, "192.0.2.3", 2) as other:
        async with room.receiving(upload("192.0.2.2")):
            pass
        ended = [task for task in (*one, *other) if task.done()]
        assert [type(task.exception()) for task in ended] == [NoRoom]


async def test_senders_just_above_the_slow_pace_hold_the_room_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._USUAL", 0.0)
    monkeypatch.setattr("bot.channels.web.transfers._PACE", -1)  # everybody is faster
    monkeypatch.setattr("bot.channels.web.transfers._PATIENCE", 0.05)
    monkeypatch.setattr("bot.channels.web.transfers._LOOK", 0.01)
    room = TransferRoom()
    async with uploading(room, "192.0.2.1", 2) as one, uploading(room, "192.0.2.3", 2) as other:
        with pytest.raises(NoRoom):
            async with room.receiving(upload("192.0.2.2")):
                pass
        monkeypatch.setattr("bot.channels.web.transfers._LONGEST", 0.0)
        async with room.receiving(upload("192.0.2.2")):
            pass
        assert [type(task.exception()) for task in (*one, *other) if task.done()] == [NoRoom]


async def test_what_was_made_already_is_handed_over_within_the_same_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.transfers._PATIENCE", 0.05)
    room = TransferRoom()
    made = Response(LARGE + LARGE + LARGE, headers={"content-disposition": "attachment"})
    taker = Taker(room, "192.0.2.2")
    scope = {"type": "http", "path": "/desk/exports", "headers": [], "client": ("192.0.2.2", 1)}
    async with stuck(room, "192.0.2.1", 2):
        await HeldAnswer(room, made, "vi")(scope, taker.receive, taker.send)
        assert (taker.status, taker.over, len(taker.body)) == (200, True, 3 * LARGEST_FILE)
        refused = Taker(room, "192.0.2.1")
        await HeldAnswer(room, made, "vi")({**scope, "client": ("192.0.2.1", 1)}, refused.receive, refused.send)
        assert refused.status == 503
