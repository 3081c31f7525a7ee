"""A conversation in a browser without scripts: it goes on whatever happens between, and nothing in it is doubled."""

import asyncio
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.store import Store
from bot.store.errors import SchemaNewer
from handlers.conversation import respond
from handlers.core import Attachment, ButtonTapped, Choice, Event, FileRead, Reply, Services, Session, TextReceived
from tests.integration.channels.web.conftest import Opened
from tests.support.delivery import Answer, CountingReader, eventually, make_conversation

SESSION = Session(consented_at=datetime(2026, 11, 23, tzinfo=UTC))


async def shop(session: Session | None, event: Event, world: Services) -> Answer:
    """Answer a line with buttons, a tap with its data, a file with a file."""
    session = session or SESSION
    if isinstance(event, ButtonTapped):
        return Answer(session, [f"tapped {event.data}"])
    if isinstance(event, FileRead):
        file = Attachment.of("mẫu 12.docx", "application/octet-stream", b"PK the form")
        return Answer(session, [Reply(paragraphs=("read",), attachments=(file,))])
    text = event.text if isinstance(event, TextReceived) else event.kind
    choices = (Choice(label="Có & không", tap="yes"), Choice(label="Thôi", tap="no"))
    return Answer(session, [Reply(paragraphs=(f"<b>{len(text)}</b> letters",), choices=choices)])


async def test_nothing_is_kept_of_somebody_who_only_looks(office: Opened, store: Store) -> None:
    async with office() as served:
        browser = await served.browser().opens()
        assert "trợ lý tự động" in browser.page
        assert 'lang="vi"' in browser.page
        assert not browser.client.cookies
    assert await store.inbox.chats_waiting("web") == []


