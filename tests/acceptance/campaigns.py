"""A campaign over Telegram in a process whose clock the test turns: the program as it is composed, with an outage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bot.app import Components, open_components, serve_channels
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings
from bot.store.workers import FENCE_PART
from handlers.model import Broadcast, BroadcastState, Rights
from handlers.requests import FIELDS
from rules.calendar import VIETNAM
from tests.acceptance.admins import EVENT_ANSWERS, NAME, OTHER_ANSWERS, SERIAL, SUBSCRIBER
from tests.acceptance.officer import Officer
from tests.support.delivery import TurnedClock
from tests.support.program import UNHURRIED
from tests.support.telegram.api import TOKEN, BotApi
from tests.support.telegram.chats import Shown
from tests.support.telegram.limits import Limits
from tests.support.telegram.server import serving

#: Seconds in which something must have become visible.
PATIENCE = 120.0
#: Seconds of silence after which another worker takes over.
LEASE = 2.0


@dataclass
class CampaignRun:
    """The program, the server and the clock."""

    api: BotApi
    parts: Components
    clock: TurnedClock
    _server: AsyncExitStack

    @property
    def rights(self) -> Rights:
        return Rights.operator(self._units)

    async def opens(self) -> None:
        self._units = await self.parts.store.units.read()

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        """Let time pass until that moment in Viet Nam."""
        self.clock.turn_to(datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM))

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Nobody answers at the address of the Bot API."""
        port = urlsplit(self.api.url).port or 0
        await self._server.aclose()
        yield
        await self._server.enter_async_context(serving(self.api.gate.app(), port))

    async def steps(self, name: str) -> tuple[Broadcast, ...]:
        async with open_admin_transaction(self.parts.store, self.clock.now(), reading=True) as office:
            return await office.admin.broadcasts.steps(self.rights, name)

    async def ended(self, name: str, step: str) -> None:
        """Wait until a step has come to its end."""
        await self._has_become(name, step, BroadcastState.FINISHED)

    async def under_way(self, name: str, step: str) -> None:
        """Wait until a step sends."""
        await self._has_become(name, step, BroadcastState.RUNNING)

    async def _has_become(self, name: str, step: str, state: BroadcastState) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                if any(one.step == step and one.state is state for one in await self.steps(name)):
                    return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def start_campaign_run(
    folder: Path, start: datetime, approval_above: int = 4, url: str | None = None
) -> AsyncIterator[CampaignRun]:
    """All of it, over the data of ``folder``, from a moment of the test's choice on.

    Over the PostgreSQL of ``url`` a second worker helps. It is assembled as in ``troly worker``, with a store and
    connections of its own, but in this process: two processes could not share the clock that the test turns.
    """
    clock = TurnedClock(start)
    api = BotApi(Limits(overall=1000, burst=50, clock=clock.monotonic), TOKEN)
    async with AsyncExitStack() as server, AsyncExitStack() as workers:
        api.url = await server.enter_async_context(serving(api.gate.app()))
        settings = _settings(folder, api, approval_above, url)
        parts = await workers.enter_async_context(_serve(settings, clock))
        if url:
            await workers.enter_async_context(_helped(settings, clock, url))
        made = CampaignRun(api, parts, clock, server)
        await made.opens()
        yield made


def _settings(folder: Path, api: BotApi, approval_above: int, url: str | None) -> Settings:
    known = {name.removeprefix("TROLY_").lower(): value for name, value in UNHURRIED.items()}
    return Settings.model_validate({
        **known,
        "data_dir": folder / "data",
        "telegram_token": api.token,
        "telegram_api_url": api.url,
        "telegram_messages_per_second": 500,
        "approval_above": approval_above,
        "database_url": url,
        "worker_lease_seconds": LEASE,
    })  # fmt: skip


