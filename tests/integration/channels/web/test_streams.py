"""The stream of a browser: it tells each change once, in order, and goes on where it broke off."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.store import Query, Store
from handlers.core import Choice, Event, Reply, Services, Session, TextReceived
from tests.integration.channels.web.conftest import Opened
from tests.integration.channels.web.test_conversation import SESSION
from tests.support.delivery import Answer, eventually, make_conversation
from tests.support.web import Browser


def texts(events: list[tuple[int, str]]) -> list[str]:
    found = (re.search(r'<div class="text">(.*?)</div>', data) for _, data in events)
    return [text[1] for text in found if text]


async def test_a_stream_that_broke_off_goes_on_without_loss_or_doubling(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        first = await browser.stream(most=2)
        assert texts(first) == ["/start", "1: /start"]
        await browser.says("a")
        await browser.says("b")
        rest = await browser.stream(after=0, most=4, Last_Event_ID=str(first[-1][0]))
        assert texts(rest) == ["a", "2: a", "b", "3: b"]
        versions = [version for version, _ in (*first, *rest)]
        assert versions == sorted(set(versions))
        assert await browser.stream(after=versions[-1], seconds=0.5) == []


async def test_what_is_said_meanwhile_comes_at_once_and_to_nobody_else(office: Opened) -> None:
    async with office() as served:
        browser, other = await served.begun(), await served.begun()
        await browser.opens()
        after = int(re.findall(r'data-after="(\d+)"', browser.page)[0])
        listening = asyncio.create_task(browser.stream(after=after, most=2))
        overhearing = asyncio.create_task(other.stream(after=10_000, seconds=1.5))
        await asyncio.sleep(0.3)
        sent = browser.fields() | {"text": "nghe không"}
        posted = await browser.client.post("/chat", data=sent, headers={"X-Troly": "1"})
        assert posted.status_code == 204
        assert texts(await listening) == ["nghe không", "2: nghe không"]
        assert await overhearing == []


async def test_a_second_tab_takes_the_stream_over(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        first = asyncio.create_task(browser.stream(after=10_000, seconds=5))
        await asyncio.sleep(0.3)
        assert len(await browser.stream(most=2)) == 2
        assert [name for _, name in await first] == ["elsewhere"]


async def test_a_message_that_changes_is_told_under_its_number(office: Opened) -> None:
    async def moves(session: Session | None, event: Event, world: Services) -> Any:
        text = event.text if isinstance(event, TextReceived) else ""
        if text.startswith("sửa "):
            return Answer(session, [Reply(paragraphs=("new",), action="edit", target=text[4:])])
        if text.startswith("xóa "):
            return Answer(session, [Reply(paragraphs=(), action="delete", target=text[4:])])
        return Answer(session or SESSION, [Reply(paragraphs=("old",), choices=(Choice(label="x", tap="x"),))])

    async with office(make_conversation(moves)) as served:
        browser = await served.begun()
        number = browser.ids[-1]
        before = (await browser.stream(most=2))[-1][0]
        await browser.says(f"sửa {number}")
        await eventually_says(browser, "new")
        changed = await browser.stream(after=before, most=2)
        assert f'id="m{number}"' in changed[-1][1]
        assert "old" not in [said for _, said in browser.bubbles]
        await browser.says(f"xóa {number}")
        gone = await browser.stream(after=changed[-1][0], most=2)
        assert gone[-1][1] == "gone"


async def eventually_says(browser: Browser, text: str) -> None:
    async with asyncio.timeout(30):
        while text not in [said for _, said in browser.bubbles]:
            await asyncio.sleep(0.05)
            await browser.opens()


async def test_a_tab_without_the_stream_catches_up(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        changes = (await browser.client.get("/chat/changes", params={"after": 0})).json()
        assert [change["name"] for change in changes] == ["message", "message"]
        assert (await browser.client.get("/chat/changes", params={"after": changes[-1]["version"]})).json() == []
        assert (await served.browser().client.get("/chat/changes")).status_code == 410


async def test_a_stream_shows_that_it_lives_and_is_not_buffered(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.web.pages.HEARTBEAT", 0.1)
    async with office() as served:
        browser = await served.begun()
        async with browser.client.stream("GET", "/chat/events", params={"after": "999"}) as answer:
            assert answer.headers["x-accel-buffering"] == "no"
            assert answer.headers["cache-control"].startswith("no-cache")
            lines = answer.aiter_lines()
            async with asyncio.timeout(30):
                while not (await anext(lines)).startswith(": "):
                    pass


async def test_there_is_a_bound_for_streams(office: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web._MOST_STREAMS", 1)
    async with office() as served:
        one, other = await served.begun(), await served.begun()
        async with one.client.stream("GET", "/chat/events", params={"after": "999"}):
            refused = await other.client.get("/chat/events")
            assert refused.status_code == 503
            assert "retry-after" in refused.headers


async def test_a_stop_ends_open_streams(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        listening = asyncio.create_task(browser.stream(after=999, seconds=30))
        await asyncio.sleep(0.3)
    async with asyncio.timeout(20):
        (ended,) = await asyncio.gather(listening, return_exceptions=True)
    assert ended == [] or isinstance(ended, httpx.HTTPError)


async def test_a_message_that_is_sent_again_stands_there_once(office: Opened, store: Store) -> None:
    async with office() as served:
        browser = await served.begun()
        found = await store.web.find(browser.client.cookies["troly"])
        assert found is not None
        (last,) = (await store.web.page(found.chat, 1))[-1:]
        assert last.content is not None
        for _ in range(2):
            await store.web.say(found.chat, "turn:1:0:0", last.content, served.clock.now())
        await eventually(lambda: True)
        assert len((await browser.opens()).bubbles) == 2


async def test_the_last_message_of_a_turn_moves_where_it_stands(
    office: Opened, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.dispatcher._SWEEP", 0.1)  # nobody wakes it here
    async with office() as served:
        browser = await served.begun()
        found = await store.web.find(browser.client.cookies["troly"])
        assert found is not None
        (rows,) = await store.driver.run(Query("message_of_turn", {"chat": found.chat.id, "origin": "turn:%"}))
        turn, number = int(rows[0][0].split(":")[1]), browser.ids[-1]
        for done, ending in (("1/9", False), ("2/9", False), ("xong", True)):
            said = Reply(
                paragraphs=(done,), choices=() if ending else (Choice(label="Dừng", tap="dossier|stop|=0a1b2c3d"),)
            )
            await store.outbox.move_answer(found.chat, turn, said, datetime.now(UTC), ending=ending)
            await eventually_says(browser, done)
            assert browser.ids[-1] == number
            assert ("Dừng" in browser.page) == (not ending)
