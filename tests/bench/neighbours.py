"""An officer talks beside seven bad neighbours at once, on SQLite, and on PostgreSQL with two workers.

40 strangers with three slow PDFs each, a flooding group, 60 people at their allowed pace, a newcomer who asks for all
of their data 19 times in a second, one who has said 86,400 lines within a day and asks for theirs six times, and one
with a ZIP of certificates that tell very much.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bot.store.sealing import open_keyring, sealed_columns
from tests.acceptance.processes import run_worker
from tests.bench.result import Result
from tests.support import database as support_database
from tests.support.fork_server import ForkServer
from tests.support.load import (
    PACE,
    MemoryWatch,
    Talker,
    consent_all,
    flood_group,
    keep_saying,
    keep_talking,
    make_fat_zip,
    make_slow_pdf,
    run_beside,
    wait_for,
)
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.user import User

STRANGERS, FILES = 40, 3
PACED, LINES = 60, 20
DAY = 86_400
GOAL, MEMORY = 2.0, 400.0
PATIENCE = 110.0
_CHAT = "INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at) VALUES (?, 'telegram', ?, 1, 1)"
_LINE = (
    "INSERT INTO inbox (channel, update_id, chat, state, received_at, handled_at) VALUES ('day', ?, ?, 'done', ?, ?)"
)
_ANSWER = (
    "INSERT INTO outbox (origin, chat, channel, priority, state, queued_at, due_at, settled_at)"
    " VALUES (?, ?, 'telegram', 0, 'sent', ?, 0, ?)"
)
#: Calls by which people are told something.
_TELLING = ("sendmessage", "senddocument", "editmessage", "deletemessage")
_STATES: LiteralString = """
SELECT o.id, o.state FROM outbox o JOIN chats c ON c.id = o.chat
WHERE c.consented = 1 AND o.origin NOT LIKE 'day:%'
"""


def run() -> list[Result]:
    """Seconds that the officer waits for an answer."""
    results = []
    start = ForkServer()  # without a warm process: each program is measured with all the memory of its own
    for kind, database in (("SQLite", nullcontext()), ("PostgreSQL, two workers", _postgres())):
        with tempfile.TemporaryDirectory() as folder, database as url:
            results += asyncio.run(_measured(kind, url, Path(folder), start))
    return results


async def _measured(kind: str, url: str | None, folder: Path, start: ForkServer) -> list[Result]:
    async with BotApi.start() as api, _programs(url, api, folder, start) as (programs, busy):
        officer = Talker(api.user("officer"))
        strangers = [api.user(f"stranger {number}") for number in range(STRANGERS)]
        paced = [Talker(api.user(f"paced {number}")) for number in range(PACED)]
        slow, archive = make_slow_pdf(5_000), make_fat_zip()  # made before anybody is waited for
        newcomer, fat, tapper = api.user("newcomer"), api.user("fat"), api.user("tapper")
        people = [officer.user, *strangers, fat, *(one.user for one in paced)]
        await consent_all(people)
        told = await _Told.from_now_on(api, folder / "data", url, people)
        memory = MemoryWatch(*(program.pid for program in programs))
        async with run_beside(memory.watch(), keep_talking(officer), flood_group(api, tapper, PATIENCE)):
            await asyncio.sleep(3)
            await _all_at_once(strangers, newcomer, busy, fat, slow=slow, archive=archive)
            await keep_saying(paced, LINES)
            for _ in range(10):
                await fat.says("/visao")
            complete = await wait_for(lambda: not any(one.wrong for one in paced), PATIENCE)
        wrong = sum(one.wrong for one in paced) + (officer.said - len(officer.answered) > 1)
        assert all(program.running for program in programs), "a program ended"
        for program in programs:
            await program.stop()
        wrong += told.not_once()
    name = f"an officer's answer beside seven bad neighbours ({kind})"
    waits = sorted(officer.waits)
    p99, worst = waits[int(len(waits) * 0.99) - 1], waits[-1]
    return [
        Result(f"{name}, p99", p99, None, "s", None, f"at most {GOAL:.0f} s", p99 <= GOAL),
        Result(f"{name}, the longest of {len(waits)}", worst, None, "s", None, f"at most {GOAL:.0f} s", worst <= GOAL),
        Result(f"{name}, memory", memory.peak, None, "MB", None, f"under {MEMORY:.0f}", memory.peak < MEMORY),
        Result(
            f"{name}, lost or twice",
            wrong,
            None,
            "answers",
            None,
            "nothing that anybody is told lost or twice",
            complete and not wrong,
        ),
    ]


async def _all_at_once(
    strangers: Sequence[User], newcomer: User, busy: User, fat: User, *, slow: bytes, archive: bytes
) -> None:
    for _ in range(FILES):
        for stranger in strangers:
            await stranger.sends_file(slow, "cham.pdf")
    for _ in range(19):
        await newcomer.says("/dulieu")
    for _ in range(6):
        await busy.says("/dulieu")
    await fat.sends_file(archive, "beo.zip")


@asynccontextmanager
async def _programs(
    url: str | None, api: BotApi, folder: Path, start: ForkServer
) -> AsyncIterator[tuple[list[Program], User]]:
    """The programs over a database in which somebody has said very much within a day."""
    busy, settings = api.user("busy"), {**PACE, "TROLY_DATA_DIR": str(folder / "data")}
    busy.chat.started = True
    async with AsyncExitStack() as stack:
        if url:
            settings["TROLY_DATABASE_URL"] = url
        first = await stack.enter_async_context(run_program(api, folder, settings, start))
        await first.stop()
        _said_a_day(folder / "data", url, busy)
        await first.launch_and_wait()
        programs: list[Program] = [first]
        if url:
            programs.append(await stack.enter_async_context(run_worker(api, folder / "b", settings, start)))
        yield programs, busy


@contextmanager
def _postgres() -> Iterator[str]:
    """The URL of a fresh database of a server of its own."""
    with tempfile.TemporaryDirectory(prefix="troly-neighbours-", ignore_cleanup_errors=True) as folder:
        server = support_database._start(Path(folder, "data"))
        support_database._make_template(server)
        with support_database._database(server, support_database._TEMPLATE) as url:
            yield url
        server.cleanup()


@dataclass(frozen=True, slots=True)
class _Told:
    """What people who have agreed were told since a moment: as they see it, and as the database has it."""

    api: BotApi
    data: Path
    url: str | None
    people: frozenset[str]
    calls: int  #: of the moment
    row: int

    @classmethod
    async def from_now_on(cls, api: BotApi, data: Path, url: str | None, people: Sequence[User]) -> "_Told":
        await asyncio.sleep(2)  # the last of what they were told is recorded
        ((row,),) = _asked(data, url, "SELECT COALESCE(MAX(id), 0) FROM outbox")
        return cls(api, data, url, frozenset(str(one.id) for one in people), len(api.calls), row)

    def not_once(self) -> int:
        """Answers other than once, files included, and updates given up; what still waits is neither."""
        calls = [call for call in self.api.calls[self.calls :] if call.ok and call.method.startswith(_TELLING)]
        arrived = sum(call.fields["chat_id"] in self.people for call in calls)
        found = _asked(self.data, self.url, _STATES)
        rows = [state for number, state in found if number > self.row]
        given_up = len(_asked(self.data, self.url, "SELECT id FROM inbox WHERE state = 'failed'"))
        doubtful = sum(state not in {"sent", "queued"} for state in rows)
        return abs(arrived - rows.count("sent")) + doubtful + given_up


def _asked(data: Path, url: str | None, question: LiteralString) -> list[tuple[Any, ...]]:
    if url is None:
        with closing(sqlite3.connect(data / "troly.sqlite3")) as connection:
            return connection.execute(question).fetchall()
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchall()


def _said_a_day(data: Path, url: str | None, busy: User) -> None:
    """86,400 lines handled, and as many answers sent."""
    keyring = open_keyring(data / "keys.json")[0]
    chat = sealed_columns.chat_id(keyring, "telegram", str(busy.id))
    address = keyring.seal(str(busy.id), sealed_columns.address(chat))
    moments = [(number, number * 1_000_000) for number in range(DAY)]
    statements: tuple[tuple[str, list[tuple[object, ...]]], ...] = (
        (_CHAT, [(chat, address)]),
        (_LINE, [(str(number), chat, moment, moment) for number, moment in moments]),
        (_ANSWER, [(f"day:{number}", chat, moment, moment) for number, moment in moments]),
    )
    if url is None:
        with closing(sqlite3.connect(data / "troly.sqlite3")) as connection, connection:
            for statement, rows in statements:
                connection.executemany(statement, rows)
        return
    with psycopg.connect(url) as server, server.cursor() as cursor:
        for statement, rows in statements:
            cursor.executemany(statement.replace("?", "%s").encode(), rows)
