"""A bot on a made-up Bot Platform: strict about what is written of the real one, over real sockets.

It hands an update over once and forgets it, answers HTTP 200 to most failures, and knows neither buttons nor files.
"""

import asyncio
import io
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.telegram.server import _Dropped, serving

TOKEN = "12345689:abc-xyz"
TEXT_LIMIT = 2000


@dataclass(frozen=True)
class BotMessage:
    """A text that reached a person."""

    chat: str
    text: str


@dataclass
class FakeBot:
    """A bot that is served; ``fail`` makes the next calls of a method go wrong."""

    users: int = 50
    monthly: int = 3000
    batch: bool = False  #: whether a poll hands all updates over, as servers of others do
    wrapped: bool = True  #: whether webhooks carry the wrapper that the documents show
    sent: list[BotMessage] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  #: statuses of our webhook
    url: str = ""
    hook: str = ""
    hook_secret: str = ""
    people: set[str] = field(default_factory=set)
    updates: deque[dict[str, Any]] = field(default_factory=deque)
    _faults: dict[str, deque[str | int]] = field(default_factory=dict)
    _number: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _session: aiohttp.ClientSession | None = None

    @classmethod
    @asynccontextmanager
    async def start(cls, **how: Any) -> AsyncIterator["FakeBot"]:
        bot = cls(**how)
        async with serving(bot.app()) as bot.url, aiohttp.ClientSession() as bot._session:
            yield bot

    @property
    def token(self) -> str:
        return TOKEN

    @property
    def listened(self) -> int:
        """How often somebody began to listen."""
        return sum(one in {"getUpdates", "setWebhook"} for one in self.calls)

    def fail(self, method: str, *how: str | int) -> None:
        """Let the next calls of a method fail: a number, ``http 500``, ``dropped`` or ``delivered dropped``."""
        self._faults.setdefault(method, deque()).extend(how)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/bot{token}/{method}", self._handle, methods=["GET", "POST"])])

    async def _handle(self, request: Request) -> Response:
        method = request.path_params["method"]
        if request.path_params["token"] != TOKEN:
            return _error(401, "Unauthorized")
        self.calls.append(method)
        waiting = self._faults.get(method)
        fault = waiting.popleft() if waiting else ""
        if fault and fault != "delivered dropped":
            return _fail(fault)
        act = {
            "getMe": self._me, "getUpdates": self._poll, "setWebhook": self._set_hook, "deleteWebhook": self._drop_hook,
            "getWebhookInfo": self._hook_info, "sendMessage": self._send,
        }.get(method)  # fmt: skip
        fields = await _fields(request)
        if act is None or fields is None:
            return _error(400, "Bad Request") if act else _error(404, "Not Found", status=404)
        answer = await act(fields)
        self._tell()
        return _Dropped() if fault == "delivered dropped" else answer

    async def _me(self, _: dict[str, Any]) -> Response:
        return _ok({"id": "1459232241454765289", "account_name": "bot.VDKyGxQvc", "account_type": "BASIC"})

    async def _poll(self, fields: dict[str, Any]) -> Response:
        """Hand one update over, once, or answer 408: there is neither offset nor acknowledgement."""
        if self.hook:
            return _error(409, "Conflict: webhook is set")
        try:
            async with asyncio.timeout(min(float(fields.get("timeout", 30)), 0.5)):
                while not self.updates:
                    changed = self._changed
                    await changed.wait()
        except TimeoutError:
            return _error(408, "Request timeout", status=408)
        if self.batch:
            several, self.updates = list(self.updates), deque()
            return _ok(several)
        return _ok(self.updates.popleft())

    async def _set_hook(self, fields: dict[str, Any]) -> Response:
        url, secret = fields.get("url"), fields.get("secret_token")
        if not isinstance(url, str) or not isinstance(secret, str) or not 8 <= len(secret) <= 256:
            return _error(400, "Bad Request: url and secret_token are required")
        if urlsplit(url).hostname not in {"127.0.0.1", "localhost"} and not url.startswith("https://"):
            return _error(400, "Bad Request: https only")
        self.hook, self.hook_secret = url, secret
        return _ok({"url": url, "updated_at": 1749538250568})

    async def _drop_hook(self, _: dict[str, Any]) -> Response:
        self.hook = self.hook_secret = ""
        return _ok({"url": "", "updated_at": 1749538250568})

    async def _hook_info(self, _: dict[str, Any]) -> Response:
        return _ok({"url": self.hook}) if self.hook else _error(404, "Not Found", status=404)

    async def _send(self, fields: dict[str, Any]) -> Response:
        chat, text = fields.get("chat_id"), fields.get("text")
        if set(fields) - {"chat_id", "text", "parse_mode", "text_styles"}:
            return _error(400, "Bad Request: unknown field")  # stricter than the platform: nothing else is documented
        if not isinstance(chat, str) or not isinstance(text, str) or not 1 <= len(text) <= TEXT_LIMIT:
            return _error(400, "Bad Request: text must have 1 to 2000 characters")
        if chat not in self.people:
            return _error(400, "Bad Request: chat not found")
        if len(self.sent) >= self.monthly:
            return _error(429, "Quota exceeded")
        self.sent.append(BotMessage(chat, text))
        return _ok({"message_id": self._next(), "date": 1749632637199})

    def _next(self) -> str:
        self._number += 1
        return f"{self._number:020x}"

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # -- What people do.

    async def says(self, person: str, text: str, **more: Any) -> None:
        await self.event("message.text.received", person, text=text, **more)

    async def withholds(self, person: str, **more: Any) -> None:
        """A person sends a file, or is one whose messages Zalo withholds: it looks the same."""
        await self.event("message.unsupported.received", person, **more)

    async def event(self, name: str, person: str, *, times: int = 1, **content: Any) -> None:
        """Tell our webhook of an event, or keep it until it is polled for."""
        if person not in self.people and len(self.people) >= self.users:
            return  # the bot has as many people as its plan lets it
        self.people.add(person)
        message = {
            "from": {"id": person, "display_name": "Người mẫu", "is_bot": False},
            "chat": {"id": person, "chat_type": "PRIVATE"},
            "message_id": self._next(), "date": 1750316131602, **content,
        }  # fmt: skip
        update = {"event_name": name, "message": message}
        if not self.hook:
            self.updates.append(update)
            self._tell()
            return
        for _ in range(times):
            self.answers.append(await self.call_hook({"ok": True, "result": update} if self.wrapped else update))

    async def call_hook(self, body: object, secret: str | None = None) -> int:
        assert self._session is not None
        headers = {"X-Bot-Api-Secret-Token": self.hook_secret if secret is None else secret}
        raw = io.BytesIO(json.dumps(body).encode())
        async with self._session.post(self.hook, data=raw, headers=headers) as response:
            return response.status

    async def until(self, text: str, person: str, seconds: float = 20.0, after: int = 0) -> BotMessage:
        """Wait for a message to a person that holds these words, the first behind so many."""
        async with asyncio.timeout(seconds):
            while True:
                changed = self._changed
                mine = [one for one in self.sent if one.chat == person][after:]
                if found := next((one for one in mine if text in one.text), None):
                    return found
                try:
                    await asyncio.wait_for(changed.wait(), 0.2)
                except TimeoutError:
                    continue


