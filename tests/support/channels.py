"""Every channel of the program in one table: how its platform is made up, and how a person talks there.

The suites over all channels take their cases from ``CHANNELS``: a new channel is one more row.
"""

import asyncio
import os
import re
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from bot.channels import CHANNELS as PROFILES
from bot.channels import ChannelProfile, terminal_channel
from bot.channels.zalo.oa import OpenAccount
from bot.clock import Clock
from bot.demo.data_writer import DemoDataWriter
from bot.settings import Settings
from bot.store import Store, import_queries
from handlers.model import EMAIL, TELEGRAM, TERMINAL, WEB, ZALO, ZALO_BOT
from tests.support.broadcasts import write_consenting_people
from tests.support.mail import MailServer, settings_of
from tests.support.telegram.api import BotApi
from tests.support.telegram.chats import Shown
from tests.support.telegram.limits import Limits
from tests.support.telegram.user import User
from tests.support.web import Browser, free_port
from tests.support.zalo import Account, FakeOa
from tests.support.zalo.bot import BotPerson, FakeBot
from tests.support.zalo.person import Person, settings_for

#: Seconds that a person waits for an answer: after a kill a file may have to wait for its reader.
PATIENCE = 120.0
SECRET = "a-secret-of-the-webhook"


class Talker(Protocol):
    """A person of a channel; what comes twice, as an answer may after a kill, is heard once."""

    address: str  #: as the store knows the person; empty where only the program does

    async def says(self, text: str) -> None:
        """Type a line."""

    async def chooses(self, label: str) -> None:
        """Choose what was offered last as the channel lets people do it: by a tap, or by a number."""

    async def sends(self, name: str, content: bytes) -> None:
        """Send a file, or give it to the page that the channel offers instead."""

    async def hears(self) -> str:
        """Return the next message in which something can be chosen."""

    async def texts(self) -> list[str]:
        """Return all that has arrived so far, each with the labels of what can be chosen there."""


class Platform(Protocol):
    """A made-up platform that is served, as ``tests.support.program.Program`` asks for it."""

    token: str
    url: str

    @property
    def listened(self) -> int:
        """Another number once the program listens again."""

    @property
    def settings(self) -> dict[str, str]:
        """Variables of the program."""

    async def prepare(self, store: Store) -> None:
        """Write what a program that is set up has in its store."""

    async def meet(self, store: Store, count: int) -> list[str]:
        """Make people who consented known, here and in the store; return their addresses."""

    def received(self) -> Counter[str]:
        """Messages that arrived, by address."""

    def person(self) -> Talker:
        """Return somebody who never wrote."""


@dataclass
class _Served:
    """What most platforms have in common: no token of Telegram's, and a port at which the program listens."""

    settings: dict[str, str] = field(default_factory=dict)
    token: str = ""
    url: str = "http://127.0.0.1:9"  #: of Telegram's server, which nobody asks
    port: int = 0

    @property
    def listened(self) -> int:
        with socket.socket() as caller:
            return int(caller.connect_ex(("127.0.0.1", self.port)) == 0)

    async def prepare(self, store: Store) -> None:
        del store


async def _meet(store: Store, channel: str, addresses: Iterable[str]) -> list[str]:
    known = list(addresses)
    await write_consenting_people(DemoDataWriter(store), known, Clock().now(), channel)
    return known


# -- Telegram.


class TelegramPlatform:
    """The Bot API server."""

    def __init__(self, api: BotApi) -> None:
        self.api, self.token, self.url = api, api.token, api.url
        self.settings: dict[str, str] = {}
        self._people = 0

    @property
    def listened(self) -> int:
        return self.api.listened

    async def prepare(self, store: Store) -> None:
        del store

    async def meet(self, store: Store, count: int) -> list[str]:
        users = [self.api.user(f"Người {number}") for number in range(count)]
        for user in users:
            user.chat.started = True
        return await _meet(store, TELEGRAM, (str(user.id) for user in users))

    def received(self) -> Counter[str]:
        return Counter({str(user): len(chat.history) for user, chat in self.api.account.chats.items()})

    def person(self) -> Talker:
        self._people += 1
        return _TelegramTalker(self.api.user(f"Người {self._people}"))


def _asks(shown: Shown) -> bool:
    """Whether something can be chosen there that does more than to show more."""
    return any("|=" not in (button.data or "") for button in shown.buttons)


