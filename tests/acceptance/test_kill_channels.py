"""SIGKILL while messages go on to the second channels of people: none twice, none missing unnamed."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.demo.data_writer import open_demo_data
from bot.services.opening import open_store_from_settings
from bot.settings import Settings
from bot.store import Query, to_micros
from tests.support.broadcast_kills import any_hour_settings, make_settings
from tests.support.broadcasts import start_notice, write_consenting_people
from tests.support.delivery import eventually
from tests.support.fork_server import ForkServer
from tests.support.program import Program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits

PEOPLE, KILLS, PACE = 60, 4, 60


async def test_killed_while_messages_go_on_each_person_gets_one_or_is_named(
    fast_start: ForkServer, tmp_path: Path
) -> None:
    settings = make_settings(tmp_path)
    async with BotApi.start(limits=Limits.off()) as api:
        pairs = [(_meet(api, f"{n}a", blocked=n % 3 > 0), _meet(api, f"{n}b")) for n in range(PEOPLE)]
        name = await _start(settings, pairs)
        program = Program(api, tmp_path, any_hour_settings(PACE), fast_start)
        for kill in range(1, KILLS + 1):
            await program.launch()
            await eventually(lambda: _received(api) >= kill * PEOPLE // (KILLS + 1), 20)  # noqa: B023 - awaited here
            await program.kill()
        await program.launch()
        await eventually(
            lambda: _sql(settings, "SELECT state FROM broadcasts WHERE id = ?", name) == [("finished",)], 60
        )
        await program.stop()
        got = [sum(len(api.account.chats[int(one)].history) for one in pair) for pair in pairs]
        unknown = {chat for (chat,) in _sql(settings, "SELECT chat FROM outbox WHERE state = 'unknown'")}
        async with open_store_from_settings(settings) as opened:
            tally = await opened.store.broadcasts.tally(name)
            named = [unknown & {opened.store.chats.at("telegram", one).id for one in pair} for pair in pairs]
    assert max(got) == 1, "nobody is told twice"
    assert [pair for pair, count, doubt in zip(pairs, got, named, strict=True) if not count and not doubt] == []
    assert tally.total == PEOPLE
    assert tally.states.keys() <= {"sent", "unknown"}
    assert tally.went_on["blocked"] > PEOPLE // 2


def _meet(api: BotApi, name: str, *, blocked: bool = False) -> str:
    user = api.user(name)
    user.chat.started, user.chat.blocked = True, blocked
    return str(user.id)


async def _start(settings: Settings, pairs: list[tuple[str, str]]) -> str:
    """A broadcast to people of two chats each, of which the first comes first."""
    now = datetime.now(UTC)
    async with open_demo_data(settings) as bulk:
        met = now + timedelta(days=30)  # they were met a month before: a clock that leapt lets nothing leave
        await write_consenting_people(bulk, [one for pair in pairs for one in pair], met)
    async with open_store_from_settings(settings) as opened:
        store = opened.store
        for number, pair in enumerate(pairs):
            for place, address in enumerate(pair, 1):
                chat = store.chats.at("telegram", address).id
                row = {"chat": chat, "person": f"person {number}", "place": place, "now": to_micros(now)}
                await store.driver.run(Query("place_channel", row))
        return await start_notice(store, now)


def _received(api: BotApi) -> int:
    return sum(len(chat.history) for chat in api.account.chats.values())


def _sql(settings: Settings, statement: str, *values: object) -> list[tuple[str]]:
    with closing(sqlite3.connect(settings.data_dir / "troly.sqlite3", timeout=10)) as database:
        return database.execute(statement, values).fetchall()
