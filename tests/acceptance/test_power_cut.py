"""The power fails while people are answered and a broadcast leaves: nothing acknowledged is lost, nobody is told twice.

What the program wrote is recorded by strace; of what was not synced at a cut, any part may be gone.
"""

import json
import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from bot.demo.data_writer import open_demo_data
from bot.services.opening import open_store_from_settings
from bot.settings import Settings
from bot.store.context import chat_at
from bot.store.sealing import open_keyring
from handlers.model import TELEGRAM
from tests.acceptance.officer import Officer
from tests.support.broadcast_kills import any_hour_settings
from tests.support.broadcasts import start_notice, write_consenting_people
from tests.support.load import wait_for
from tests.support.power_cut import STRACE, Disk, Event, Sent, note_sent, read_trace
from tests.support.program import Program, run_program
from tests.support.programs import find_program, needs
from tests.support.telegram.api import BotApi

PEOPLE, PACE, CUTS = 40, 20, 60
#: The number of the first update that the server gives out.
FIRST = 1000
pytestmark = needs("strace")


class Recording:
    """A run of the program: its folder as it was before, and all that it wrote."""

    def __init__(self, folder: Path, before: Disk, events: list[Event]) -> None:
        self.folder, self.before, self.events = folder, before, events


@asynccontextmanager
async def killed_with_tracer(program: Program) -> AsyncIterator[None]:
    """Kill what is traced in the end: it would outlive a tracer that is killed, which ends by itself behind it."""
    traced = psutil.Process(program.pid).children(recursive=True)
    try:
        yield
    finally:
        for process in traced:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        assert program.process is not None
        await program.process.wait()


async def record(api: BotApi, tmp_path: Path) -> Recording:
    """A broadcast to many and conversations of two, written down."""
    folder, trace = tmp_path / "home", tmp_path / "trace"
    folder.mkdir()
    known = {"data_dir": folder / "data", "state_dir": folder / "state", "approval_above": 10**9}
    settings = Settings.model_validate(known)
    people = [api.user(f"Người {number}") for number in range(PEOPLE)]
    for person in people:
        person.chat.started = True
    async with open_demo_data(settings) as bulk:
        await write_consenting_people(bulk, [str(person.id) for person in people], datetime.now(UTC))
    async with open_store_from_settings(settings) as opened:
        await start_notice(opened.store, datetime.now(UTC))
    disk = Disk(folder)
    command = (find_program("strace"), *STRACE[1:], str(trace), sys.executable, "-m", "bot", "run")
    lan, minh = Officer(api.user("Lan")), Officer(api.user("Minh"))
    async with run_program(api, folder, any_hour_settings(PACE), command) as program, killed_with_tracer(program):
        await lan.consents()
        await minh.consents()
        await lan.says("/trogiup")
        got = lambda: sum(bool(person.chat.history) for person in people)  # noqa: E731 - of this run
        assert await wait_for(lambda: got() == PEOPLE, 60), program.printed()
        for _ in range(6):  # with nothing else that would be synced
            await minh.says("/visao")
            await lan.says("/trogiup")
    return Recording(folder, disk, list(read_trace(trace)))


def cuts(recording: Recording, chance: random.Random, into: Path) -> Iterator[tuple[Path, Sent]]:
    """Yield the folder that a disk holds after a power failure, and what had left by then, again and again.

    Half of the failures come right after something has left.
    """
    left = [place for place, event in enumerate(recording.events, 1) if event.call == "send"]
    anywhere = range(1, len(recording.events) + 1)
    places = sorted({*chance.sample(left, CUTS // 2), *chance.sample(anywhere, CUTS // 2), left[-1], anywhere[-1]})
    sent, begun = Sent(), 0
    for place in places:
        passed = recording.events[begun:place]
        note_sent(sent, passed)
        for event in passed:
            recording.before.apply(event)
        begun = place
        folder = into / str(place)
        folder.mkdir(parents=True)
        recording.before.cut(folder, chance)
        yield folder, sent


@pytest.mark.fresh_interpreter
async def test_whatever_a_power_failure_takes_nothing_acknowledged_is_lost_and_nobody_is_told_twice(
    api: BotApi, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    recording = await record(api, tmp_path)
    assert {"write", "sync", "send"} <= {event.call for event in recording.events}
    told = acknowledged = 0
    for folder, sent in cuts(recording, random.Random(seed), tmp_path / "cuts"):
        whence = f"seed {seed}, cut at {folder.name}"
        keyring, created = open_keyring(folder / "data" / "keys.json")
        assert not created, whence
        with closing(sqlite3.connect(folder / "data" / "troly.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), whence
            kept = {int(update) for (update,) in database.execute("SELECT update_id FROM inbox")}
            gone = [number for number in range(FIRST, sent.acknowledged) if number not in kept]
            assert not gone, whence
            waiting = database.execute("SELECT chat FROM outbox WHERE broadcast IS NOT NULL AND state = 'queued'")
            again = {chat for (chat,) in waiting}
            assert not again & {chat_at(keyring, TELEGRAM, chat).id for chat in sent.chats}, whence
            (beats,) = database.execute("SELECT value FROM counters WHERE name = 'beats'").fetchone() or (0,)
        for witness in folder.rglob("*.json"):
            if witness.name != "keys.json":
                assert json.loads(witness.read_text())["beats"] <= beats, whence
        told, acknowledged = len(sent.chats), sent.acknowledged - FIRST
    assert told > PEOPLE / 2
    assert acknowledged > 10
