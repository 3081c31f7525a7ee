"""A channel that sends no files tells links, each of which hands its file over once."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.channels import AcceptUpdates, Channel, Receiver, RecordBlockChange, ServedChannel, Unreachable
from bot.channels.file_links import LinkingChannel
from bot.channels.pace import Pace
from bot.delivery.background import ShortRetention
from bot.messages import Incoming
from bot.services.links import FileLinks, LinkDesk
from bot.store import Store
from bot.store.drivers import Query
from bot.store.links import new_link
from handlers.core import Attachment, Choice, Event, FileSent, Reply, Services, Session, TextReceived
from handlers.model import LinkPurpose
from tests.integration.channels.web.conftest import Opened
from tests.support.delivery import (
    TELEGRAM,
    UNHURRIED,
    Answer,
    DeliveryPipeline,
    ScriptedChannel,
    TurnedClock,
    eventually,
    make_conversation,
    make_text_update,
)
from tests.support.web import Office

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
CONTENT = "Tờ khai của Nguyễn Văn An".encode()
FORM = Attachment.of("Mẫu 12 – Nguyễn Văn An.docx", "application/vnd.x", CONTENT)
CHART = Attachment.of("biểu đồ.png", "image/png", b"\x89PNG")
LINK = re.compile(r"(http://\S+/t/([A-Za-z0-9_-]{22}))")
NO_FILES = replace(TELEGRAM, files_out=False, caption_limit=0)


async def files(session: Session | None, event: Event, world: Services) -> Answer:
    session = session or Session(consented_at=NOW)
    wanted = (FORM, CHART) if isinstance(event, TextReceived) and event.text == "both" else (FORM,)
    return Answer(
        session, [Reply(paragraphs=("<b>Here</b>",), attachments=wanted, choices=(Choice(label="A", tap="a"),))]
    )


class Messenger:
    """A second channel in the process, whose platform takes texts alone."""

    def __init__(self, *, pictures: bool = False) -> None:
        self.channel = ScriptedChannel("zalo")
        self.channel.capabilities = replace(NO_FILES, pictures_out=pictures)
        self.accept: AcceptUpdates | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ServedChannel]:
        async def nothing() -> None: ...

        async def wait(stop: asyncio.Event) -> None:
            await stop.wait()

        def receive(accept: AcceptUpdates, _: RecordBlockChange) -> Receiver:
            self.accept = accept
            return Receiver(wait)

        yield ServedChannel(self.channel, Pace(1e6, UNHURRIED), 8, nothing, receive, wait, lambda: True)


def linked(store: Store, clock: TurnedClock, channel: Channel) -> DeliveryPipeline:
    """The roads of delivery with that channel behind links."""
    links = FileLinks(store, clock, "http://127.0.0.1:1", "vi")
    return DeliveryPipeline(store, clock, make_conversation(files), LinkingChannel(channel, links))  # type: ignore[arg-type]


def token_of(channel: ScriptedChannel, number: int = -1) -> str:
    found = LINK.search(channel.texts()[number])
    assert found is not None, channel.texts()
    return found[2]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(NOW)


@pytest.fixture
def channel() -> ScriptedChannel:
    channel = ScriptedChannel("zalo")
    channel.capabilities = NO_FILES
    return channel


@pytest.fixture
async def told(store: Store, clock: TurnedClock, channel: ScriptedChannel) -> DeliveryPipeline:
    """A person was told of a file."""
    roads = linked(store, clock, channel)
    await roads.flow(make_text_update("one", 1, channel="zalo"))
    return roads


async def test_a_file_becomes_a_link_and_the_text_around_it_stays(
    told: DeliveryPipeline, channel: ScriptedChannel
) -> None:
    assert channel.texts()[0] == "<b>Here</b>"
    assert "Mẫu 12 – Nguyễn Văn An.docx" in channel.texts()[1]
    assert "30 phút" in channel.texts()[1]
    assert token_of(channel)


async def test_pictures_leave_as_pictures_where_the_channel_sends_them(
    store: Store, clock: TurnedClock, channel: ScriptedChannel
) -> None:
    channel.capabilities = replace(NO_FILES, pictures_out=True)
    await linked(store, clock, channel).flow(make_text_update("both", 1, channel="zalo"))
    assert [bool(LINK.search(text)) for text in channel.texts()] == [False, True, False]


async def test_a_link_hands_its_file_over_once(
    told: DeliveryPipeline, store: Store, clock: TurnedClock, channel: ScriptedChannel
) -> None:
    desk, token = LinkDesk(store.links, clock), token_of(channel)
    for _ in range(3):  # a messenger looks, and looks again
        looked = await desk.look(token)
        assert looked is not None
        assert (looked.name, looked.size) == (FORM.name, len(CONTENT))
    both = await asyncio.gather(desk.fetch(token), desk.fetch(token))
    assert [fetched[1] for fetched in both if fetched] == [CONTENT]
    assert await desk.look(token) is None


async def test_a_message_that_is_sent_again_has_the_only_link(
    store: Store, clock: TurnedClock, channel: ScriptedChannel
) -> None:
    channel.failures.extend([None, Unreachable()])
    roads = linked(store, clock, channel)
    await roads.flow(make_text_update("one", 1, channel="zalo"))
    clock.turn(timedelta(minutes=2))
    await roads.dispatcher.deliver()
    assert len([text for text in channel.texts() if LINK.search(text)]) == 1
    fetched = await LinkDesk(store.links, clock).fetch(token_of(channel))
    assert fetched is not None


async def test_a_link_is_late_after_thirty_minutes_and_its_file_is_deleted(
    told: DeliveryPipeline, store: Store, clock: TurnedClock, channel: ScriptedChannel
) -> None:
    desk, token = LinkDesk(store.links, clock), token_of(channel)
    clock.turn(timedelta(minutes=29))
    assert await desk.look(token)
    clock.turn(timedelta(minutes=2))
    assert await desk.look(token) is None
    assert await desk.fetch(token) is None
    await ShortRetention(store, clock).forget()
    (waiting,) = await store.driver.run(Query("my_links", {"chat": store.chats.at("zalo", "1").id}))
    assert waiting == []


async def test_a_link_is_for_one_purpose_and_one_chat(
    told: DeliveryPipeline, store: Store, clock: TurnedClock, channel: ScriptedChannel
) -> None:
    desk, mine = LinkDesk(store.links, clock), store.chats.at("zalo", "1").id
    link = new_link(store.keyring, LinkPurpose.SIGN_IN, mine, clock.now())
    await store.links.keep(link)
    assert await desk.fetch(link.token) is None
    assert await desk.use(LinkPurpose.CONTINUE, link.token) is None
    assert await desk.use(LinkPurpose.SIGN_IN, link.token, chat=store.chats.at("zalo", "2").id) is None
    used = await desk.use(LinkPurpose.SIGN_IN, link.token, chat=mine)
    assert used is not None
    assert used.chat == mine
    assert await desk.use(LinkPurpose.SIGN_IN, link.token, chat=mine) is None
    assert await desk.use(LinkPurpose.SIGN_IN, token_of(channel)) is None


def read_database(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("troly.sqlite3*"))


async def test_neither_the_token_nor_the_file_lies_open_in_the_database(
    told: DeliveryPipeline, channel: ScriptedChannel, tmp_path: Path
) -> None:
    kept = await asyncio.to_thread(read_database, tmp_path)
    for open_word in (token_of(channel).encode(), CONTENT, "Nguyễn Văn An".encode()):
        assert open_word not in kept


async def test_a_person_who_is_forgotten_leaves_no_file_behind(
    told: DeliveryPipeline, store: Store, clock: TurnedClock, channel: ScriptedChannel
) -> None:
    token = token_of(channel)

    async def forgets(session: Session | None, event: Event, world: Services) -> Any:
        await world.own_data.erase()
        return Answer(None, ["gone"])

    roads = DeliveryPipeline(store, clock, make_conversation(forgets), channel)
    await roads.flow(make_text_update("quên", 2, channel="zalo"))
    assert await LinkDesk(store.links, clock).look(token) is None


async def test_a_link_of_a_turn_is_kept_with_the_turn(store: Store, clock: TurnedClock) -> None:
    made: list[str | None] = []

    async def signs_in(session: Session | None, event: Event, world: Services) -> Any:
        made.append(await world.make_link(LinkPurpose.SIGN_IN))
        return Answer(session or Session(consented_at=NOW), ["here"])

    talk = replace(make_conversation(signs_in), web_address="https://troly.test")
    await DeliveryPipeline(store, clock, talk, ScriptedChannel("zalo")).flow(make_text_update("x", 1, channel="zalo"))
    assert made[0] is not None
    token = made[0].removeprefix("https://troly.test/desk/sign-in/")
    assert await LinkDesk(store.links, clock).use(LinkPurpose.SIGN_IN, token)


async def serve_with(office: Opened, messenger: Messenger, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("bot.app.configured_channels", lambda _settings: (messenger.open,))
    return office(make_conversation(files))


async def test_over_http_looking_uses_nothing_up_and_the_button_fetches(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger = Messenger()
    with capture_logs() as logs:
        async with await serve_with(office, messenger, monkeypatch) as served:
            await say(served, messenger)
            address, token = LINK.search(messenger.channel.texts("7")[-1]).groups()  # type: ignore[union-attr]
            async with httpx.AsyncClient() as client:
                looked = [await client.request(method, address) for method in ("GET", "HEAD", "GET")]
                assert [page.status_code for page in looked] == [200] * 3
                assert "Mẫu 12 – Nguyễn Văn An.docx" in looked[0].text
                assert_safe(looked[0])
                fetched = await client.post(address)
                assert fetched.content == CONTENT
                assert fetched.headers["content-disposition"].startswith("attachment; filename=")
                assert "filename*=UTF-8''M%E1%BA%ABu%2012" in fetched.headers["content-disposition"]
                assert fetched.headers["content-type"] == "application/octet-stream"
                assert fetched.headers["cache-control"] == "no-store"
                assert fetched.headers["x-content-type-options"] == "nosniff"
                forged = [address, address[:-1], f"{address}x", address[:-22] + "A" * 22, address[:-22] + "%00" * 7]
                answers = [await client.request(method, link) for link in forged for method in ("GET", "POST")]
                assert {answer.status_code for answer in answers} == {404}
                assert len({answer.text for answer in answers}) == 1  # nobody learns what was wrong with it
                assert "yêu cầu lại" in answers[0].text
    assert token not in str(logs)


async def say(served: Office, messenger: Messenger) -> None:
    assert messenger.accept is not None
    await messenger.accept([make_text_update("x", 1, "7", "zalo")])
    await eventually(lambda: LINK.search("".join(messenger.channel.texts("7"))))


def assert_safe(page: httpx.Response) -> None:
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=|https?://(?!127)", page.text)


async def test_a_file_that_comes_in_takes_no_detour(store: Store, clock: TurnedClock, channel: ScriptedChannel) -> None:
    channel.files["x"] = b"0123"
    roads = linked(store, clock, channel)
    await roads.flow(Incoming("zalo", "1", "1", FileSent(reference="x", name="a.cer")))
    assert channel.fetched == ["x"]
