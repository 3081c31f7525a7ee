"""An older copy of the data is put back: no code is given twice, nobody is reminded twice, and the owner is told."""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from bot.demo.data_writer import open_demo_data
from bot.services.opening import open_store_from_settings
from bot.settings import Settings
from tests.acceptance.admins import register_request
from tests.acceptance.officer import Officer
from tests.acceptance.processes import run_command, run_worker, sql
from tests.support.broadcast_kills import any_hour_settings
from tests.support.broadcasts import NOTICE_DRAFT, start_notice, write_consenting_people
from tests.support.database import LEAVE
from tests.support.fork_server import ForkServer
from tests.support.load import wait_for
from tests.support.program import Program
from tests.support.telegram.api import BotApi

#: People of the broadcast beside the two who were there before, and how many of them a second are told.
PEOPLE, PACE = 20, 8
REMINDER = NOTICE_DRAFT.text.vi.rpartition("}, ")[2]


@dataclass
class Place:
    """A program that is stopped and started again over one data folder."""

    api: BotApi
    folder: Path
    start: ForkServer
    settings: dict[str, str] = field(default_factory=lambda: any_hour_settings(PACE))

    def __post_init__(self) -> None:
        self.program = Program(self.api, self.folder, self.settings, self.start)
        self.owner, self.lan = Officer(self.api.user("Hà")), Officer(self.api.user("Lan"))
        self.people = [self.api.user(f"Người {number}") for number in range(PEOPLE)]

    async def settles(self) -> None:
        """Units, an owner who listens, an officer with a request, and many who may be written to."""
        self.program.log.touch()
        await run_command(self.program, "units", "import", "--sample", "nhon-trach", "--apply")
        await run_command(self.program, "admins", "add", f"telegram:{self.owner.user.id}")
        await self.program.launch_and_wait()
        await self.owner.consents()
        assert (await register_request(self.lan, "xa phu huu", "UBND xã Phú Hữu")).endswith("-000001")
        await self.program.stop()
        async with open_demo_data(self._for_tests()) as bulk:
            await write_consenting_people(bulk, [str(person.id) for person in self.people], datetime.now(UTC))
        for person in self.people:
            person.chat.started = True

    async def begins_to_send(self) -> str:
        async with open_store_from_settings(self._for_tests()) as opened:
            return await start_notice(opened.store, datetime.now(UTC))

    def _for_tests(self) -> Settings:
        known = {"data_dir": self.folder / "data", "approval_above": 10**9}
        return Settings.model_validate({**known, "database_url": self.settings.get("TROLY_DATABASE_URL")})

    @property
    def reminded(self) -> list[int]:
        """How often each was."""
        return [sum(REMINDER in shown.text for shown in person.chat.history) for person in self.people]

    def told(self) -> int:
        """How often the owner was told of the copy."""
        word = self.owner.words(
            "⚠ The database was put back from an older copy. What happened since that copy was made is not known here."
        )
        return sum(word in shown.text for shown in self.owner.user.chat.history)

    async def nothing_happens_twice(self, name: str, code: str) -> None:
        """With the copy in its place, and the program started over it."""
        assert await wait_for(lambda: self.told() > 0, 60), self.program.printed()
        before = self.reminded
        new = await register_request(Officer(self.api.user("Tú")), "xa phu dong", "UBND xã Phú Đông")
        assert int(new[-6:]) > int(code[-6:]) + 900
        assert sql(self.program, "SELECT state, why FROM broadcasts WHERE id = ?", name) == [("paused", "restored")]
        states = dict(sql(self.program, "SELECT state, COUNT(*) FROM outbox WHERE broadcast = ? GROUP BY state", name))
        assert states.keys() <= {"sent", "unknown"}
        assert states["unknown"]
        assert self.reminded == before == [1] * PEOPLE
        await self.program.stop()
        await self.program.launch_and_wait()
        await self.lan.says("/trogiup")
        assert (self.told(), self.reminded) == (1, before)


def database_of(place: Place) -> Path:
    return place.folder / "data" / "troly.sqlite3"


