"""The house of the admin in a real browser: a campaign to ten officers, units, roles, offices, rules, journal.

One Chromium for all; each page is held to the same rules as those of ``test_browser``, in two sizes.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page

from bot.certificates.reader import CertificateReader
from bot.services.opening import open_store
from bot.settings import Settings
from bot.store.sealing import open_keyring
from handlers.conversation import respond
from handlers.model import Role
from tests.acceptance.test_browser import Chromium, Tab, chromium, open_tab
from tests.support.delivery import TurnedClock, make_conversation
from tests.support.people import OPERATOR, UNITS, admin_transaction, create_invitation
from tests.support.programs import BROWSER, needs
from tests.support.web import Office, free_port

__all__ = ["chromium"]  # a fixture

pytestmark = [needs(BROWSER), pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

#: A Monday, nine o'clock in Viet Nam.
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
PAGES = {
    "broadcast-new": "/desk/broadcasts/new?kind=campaign",
    "broadcasts": "/desk/broadcasts",
    "broadcast-edit": "/desk/broadcasts/TB-000001",
    "units-tree": "/desk/units",
    "units-ended": "/desk/units/ended",
    "units-import": "/desk/units/import",
    "people-found": "/desk/people?q=lan",
    "offices": "/desk/offices",
    "office-new": "/desk/offices/new?unit=DN.NT",
    "rules-found": "/desk/rules?q=token",
    "rules-situation": "/desk/rules/situation?subject=individual&events=left_state_service&issuer=government"
    "&not_after=2027-01-01&token=in_hand&key_exposed=false&information_matches=false",
    "journal-filtered": "/desk/journal?act=sign_in",
    "health": "/desk/health",
}
LIST = "mã đơn vị;tên;mã đơn vị cấp trên\nDN;Tỉnh Đồng Nai;\nDN.NT;Phường Nhơn Trạch;DN\nDN.MOI;Xã Mới;DN\n"


@pytest_asyncio.fixture(loop_scope="module")
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """The assistant itself, at nine on a Monday."""
    monkeypatch.chdir(tmp_path)
    known = {"data_dir": tmp_path, "web_listen": f"127.0.0.1:{free_port()}", "web_private_listen": ""}
    settings = Settings.model_validate({**known, "throttle_burst": 1000})
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    talk = make_conversation(respond)  # type: ignore[arg-type]
    object.__setattr__(talk, "web_address", f"http://{settings.web_listen}")
    reader = CertificateReader(tmp_path / "trust")
    yield Office(settings, store, talk, TurnedClock(NOW), reader)
    await reader.close()
    await store.close()


async def begin_chat(tab: Tab) -> None:
    await tab.page.get_by_role("button", name="Bắt đầu").click()
    await tab.page.locator(".bubble.theirs").first.wait_for()
    await tab.taps("Tôi đồng ý")


async def sign_in(office: Office, tab: Tab) -> None:
    """The person of this browser takes an invitation up in the chat, and comes to the pages by /web."""
    async with admin_transaction(office.store) as at:
        await at.admin.units.save(OPERATOR, UNITS, frozenset(UNITS.units))
    code = (await create_invitation(office.store, Role.OWNER, label="Chị Lan", now=NOW)).code
    await begin_chat(tab)
    await tab.says(f"/start {code}")
    await tab.reads("quản trị cấp cao")
    await tab.says("/web")
    await tab.reads("/desk/sign-in/")
    link = re.search(r"/desk/sign-in/[\w-]{22}", (await tab.texts())[-1])
    assert link is not None
    await tab.opens(link[0])
    await tab.page.get_by_role("button", name="Đăng nhập").click()
    await tab.page.get_by_role("heading", name="Bàn làm việc").wait_for()


async def ten_officers(office: Office, chat: Tab) -> None:
    """Nine without scripts, and one in the browser."""
    await begin_chat(chat)
    for _ in range(9):
        browser = await office.begun()
        await browser.says("dong y")
        for _ in range(100):
            await browser.opens()
            if any("agreed" not in text and side == "theirs" for side, text in browser.bubbles[2:]):
                break
            await asyncio.sleep(0.05)


async def write_campaign(tab: Tab) -> None:
    page = tab.page
    await tab.opens("/desk/broadcasts/new?kind=campaign")
    await page.fill("#title", "Đổi thông tin trước 30/11")
    await page.fill("#deadline", "2026-11-30")
    await page.fill("#steps", "7, 1, 0")
    await page.fill("#at", "09:10")
    await page.select_option("#owed", "")
    await page.fill("#vi", "Chào {ho_tn}, hạn là *{han}*.")
    await page.locator("#preview", has_text="{ho_tn} → {ho_ten}").wait_for()  # by itself, while it is typed
    await tab.looks_right("broadcast-wrong", "desk")
    await page.fill("#vi", "Chào {ho_ten|anh/chị}, hạn là *{han}* ({so_ngay}).")
    await page.locator("#preview .sample", has_text="hạn là 30/11/2026 (còn 7 ngày)").first.wait_for()
    assert "11/11" in await page.locator("#preview").inner_text()  # ten officers, and the owner
    await tab.looks_right("broadcast-preview", "desk")
    await page.get_by_role("button", name="Lưu bản nháp").click()
    await page.get_by_text("Đã lưu bản nháp").wait_for()


async def send_campaign(office: Office, owner: Tab, officer: Tab) -> None:
    page, clock = owner.page, office.clock
    assert isinstance(clock, TurnedClock)
    await page.get_by_role("button", name="Gửi thử cho tôi").click()
    await page.get_by_text("chỉ gửi cho anh/chị").wait_for()
    await page.get_by_role("button", name="Kiểm tra").click()
    await page.get_by_role("button", name="Duyệt").wait_for(timeout=60_000)  # the page moves by itself
    await owner.looks_right("broadcast-checked", "desk")
    await page.get_by_role("button", name="Duyệt").click()
    await owner.looks_right("broadcast-sure", "desk")
    await page.get_by_role("button", name="duyệt").first.click()
    await page.get_by_role("button", name="Tạm dừng").wait_for(timeout=60_000)
    await page.get_by_role("button", name="Tạm dừng").click()
    await page.get_by_role("button", name="Gửi tiếp").click()
    await page.get_by_role("button", name="Tạm dừng").wait_for()
    clock.turn(timedelta(minutes=15))  # the first day of the plan
    await officer.page.locator(".bubble.theirs", has_text="hạn là 30/11/2026").wait_for(timeout=60_000)
    await officer.taps("Đã làm")
    await owner.opens("/desk/broadcasts/TB-000002")
    await page.locator("#standing", has_text="100 %").wait_for(timeout=60_000)
    assert await page.locator("table.rows tbody tr").count() == 11
    await owner.looks_right("broadcast-sent", "desk")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Excel").click()
    assert (await download.value).suggested_filename.startswith("TB-000002-")
    await owner.opens("/")
    await owner.page.locator(".bubble.theirs", has_text="hạn là 30/11/2026").first.wait_for()  # the test, and its own


async def keep_house(tab: Tab) -> None:
    """Import units, set an office, invite and end."""
    page = tab.page
    await tab.opens("/desk/units/import")
    await page.set_input_files("#file", [{"name": "đv.csv", "mimeType": "text/csv", "buffer": LIST.encode()}])  # type: ignore[list-item]
    await page.get_by_role("button", name="Đọc danh sách").click()
    await page.get_by_text("Phường Nhơn Trạch").first.wait_for()
    await tab.looks_right("units-plan", "desk")
    await page.get_by_role("button", name="Đồng ý, thay đổi như vậy").click()
    await page.get_by_text("Đã nhập: thêm 1, sửa 1").wait_for()
    await tab.opens("/desk/offices/new?unit=DN.NT")
    await page.fill("#name", "Văn phòng HĐND và UBND phường Nhơn Trạch")
    await page.fill("#source", "hỏi qua điện thoại ngày 22/11/2026")
    await page.get_by_role("button", name="Lưu").click()
    await page.get_by_text("NT-000001").first.wait_for()
    await tab.looks_right("office-set", "desk")
    await page.get_by_role("button", name="Gỡ, dùng lại").first.click()
    await tab.looks_right("office-sure", "desk")
    await tab.opens("/desk/people")
    await page.select_option("#role", "focal")
    await page.fill("#unit", "DN.NT")
    await page.fill("#label", "Anh Ba")
    await page.get_by_role("button", name="Tạo lời mời").click()
    await page.locator(".code").wait_for()
    await tab.looks_right("invited", "desk")
    await tab.opens("/desk/people")
    await page.get_by_role("button", name="LM-000002").click()
    await tab.looks_right("end-sure", "desk")
    await page.get_by_role("button", name="Có, thu hồi").click()
    await page.get_by_text("Đã thu hồi lời mời LM-000002").wait_for()


async def look_around(context: BrowserContext, office: Office, state: object, size: str) -> list[str]:
    """Open every page in a small dark window."""
    browser = context.browser
    assert browser is not None
    small = await browser.new_context(
        viewport={"width": 360, "height": 640},
        color_scheme="dark",
        storage_state=state,  # type: ignore[arg-type]
    )
    page = await small.new_page()
    tab = Tab(page, office.address, size)
    page.on("console", lambda said: tab.wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(office.address) else tab.wrong.append(asked.url))
    for name, path in PAGES.items():
        await tab.opens(path)
        await tab.looks_right(name, "desk")
    await small.close()
    return tab.wrong


async def without_scripts(context: BrowserContext, office: Office, state: object) -> None:
    """Write a broadcast and look at it by forms alone."""
    browser = context.browser
    assert browser is not None
    plain = await browser.new_context(java_script_enabled=False, storage_state=state)  # type: ignore[arg-type]
    page: Page = await plain.new_page()
    await page.goto(f"{office.address}/desk/broadcasts/new")
    await page.fill("#title", "Không có JavaScript")
    await page.get_by_role("button", name="Dùng mẫu không nêu hạn").click()
    assert "{ho_ten" in await page.input_value("#vi")
    assert await page.input_value("#title") == "Không có JavaScript"
    await page.get_by_role("button", name="Lưu bản nháp").click()
    await page.get_by_text("Đã lưu bản nháp").wait_for()
    await page.get_by_role("button", name="Kiểm tra").click()
    for _ in range(40):
        await page.reload()
        if await page.get_by_role("button", name="Duyệt").count():
            break
        await asyncio.sleep(0.25)
    await page.get_by_role("button", name="Hủy").click()
    await page.get_by_role("button", name="hủy").first.click()
    await page.get_by_text("Không quay lại được").wait_for()
    await plain.close()


async def test_a_campaign_reaches_ten_officers_in_the_chat_and_the_house_is_kept(
    office: Office,
    chromium: Chromium,
) -> None:
    async with office.served(), chromium("desktop", color_scheme="light") as context:
        browser = context.browser
        assert browser is not None
        elsewhere = await browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
        officer = await open_tab(elsewhere, office.address, "phone")
        await ten_officers(office, officer)
        owner = await open_tab(context, office.address, "desktop")
        await sign_in(office, owner)
        await write_campaign(owner)
        await send_campaign(office, owner, officer)
        await keep_house(owner)
        state = await context.storage_state()
        for name, path in PAGES.items():
            await owner.opens(path)
            await owner.looks_right(name, "desk")
        await owner.page.emulate_media(media="print")
        await owner.opens("/desk/rules")
        assert not await owner.page.locator("nav").first.is_visible()
        wrong = await look_around(context, office, state, "narrow")
        await without_scripts(context, office, state)
        assert [*owner.wrong, *officer.wrong, *wrong] == []
