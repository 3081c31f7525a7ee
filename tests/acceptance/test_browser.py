"""The web chat in a real browser: a whole journey, breaks in the line, two tabs, two sizes, and what it is made of.

With ``TROLY_SCREENSHOTS`` set to a folder, each page is left there as a picture.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page, Route, async_playwright

from bot.certificates.reader import CertificateReader
from bot.clock import Clock
from bot.services.opening import open_store
from bot.services.sign_in import SignIn
from bot.settings import Settings
from bot.store.sealing import open_keyring
from handlers.conversation import respond, wants_file
from handlers.model import Role
from tests.support.delivery import make_conversation
from tests.support.people import OPERATOR, UNITS, admin_transaction, grant_role, make_person_content
from tests.support.pki import make_certificate
from tests.support.programs import BROWSER, find_program, needs
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import register_request
from tests.support.web import Office, free_port

pytestmark = [needs(BROWSER), pytest.mark.asyncio(loop_scope="module")]

_AXE = Path(__file__).parents[1] / "support" / "axe" / "axe.min.js"
_RULES = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
    'best-practice']})).violations.map(one => [one.id, one.nodes.map(node => node.html.slice(0, 200))])"""
_WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(one => !one.name.includes('/chat/'))
    .reduce((sum, one) => sum + one.encodedBodySize, 0)"""
_SIZES = {"phone": (390, 844), "narrow": (360, 640), "desktop": (1440, 900)}
_LONGEST_PAGE = 60 * 1024


@dataclass
class Tab:
    """A tab, and all that went wrong in it."""

    page: Page
    address: str
    name: str
    wrong: list[str] = field(default_factory=list)

    async def opens(self, path: str = "/") -> None:
        await self.page.goto(f"{self.address}{path}")

    async def looks_right(self, title: str, pages: str = "chat") -> None:
        """No rule of accessibility is broken, nothing is wider than the window."""
        if folder := os.environ.get("TROLY_SCREENSHOTS"):
            await self.page.screenshot(path=f"{folder}/{pages}-{self.name}-{title}.png", full_page=pages == "desk")
        await self.page.evaluate(await asyncio.to_thread(_AXE.read_text, "utf-8"))
        assert await self.page.evaluate(_RULES) == [], title
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await self.page.evaluate(wide), title
        send = await self.page.locator("#send").bounding_box() if await self.page.locator("#send").count() else None
        height = await self.page.evaluate("innerHeight")
        assert send is None or height - 80 < send["y"] + send["height"] <= height, title

    async def taps(self, words: str) -> None:
        """Tap a button of the newest answer, and wait for the next one."""
        before = await self.page.locator(".bubble.theirs").count()
        await self.page.locator(".bubble.theirs").last.get_by_role("button", name=words).first.click()
        await self.page.locator(".bubble.theirs").nth(before).wait_for(timeout=60_000)

    async def says(self, text: str) -> None:
        await self.page.fill("#text", text)
        await self.page.click("#send")

    async def texts(self) -> list[str]:
        found = self.page.locator(".bubble:not(.waiting) .text")
        return [text.strip() for text in await found.all_text_contents()]

    async def reads(self, text: str) -> None:
        await self.page.locator(".bubble.theirs", has_text=text).last.wait_for(timeout=60_000)


#: Opens a window of a size, in a profile of its own: what one knows and keeps, no other one does.
Chromium = Callable[..., AbstractAsyncContextManager[BrowserContext]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    """The browser, started once."""
    async with async_playwright() as started:
        browser = await started.chromium.launch(
            executable_path=find_program(BROWSER), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )

        @asynccontextmanager
        async def opened(size: str = "phone", **options: Any) -> AsyncIterator[BrowserContext]:
            width, height = _SIZES[size]
            screen = {
                "viewport": {"width": width, "height": height},
                "is_mobile": size != "desktop",
                "has_touch": size != "desktop",
            }
            context = await browser.new_context(**{**screen, "locale": "vi-VN", **options})
            yield context
            await context.close()

        yield opened
        await browser.close()


async def open_tab(context: BrowserContext, address: str, name: str) -> Tab:
    page = await context.new_page()
    tab = Tab(page, address, name)
    page.on("console", lambda said: tab.wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: tab.wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(address) else tab.wrong.append(asked.url))
    await tab.opens()
    return tab


@pytest_asyncio.fixture(loop_scope="module")
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """The assistant itself, with its reader of certificates."""
    monkeypatch.chdir(tmp_path)
    known = {"data_dir": tmp_path, "web_listen": f"127.0.0.1:{free_port()}", "web_private_listen": ""}
    settings = Settings.model_validate({**known, "throttle_burst": 1000})
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    talk = make_conversation(respond)  # type: ignore[arg-type]
    office = Office(settings, store, talk, reader=CertificateReader(tmp_path / "trust"))
    object.__setattr__(talk, "wants_file", wants_file)
    yield office
    await office.reader.close()
    await store.close()


CERTIFICATE = {"name": "chứng thư.cer", "mimeType": "application/pkix-cert", "buffer": make_certificate()}
SENTENCE = "xã tôi nhập vào xã khác, sau sáp nhập chứng thư của xã tôi không được chọn dùng"


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desktop", "light")])
async def test_an_officer_goes_from_the_first_word_to_the_printed_answer(
    office: Office, chromium: Chromium, size: str, scheme: str, tmp_path: Path
) -> None:
    async with office.served(), chromium(size, color_scheme=scheme) as context:
        tab = await open_tab(context, office.address, size)
        page = tab.page
        await tab.looks_right("1-begin")
        await page.get_by_role("button", name="Bắt đầu").click()
        await page.locator(".bubble.theirs").first.wait_for()
        await tab.looks_right("2-consent")
        assert await page.evaluate(_WEIGHT) < _LONGEST_PAGE
        await tab.taps("Tôi đồng ý")
        await page.set_input_files("#file", [CERTIFICATE])  # type: ignore[list-item]
        await tab.reads("Tôi đọc được chứng thư này")
        await tab.looks_right("3-certificate")
        await tab.taps("Đúng – chứng thư của cơ quan")
        await tab.says(SENTENCE)
        await tab.reads("Tôi hiểu")
        await tab.taps("Đúng")
        await tab.taps("Của cơ quan khác")
        await tab.taps("Bình thường")
        await tab.reads("Thu hồi chứng thư chữ ký số")
        await tab.looks_right("4-answer")
        await tab.taps("Bản in")
        link = page.locator("a.file", has_text=".docx").last  # a PDF comes beside it where one can be made
        await link.wait_for(timeout=60_000)
        async with page.expect_download() as download:
            await link.click()
        saved = tmp_path / "answer.docx"
        await (await download.value).save_as(saved)
        assert (await asyncio.to_thread(saved.read_bytes)).startswith(b"PK\x03\x04")
        assert (await download.value).suggested_filename.endswith(".docx")
        before = await tab.texts()
        await page.reload()
        assert await tab.texts() == before
        await tab.opens("/chat/continue")
        await tab.looks_right("5-continue")
        await page.get_by_role("button", name="Tạo liên kết và mã").click()
        await page.locator(".code").wait_for()
        await tab.looks_right("6-code")
        assert tab.wrong == []


async def test_what_is_written_without_a_line_waits_and_leaves_once(office: Office, chromium: Chromium) -> None:
    async with chromium("narrow") as context:
        async with office.served():
            tab = await open_tab(context, office.address, "narrow")
            await tab.page.get_by_role("button", name="Bắt đầu").click()
            await tab.page.locator(".bubble.theirs").first.wait_for()
            await context.set_offline(offline=True)
            await tab.says("/trogiup")
            await tab.page.locator(".waiting").wait_for()
            await tab.page.locator("#offline").wait_for(state="visible")
            await tab.looks_right("7-offline")
            await context.set_offline(offline=False)
            await tab.page.locator(".bubble.mine", has_text="/trogiup").wait_for()
            await tab.page.locator(".waiting").wait_for(state="detached")
        await tab.says("/quyen")  # nobody is there
        await tab.page.locator(".waiting").wait_for()
        async with office.served():
            await tab.page.locator(".waiting").wait_for(state="detached", timeout=60_000)
            await tab.page.locator("#offline").wait_for(state="hidden", timeout=60_000)
            said = [text for text in await tab.texts() if text.startswith("/")]
            await tab.page.reload()
            again = [text for text in await tab.texts() if text.startswith("/")]
            assert said == again
            assert [text for text in again if text in {"/trogiup", "/quyen"}] == ["/trogiup", "/quyen"]


async def test_two_tabs_and_two_devices_show_one_conversation(office: Office, chromium: Chromium) -> None:
    async with office.served(), chromium() as context, chromium("desktop") as elsewhere:
        one = await open_tab(context, office.address, "phone")
        await one.page.get_by_role("button", name="Bắt đầu").click()
        await one.page.locator(".bubble.theirs").first.wait_for()
        two = await open_tab(context, office.address, "second")
        await one.opens("/chat/continue")
        await one.page.get_by_role("button", name="Tạo liên kết và mã").click()
        code = await one.page.locator(".code").text_content()
        await one.opens()
        three = await open_tab(elsewhere, office.address, "desktop")
        await three.opens("/chat/continue")
        await three.page.fill("input[name=code]", str(code))
        await three.page.get_by_role("button", name="Tiếp tục").click()
        await three.page.locator(".bubble.theirs").first.wait_for()
        for number, tab in enumerate((one, two, three)):
            await tab.says(f"/trogiup {number}")
            for other in (one, two, three):
                await other.page.locator(".bubble.mine", has_text=f"/trogiup {number}").wait_for(timeout=60_000)
        await asyncio.sleep(1)
        texts = [await tab.texts() for tab in (one, two, three)]
        assert texts[0] == texts[1] == texts[2]
        said = re.findall(r"/trogiup \d", " ".join(texts[0]))
        assert said == ["/trogiup 0", "/trogiup 1", "/trogiup 2"]
        assert [*one.wrong, *two.wrong, *three.wrong] == []


_PASTE = """box => { const clipboardData = new DataTransfer(); clipboardData.items.add(new File(['x'], 'dán.cer'));
  box.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true})); }"""


async def cancels_an_upload(tab: Tab) -> None:
    """While a file is on its way it is named beside its progress, and called off nothing of it arrives."""
    gone_on = asyncio.Event()

    async def hold(route: Route) -> None:
        del route  # it is called off before it goes on
        await gone_on.wait()

    await tab.page.route("**/chat", hold)
    await tab.page.set_input_files("#file", [CERTIFICATE])  # type: ignore[list-item]
    await tab.page.locator("#upload", has_text="chứng thư.cer").wait_for(state="visible")
    await tab.page.locator("#upload-bar").wait_for(state="visible")
    async with tab.page.expect_event("requestfailed"):  # else what holds it up no longer would let it go on
        await tab.page.get_by_role("button", name="Hủy").click()
    await tab.page.locator("#upload").wait_for(state="hidden")
    gone_on.set()
    await tab.page.unroute_all(behavior="ignoreErrors")
    assert not await tab.page.locator("#trouble").is_visible()
    assert await tab.page.locator(".bubble.mine", has_text="chứng thư.cer").count() == 0


async def copies_the_link_of(tab: Tab, bubble: Locator) -> None:
    """A click on the time of a message copies its link and says so."""
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await bubble.locator("a.at").click()
    await tab.page.get_by_text("Đã chép liên kết").wait_for()
    link = await tab.page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"/#{await bubble.get_attribute('id')}")


async def test_it_works_without_scripts_by_keyboard_and_on_paper(office: Office, chromium: Chromium) -> None:
    async with office.served(), chromium(java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(office.address)
        await page.get_by_role("button", name="Bắt đầu").click()
        await page.get_by_role("button", name="Tôi đồng ý").click()
        assert "theirs" in (await page.locator(".bubble").last.get_attribute("class") or "")
        await page.set_input_files("#file", [CERTIFICATE])  # type: ignore[list-item]
        await page.click("#send")
        await page.get_by_text("Tôi đọc được chứng thư này").wait_for()
    async with office.served(), chromium("desktop") as context:
        tab = await open_tab(context, office.address, "desktop")
        await tab.page.get_by_role("button", name="Bắt đầu").press("Enter")
        await tab.page.locator(".bubble.theirs").first.wait_for()
        await tab.page.focus("#text")
        await tab.page.keyboard.press("F6")
        assert await tab.page.evaluate("document.activeElement.id") == "log"
        await tab.page.keyboard.press("F6")
        await tab.page.keyboard.type("/trogiup")
        await tab.page.keyboard.press("Enter")
        await tab.page.locator(".bubble.mine", has_text="/trogiup").wait_for()
        drop = "() => { const d = new DataTransfer(); d.items.add(new File(['x'], 'kéo thả.cer')); return d; }"
        await tab.page.dispatch_event("#log", "drop", {"dataTransfer": await tab.page.evaluate_handle(drop)})
        await tab.page.locator(".bubble.mine", has_text="kéo thả.cer").wait_for()
        await tab.page.locator("#text").evaluate(_PASTE)
        await tab.page.locator(".bubble.mine", has_text="dán.cer").wait_for()
        await cancels_an_upload(tab)
        await copies_the_link_of(tab, tab.page.locator(".bubble.theirs").first)
        assert await tab.page.locator("#log .day").count() == 1
        await tab.page.emulate_media(media="print")
        assert not await tab.page.locator("#composer").is_visible()
        assert await tab.page.locator(".bubble.theirs").first.is_visible()
        assert tab.wrong == []


#: Every admin page that opens by its address, by the name of its picture.
DESK_PAGES = {
    "requests": "/desk/requests",
    "nothing": "/desk/requests?q=khong-ai-co-ten-nay",
    "move": "/desk/requests/move?state=submitted",
    "reason": "/desk/requests/move?state=submitted&next=sent_back",
    "exports": "/desk/exports",
    "people": "/desk/people",
    "journal": "/desk/journal",
    "units": "/desk/units",
    "unit": "/desk/units?unit=DN",
    "broadcasts": "/desk/broadcasts",
    "rules": "/desk/rules",
    "health": "/desk/health",
}
_DESK_PAGE = 120 * 1024


async def sign_in_link(office: Office, who: str) -> str:
    """A link for an owner who has two requests to look after."""
    async with admin_transaction(office.store) as at:
        await at.admin.units.save(OPERATOR, UNITS, frozenset(UNITS.units))
    await grant_role(office.store, who, Role.OWNER, label="Chị Lan")
    for number in range(2):
        await register_request(office.store, f"cán bộ {number}", make_person_content(f"Lê Mẫu {number}"), "DN.NT")
    link = await SignIn(office.store, Clock()).make(office.store.chats.at(CHANNEL, who).id, OPERATOR, "")
    assert link is not None
    return link


@pytest.mark.parametrize(("size", "scheme"), [("narrow", "dark"), ("desktop", "light")])
async def test_an_admin_signs_in_looks_around_and_moves_what_the_list_shows(
    office: Office, chromium: Chromium, size: str, scheme: str
) -> None:
    link = await sign_in_link(office, "chị Lan")
    async with office.served(), chromium(size, color_scheme=scheme) as context:
        tab = await open_tab(context, office.address, size)
        page = tab.page
        await tab.opens(link)
        await tab.looks_right("sign-in", "desk")
        await page.get_by_role("button", name="Đăng nhập").click()
        await page.get_by_role("heading", name="Bàn làm việc").wait_for()
        await tab.looks_right("home", "desk")
        assert await page.evaluate(_WEIGHT) < _DESK_PAGE
        for name, path in DESK_PAGES.items():
            await tab.opens(path)
            await tab.looks_right(name, "desk")
        await tab.opens("/desk/requests")
        await page.select_option("#state", "submitted")
        await page.get_by_role("button", name="Xem", exact=True).click()
        assert "state=submitted" in page.url
        await page.get_by_role("link", name="Chuyển trạng thái cả 2 yêu cầu").click()
        await page.get_by_role("link", name="Tiếp nhận (2)").click()
        await page.get_by_role("button", name="chuyển 2 yêu cầu").click()
        await page.get_by_text("từng cán bộ được báo").wait_for()
        await tab.looks_right("moved", "desk")
        await page.locator(".rows a").first.click()
        await page.get_by_role("heading", name="Bước tiếp theo").wait_for()
        await tab.looks_right("request", "desk")
        await tab.opens("/desk/exports?all=1")
        await page.get_by_role("button", name="Gửi vào cuộc trò chuyện").click()
        await page.locator("progress").wait_for()
        await tab.looks_right("export-under-way", "desk")
        await page.get_by_role("button", name="Đăng xuất").click()
        await page.get_by_role("heading", name="chưa đăng nhập").wait_for()
        await tab.looks_right("signed-out", "desk")
        assert tab.wrong == []


async def test_the_admin_pages_work_without_scripts(office: Office, chromium: Chromium) -> None:
    link = await sign_in_link(office, "chị Lan")
    async with office.served(), chromium(java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(f"{office.address}{link}")
        await page.get_by_role("button", name="Đăng nhập").click()
        await page.get_by_role("link", name="2 Mới").click()
        await page.locator(".rows a").first.click()
        await page.get_by_role("button", name="Tiếp nhận").click()
        await page.get_by_text("Đã chuyển trạng thái").wait_for()