async def _copied(place: Place) -> Path:
    """By the backup API, whether or not somebody writes."""
    copy = place.folder / "copy.sqlite3"
    with closing(sqlite3.connect(database_of(place))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


async def _copied_at_work(place: Place) -> Path:
    """In the middle of the broadcast."""
    await place.program.launch_and_wait()
    assert await wait_for(lambda: sum(place.reminded) > 2, 60)
    return await _copied(place)


async def _the_folder(place: Place) -> Path:
    shutil.copytree(place.folder / "data", place.folder / "copy")
    return place.folder / "copy"


def put_back(place: Place, copy: Path) -> None:
    """The copy alone, without what the newer database left beside its file; or the folder as a whole."""
    if copy.is_dir():
        shutil.rmtree(place.folder / "data")
        shutil.copytree(copy, place.folder / "data")
        return
    for left in ("-wal", "-shm"):
        database_of(place).with_name(f"troly.sqlite3{left}").unlink(missing_ok=True)
    shutil.copy(copy, database_of(place))


@pytest.mark.parametrize("copied", [_copied, _copied_at_work, _the_folder])
async def test_a_copy_that_is_put_back_gives_no_code_again_and_reminds_nobody_twice(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, copied: Callable[[Place], Awaitable[Path]]
) -> None:
    place = Place(api, tmp_path, fast_start)
    try:
        await place.settles()
        name = await place.begins_to_send()
        copy = await copied(place)
        if not (place.program.process and place.program.running):
            await place.program.launch_and_wait()
        code = await register_request(Officer(api.user("Minh")), "xa phu huu", "UBND xã Phú Hữu")
        assert code.endswith("-000002")
        assert await wait_for(lambda: place.reminded == [1] * PEOPLE, 60)
        await place.program.stop()

        put_back(place, copy)
        await place.program.launch_and_wait()

        await place.nothing_happens_twice(name, code)
    finally:
        await place.program.kill()


@pytest.mark.postgres
async def test_a_copy_of_a_database_that_two_processes_serve_is_noticed_by_both_and_taken_up_once(
    api: BotApi, postgres_url: str, tmp_path: Path, fast_start: ForkServer
) -> None:
    place = Place(api, tmp_path, fast_start, {**any_hour_settings(PACE), "TROLY_DATABASE_URL": postgres_url})
    server, _, source = postgres_url.partition("?")[0].rpartition("/")
    query = postgres_url.partition("?")[2]
    copy = f"{source}_copy"
    data = {"TROLY_DATA_DIR": str(tmp_path / "data"), "TROLY_STATE_DIR": str(tmp_path / "state")}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(place.program.kill)
        await place.settles()
        name = await place.begins_to_send()
        admin = f"{server}/postgres{f'?{query}' if query else ''}"
        _alone(postgres_url, admin, f'CREATE DATABASE "{copy}" TEMPLATE "{source}"')
        stack.callback(_dropped, admin, copy)
        async with run_worker(api, tmp_path / "first", {**place.settings, **data}, fast_start):
            await place.program.launch_and_wait()
            code = await register_request(Officer(api.user("Minh")), "xa phu huu", "UBND xã Phú Hữu")
            assert await wait_for(lambda: place.reminded == [1] * PEOPLE, 60)
            await place.program.stop()

        url = f"{server}/{copy}{f'?{query}' if query else ''}"
        place.program.settings["TROLY_DATABASE_URL"] = url
        helper = {**place.settings, **data, "TROLY_DATABASE_URL": url}
        await stack.enter_async_context(run_worker(api, tmp_path / "second", helper, fast_start))
        await place.program.launch_and_wait()

        await place.nothing_happens_twice(name, code)
        await place.program.stop()


def _alone(url: str, admin: str, statement: str) -> None:
    """Nobody may be connected to what is copied."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(LEAVE)
    with psycopg.connect(admin, autocommit=True) as database:
        database.execute(statement)


def _dropped(admin: str, name: str) -> None:
    with psycopg.connect(admin, autocommit=True) as database:
        database.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
