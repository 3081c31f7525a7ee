"""Updates and messages a second over channels, by the real program, each platform in its own process or in this one.

Updates: people of Telegram, of an Official Account and of a bot of the Bot Platform say a command that is answered with
one message; the three take turns, so that they are measured under the same load. Messages: a broadcast at no pace to
speak of, over a real SMTP connection and over the Bot Platform.
"""

import asyncio
import ssl
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, cast

import aiosmtplib

from bot.services.opening import open_store_from_settings
from tests.bench.result import Result
from tests.support.broadcast_kills import any_hour_settings, make_settings
from tests.support.broadcasts import start_notice
from tests.support.channels import CHANNELS, ChannelCase, EmailPlatform, Platform, Talker
from tests.support.mail import PASSWORD, USER
from tests.support.program import COMMAND, run_program

TALKING = ("telegram", "zalo-business", "zalo-bot")
#: Few lines a round: each chat has a pace of its own on Zalo.
CHATS, LINES, ROUNDS = 75, 2, 5
OF_TELEGRAM = 0.9
#: A broadcast over the Bot Platform may go to 50 people.
SENDING = {"email": 600, "zalo-bot": 50}
#: Of what bare clients bring to the same mail server over as many connections.
OF_BARE, CONNECTIONS, BARE = 0.5, 4, 100
#: The most letters a second that a setting allows.
MOST_LETTERS = 100.0
QUIET = {"TROLY_LOG_LEVEL": "WARNING", "TROLY_EMAIL_MESSAGES_PER_MINUTE": "6000"}


def run() -> list[Result]:
    """Updates a second side by side, then messages a second."""
    with tempfile.TemporaryDirectory() as folder:
        rates = asyncio.run(_updates(Path(folder)))
    telegram = rates["telegram"]
    updates = [_compared(name, rates[name], telegram) for name in TALKING[1:]]
    return [*updates, *(asyncio.run(_letters(name, count)) for name, count in SENDING.items())]


def _compared(name: str, ours: list[float], telegram: list[float]) -> Result:
    ratio = median(one / other for one, other in zip(ours, telegram, strict=True))
    goal = f"at least {OF_TELEGRAM} of Telegram's"
    return Result(f"{name}: updates", median(ours), median(telegram), "updates/s", ratio, goal, ratio >= OF_TELEGRAM)


def _case(name: str) -> ChannelCase:
    return next(one for one in CHANNELS if one.name == name)


async def _open(case: ChannelCase, folder: Path, opened: AsyncExitStack) -> Platform:
    platform = await opened.enter_async_context(case.start(folder))
    async with open_store_from_settings(make_settings(folder)) as known:
        await platform.prepare(known.store)
    return platform


async def _updates(folder: Path) -> dict[str, list[float]]:
    async with AsyncExitStack() as opened:
        sides = {}
        for name in TALKING:
            (folder / name).mkdir()
            platform = await _open(_case(name), folder / name, opened)
            settings = platform.settings | QUIET
            await opened.enter_async_context(run_program(cast(Any, platform), folder / name, settings, COMMAND))
            sides[name] = [platform.person() for _ in range(CHATS)]
        for people in sides.values():
            for line in ("/start", "đồng ý"):
                await _answer(people, [line])
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(ROUNDS):
            for name in sides if number % 2 else reversed(sides):
                began = time.perf_counter()
                await _answer(sides[name], ["/huy"] * LINES)
                rates[name].append(CHATS * LINES / (time.perf_counter() - began))
        return rates


async def _answer(people: list[Talker], lines: list[str]) -> None:
    """Let everybody say the lines, each in one breath, and wait until as many messages came."""
    before = [len(await one.texts()) for one in people]

    async def talk(one: Talker) -> None:
        for line in lines:
            await one.says(line)

    await asyncio.gather(*map(talk, people))
    async with asyncio.timeout(60):
        for one, had in zip(people, before, strict=True):
            while len(await one.texts()) < had + len(lines):  # noqa: ASYNC110 - another process answers
                await asyncio.sleep(0.01)


async def _letters(name: str, count: int) -> Result:
    """Messages a second of a broadcast, from the first that arrived to the last."""
    case, known = _case(name), QUIET | any_hour_settings(1000)
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        platform = await _open(case, folder, opened)
        async with open_store_from_settings(make_settings(folder)) as made:
            await platform.meet(made.store, count)
            await start_notice(made.store, datetime.now(UTC))
        await opened.enter_async_context(run_program(cast(Any, platform), folder, known | platform.settings, COMMAND))
        first, had = 0.0, 0
        async with asyncio.timeout(120):
            while (arrived := platform.received().total()) < count:
                if arrived and not first:
                    first, had = time.perf_counter(), arrived
                await asyncio.sleep(0.005)
        rate = (count - had) / (time.perf_counter() - first)
        bare = await _bare(platform, folder) if isinstance(platform, EmailPlatform) else None
    name, unit = f"{name}: messages of a broadcast to {count}", "messages/s"
    if bare is None:
        return Result(name, rate, None, unit, None, "told", holds=True)
    share = rate / min(bare, MOST_LETTERS)
    goal = f"at least {OF_BARE} of bare clients, or of the {MOST_LETTERS:.0f} that may leave"
    return Result(name, rate, bare, unit, share, goal, share >= OF_BARE)


async def _bare(platform: EmailPlatform, folder: Path) -> float:
    """Letters a second of clients that have nothing else to do."""
    port = platform.server.port
    context, letter = (
        ssl.create_default_context(cafile=str(folder / "ca.pem")),
        b"Subject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * 50,
    )

    async def send() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=True, tls_context=context) as client:
            await client.login(USER, PASSWORD)
            for _ in range(BARE):
                await client.sendmail("troly@dongnai.gov.vn", ["x@dongnai.gov.vn"], letter)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return CONNECTIONS * BARE / (time.perf_counter() - began)