class _TelegramTalker:
    def __init__(self, user: User) -> None:
        self.user, self.address = user, str(user.id)
        self._last: Shown | None = None

    async def says(self, text: str) -> None:
        await self.user.says(text)

    async def chooses(self, label: str) -> None:
        labels = self._last.labels if self._last else []
        found = next((one for one in labels if label in one), None)
        assert found, f"{label} is none of {labels}"
        await self.user.taps(found)

    async def sends(self, name: str, content: bytes) -> None:
        await self.user.sends_file(content, name)

    async def hears(self) -> str:
        while True:
            shown = await self.user.hears_until(lambda one: one.kind != "delete" and _asks(one), PATIENCE)
            if self._last is None or (shown.text, shown.labels) != (self._last.text, self._last.labels):
                self._last = shown
                return shown.text

    async def texts(self) -> list[str]:
        return ["\n".join((one.text, *one.labels)) for one in self.user.chat.history]


@asynccontextmanager
async def _telegram(folder: Path) -> AsyncIterator[Platform]:
    del folder
    async with BotApi.start(limits=Limits.off()) as api:
        yield TelegramPlatform(api)


# -- Zalo: an account of a firm, or of an authority, and a bot.


@dataclass
class OaPlatform(_Served):
    """An Official Account, of a firm or of an authority."""

    oa: FakeOa = field(default_factory=FakeOa)
    known: Settings = field(default_factory=Settings)

    async def prepare(self, store: Store) -> None:
        account = OpenAccount(self.known, store, Clock())
        await account.tokens.connect("kode")
        await account.close()

    async def meet(self, store: Store, count: int) -> list[str]:
        known, now = [self.oa.account.user().id for _ in range(count)], Clock().now()
        await _meet(store, ZALO, known)
        await store.zalo.touch_all([(store.chats.at(ZALO, one).id, now) for one in known])  # they wrote lately
        return known

    def received(self) -> Counter[str]:
        return Counter(one.user for one in self.oa.account.sent)

    def person(self) -> Talker:
        return _OaTalker(Person(self.oa, self.oa.account.user()))


class _OaTalker:
    def __init__(self, person: Person) -> None:
        self.person, self.address = person, person.user.id
        self._last: tuple[str, list[str]] = ("", [])
        self._tapped: dict[str, str] = {}

    async def says(self, text: str) -> None:
        await self.person.oa.says(self.person.user, text)

    async def chooses(self, label: str) -> None:
        payload = next((tap for title, tap in self._tapped.items() if label in title), None)
        await self.says(payload or _number_of(self._last[0], label))

    async def sends(self, name: str, content: bytes) -> None:
        await self.person.oa.sends_file(self.person.user, name, content)

    async def hears(self) -> str:
        while True:
            shown = await self.person.hears_question(PATIENCE)
            self._tapped = {one["title"]: one.get("payload", "") for one in shown.buttons}
            if (shown.text, [*self._tapped]) != self._last:
                self._last = shown.text, [*self._tapped]
                return shown.text

    async def texts(self) -> list[str]:
        return ["\n".join((one.text, *(tap["title"] for tap in one.buttons))) for one in self.person.inbox]


def _zalo(kind: str) -> Callable[[Path], AbstractAsyncContextManager[Platform]]:
    @asynccontextmanager
    async def start(folder: Path) -> AsyncIterator[Platform]:
        made = Account(kind=kind, buttons=kind == "business", calls_per_minute=10_000)
        async with FakeOa.start(made) as oa:
            known = settings_for(oa, folder / "data", state_dir=folder / "state")
            variables = _to_variables(known.model_dump(include=known.model_fields_set))
            yield OaPlatform(variables, port=urlsplit(oa.hook).port or 0, oa=oa, known=known)

    return start


@dataclass
class _BotPlatform(_Served):
    bot: FakeBot = field(default_factory=FakeBot)
    browser: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)
    people: int = 0

    @property
    def listened(self) -> int:
        return self.bot.listened

    async def meet(self, store: Store, count: int) -> list[str]:
        addresses = [f"{number:020x}" for number in range(1, count + 1)]
        self.bot.people |= set(addresses)
        return await _meet(store, ZALO_BOT, addresses)

    def received(self) -> Counter[str]:
        return Counter(one.chat for one in self.bot.sent)

    def person(self) -> Talker:
        self.people += 1
        return _BotTalker(BotPerson(self.bot, f"6ede9afa66b88fe6{self.people:04x}"), self.browser)