@asynccontextmanager
async def _serve(settings: Settings, clock: TurnedClock, *, receiving: bool = True) -> AsyncIterator[Components]:
    stop = asyncio.Event()
    async with open_components(settings, clock=clock) as parts:
        served = asyncio.create_task(serve_channels(parts, stop, receiving=receiving))
        try:
            yield parts
        finally:
            stop.set()
            await asyncio.wait_for(served, PATIENCE)


@asynccontextmanager
async def _helped(settings: Settings, clock: TurnedClock, url: str) -> AsyncIterator[None]:
    """A second worker has joined, and the time has passed in which it leaves the sending to the first."""
    await _joined(url, 1)
    async with _serve(settings, clock, receiving=False):
        await _joined(url, 2)
        await asyncio.sleep(LEASE / FENCE_PART + 1)
        yield


async def _joined(url: str, number: int) -> None:
    count = "SELECT COUNT(*) FROM workers"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as database, asyncio.timeout(PATIENCE):
        while await (await database.execute(count)).fetchone() != (number,):  # noqa: ASYNC110 - another connection does it
            await asyncio.sleep(0.02)


async def finish_interview(officer: Officer, old_name: str) -> Shown:
    """An interview up to its answer: something is owed from now on, and not yet registered."""
    await officer.consents()
    await officer.user.taps(officer.words.option("subject", "organisation"))
    await officer.hears()
    asked = await officer.answers(await officer.says_former_unit(old_name), EVENT_ANSWERS, typing=True)
    answer = await officer.answers(asked, OTHER_ANSWERS)
    assert officer.words("Register the request") in answer.labels
    return answer


async def register_from_reminder(officer: Officer) -> None:
    """From the reminder's button to a request."""
    await officer.user.taps(officer.words("Do it now"))
    answer = await officer.hears()
    assert officer.words("Register the request") in answer.labels, answer.text
    form = await officer.taps("Register the request")
    await officer.fills_in(
        form, {SUBSCRIBER: "UBND xã", FIELDS["unit"].ask: "", SERIAL: "5402DD8A9E3FB18F", NAME: "UBND"}
    )
    await officer.taps("Send the request")


async def write_campaign(admin: Officer, deadline: date, days: str) -> str:
    """From /thongbao to a draft, by its screens; its code."""
    await admin.says("/thongbao")
    await admin.taps("Write a new one")
    await admin.taps("A campaign until a deadline")
    await admin.says(f"{deadline:%d/%m/%Y}")
    await admin.says("Nhắc hạn đổi chứng thư")
    await admin.taps("Use a ready text, with the deadline")
    await admin.taps("Use this text")
    await admin.taps("What is still to do")
    await admin.taps("Something not registered yet")
    await admin.taps("These, go on")
    await admin.taps("Done")
    await admin.says(days)
    await admin.says("08h30")
    shown = await admin.taps("Send it late")
    return next(word.strip(":") for word in shown.text.split() if word.startswith("TB-"))


async def check_campaign(admin: Officer) -> Shown:
    """The result of the check, which comes as a message."""
    await admin.user.taps(admin.words("Check"))
    heading = admin.words("<b>Check of {code}</b> {title}", code="", title="").strip()
    return await admin.user.hears_until(lambda shown: heading in shown.text, PATIENCE)


async def hear_approval_request(other: Officer, name: str) -> Shown:
    """What comes to those who may approve what somebody else wrote."""
    return await other.user.hears_until(lambda shown: f"/thongbao {name}" in shown.text, PATIENCE)


async def approve_campaign(admin: Officer, name: str) -> Shown:
    """By its code, as somebody who was told of it does."""
    shown = await admin.says(f"/thongbao {name}")
    assert admin.words("Approve") in shown.labels, shown.text
    await admin.taps("Approve")
    return await admin.taps("Yes, approve")


async def hear_reminder(officer: Officer) -> Shown:
    """The reminder as it arrives."""
    button = officer.words("I have done it")
    return await officer.user.hears_until(lambda shown: button in shown.labels, PATIENCE)
