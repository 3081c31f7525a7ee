"""A broadcast over the Bot API server while its program is killed again and again."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import Settings
from bot.store import bulk_of, store_of
from handlers.broadcasts.model import Life, person_code
from handlers.office.rights import Rights
from tests.support.botapi import BotApi, Limits
from tests.support.broadcasting import running, settle_people
from tests.support.program import Program
from tests.support.zygote import Zygote

#: Seconds that a process lives, its start included.
SHORTEST, LONGEST = 0.1, 0.5
#: Seconds until the program that is let live must have come to the end.
PATIENCE = 120.0


@dataclass(frozen=True)
class Aftermath:
    """What the server saw and what the store says."""

    kills: int
    received: Counter[str]  #: address -> messages
    states: dict[str, str]  #: address -> state of its row
    tally: dict[str, int]

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
    chance, now = random.Random(seed), datetime.now(UTC)
    settings = Settings.model_validate({"data_dir": folder / "data", "approval_above": 10**9})
    async with BotApi.start(limits=Limits.off()) as api:
        addresses = [str(_met(api, number)) for number in range(recipients)]
        async with bulk_of(settings) as bulk:
            await settle_people(bulk, addresses, now)
        async with store_of(settings) as opened:
            name = await running(opened.store, now)
        program = Program(api, folder, {**always_open(), "TROLY_TELEGRAM_MESSAGES_PER_SECOND": str(pace)}, start)
        for _ in range(kills):
            await program.launch()
            await asyncio.sleep(chance.uniform(SHORTEST, LONGEST))
            await program.kill()
        await _let_live(program, settings, name)
        received = Counter(str(user) for user, chat in api.account.chats.items() for _ in chat.history)
    return await _aftermath(settings, name, addresses, kills, received)


def _met(api: BotApi, number: int) -> int:
    """The id of somebody who has started the bot."""
    user = api.user(f"Người {number}")
    user.chat.started = True
    return user.id


def always_open() -> dict[str, str]:
    """No quiet hours, no days off."""
    hours = {"TROLY_QUIET_FROM": "00:00", "TROLY_QUIET_UNTIL": "00:00", "TROLY_REMINDER_DAYS": "1,2,3,4,5,6,7"}
    return {**hours, "TROLY_PAUSE_AT_ERROR_SHARE": "1"}


async def _let_live(program: Program, settings: Settings, name: str) -> None:
    await program.launch()
    async with asyncio.timeout(PATIENCE), store_of(settings) as opened:
        while True:
            if not (await opened.store.broadcasts.tally(name)).open:
                break
            await asyncio.sleep(0.1)
    await program.stop()


async def _aftermath(
    settings: Settings, name: str, addresses: list[str], kills: int, received: Counter[str]
) -> Aftermath:
    async with store_of(settings) as opened:
        store = opened.store
        code = {person_code(store.chat("telegram", address).id): address for address in addresses}
        rights = Rights.operator(await store.units())
        async with store.office(datetime.now(UTC), reading=True) as office:
            rows = await office.admin.broadcasts.recipients(rights, name, len(addresses) + 1)
            found = await office.admin.broadcasts.get(rights, name)
        assert found is not None
        assert found.state in {Life.FINISHED, Life.RUNNING}
        tally = await store.broadcasts.tally(name)
    states = {code[row.code]: row.state for row in rows}
    return Aftermath(kills, received, states, dict(tally.states))
