"""The page that takes a file to a conversation whose channel brings none: one file, for the person it was made for."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels import Gone
from bot.messages import Chat, Incoming
from bot.services.links import UPLOAD_PATH
from bot.store import StoreUnavailable
from bot.store.links import new_link
from bot.web.links import UploadPages, UploadSettings
from handlers.core import Attachment, FileSent, TextReceived, UnreadableReceived
from handlers.model import LinkPurpose
from tests.integration.channels.zalo_bot.conftest import LAN, Ours
from tests.support.telegram.server import serving

CONTENT = b"0\x82made up"


@dataclass
class Page:
    """The page of a link that was made for Lan, and what came through it."""

    ours: Ours
    chat: Chat
    browser: httpx.AsyncClient
    taken: list[Incoming] = field(default_factory=list)
    failures: int = 0

    async def accept(self, updates: Sequence[Incoming]) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("x")
        self.taken += updates

    async def link(self) -> str:
        made = new_link(self.ours.store.keyring, LinkPurpose.UPLOAD, self.chat.id, self.ours.clock.now())
        await self.ours.store.links.keep(made)
        return f"{UPLOAD_PATH}{made.token}"

    async def send(
        self, path: str, content: bytes = CONTENT, name: str = "chứng thư.cer", **more: str
    ) -> httpx.Response:
        kind = more.pop("media_type", "application/pkix-cert")
        return await self.browser.post(path, files={"file": (name, content, kind)}, headers=more)


@pytest.fixture
async def page(ours: Ours) -> AsyncIterator[Page]:
    event = TextReceived(text="chào", message="1")
    await ours.store.inbox.receive([Incoming("zalobot", "1", LAN, event)], ours.clock.now())
    async with httpx.AsyncClient() as browser:
        page = Page(ours, ours.store.chats.at("zalobot", LAN), browser)
        pages = UploadPages(ours.store, ours.clock, page.accept, UploadSettings("http://127.0.0.1", "vi"))
        async with serving(Starlette(routes=pages.routes())) as address:
            page.browser.base_url = httpx.URL(address)
            yield page


async def test_a_file_arrives_at_its_person_once_however_often_it_is_sent(page: Page, ours: Ours) -> None:
    path = await page.link()
    for _ in range(3):  # a messenger looks, and looks again
        looked = await page.browser.get(path)
        assert looked.status_code == 200
        assert 'enctype="multipart/form-data"' in looked.text
    assert (await page.send(path)).status_code == 200
    [one] = page.taken
    assert (one.channel, one.address) == ("zalobot", LAN)
    assert isinstance(one.event, FileSent)
    assert (one.event.name, one.event.size) == ("chứng thư.cer", len(CONTENT))
    assert await ours.channel.fetch(one.event.reference, 100) == CONTENT
    assert (await page.send(path)).status_code == 404
    assert (await page.browser.get(path)).status_code == 404
    assert len(page.taken) == 1


async def test_a_file_that_could_not_be_handed_over_may_be_sent_again_under_the_same_number(page: Page) -> None:
    page.failures = 1
    path = await page.link()
    assert (await page.send(path)).status_code == 503
    assert (await page.send(path)).status_code == 200
    assert len({one.update_id for one in page.taken}) == 1


async def test_a_late_forged_or_other_link_leads_nowhere(page: Page, ours: Ours) -> None:
    path = await page.link()
    other = new_link(ours.store.keyring, LinkPurpose.CONTINUE, page.chat.id, ours.clock.now())
    await ours.store.links.keep(other)
    for wrong in (f"{UPLOAD_PATH}{'x' * 22}", f"{UPLOAD_PATH}short", f"{UPLOAD_PATH}{other.token}"):
        assert (await page.send(wrong)).status_code == 404
    await ours.clock.sleep(30 * 60)
    assert (await page.send(path)).status_code == 404
    assert page.taken == []


async def test_what_is_no_file_too_large_or_from_another_site_is_refused_and_the_link_stays(page: Page) -> None:
    path = await page.link()
    assert (await page.send(path, b"")).status_code == 400
    assert (await page.browser.post(path, data={"file": "text"})).status_code == 400
    assert (await page.browser.post(path, content=b"x", headers={"content-type": "text/plain"})).status_code == 400
    assert (await page.send(path, b"x" * (20 * 1024 * 1024 + 1))).status_code == 413
    assert (await page.send(path, **{"sec-fetch-site": "cross-site"})).status_code == 403
    assert page.taken == []
    assert (await page.send(path)).status_code == 200


@pytest.mark.parametrize("size", [300_000, 1_000_000, 20 * 1024 * 1024])
async def test_a_file_of_any_size_that_the_page_promises_arrives_whole(page: Page, ours: Ours, size: int) -> None:
    content = b"%PDF" + b"x" * (size - 4)
    assert (await page.send(await page.link(), content)).status_code == 200
    [one] = page.taken
    assert isinstance(one.event, FileSent)
    assert await ours.channel.fetch(one.event.reference, size) == content


@pytest.mark.parametrize("length", ["200000", "1000000"])
async def test_a_small_file_waits_for_nobodys_slow_upload(page: Page, length: str) -> None:
    path, end = await page.link(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"--x\r\n"
        await end.wait()

    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": length}
    slow = [asyncio.create_task(page.browser.post(path, content=slowly(), headers=headers)) for _ in range(8)]
    try:
        await asyncio.sleep(0.2)
        assert (await asyncio.wait_for(page.send(await page.link()), 5)).status_code == 200
    finally:
        end.set()
        for one in slow:
            one.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_name_that_holds_a_secret_or_leads_elsewhere_is_kept_nowhere(page: Page, ours: Ours) -> None:
    assert (await page.send(await page.link(), name="../../etc/a\x00b.cer")).status_code == 200
    assert (await page.send(await page.link(), name="mã PIN 12345678.cer")).status_code == 200
    first, second = (one.event for one in page.taken)
    assert isinstance(first, FileSent)
    assert isinstance(second, FileSent)
    assert not re.search(r"[/\x00]", first.name)
    assert (second.name, second.secret) == ("", True)


async def test_a_picture_is_told_to_be_one_and_not_kept(page: Page) -> None:
    assert (await page.send(await page.link(), media_type="image/png")).status_code == 200
    assert [one.event for one in page.taken] == [UnreadableReceived(what="photo")]


async def test_a_file_whose_turn_has_not_come_is_kept_and_any_other_goes(page: Page, ours: Ours) -> None:
    await page.send(await page.link())
    [one] = page.taken
    await ours.store.inbox.receive([one], ours.clock.now())
    handled = Attachment.of("a.cer", "application/pkix-cert", CONTENT)
    await ours.store.web.keep_upload(page.chat, "upload-before", handled, ours.clock.now())
    await ours.clock.sleep(600)
    await ours.store.web.sweep(ours.clock.now())
    assert isinstance(one.event, FileSent)
    assert await ours.channel.fetch(one.event.reference, 100) == CONTENT
    with pytest.raises(Gone):
        await ours.channel.fetch(f"{page.chat.id} upload-before", 100)