class _BotTalker:
    def __init__(self, person: BotPerson, browser: httpx.AsyncClient) -> None:
        self.person, self.address, self.browser = person, person.id, browser
        self._last = ""

    async def says(self, text: str) -> None:
        await self.person.bot.says(self.person.id, text)

    async def chooses(self, label: str) -> None:
        await self.says(_number_of(self._last, label))

    async def sends(self, name: str, content: bytes) -> None:
        """The bot only hears that something came that it cannot see, and offers a page."""
        await self.person.bot.withholds(self.person.id)
        page = re.search(r"http://\S+/u/[\w-]{22}", await self.person.hears("/u/", PATIENCE))
        assert page
        answer = await self.browser.post(page.group(), files={"file": (name, content, "application/pkix-cert")})
        assert answer.status_code == 200

    async def hears(self) -> str:
        while (said := await self.person.hears_menu(PATIENCE)) == self._last:
            pass
        self._last = said
        return said

    async def texts(self) -> list[str]:
        return self.person.inbox


@asynccontextmanager
async def _zalo_bot(folder: Path) -> AsyncIterator[Platform]:
    del folder
    hook, web = free_port(), free_port()
    async with FakeBot.start(users=10_000, monthly=1_000_000) as bot, httpx.AsyncClient(timeout=120) as browser:
        known = {
            "web_listen": f"127.0.0.1:{web}", "zalo_bot_token": bot.token, "zalo_bot_api_url": bot.url,
            "zalo_bot_webhook_url": f"http://127.0.0.1:{hook}/bot", "zalo_bot_webhook_secret": SECRET,
            "zalo_bot_webhook_listen": f"127.0.0.1:{hook}", "zalo_bot_messages_per_second": 1000,
            "zalo_bot_users": 10_000, "zalo_bot_monthly_messages": 1_000_000,
        }  # fmt: skip
        yield _BotPlatform(_to_variables(known), bot=bot, browser=browser)


# -- The web chat: its platform is the program itself.


@dataclass
class _WebPlatform(_Served):
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    async def meet(self, store: Store, count: int) -> list[str]:
        return await _meet(store, WEB, (f"{number:022}" for number in range(count)))

    def received(self) -> Counter[str]:
        return Counter()

    def person(self) -> Talker:
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=120)
        self.browsers.append(client)
        return _WebTalker(Browser(client))


class _WebTalker:
    """A browser without scripts, which looks again until the answer stands there."""

    address = ""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._read = 0

    async def says(self, text: str) -> None:
        if not self.browser.page:
            await self.browser.opens()
        await self.browser.says(text)

    async def chooses(self, label: str) -> None:
        """Post the newest button with this label."""
        found = re.findall(r'name="tap" value="([^"]*)">([^<]*)<', self.browser.page)
        taps = [unescape(tap) for tap, title in found if label in unescape(title)]
        assert taps, found
        await self.browser.says(tap=taps[-1])

    async def sends(self, name: str, content: bytes) -> None:
        await self.browser.sends(name, content)

    async def hears(self) -> str:
        async with asyncio.timeout(PATIENCE):
            while True:
                newest = (re.findall(r'<article id="m.*?</article>', self.browser.page, re.DOTALL) or [""])[-1]
                if 'name="tap"' in newest and self.browser.ids[-1] > self._read:
                    self._read = self.browser.ids[-1]
                    return self.browser.bubbles[-1][1]
                await asyncio.sleep(0.02)
                await self.browser.opens()

    async def texts(self) -> list[str]:
        await self.browser.opens()
        found = re.findall(r'<article id="m\d+" class="bubble theirs".*?</article>', self.browser.page, re.DOTALL)
        return [unescape(one) for one in found]


@asynccontextmanager
async def _web(folder: Path) -> AsyncIterator[Platform]:
    del folder
    port = free_port()
    platform = _WebPlatform(_to_variables({"web_listen": f"127.0.0.1:{port}"}), port=port)
    yield platform
    for one in platform.browsers:
        await one.aclose()


# -- The terminal: each line is a life of the program.


@dataclass
class _TerminalPlatform(_Served):
    folder: Path = field(default_factory=Path)

    async def meet(self, store: Store, count: int) -> list[str]:
        return await _meet(store, terminal_channel("lan"), (f"lan{number}" for number in range(count)))

    def received(self) -> Counter[str]:
        return Counter()

    def person(self) -> Talker:
        self.port += 1
        return _TerminalTalker(self.folder, f"lan{self.port}")


