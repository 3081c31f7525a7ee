"""A broadcast over the Bot API server while its program is killed again and again."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.demo.data_writer import open_demo_data
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings
from handlers.model.broadcast import format_person_code
from handlers.model.rights import Rights
from tests.support.botapi.api import BotApi
from tests.support.botapi.limits import Limits
from tests.support.broadcasting import running, settle_people
from tests.support.program import Program
from tests.support.waiting import eventually
from tests.support.zygote import Zygote

#: Seconds that a process lives, its start included.
SHORTEST, LONGEST = 0.1, 0.5
#: Seconds until the program that is let live must have come to the end.
PATIENCE = 120.0


@dataclass(frozen=True)
class Aftermath:
    """What the server saw and what the store says."""

    received: dict[str, int]  #: address -> messages
    states: dict[str, str]  #: address -> state of its row
    tally: dict[str, int]
    left: int = 0  #: rows without a final state at the last kill

    @property
    def twice(self) -> list[str]:
        """Who got it more than once."""
        return [address for address, count in self.received.items() if count > 1]

    @property
    def missing(self) -> list[str]:
        """Who got nothing although the row does not say ``unknown``."""
        return [one for one, state in self.states.items() if not self.received[one] and state != "unknown"]

    @property
    def unfinished(self) -> list[str]:
        """Whose row has no final state."""
        return [one for one, state in self.states.items() if state in {"queued", "sending"}]


async def killed(folder: Path, start: Zygote, *, recipients: int, kills: int, pace: int, seed: int) -> Aftermath:
    """A broadcast at ``pace`` a second, killed so often at random moments, then let to its end."""
    chance, settings = random.Random(seed), settings_for(folder)
    async with BotApi.start(limits=Limits.off()) as api:
        name = await under_way(api, settings, recipients)
        program = Program(api, folder, at_any_hour(pace), start)
        for life in range(1, kills + 1):
            await program.launch()
            await _lives(api, chance.uniform(SHORTEST, LONGEST), recipients * life // (kills + 1))
            await program.kill()
        left = await _left(settings, name)
        await program.launch()
        await until_all_are_settled(settings, name)
        await program.stop()
        return replace(await aftermath(api, settings, name), left=left)


async def _lives(api: BotApi, seconds: float, most: int) -> None:
    """Let it live, but not beyond ``most`` messages in all: on no machine does the last kill come after the end."""
    with suppress(TimeoutError):
        await eventually(lambda: sum(len(chat.history) for chat in api.account.chats.values()) >= most, seconds)


async def _left(settings: Settings, name: str) -> int:
    async with open_store_from_settings(settings) as opened:
        return (await opened.store.broadcasts.tally(name)).open


def settings_for(folder: Path, database_url: str | None = None) -> Settings:
    """Of a store whose broadcasts need nobody's approval."""
    known = {"data_dir": folder / "data", "database_url": database_url, "approval_above": 10**9}
    return Settings.model_validate(known)


async def under_way(api: BotApi, settings: Settings, recipients: int) -> str:
    """A broadcast to so many people of the server, to be sent by whoever starts."""
    now, addresses = datetime.now(UTC), [str(_met(api, number)) for number in range(recipients)]
    async with open_demo_data(settings) as bulk:
        await settle_people(bulk, addresses, now)
    async with open_store_from_settings(settings) as opened:
        return await running(opened.store, now)


def _met(api: BotApi, number: int) -> int:
    """The id of somebody who has started the bot."""
    user = api.user(f"Người {number}")
    user.chat.started = True
    return user.id


def at_any_hour(pace: int) -> dict[str, str]:
    """No quiet hours, no days off, no pause by itself."""
    return {
        "TROLY_QUIET_FROM": "00:00",
        "TROLY_QUIET_UNTIL": "00:00",
        "TROLY_REMINDER_DAYS": "1,2,3,4,5,6,7",
        "TROLY_PAUSE_AT_ERROR_SHARE": "1",
        "TROLY_TELEGRAM_MESSAGES_PER_SECOND": str(pace),
    }


async def until_all_are_settled(settings: Settings, name: str) -> None:
    """Wait until no row is on its way."""
    async with asyncio.timeout(PATIENCE), open_store_from_settings(settings) as opened:
        while True:
            if not (await opened.store.broadcasts.tally(name)).open:
                return
            await asyncio.sleep(0.1)


async def aftermath(api: BotApi, settings: Settings, name: str) -> Aftermath:
    """What the server saw, against what the store says."""
    received = {str(user): len(chat.history) for user, chat in api.account.chats.items()}
    async with open_store_from_settings(settings) as opened:
        store = opened.store
        code = {format_person_code(store.chats.at("telegram", address).id): address for address in received}
        rights = Rights.operator(await store.units.read())
        async with open_admin_transaction(store, datetime.now(UTC), reading=True) as office:
            rows = await office.admin.broadcasts.recipients(rights, name, len(received) + 1)
        tally = await store.broadcasts.tally(name)
    return Aftermath(received, {code[row.code]: row.state for row in rows}, dict(tally.states))