@dataclass
class BotPerson:
    """Reads what arrives in order, and answers by numbers."""

    bot: FakeBot
    id: str
    read: int = 0

    @property
    def inbox(self) -> list[str]:
        return [one.text for one in self.bot.sent if one.chat == self.id]

    async def hears(self, words: str = "", seconds: float = 20.0) -> str:
        try:
            await self.bot.until(words, self.id, seconds, self.read)
        except TimeoutError:
            raise AssertionError("nothing more came after:\n" + "\n---\n".join(self.inbox[-3:])) from None
        while True:
            said = self.inbox[self.read]
            self.read += 1
            if words in said:
                return said

    async def hears_menu(self, seconds: float = 20.0) -> str:
        while not re.search(r"^([01]\.|•) ", said := await self.hears(seconds=seconds), re.MULTILINE):
            pass
        return said

    async def chooses(self, shown: str, label: str) -> str:
        """Type the number of a line."""
        await self.bot.says(self.id, self.number_of(shown, label))
        return await self.hears_menu()

    @staticmethod
    def number_of(shown: str, label: str) -> str:
        line = re.search(rf"^(\d+)\. {re.escape(label)}", shown, re.MULTILINE)
        assert line, shown
        return line.group(1)


async def _fields(request: Request) -> dict[str, Any] | None:
    if request.method == "GET":
        return dict(request.query_params)
    try:
        found = json.loads(await request.body() or b"{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _fail(fault: str | int) -> Response:
    if isinstance(fault, int):
        return _error(fault, "asked for by the test")
    return _Dropped() if fault == "dropped" else Response("<html>oops</html>", int(fault.removeprefix("http ")))


def _ok(result: object) -> Response:
    return JSONResponse({"ok": True, "result": result})


def _error(code: int, why: str, status: int = 200) -> Response:
    return JSONResponse({"ok": False, "error_code": code, "description": why}, status)
