"""An admin's work through lists in a real browser, one for all of them; and a conversation whose server is killed.

With ``TROLY_SCREENSHOTS`` set to a folder, each page is left there as a picture.
"""

import asyncio
import csv
import io
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bot.clock import Clock
from bot.services.opening import open_store
from bot.services.sign_in import SignIn
from bot.settings import Settings
from bot.store.sealing import open_keyring
from handlers.model import Role
from tests.acceptance.test_browser import Tab, open_tab
from tests.support.delivery import make_conversation
from tests.support.people import OPERATOR, UNITS, admin_transaction, grant_role, make_person_content
from tests.support.programs import BROWSER, find_program, needs
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import register_request
from tests.support.web import Office, free_port

pytestmark = [needs(BROWSER), pytest.mark.asyncio(loop_scope="module")]

#: The dialog of the keys is closed and a key pressed in one go; returns what has the focus afterwards.
_PRESSED_AT_ONCE = """() => {
    const help = document.getElementById("keys");
    help.showModal();
    document.getElementById("keys-off").focus();
    help.close();
    document.getElementById("keys-off").dispatchEvent(new KeyboardEvent("keydown", {key: "j", bubbles: true}));
    return document.activeElement.tagName;
}"""
_SIZES = {"narrow": (360, 640), "desktop": (1440, 900)}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as started:
        made = await started.chromium.launch(
            executable_path=find_program(BROWSER), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield made
        await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """The assistant with an owner, and requests to look after."""
    monkeypatch.chdir(tmp_path)
    known = {"data_dir": tmp_path, "web_listen": f"127.0.0.1:{free_port()}", "web_private_listen": ""}
    settings = Settings.model_validate({**known, "throttle_burst": 1000})
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    async with admin_transaction(store) as at:
        await at.admin.units.save(OPERATOR, UNITS, frozenset(UNITS.units))
    await grant_role(store, "chị Lan", Role.OWNER, label="Chị Lan")
    for number in range(6):
        await register_request(store, f"cán bộ {number}", make_person_content(f"Lê Mẫu {number}"), "DN.NT")
    yield Office(settings, store, make_conversation())
    await store.close()


@asynccontextmanager
async def signed_in(browser: Browser, office: Office, size: str, **options: Any) -> AsyncIterator[Tab]:
    """A tab of an owner; nothing may go wrong in it."""
    width, height = _SIZES[size]
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN", **options)
    link = await SignIn(office.store, Clock()).make(office.store.chats.at(CHANNEL, "chị Lan").id, OPERATOR, "")
    tab = await open_tab(context, office.address, size)
    await tab.opens(str(link))
    await tab.page.get_by_role("button", name="Đăng nhập").click()
    await tab.page.get_by_role("heading", name="Bàn làm việc").wait_for()
    yield tab
    assert tab.wrong == []
    await context.close()


async def download(page: Page, name: str, role: Any = "button") -> bytes:
    async with page.expect_download(timeout=60_000) as under_way:
        await page.get_by_role(role, name=name).first.click()
    saved = await (await under_way.value).path()
    return await asyncio.to_thread(saved.read_bytes)


def with_state(sheet: bytes, code: str, state: str) -> bytes:
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))
    at, of = rows[0].index("Trạng thái"), rows[0].index("Mã yêu cầu")
    for row in rows[1:]:
        row[at] = state if row[of] == code else row[at]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


async def test_an_admin_marks_by_keys_exports_edits_and_reads_in_again(browser: Browser, office: Office) -> None:
    async with office.served(), signed_in(browser, office, "desktop") as tab:
        page = tab.page
        await tab.opens("/desk/requests?state=submitted")
        await tab.looks_right("list", "lists")
        await page.keyboard.press("?")
        await page.locator("dialog[open]").wait_for()
        await tab.looks_right("keys", "lists")
        await page.keyboard.press("Escape")
        await page.locator("dialog[open]").wait_for(state="detached")
        assert await page.evaluate(_PRESSED_AT_ONCE) == "A", "a key that is pressed at once acts"
        for key in ("j", " ", "ArrowDown", " "):
            await page.keyboard.press(key)
        marked = await page.locator("input[name=code]:checked").evaluate_all("all => all.map(one => one.value)")
        assert len(marked) == 2
        await page.keyboard.press("m")
        await page.get_by_role("link", name="Tiếp nhận (2)").click()
        await tab.looks_right("move", "lists")
        await page.get_by_role("button", name="chuyển 2 yêu cầu").click()
        await page.get_by_role("link", name="Trả lại để bổ sung (2)").wait_for()
        await tab.looks_right("moved", "lists")
        await page.locator("#rows a").first.focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Mẫu phải lập").wait_for()
        await tab.looks_right("request", "lists")
        assert (await download(page, "Tệp Word")).startswith(b"PK\x03\x04")
        await tab.opens("/desk/exports?all=1")
        await page.get_by_label("CSV").check()
        await page.get_by_role("button", name="Xuất và tải về").click()
        await page.locator("a.file").wait_for(timeout=60_000)  # the page goes on by itself
        await tab.looks_right("exported", "lists")
        sheet = await download(page, "danh-sach-yeu-cau.csv", "link")
        await tab.opens("/desk/import")
        await tab.looks_right("import", "lists")
        edited = {"name": "sửa.csv", "mimeType": "text/csv", "buffer": with_state(sheet, marked[0], "đã chuyển")}
        await page.set_input_files("#file", [edited])  # type: ignore[list-item]
        await page.get_by_role("button", name="Xem những gì sẽ thay đổi").click()
        await page.get_by_role("heading", name="Thay đổi: 1").wait_for()
        await tab.looks_right("differences", "lists")
        await page.get_by_role("button", name="chuyển 1 yêu cầu").click()
        await page.get_by_text("Đã áp dụng danh sách").wait_for()
        assert await page.locator("#rows tbody tr").count() == 1
        await page.emulate_media(media="print")
        assert not await page.locator(".filter").is_visible()


