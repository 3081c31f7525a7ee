"""The web chat: a turn against the same turn in the terminal, and what a thousand open streams weigh.

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
from bot.settings import Settings
from bot.store.sealing import open_keyring
from bot.store.store import Store
from handlers.core import TextReceived
from locales import translator
from tests.bench.result import Result
from tests.support.delivery import CountingReader, Pace, Rate, make_conversation
from tests.support.web import Office, free_port

ROUNDS = 150
STREAMS = 1000
_MOST_TIMES, _MOST_MEGABYTES = 1.5, 150
_ADDRESSES = 10  #: of this machine, so that no address asks faster than one may


def run() -> list[Result]:
    """Measure both."""
    ours, peer = asyncio.run(_turns())
    grown, heard = asyncio.run(_streams())
    told = f"{STREAMS} open streams: memory growth"
    ratio = ours / peer
    return [
        Result("a web turn", ours, peer, "ms", ratio, f"at most {_MOST_TIMES} times", holds=ratio <= _MOST_TIMES),
        Result(told, grown, None, "MB", None, f"under {_MOST_MEGABYTES} MB", holds=grown < _MOST_MEGABYTES),
        Result("streams that hear a sign of life", heard, None, "", None, f"{STREAMS}", holds=heard == STREAMS),
    ]


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
