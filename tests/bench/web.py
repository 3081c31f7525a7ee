"""The web chat: a turn against the same turn in the terminal, and what a thousand open streams weigh; the admin pages.

A web turn goes from the post to the event that a browser hears, over sockets; a terminal's from the line to its print.
"""

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter

import aiohttp
import psutil
from playwright.async_api import async_playwright

from bot.channels.pace import Pace, Rate
from bot.channels.terminal import Console, TerminalChannel
from bot.cli.run import accept_in_steps
from bot.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.event_preparation import EventPreparer
from bot.delivery.pacing import Pacer
from bot.delivery.runner import StepRunner
from bot.delivery.turns import TurnHandler
from bot.messages import Incoming
from bot.services.opening import open_store
from bot.services.sign_in import SignIn
from bot.settings import Settings
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.core import TextReceived
from handlers.model import Rights, Role
from locales import translator
from tests.bench.province import Province, on_sqlite
from tests.bench.result import Result
from tests.support.delivery import CountingReader, make_conversation
from tests.support.people import grant_role
from tests.support.programs import find_program
from tests.support.store import CHANNEL
from tests.support.web import Office, free_port

ROUNDS = 150
STREAMS = 1000
#: Looks at each list of the admin pages, and what is looked at: by its name, an address.
_LOOKS = 40
_LISTS = {
    "what is unfinished": "/desk/requests",
    "all of them": "/desk/requests?all=1",
    "a unit": "/desk/requests?unit=MAU.X0002",
    "a common word": "/desk/requests?all=1&q=nguyen+van+mau",
    "an older page": "/desk/requests?all=1&before=50000&at=50001",
}
#: The counts of every unit are made of the whole province each time: there it takes longer than a list.
_DESK = {"the desk": "/desk"}
_MOST_LIST, _MOST_COUNTS, _MOST_CHAT, _MOST_DESK, _MOST_PAINT = 150, 1000, 60, 120, 200
_PAINTS = 9
_MOST_TIMES, _MOST_MEGABYTES = 1.5, 150
_ADDRESSES = 10  #: of this machine, so that no address asks faster than one may


def run() -> list[Result]:
    """Measure both."""
    ours, peer = asyncio.run(_turns())
    grown, heard = asyncio.run(_streams())
    told = f"{STREAMS} open streams: memory growth"
    ratio = ours / peer
    p95, chat, desk, paint = asyncio.run(_pages(on_sqlite()))
    slowest = max(_LISTS, key=lambda name: p95[name])
    name = f"list page of 100,000 requests, rendered, the slowest ({slowest}): p95"
    return [
        _under(name, p95[slowest], "ms", _MOST_LIST),
        _under("the desk over 100,000 requests, rendered: p95", p95["the desk"], "ms", _MOST_COUNTS),
        _under("the chat's page, packed", chat, "KB", _MOST_CHAT),
        _under("the heaviest admin page, packed", desk, "KB", _MOST_DESK),
        _under("first contentful paint of the chat, median", paint, "ms", _MOST_PAINT),
        Result("a web turn", ours, peer, "ms", ratio, f"at most {_MOST_TIMES} times", holds=ratio <= _MOST_TIMES),
        Result(told, grown, None, "MB", None, f"under {_MOST_MEGABYTES} MB", holds=grown < _MOST_MEGABYTES),
        Result("streams that hear a sign of life", heard, None, "", None, f"{STREAMS}", holds=heard == STREAMS),
    ]


def _under(name: str, measured: float, unit: str, most: float) -> Result:
    return Result(name, measured, None, unit, None, f"under {most}", holds=measured < most)


async def _pages(province: Province) -> tuple[dict[str, float], float, float, float]:
    """The p95 of each admin page in milliseconds, the KB of a first look at the chat and at the heaviest admin page,
    and the milliseconds until the chat is painted.
    """
    known = {"web_listen": f"127.0.0.1:{free_port()}", "web_private_listen": "", "telegram_token": None}
    settings = province.settings.model_copy(update=known)
    looked_at = {**_LISTS, **_DESK}
    headers = {"sec-fetch-site": "same-origin", "accept-encoding": "gzip"}
    async with province.opened() as store, Office(settings, store).served() as office:
        await grant_role(store, "bench", Role.OWNER)
        owner = store.chats.at(CHANNEL, "bench").id
        link = await SignIn(store, Clock()).make(owner, Rights.operator(await store.units.read()), "")
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(office.address, cookie_jar=jar, headers=headers) as client:
            (await client.post(str(link))).release()
            times = {name: [await _look(client, path) for _ in range(_LOOKS)] for name, path in looked_at.items()}
            heaviest = max([await _weight(client, path) for path in looked_at.values()])
            (await client.post("/chat", data={"key": "begin-00000", "text": "/start"})).release()
            chat = await _weight(client, "/")
        paint = await _first_paint(office)
    p95 = {name: sorted(taken)[int(_LOOKS * 0.95)] for name, taken in times.items()}
    return p95, chat, heaviest, paint


async def _look(client: aiohttp.ClientSession, path: str) -> float:
    """Milliseconds until a page is there."""
    start = perf_counter()
    async with client.get(path) as answer:
        await answer.read()
        assert answer.status == 200, answer.status
    return (perf_counter() - start) * 1000


