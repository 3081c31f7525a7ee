"""The web chat over real sockets, and browsers without scripts in front of it."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape

import httpx

from bot.app import Components, serve_channels
from bot.certificates.reader import CertificateReader
from bot.clock import Clock
from bot.delivery.turns import Conversation
from bot.delivery.worker_lease import Heartbeat, Witness
from bot.settings import Settings
from bot.store import Store
from tests.support.delivery import CountingReader, eventually, make_conversation

_KEY = re.compile(r'name="key" value="([^"]+)"')
_FORM = re.compile(r'name="form" value="([^"]+)"')
_BUBBLE = re.compile(r'<article id="m(\d+)" class="bubble (mine|theirs)".*?</article>', re.DOTALL)
_TEXT = re.compile(r'<div class="text">(.*?)</div>', re.DOTALL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Browser:
    """A browser without scripts: it keeps cookies, and posts the forms of the page that it sees."""

    client: httpx.AsyncClient
    page: str = ""

    async def opens(self, path: str = "/") -> "Browser":
        answer = await self.client.get(path)
        self.page = answer.text
        return self

    async def says(self, text: str = "", **fields: str) -> httpx.Response:
        """Post the form of the page; a redirect is followed."""
        answer = await self.client.post("/chat", data=self.fields() | {"text": text} | fields, follow_redirects=True)
        self.page = answer.text
        return answer

    async def sends(self, name: str, content: bytes, media_type: str = "application/pkix-cert") -> httpx.Response:
        given = {"file": (name, content, media_type)}
        answer = await self.client.post("/chat", data=self.fields(), files=given, follow_redirects=True)
        self.page = answer.text
        return answer

    def fields(self) -> dict[str, str]:
        form = _FORM.search(self.page)
        return {"key": _KEY.findall(self.page)[-1]} | ({"form": form[1]} if form else {})

    @property
    def bubbles(self) -> list[tuple[str, str]]:
        """Side and text of every message of the page."""
        found = ((match[2], _TEXT.search(match[0])) for match in _BUBBLE.finditer(self.page))
        return [(side, unescape(text[1].replace("<br>", "\n")) if text else "") for side, text in found]

    @property
    def ids(self) -> list[int]:
        return [int(match[1]) for match in _BUBBLE.finditer(self.page)]

    async def stream(
        self, after: int = 0, seconds: float = 3.0, most: int = 1, **headers: str
    ) -> list[tuple[int, str]]:
        """Version and data of the next events of the stream."""
        events: list[tuple[int, str]] = []
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            async with (
                asyncio.timeout(seconds),
                self.client.stream("GET", "/chat/events", params={"after": str(after)}, headers=given) as answer,
            ):
                assert answer.status_code == 200
                assert answer.headers["content-type"].startswith("text/event-stream")
                version, data, name = 0, [], ""
                async for line in answer.aiter_lines():
                    if line.startswith("id: "):
                        version = int(line[4:])
                    elif line.startswith("event: "):
                        name = line[7:]
                    elif line.startswith("data:"):
                        data.append(line[6:])
                    elif not line and name:
                        events.append((version, "\n".join(data) if name == "message" else name))
                        version, data, name = 0, [], ""
                        if len(events) == most:
                            return events
        except TimeoutError:
            pass
        return events


@dataclass
class Office:
    """The assistant as ``troly run`` serves it where nothing is configured, and browsers in front of it."""

    settings: Settings
    store: Store
    talk: Conversation = field(default_factory=make_conversation)
    clock: Clock = field(default_factory=Clock)
    reader: CertificateReader = field(default_factory=CountingReader)
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://{self.settings.web_listen}"

    @asynccontextmanager
    async def served(self) -> AsyncIterator["Office"]:
        heartbeat = Heartbeat(self.store, Witness((self.settings.data_dir / "witness",)), (), self.clock)
        parts = Components(self.settings, self.store, self.reader, self.reader, self.talk, self.clock, heartbeat)
        stop = asyncio.Event()
        serving = asyncio.create_task(serve_channels(parts, stop))
        try:
            await eventually(self.is_heard, of=serving)
            yield self
        finally:
            stop.set()
            for browser in self.browsers:
                await browser.aclose()
            self.browsers.clear()
            await asyncio.wait_for(serving, 20)

    def is_heard(self) -> bool:
        host, _, port = self.settings.web_listen.rpartition(":")
        with socket.socket() as caller:
            return caller.connect_ex((host, int(port))) == 0

    def browser(self, **headers: str) -> Browser:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        client = httpx.AsyncClient(base_url=self.address, headers=given, timeout=120)
        self.browsers.append(client)
        return Browser(client)

    async def begun(self) -> Browser:
        """A browser with a conversation."""
        browser = await self.browser().opens()
        await browser.says()
        return browser
