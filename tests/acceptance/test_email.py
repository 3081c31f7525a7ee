"""An officer of the web chat, whose page is closed most of the day, is reminded by letter: over sockets and TLS."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bot.app import Components, open_components, serve_channels
from bot.settings import Settings
from tests.support.broadcasts import start_notice
from tests.support.delivery import TurnedClock, eventually
from tests.support.mail import PASSWORD, USER, Mailbox, MailServer, parts_of, report, settings_of
from tests.support.web import Browser, free_port

LAN = "lan@dongnai.gov.vn"
MONDAY = datetime(2026, 11, 23, 3, tzinfo=UTC)  # ten o'clock in Viet Nam


@asynccontextmanager
async def served(server: MailServer, box: Mailbox, folder: Path) -> AsyncIterator[tuple[Components, str]]:
    """The whole program with a web chat, a mail server and a mailbox, on a working day."""
    port = free_port()
    known = settings_of(
        server, folder, data_dir=folder / "data", state_dir=folder / "state", web_listen=f"127.0.0.1:{port}",
        web_private_listen="", email_imap_host="127.0.0.1", email_imap_port=box.port, email_imap_user=USER,
        email_imap_password=PASSWORD,
    )  # fmt: skip
    async with open_components(Settings.model_validate(known), clock=TurnedClock(MONDAY)) as components:
        stop = asyncio.Event()
        serving = asyncio.create_task(serve_channels(components, stop))
        try:
            await eventually(lambda: serving.done() or is_heard(port))
            yield components, f"http://127.0.0.1:{port}"
        finally:
            stop.set()
            await asyncio.wait_for(serving, 20)


def is_heard(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


async def test_an_officer_of_the_web_chat_is_reminded_by_letter_until_the_mailbox_is_gone(tmp_path: Path) -> None:
    async with (
        MailServer().served(tmp_path) as server,
        Mailbox().served(tmp_path) as box,
        served(server, box, tmp_path) as (components, address),
        httpx.AsyncClient(base_url=address, timeout=120) as client,
    ):
        lan = Browser(client)
        await lan.opens()
        await lan.says("/start")
        await lan.says("Tôi đồng ý, bắt đầu")
        await lan.says(f"/email {LAN}")
        await eventually(lambda: len(server.letters) == 1)
        first = parts_of(server.letters[0])[0]
        link = re.search(r"http://\S+/e/confirm/[\w-]{22}", first)
        assert link
        assert (await client.post(link.group())).status_code == 200
        await lan.says("/email")
        await lan.says("Nhắc hạn qua thư, không nhắc ở đây")
        assert "Nhắc hạn được gửi tới đó" in lan.page

        await start_notice(components.store, components.clock.now())
        await eventually(lambda: len(server.letters) == 2)
        letter = server.letters[1]
        text, html, _ = parts_of(letter)
        assert "xin nhớ việc chứng thư" in text
        assert "xin nhớ việc chứng thư" in html
        assert server.recipients == [LAN, LAN]
        await lan.opens()
        assert "xin nhớ việc chứng thư" not in lan.page

        box.add(report(str(letter["Message-ID"]), "failed", "5.1.1"))
        components.clock.turn_to(components.clock.now().replace(hour=4))  # type: ignore[attr-defined]  # the next look into the mailbox
        await eventually(lambda: bool(box.seen))
        await start_notice(components.store, components.clock.now())
        for _ in range(200):
            await lan.opens()
            if "xin nhớ việc chứng thư" in lan.page:
                break
            await asyncio.sleep(0.05)
        assert "xin nhớ việc chứng thư" in lan.page
        assert len(server.letters) == 2, "nothing more goes to a mailbox that does not exist"