async def _first_paint(office: Office) -> float:
    """Milliseconds until a browser that comes for the first time shows the chat; the median of several."""
    painted = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=find_program("chromium"), args=["--no-sandbox"])
        taken = []
        for _ in range(_PAINTS):
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(office.address)
            await page.wait_for_timeout(500)
            taken.append(float(await page.evaluate(painted)))
            await context.close()
        await browser.close()
    return median(taken)


async def _weight(client: aiohttp.ClientSession, path: str) -> float:
    """KB of a page with all that it asks for, as they come over the line."""
    async with client.get(path) as answer:
        page, total = await answer.text(), int(answer.headers["content-length"])
    for static in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        async with client.get(static) as answer:
            total += int(answer.headers["content-length"])
    return total / 1000


async def _turns() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        web, terminal = [await _store(Path(folder, name)) for name in ("web", "terminal")]
        known = {"data_dir": Path(folder), "web_listen": f"127.0.0.1:{free_port()}", "web_private_listen": ""}
        settings = Settings.model_validate({**known, "throttle_burst": 100_000})
        async with (
            Office(settings, web).served() as office,
            aiohttp.ClientSession(
                office.address,
                cookie_jar=aiohttp.CookieJar(unsafe=True),  # of an address without a name
            ) as client,
        ):
            times = await _in_turn(client, terminal)
        await web.close()
        await terminal.close()
        return times


async def _store(folder: Path) -> Store:
    folder.mkdir()  # noqa: ASYNC240 - before anything is measured
    return await open_store(None, folder, open_keyring(folder / "keys.json")[0])


async def _in_turn(client: aiohttp.ClientSession, store: Store) -> tuple[float, float]:
    page = await (await client.post("/chat", data={"key": "begin-00000", "text": "/start"})).text()
    form = re.findall(r'name="form" value="([^"]+)"', page)[-1]
    after = re.findall(r'data-after="(\d+)"', page)[-1]
    clock, channel = Clock(), TerminalChannel(Console(rich=False), "bench", translator("vi"))
    channels = {channel.name: channel}
    turns = TurnHandler(store, make_conversation(), EventPreparer(channels, CountingReader()), channels, clock)
    dispatcher = Dispatcher(store, channel, Pacer(Pace(1e6, Rate(1e6, 1e6)), clock), clock)
    accept = accept_in_steps(store, clock, StepRunner(store, clock, turns, dispatcher))
    ours, peer = [], []
    async with client.get("/chat/events", params={"after": after}) as stream:
        for number in range(ROUNDS):
            start = perf_counter()
            fields = {"form": form, "key": f"key-{number:08}", "text": f"line {number}"}
            posted = asyncio.create_task(client.post("/chat", data=fields, headers={"X-Troly": "1"}).__aenter__())
            async with asyncio.timeout(20):
                while f": line {number}<".encode() not in await stream.content.readline():
                    assert not stream.content.at_eof()
            ours.append(perf_counter() - start)
            (await posted).release()
            start = perf_counter()
            update = Incoming(channel.name, f"u{number}", channel.address, TextReceived(text=f"line {number}"))
            with contextlib.redirect_stdout(StringIO()):
                await accept([update])
            peer.append(perf_counter() - start)
    return median(ours) * 1000, median(peer) * 1000


async def _streams() -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder, "data"), free_port()
        store = await _store(data)
        cookies = [f"cookie-{number:015}" for number in range(STREAMS)]
        for cookie in cookies:
            await store.web.admit(cookie, store.web.new_chat(), datetime.now(UTC))
        await store.close()
        listen = {"TROLY_WEB_LISTEN": f"127.0.0.1:{port}", "TROLY_WEB_PRIVATE_LISTEN": "", "TROLY_LOG_LEVEL": "ERROR"}
        where = {"TROLY_DATA_DIR": str(data), "TROLY_STATE_DIR": str(Path(folder, "state"))}
        environment = {"PATH": os.environ["PATH"], **where, **listen}
        run = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environment, stdout=subprocess.DEVNULL
        )
        try:
            return await _weigh(psutil.Process(run.pid), port, cookies)
        finally:
            run.terminate()
            await run.wait()


async def _weigh(process: psutil.Process, port: int, cookies: list[str]) -> tuple[float, int]:
    await asyncio.to_thread(_wait_for, port)
    await asyncio.sleep(2)
    before = process.memory_info().rss
    opened = [await _listen(port, number, cookie) for number, cookie in enumerate(cookies)]
    await asyncio.sleep(20)  # the first signs of life
    grown = (process.memory_info().rss - before) / 1e6
    lives = sum([await _lives(reader) for reader, _ in opened])
    for _, writer in opened:
        writer.close()
    return grown, lives


async def _lives(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(TimeoutError, ConnectionError, asyncio.IncompleteReadError):
        await asyncio.wait_for(reader.readuntil(b"still here"), 20)
        return True
    return False


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as caller:
            if not caller.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)


async def _listen(port: int, number: int, cookie: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    source = (f"127.0.0.{2 + number % _ADDRESSES}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=source)
    asked = f"GET /chat/events?after=0 HTTP/1.1\r\nHost: x\r\nCookie: troly={cookie}\r\n\r\n"
    writer.write(asked.encode())
    await writer.drain()
    return reader, writer
