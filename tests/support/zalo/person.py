"""A person who talks with the assistant on Zalo, and how the assistant is served beside a fake account."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.app import Components, open_components, serve_channels
from bot.settings import Settings
from tests.support.zalo.account import Sent, User
from tests.support.zalo.server import BUSINESS, FakeOa


@dataclass
class Person:
    """Reads what arrives in order, and answers."""

    oa: FakeOa
    user: User
    read: int = 0
    seen: list[Sent] = field(default_factory=list)

    @property
    def inbox(self) -> list[Sent]:
        return [one for one in self.oa.account.sent if one.user == self.user.id]

    async def hears(self, words: str = "", seconds: float = 60.0) -> Sent:
        """Wait for the next message that holds these words; those before it are read over."""

        def found() -> bool:
            return any(words in one.text for one in self.inbox[self.read :])

        try:
            await self.oa.until(found, seconds)
        except TimeoutError:
            said = "\n---\n".join(one.text for one in self.inbox[-3:])
            raise AssertionError(f"nothing more came after:\n{said}") from None
        while True:
            one = self.inbox[self.read]
            self.read += 1
            self.seen.append(one)
            if words in one.text:
                return one

    async def hears_question(self, seconds: float = 60.0) -> Sent:
        """Wait for a message with something to choose: buttons, or a numbered menu."""
        while True:
            one = await self.hears(seconds=seconds)
            if one.buttons or re.search(r"^([01]\.|•) ", one.text, re.MULTILINE):
                return one

    async def says(self, text: str, words: str = "") -> Sent:
        await self.oa.says(self.user, text)
        return await self.hears(words)

    async def chooses(self, shown: Sent, label: str) -> Sent:
        """Tap a button, which says its payload, or type the number of a menu's line; wait for what is asked next."""
        tapped = next((one["payload"] for one in shown.buttons if label in one["title"]), None)
        line = re.search(rf"^(\d+)\. {re.escape(label)}", shown.text, re.MULTILINE)
        assert tapped or line, shown.text
        await self.oa.says(self.user, tapped or (line.group(1) if line else ""))
        return await self.hears_question()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def settings_for(oa: FakeOa, folder: Path, **changes: Any) -> Settings:
    """The settings of an assistant beside the fake account, whose webhook listens at a free port."""
    port = free_port()
    oa.hook = f"http://127.0.0.1:{port}/zalo"
    known = {
        "data_dir": folder, "state_dir": folder / "state", "web_listen": "",
        "zalo_oa_app_id": oa.account.app_id, "zalo_oa_app_secret": oa.account.app_secret,
        "zalo_oa_api_url": oa.url, "zalo_zbs_url": f"{oa.url}{BUSINESS}", "zalo_oauth_url": oa.url,
        "zalo_oa_webhook_url": oa.hook,
        "zalo_oa_webhook_secret": oa.account.oa_secret, "zalo_oa_webhook_listen": f"127.0.0.1:{port}",
        "zalo_oa_file_hosts": "127.0.0.1", "throttle_burst": 10_000, "zalo_oa_calls_per_minute": 10_000,
    }  # fmt: skip
    return Settings.model_validate({**known, **changes})


@asynccontextmanager
async def assistant(oa: FakeOa, folder: Path, **changes: Any) -> AsyncIterator[Components]:
    """Serve the assistant in this process, connected to the account, until the end of the block."""
    oa.account.calls_per_minute = changes.get("zalo_oa_calls_per_minute", 10_000)
    async with open_components(settings_for(oa, folder, **changes)) as components:
        from bot.channels.zalo.oa import OpenAccount  # noqa: PLC0415 - as the program imports it

        account = OpenAccount(components.settings, components.store, components.clock)
        await account.tokens.connect("kode")
        await account.close()
        stop = asyncio.Event()
        serving = asyncio.create_task(serve_channels(components, stop))
        try:
            async with asyncio.timeout(20):
                while await oa.call_hook(b"{}", {}) != 200:
                    assert not serving.done(), serving
                    await asyncio.sleep(0.02)
            oa.waiting.clear()
            yield components
        finally:
            stop.set()
            await asyncio.wait_for(serving, 10)
