"""A broadcast over any channel while its process is killed again and again."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings
from handlers.model import TELEGRAM, Rights, format_person_code
from tests.support.broadcasts import start_notice
from tests.support.channels import ChannelCase, Platform
from tests.support.delivery import eventually
from tests.support.fork_server import ForkServer
from tests.support.program import Program

#: Shortest and longest life of a process in seconds, including its start.
SHORTEST, LONGEST = 0.1, 0.5
#: Seconds within which the last process must finish.
PATIENCE = 120.0


@dataclass(frozen=True)
class Aftermath:
    """The messages that the server received, and the rows of the store."""

    received: dict[str, int]  #: address -> messages
    states: dict[str, str]  #: address -> state of its row
    tally: dict[str, int]
    left: int = 0  #: rows without a final state at the last kill

    @property
    def twice(self) -> list[str]:
        """Return the people who got the message more than once."""
        return [address for address, count in self.received.items() if count > 1]

    @property
    def missing(self) -> list[str]:
        """Return the people who got nothing although their row is not ``unknown``."""
        return [one for one, state in self.states.items() if not self.received[one] and state != "unknown"]

    @property
    def unfinished(self) -> list[str]:
        """Return the people whose row has no final state."""
        return [one for one, state in self.states.items() if state in {"queued", "sending"}]


async def run_with_kills(
    case: ChannelCase, folder: Path, start: ForkServer, *, recipients: int, kills: int, pace: int, seed: int
) -> Aftermath:
    """Send a broadcast over a channel at ``pace`` per second, kill the process at random moments, let it finish."""
    chance, settings = random.Random(seed), make_settings(folder)
    async with case.start(folder) as platform:
        name, *addresses = await start_broadcast(platform, settings, recipients)
        variables = {**any_hour_settings(pace), **platform.settings, **case.at_pace(pace)}
        program = Program(cast(Any, platform), folder, variables, start)
        for life in range(1, kills + 1):
            await program.launch()
            await _let_live(platform, chance.uniform(SHORTEST, LONGEST), recipients * life // (kills + 1))
            await program.kill()
        left = await _count_left(settings, name)
        await program.launch()
        await wait_until_settled(settings, name)
        await program.stop()
        received = {address: platform.received()[address] for address in addresses}
        return replace(await read_aftermath(received, settings, name, case.channel), left=left)


async def _let_live(platform: Platform, seconds: float, most: int) -> None:
    """Let a process live, but not beyond ``most`` messages in all, so that no kill comes after the end."""
    with suppress(TimeoutError):
        await eventually(lambda: platform.received().total() >= most, seconds)


async def _count_left(settings: Settings, name: str) -> int:
    async with open_store_from_settings(settings) as opened:
        return (await opened.store.broadcasts.tally(name)).open


def make_settings(folder: Path, database_url: str | None = None) -> Settings:
    """Return settings for a store whose broadcasts need no second person."""
    known = {"data_dir": folder / "data", "database_url": database_url, "approval_above": 10**9}
    return Settings.model_validate(known)


async def start_broadcast(platform: Platform, settings: Settings, recipients: int) -> list[str]:
    """Start a broadcast to ``recipients`` people of a platform; return its name and their addresses."""
    async with open_store_from_settings(settings) as opened:
        await platform.prepare(opened.store)
        addresses = await platform.meet(opened.store, recipients)
        return [await start_notice(opened.store, datetime.now(UTC)), *addresses]


def any_hour_settings(pace: int) -> dict[str, str]:
    """Return settings without quiet hours, days off, automatic pauses and second persons.

    The program may make the rows before whoever starts a broadcast does: both must need nobody else for it.
    """
    return {
        "TROLY_APPROVAL_ABOVE": str(10**9),
        "TROLY_QUIET_FROM": "00:00",
        "TROLY_QUIET_UNTIL": "00:00",
        "TROLY_REMINDER_DAYS": "1,2,3,4,5,6,7",
        "TROLY_PAUSE_AT_ERROR_SHARE": "1",
        "TROLY_TELEGRAM_MESSAGES_PER_SECOND": str(pace),
    }


async def wait_until_settled(settings: Settings, name: str) -> None:
    """Wait until no row is on its way."""
    async with asyncio.timeout(PATIENCE), open_store_from_settings(settings) as opened:
        while True:
            if not (await opened.store.broadcasts.tally(name)).open:
                return
            await asyncio.sleep(0.1)


async def read_aftermath(
    received: Mapping[str, int], settings: Settings, name: str, channel: str = TELEGRAM
) -> Aftermath:
    """Compare how many messages arrived at each address with the rows of the store."""
    async with open_store_from_settings(settings) as opened:
        store = opened.store
        code = {format_person_code(store.chats.at(channel, address).id): address for address in received}
        rights = Rights.operator(await store.units.read())
        async with open_admin_transaction(store, datetime.now(UTC), reading=True) as office:
            rows = await office.admin.broadcasts.recipients(rights, name, len(received) + 1)
        tally = await store.broadcasts.tally(name)
    return Aftermath(dict(received), {code[row.code]: row.state for row in rows}, dict(tally.states))