class _TerminalTalker:
    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.address = folder, name
        self._printed = ""
        self._all: list[str] = []

    async def says(self, text: str) -> None:
        state = {"TROLY_DATA_DIR": str(self.folder / "data"), "TROLY_STATE_DIR": str(self.folder / "state")}
        run = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "chat", "--as", self.address), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=self.folder,
            env={"PATH": os.environ["PATH"], **state},
        )  # fmt: skip
        printed, _ = await run.communicate(f"{text}\n".encode())
        assert run.returncode == 0
        self._printed = printed.decode()
        self._all.append(self._printed)

    async def chooses(self, label: str) -> None:
        await self.says(_number_of(self._printed, label))

    async def sends(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)
        await self.says(f"/tep {name}")

    async def hears(self) -> str:
        return self._printed

    async def texts(self) -> list[str]:
        return self._all


@asynccontextmanager
async def _terminal(folder: Path) -> AsyncIterator[Platform]:
    yield _TerminalPlatform(folder=folder)


# -- E-mail, which is no conversation.


@dataclass
class EmailPlatform(_Served):
    """A mail server of one office."""

    server: MailServer = field(default_factory=MailServer)

    @property
    def listened(self) -> int:
        return self.server.connections

    async def meet(self, store: Store, count: int) -> list[str]:
        addresses = [f"can-bo-{number}@dongnai.gov.vn" for number in range(count)]
        for one in addresses:
            await store.driver.run(*import_queries(store.keyring, one, None, Clock().now()))
        return addresses

    def received(self) -> Counter[str]:
        return Counter(self.server.recipients)

    def person(self) -> Talker:
        raise AssertionError("nobody talks with the assistant by letter")


@asynccontextmanager
async def _email(folder: Path) -> AsyncIterator[Platform]:
    async with MailServer().served(folder) as server:
        known = settings_of(server, folder, web_listen=f"127.0.0.1:{free_port()}")
        yield EmailPlatform(_to_variables(known), server=server)


def _number_of(menu: str, label: str) -> str:
    line = re.search(rf"^(\d+)\. [^\n]*{re.escape(label)}", menu, re.MULTILINE)
    assert line, menu
    return line.group(1)


def _to_variables(known: dict[str, object]) -> dict[str, str]:
    """Return settings as the program's variables; whatever else is set here has none of Telegram."""
    values = {f"TROLY_{name.upper()}": _to_text(value) for name, value in known.items()}
    return {"TROLY_TELEGRAM_TOKEN": "", **values}


def _to_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


@dataclass(frozen=True)
class ChannelCase:
    """A row of the table."""

    name: str  #: in the names of tests
    channel: str
    start: Callable[[Path], AbstractAsyncContextManager[Platform]]
    pace: str = ""  #: the variable of its pace, messages a second or ``per`` of them
    per: int = 1  #: seconds that the variable counts over
    talks: bool = True  #: e-mail is no conversation
    leaves: bool = True  #: what is sent leaves the program: messages of the web chat stand in its own store
    serves: bool = True  #: a terminal is a program of its own, for each line
    named: bool = True  #: an operator can name its people

    @property
    def profile(self) -> ChannelProfile:
        return PROFILES[self.channel]

    def at_pace(self, per_second: int) -> dict[str, str]:
        """Return the variable of its pace."""
        return {self.pace: str(per_second * self.per)} if self.pace else {}


CHANNELS = (
    ChannelCase("telegram", TELEGRAM, _telegram, "TROLY_TELEGRAM_MESSAGES_PER_SECOND"),
    ChannelCase("zalo-business", ZALO, _zalo("business"), "TROLY_ZALO_OA_CALLS_PER_MINUTE", 60),
    ChannelCase("zalo-government", ZALO, _zalo("government"), "TROLY_ZALO_OA_CALLS_PER_MINUTE", 60),
    ChannelCase("zalo-bot", ZALO_BOT, _zalo_bot, "TROLY_ZALO_BOT_MESSAGES_PER_SECOND"),
    ChannelCase("web", WEB, _web, leaves=False, named=False),
    ChannelCase("terminal", TERMINAL, _terminal, leaves=False, serves=False),
    ChannelCase("email", EMAIL, _email, "TROLY_EMAIL_MESSAGES_PER_MINUTE", 60, talks=False),
)