async def test_each_page_of_lists_is_whole_on_a_small_dark_screen(browser: Browser, office: Office) -> None:
    async with office.served(), signed_in(browser, office, "narrow", color_scheme="dark") as tab:
        pages = {
            "home": "/desk",
            "list": "/desk/requests?state=submitted&cols=name.state.serial.note",
            "nothing": "/desk/requests?q=khong-ai-co-ten-nay",
            "move": "/desk/requests/move?code=YC-2026-000001.YC-2026-000002&next=sent_back",
            "one": "/desk/requests/YC-2026-000001?list=state%3Dsubmitted",
            "exports": "/desk/exports?all=1",
            "import": "/desk/import",
        }
        for name, path in pages.items():
            await tab.opens(path)
            await tab.looks_right(name, "lists")
        wrong = {"name": "a.csv", "mimeType": "text/csv", "buffer": "Mã yêu cầu,Trạng thái\nYC-1,mất\n".encode()}
        await tab.page.set_input_files("#file", [wrong])  # type: ignore[list-item]
        await tab.page.get_by_role("button", name="Xem những gì sẽ thay đổi").click()
        await tab.page.get_by_role("heading", name="Dòng không nhận được: 1").wait_for()
        await tab.looks_right("refused-rows", "lists")


async def test_the_lists_work_on_a_phone_without_scripts(browser: Browser, office: Office) -> None:
    async with (
        office.served(),
        signed_in(browser, office, "narrow", color_scheme="dark", java_script_enabled=False) as tab,
    ):
        page = tab.page
        await tab.opens("/desk/requests?state=submitted")
        boxes = page.locator("input[name=code]")
        await boxes.nth(0).check()
        code = await boxes.nth(0).get_attribute("value")
        await page.get_by_role("button", name="Xuất các yêu cầu đã đánh dấu").click()
        await page.get_by_text("Số yêu cầu tìm thấy: 1").or_(page.get_by_text("1 yêu cầu được chọn")).first.wait_for()
        await page.get_by_label("CSV").check()
        await page.get_by_role("button", name="Xuất và tải về").click()
        for _ in range(60):
            if await page.locator("a.file").count():
                break
            await asyncio.sleep(0.5)
            await (
                page.get_by_role("link", name="Xem tiến độ").or_(page.locator("a[href='/desk/exports']")).first.click()
            )
        sheet = await download(page, "danh-sach-yeu-cau.csv", "link")
        await tab.opens("/desk/import")
        edited = {"name": "a.csv", "mimeType": "text/csv", "buffer": with_state(sheet, str(code), "đã tiếp nhận")}
        await page.set_input_files("#file", [edited])  # type: ignore[list-item]
        await page.get_by_role("button", name="Xem những gì sẽ thay đổi").click()
        await page.get_by_role("button", name="chuyển 1 yêu cầu").click()
        await page.get_by_text("Đã áp dụng danh sách").wait_for()


@asynccontextmanager
async def running(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """``troly run`` with nothing configured but where it listens."""
    known = {"TROLY_DATA_DIR": str(folder / "data"), "TROLY_STATE_DIR": str(folder / "state")}
    listen = {"TROLY_WEB_LISTEN": f"127.0.0.1:{port}", "TROLY_WEB_PRIVATE_LISTEN": ""}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run",
        env={"PATH": os.environ["PATH"], **known, **listen}, cwd=folder, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            while not heard(port):  # noqa: ASYNC110 - another process begins to listen
                await asyncio.sleep(0.1)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


def heard(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


async def said(page: Page) -> list[str]:
    found = page.locator(".bubble:not(.waiting) .text")
    return [text.strip() for text in await found.all_text_contents()]


async def test_a_conversation_goes_on_where_it_was_after_its_server_was_killed(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    context: BrowserContext = await browser.new_context(locale="vi-VN")
    page = await context.new_page()
    async with running(tmp_path, port) as first:
        await page.goto(f"http://127.0.0.1:{port}/")
        await page.get_by_role("button", name="Bắt đầu").click()
        await page.locator(".bubble.theirs").first.wait_for()
        await page.fill("#text", "/trogiup")
        await page.click("#send")
        first.send_signal(signal.SIGKILL)  # in the middle: nobody knows whether it was taken
        await first.wait()
    await page.fill("#text", "dong y")
    await page.click("#send")
    await page.locator(".waiting").first.wait_for()
    async with running(tmp_path, port):
        await page.locator(".waiting").first.wait_for(state="detached", timeout=60_000)
        await page.locator(".bubble.mine", has_text="dong y").wait_for(timeout=60_000)
        await page.locator("#typing").wait_for(state="hidden", timeout=60_000)
        before = await said(page)
        await page.reload()
        assert await said(page) == before
        mine = await page.locator(".bubble.mine .text").all_text_contents()
        assert [text.strip() for text in mine] == ["/start", "/trogiup", "dong y"]
        assert len(before) == len(set(before))  # nothing stands there twice
        await page.fill("#text", "/trogiup")
        await page.click("#send")
        await page.locator(".bubble.mine").nth(3).wait_for()
    await context.close()
