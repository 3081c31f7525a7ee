"""Chats take turns: whoever sends much, or what takes its time, keeps nobody else waiting."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.delivery.intake import WaitingCalls
from bot.delivery.turn_pool import Handled, SlowTask, SlowTaskKind, TurnPool
from bot.messages import Chat
from bot.web.server import counted
from tests.support.delivery import ManualClock, eventually

OFFICER = Chat("officer", "telegram", "officer")


def chat(number: int) -> Chat:
    return Chat(f"{number}", "telegram", f"{number}")


class Inbox:
    """So many events of each chat; handled one by one, in a moment."""

    def __init__(self, **waiting: int) -> None:
        self.chats_waiting = Counter(waiting)
        self.handled: list[str] = []

    async def __call__(self, one: Chat) -> bool:
        await asyncio.sleep(0)
        if not self.chats_waiting[one.id]:
            return False
        self.chats_waiting[one.id] -= 1
        self.handled.append(one.id)
        return True


async def test_a_chat_with_a_long_backlog_gives_way_after_each_event() -> None:
    inbox = Inbox(a=50, b=50, c=50)
    workers = TurnPool(inbox, lambda _: None, concurrency=1)
    workers.submit(Chat(name, "telegram", name) for name in "abc")
    await workers.drain()
    assert inbox.handled == ["a", "b", "c"] * 50


async def test_whoever_writes_first_after_a_while_comes_before_all_that_were_just_answered() -> None:
    inbox = Inbox(**{f"{number}": 20 for number in range(60)})
    workers = TurnPool(inbox, lambda _: None, concurrency=2)
    workers.submit(chat(number) for number in range(60))
    await eventually(lambda: len(inbox.handled) >= 100)
    inbox.chats_waiting["officer"] = 1
    before = len(inbox.handled)
    workers.submit([OFFICER])
    await workers.drain()
    assert inbox.handled.index("officer") - before <= 4


async def test_whoever_waits_for_each_answer_comes_before_a_backlog_three_times_a_round_and_nobody_starves() -> None:
    inbox = Inbox(**{f"{number}": 20 for number in range(60)})
    busy, before = [chat(number) for number in range(60)], list[int]()

    def handled(one: Chat) -> None:
        if one is OFFICER and len(before) < 20:
            ask()

    def ask() -> None:
        before.append(len(inbox.handled))
        inbox.chats_waiting["officer"] += 1
        workers.submit([OFFICER])

    workers = TurnPool(inbox, handled, concurrency=1)
    for _ in range(20):
        workers.submit(busy)
    await eventually(lambda: len(inbox.handled) >= 130)
    ask()
    await workers.drain()
    answered = [at for at, name in enumerate(inbox.handled) if name == "officer"]
    waits = sorted(after - at for after, at in zip(answered, before, strict=True))
    assert waits[len(waits) // 2] <= 2
    assert len(answered) == 20
    others = [name for name in inbox.handled[answered[0] : answered[-1]] if name != "officer"]
    assert len(others) >= 60 * (20 // 6), "the others had no turns meanwhile"


async def test_a_small_file_goes_before_large_ones_that_wait_and_these_do_not_wait_for_ever() -> None:
    read: list[str] = []
    sizes = {"first": 0.0, "large": 50.0, "small": 0.0}

    async def reading(one: Chat) -> None:
        await asyncio.sleep(0.01)
        read.append(one.id)

    async def step(one: Chat) -> bool | SlowTask:
        return False if one.id in read else SlowTask(SlowTaskKind.FILE, lambda: reading(one), sizes.get(one.id, 0.0))

    workers = TurnPool(step, lambda _: None, places={SlowTaskKind.FILE: 1})
    workers.submit(Chat(name, "telegram", name) for name in sizes)
    await workers.drain()
    assert read == ["first", "small", "large"]


async def test_files_have_their_own_places_and_lines_wait_for_lines_only() -> None:
    """40 strangers with three slow files each, more than there are places of any kind."""
    going, files, inbox = asyncio.Event(), Counter[str](), Inbox(officer=5)
    most = now = 0

    async def slow(one: Chat) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await going.wait()
        now -= 1
        files[one.id] += 1

    async def step(one: Chat) -> bool | SlowTask:
        if one is OFFICER:
            return await inbox(one)
        await asyncio.sleep(0)
        return SlowTask(SlowTaskKind.FILE, lambda: slow(one)) if files[one.id] < 3 else False

    workers = TurnPool(step, lambda _: None, concurrency=4, places={SlowTaskKind.FILE: 2, SlowTaskKind.MADE: 1})
    workers.submit(chat(number) for number in range(40))
    await asyncio.sleep(0.01)
    workers.submit([OFFICER])
    await eventually(lambda: inbox.handled == ["officer"] * 5)
    assert not files
    going.set()
    await workers.drain()
    assert (most, set(files.values()), len(files)) == (2, {3}, 40)


async def test_what_a_chat_says_behind_its_file_waits_for_the_file() -> None:
    going, done = asyncio.Event(), []
    events = ["file", "line"]

    async def file() -> None:
        await going.wait()
        done.append(events.pop(0))

    async def step(_: Chat) -> bool | SlowTask:
        await asyncio.sleep(0)
        if not events:
            return False
        if events[0] == "file":
            return SlowTask(SlowTaskKind.FILE, file)
        done.append(events.pop(0))
        return True

    workers = TurnPool(step, lambda _: None)
    workers.submit([OFFICER])
    await asyncio.sleep(0.01)
    workers.submit([OFFICER])
    await asyncio.sleep(0.01)
    assert done == []
    going.set()
    await workers.drain()
    assert done == ["file", "line"]


async def test_whose_files_took_long_waits_for_those_whose_files_did_not() -> None:
    read: list[str] = []
    waiting = Counter({"slow": 3, "first": 1, "second": 1})

    async def reading(one: Chat) -> None:
        await asyncio.sleep(0.05 if one.id == "slow" else 0)
        waiting[one.id] -= 1
        read.append(one.id)

    async def step(one: Chat) -> bool | SlowTask:
        await asyncio.sleep(0)
        return SlowTask(SlowTaskKind.FILE, lambda: reading(one)) if waiting[one.id] else False

    workers = TurnPool(step, lambda _: None, places={SlowTaskKind.FILE: 1, SlowTaskKind.MADE: 1})
    workers.submit(Chat(name, "telegram", name) for name in waiting)
    await workers.drain()
    assert read == ["slow", "first", "second", "slow", "slow"]


async def test_a_file_that_fails_leaves_its_place_to_others_and_its_chat_to_the_next_look() -> None:
    read: list[str] = []

    async def reading(one: Chat) -> None:
        if one.id == "0":
            raise RuntimeError
        read.append(one.id)

    async def step(one: Chat) -> bool | SlowTask:
        return SlowTask(SlowTaskKind.FILE, lambda: reading(one)) if one.id not in read else False

    workers = TurnPool(step, lambda _: None, places={SlowTaskKind.FILE: 1, SlowTaskKind.MADE: 1})
    workers.submit(chat(number) for number in range(3))
    await workers.drain()
    assert read == ["1", "2"]


async def test_a_stop_waits_for_the_file_under_way_and_leaves_the_others_in_the_store() -> None:
    going, read = asyncio.Event(), []

    async def reading(one: Chat) -> None:
        await going.wait()
        read.append(one.id)

    async def step(one: Chat) -> bool | SlowTask:
        return SlowTask(SlowTaskKind.FILE, lambda: reading(one)) if one.id not in read else False

    workers = TurnPool(step, lambda _: None, places={SlowTaskKind.FILE: 1, SlowTaskKind.MADE: 1})
    workers.submit(chat(number) for number in range(3))
    await asyncio.sleep(0.01)
    stopping = asyncio.create_task(workers.stop())
    await asyncio.sleep(0.01)
    going.set()
    await asyncio.wait_for(stopping, 30)
    assert read == ["0"]


async def test_while_a_call_waits_too_long_turns_are_handled_one_by_one() -> None:
    """A whole call counts, however slowly it was sent, and until its answer left."""
    clock, under_way, most = ManualClock(), 0, 0
    calls = WaitingCalls(clock)

    async def handle_next(chat: Chat) -> bool:
        nonlocal under_way, most
        del chat
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return False

    async def handle_twenty() -> int:
        nonlocal most
        most = 0
        pool.submit(Chat(str(number), "zalo", str(number)) for number in range(20))
        await pool.drain()
        return most

    pool = TurnPool(handle_next, lambda _: None, concurrency=8, gives_way=calls.are_slow)
    answered, body = asyncio.Event(), asyncio.Event()

    async def answer(request: Request) -> Response:
        await request.body()
        await answered.wait()
        return Response()

    async def send_body() -> AsyncIterator[bytes]:
        yield b"a"
        await body.wait()

    app = Starlette(routes=[counted(Route("/hook", answer, methods=["POST"]), calls.answering)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as platform:
        call = asyncio.create_task(platform.post("/hook", content=send_body()))
        await asyncio.sleep(0.01)
        clock.seconds += 5
        assert await handle_twenty() == 8, "a slow sender must not slow anybody down"
        body.set()
        await asyncio.sleep(0.01)
        assert await handle_twenty() == 8, "it came just now"
        clock.seconds += 5
        assert await handle_twenty() == 1
        answered.set()
        await call
    assert await handle_twenty() == 8


async def test_a_chat_is_not_asked_again_after_its_last_event_but_for_what_came_meanwhile() -> None:
    begun, going_on, asked = asyncio.Event(), asyncio.Event(), []

    async def handle(one: Chat) -> Handled:
        asked.append(one.id)
        begun.set()
        await going_on.wait()
        return Handled.LAST

    workers = TurnPool(handle, lambda _: None)
    workers.submit([OFFICER, chat(1)])
    await begun.wait()
    workers.submit([OFFICER])
    going_on.set()
    await workers.drain()
    assert sorted(asked) == ["1", "officer", "officer"]
