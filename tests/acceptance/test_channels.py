"""One officer in a browser and on Telegram: linked by the link that one shows and the other opens, over sockets."""

import asyncio
import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bot.app import open_components, serve_channels
from bot.settings import Settings
from tests.support.broadcasts import start_notice
from tests.support.delivery import TurnedClock, eventually
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits
from tests.support.web import Browser, free_port

MONDAY = datetime(2026, 11, 23, 3, tzinfo=UTC)  # ten o'clock in Viet Nam


async def test_an_officer_links_the_browser_with_telegram_and_is_reminded_where_it_arrives(tmp_path: Path) -> None:
    port = free_port()
    async with BotApi.start(limits=Limits.off()) as api:
        settings = Settings.model_validate({
            "data_dir": tmp_path / "data", "state_dir": tmp_path / "state", "telegram_token": api.token,
            "telegram_api_url": api.url, "telegram_chat_messages_per_second": 100,
            "web_listen": f"127.0.0.1:{port}", "web_private_listen": "",
        })  # fmt: skip
        async with (
            open_components(settings, clock=TurnedClock(MONDAY)) as components,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client,
        ):
            stop = asyncio.Event()
            serving = asyncio.create_task(serve_channels(components, stop))
            try:
                await eventually(lambda: serving.done() or is_heard(port))
                page, lan = Browser(client), api.user("Lan")
                await page.opens()
                await page.says("/start")
                await page.says("Tôi đồng ý, bắt đầu")
                await page.says("/kenh")
                await page.says("Nối thêm một kênh")
                link = re.search(r"https://t\.me/\w+\?start=(kenh-[0-9]{10})", page.page)
                assert link, "the other channel has a link of its own"

                await lan.says(f"/start {link[1]}")
                assert "/kenh" in (await lan.hears()).text
                await lan.taps("Tôi đồng ý, bắt đầu")
                await lan.hears()
                await lan.says(f"/kenh {link[1]}")
                await lan.hears_until(lambda shown: "Nối kênh này với" in shown.text)
                await lan.taps("Đồng ý, cả hai là của tôi")
                await lan.hears_until(lambda shown: "Anh/chị đã đồng ý ở đây" in shown.text)
                await page.says("/kenh")
                assert "vừa được gõ ở Telegram" in page.page
                await page.says("Đồng ý, cả hai là của tôi")
                assert "Đã nối các kênh" in page.page
                await lan.hears_until(lambda shown: "Kênh này đã nối với" in shown.text)

                await lan.says("/kenh")
                await lan.hears_until(lambda shown: "2. Telegram" in shown.text)
                await lan.taps("Telegram (kênh này): đưa lên một bậc")
                await lan.hears_until(lambda shown: "1. Telegram" in shown.text)
                await start_notice(components.store, components.clock.now())
                await lan.hears_until(lambda shown: "xin nhớ việc chứng thư" in shown.text)
                await page.opens()
                assert "xin nhớ việc chứng thư" not in page.page, "one person, one reminder"

                lan.chat.blocked = True
                await start_notice(components.store, components.clock.now())
                await eventually_page(page, "xin nhớ việc chứng thư")
            finally:
                stop.set()
                await asyncio.wait_for(serving, 20)


async def eventually_page(page: Browser, text: str) -> None:
    """The page shows a text before long."""
    for _ in range(200):
        if text in (await page.opens()).page:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the page does not show: {text}")


def is_heard(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