async def test_a_conversation_goes_on_where_it_was_after_a_reload_and_a_restart(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        await browser.says("chào")
        expected = [("mine", "/start"), ("theirs", "1: /start"), ("mine", "chào"), ("theirs", "2: chào")]
        assert browser.bubbles == expected
        assert (await browser.opens()).bubbles == expected
        cookies = browser.client.cookies
    async with office() as served:
        again = served.browser()
        again.client.cookies = cookies
        assert (await again.opens()).bubbles == expected
        await again.says("tiếp")
        assert again.bubbles[-1] == ("theirs", "3: tiếp")


async def test_a_process_ends_where_a_later_version_has_changed_the_tables_and_that_one_goes_on(
    office: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.worker_lease._BEAT_SECONDS", 0.05)
    with closing(sqlite3.connect(tmp_path / "troly.sqlite3", isolation_level=None)) as later:
        with pytest.raises(SchemaNewer, match="9999_future"):  # noqa: PT012 - it is served until it ends by itself
            async with office() as served:
                browser = await served.begun()
                await browser.says("chào")
                cookies = browser.client.cookies
                later.execute("INSERT INTO schema_migrations VALUES (9999, '9999_future', 'x', 0)")
                await eventually(lambda: not served.is_heard())
        later.execute("DELETE FROM schema_migrations WHERE version = 9999")
    async with office() as served:
        again = served.browser()
        again.client.cookies = cookies
        await again.opens()
        await again.says("tiếp")
        assert again.bubbles[-1] == ("theirs", "3: tiếp")


async def test_a_form_that_is_sent_twice_is_taken_once(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        sent = browser.fields() | {"text": "một lần"}
        await asyncio.gather(*(browser.client.post("/chat", data=sent) for _ in range(5)))
        await browser.opens()
        assert [text for side, text in browser.bubbles if side == "mine"] == ["/start", "một lần"]
        assert [text for side, text in browser.bubbles if side == "theirs"] == ["1: /start", "2: một lần"]


async def test_a_button_is_a_button_and_its_words_stand_in_the_conversation(office: Opened) -> None:
    async with office(make_conversation(shop)) as served:
        browser = await served.begun()
        assert "<b>6</b> letters" in browser.page
        taps = re.findall(r'name="tap" value="([^"]+)">([^<]+)<', browser.page)
        assert [label for _, label in taps] == ["Có &amp; không", "Thôi"]
        await browser.says(tap=taps[0][0], text="")
        assert browser.bubbles[-2:] == [("mine", "Có & không"), ("theirs", "tapped yes")]


@pytest.mark.parametrize("tap", ["", "x", "1", ":yes", "99999:yes", "1:" + "x" * 65, "9" * 30 + ":yes"])
async def test_a_tap_that_no_button_made_changes_nothing(office: Opened, tap: str) -> None:
    async with office(make_conversation(shop)) as served:
        browser = await served.begun()
        before = browser.bubbles
        assert (await browser.says(tap=tap, text="")).status_code == 200
        assert (await browser.opens()).bubbles == before


async def test_a_file_is_read_and_its_answer_is_fetched_from_the_bubble(office: Opened) -> None:
    async with office(make_conversation(shop)) as served:
        browser = await served.begun()
        await browser.sends("chứng thư.cer", b"0123")
        assert isinstance(served.reader, CountingReader)
        assert served.reader.seen == [(b"0123", "chứng thư.cer")]
        assert "chứng thư.cer" in browser.page
        (path,) = re.findall(r'href="(/chat/file/[^"]+)"', browser.page)
        fetched = await browser.client.get(path)
        assert fetched.content == b"PK the form"
        assert fetched.headers["content-type"] == "application/octet-stream"
        assert fetched.headers["content-disposition"].startswith("attachment; ")
        assert fetched.headers["x-content-type-options"] == "nosniff"
        assert fetched.headers["cache-control"] == "no-store"
        stranger = await served.begun()
        assert (await stranger.client.get(path)).status_code == 404
        assert (await served.browser().client.get(path)).status_code == 404


async def test_words_of_a_person_are_shown_as_words(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        await browser.says("<script>alert(1)</script> <b>&amp;")
        assert "<script>alert" not in browser.page
        assert browser.bubbles[-2] == ("mine", "<script>alert(1)</script> <b>&amp;")


async def test_a_secret_is_not_kept_in_the_conversation(office: Opened, store: Store) -> None:
    async with office() as served:
        browser = await served.begun()
        await browser.says("mã PIN của tôi là 48151623")
        assert "48151623" not in browser.page


async def test_who_wants_to_be_forgotten_reads_the_last_words_and_begins_anew(office: Opened) -> None:
    async def forgets(session: Session | None, event: Event, world: Services) -> Any:
        if isinstance(event, TextReceived) and event.text == "quên":
            await world.own_data.erase()
            return Answer(None, ["all is deleted"])
        return Answer(session or SESSION, ["kept"])

    async with office(make_conversation(forgets)) as served:
        browser = await served.begun()
        await browser.says("bí mật của tôi")
        await browser.says("quên")
        assert browser.bubbles == [("theirs", "all is deleted")]
        assert "bí mật" not in browser.page
        assert not browser.client.cookies
        await browser.says()
        assert [text for _, text in browser.bubbles] == ["/start", "kept"]


async def test_earlier_messages_are_a_link_away(office: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.pages._PAGE", 4)
    async with office() as served:
        browser = await served.begun()
        for number in range(4):
            await browser.says(f"tin {number}")
        assert [text for side, text in browser.bubbles if side == "mine"] == ["tin 2", "tin 3"]
        (older,) = re.findall(r'href="(/\?before=\d+)"', browser.page)
        await browser.opens(older)
        assert [text for side, text in browser.bubbles if side == "mine"] == ["tin 0", "tin 1"]


async def test_the_assistant_itself_begins_in_a_browser(office: Opened) -> None:
    async with office(make_conversation(respond)) as served:  # type: ignore[arg-type]
        browser = await served.begun()
        assert browser.bubbles[-1][0] == "theirs"
        assert re.search(r'name="tap" value="\d+:[^"]+"', browser.page)


async def test_an_invitation_link_begins_with_its_code(office: Opened) -> None:
    async with office() as served:
        browser = await served.browser().opens("/?start=ABC-123")
        await browser.client.get("/")
        await browser.says("/start ABC-123")
        await eventually(lambda: browser.bubbles)
        assert browser.bubbles[0] == ("mine", "/start ABC-123")
