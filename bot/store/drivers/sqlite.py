"""SQLite through aiosqlite: one connection, one writer at a time, several statements per hop to its thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.reasons import reason_of
from bot.store.drivers.base import Call, Rows
from bot.store.drivers.sqlite_errors import failure
from bot.store.drivers.sqlite_thread import READING, WRITING, Connection, Step, Work
from bot.store.errors import DatabaseUnusable, StoreError
from bot.store.queries import Queries, load_queries
from locales import N_

#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 5.0
#: Seconds between two tries to switch a new file to the write-ahead log.
_SWITCH_PAUSE = 0.05
#: RETURNING came with it.
OLDEST_SQLITE = (3, 35, 0)


class SqliteTransaction:
    """A transaction that holds the connection until it ends."""

    def __init__(self, connection: Connection, queries: Queries, *, reading: bool) -> None:
        self._connection = connection
        self._queries = queries
        self._begin: str | None = READING if reading else WRITING
        self._begun = False
        self.over = False

    async def run(self, *calls: Call, commit: bool = False) -> list[Rows]:
        return await self._steps(_steps(self._queries, calls), commit=commit)

    async def script(self, statements: Sequence[str]) -> None:
        await self._steps([(statement, {}, False) for statement in statements])

    async def _steps(self, steps: Sequence[Step], *, commit: bool = False) -> list[Rows]:
        if self.over:
            raise StoreError(N_("This transaction has ended."))
        begin, self._begin, self._begun = self._begin, None, True
        self.over = True  # a failed batch rolls itself back, and a cancelled one is rolled back by whoever opened it
        try:
            rows = await self._connection.batch(steps, begin=begin, commit=commit)
        except sqlite3.Error as error:
            raise failure(error) from None
        self.over = commit
        return rows

    async def roll_back(self) -> None:
        """Undo what is still open; safe at any time."""
        if self._begun:
            await self._connection.rollback()


def _steps(queries: Queries, calls: Sequence[Call]) -> list[Step]:
    return [
        (queries.text(call.query, call.where), call.parameters if call.many is None else call.many, call.must)
        for call in calls
    ]


class SqliteDriver:
    """The embedded database."""

    dialect: Mapping[str, str] = {
        "identity": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "row_number": "INTEGER PRIMARY KEY",
        "bytes": "BLOB",
        "skip_locked": "",
        "held": "",
        "each": "SELECT value FROM json_each",
        "migration_lock": "1",
        "now": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
        "relaxed": "1",
    }
    shared = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._queries = load_queries(self.dialect)
        self._lock = asyncio.Lock()
        self._waiting: list[Work] = []

    async def run(self, *calls: Call, durable: bool = False) -> list[Rows]:
        """Whoever gets the connection first takes along all that wait: a hop to its thread costs more than a statement.

        Where the one under way is cancelled, the next hop queues behind it, so that nothing is done twice.
        """
        work = Work(_steps(self._queries, calls), durable=durable)
        self._waiting.append(work)
        try:
            async with self._lock:
                if not work.done:
                    works, self._waiting = self._waiting, []
                    await self._connection.work_off(works)
        finally:
            if work in self._waiting:  # cancelled before its turn: nobody wants it any more
                self._waiting.remove(work)
        if isinstance(work.error, sqlite3.Error):
            raise failure(work.error) from None
        if work.error is not None:
            raise work.error
        return work.rows

    @asynccontextmanager
    async def transaction(self, *, reading: bool = False) -> AsyncIterator[SqliteTransaction]:
        async with self._lock:
            transaction = SqliteTransaction(self._connection, self._queries, reading=reading)
            try:
                yield transaction
            finally:
                await asyncio.shield(transaction.roll_back())

    async def listen(self, heard: Callable[[str], None]) -> None:  # noqa: ARG002 - nobody else writes here
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._connection.close()


async def open_sqlite(path: Path) -> SqliteDriver:
    """Open or make the database of a file, for its owner alone.

    Raises:
        DatabaseUnusable: it cannot be opened, or is not a database.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise DatabaseUnusable(
            N_("This Python carries SQLite {version}; 3.35 or later is needed."), version=sqlite3.sqlite_version
        )
    _make_private(path)
    return SqliteDriver(await _connect(path))


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        message = N_(
            "The database {path} cannot be opened: {why}. Check that the folder is there and may be written to."
        )
        raise DatabaseUnusable(message, path=path, why=reason_of(error)) from None


async def _connect(path: Path) -> Connection:
    def connector() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256)

    connection = Connection(connector, iter_chunk_size=64)
    try:
        await connection
        await _write_ahead(connection)
        for pragma in ("foreign_keys=ON", "secure_delete=ON", "synchronous=NORMAL"):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        await connection.abandon()
        raise failure(error, path) from None
    return connection


async def _write_ahead(connection: Connection) -> None:
    """Switch to the write-ahead log. SQLite does not wait for others where a new file is switched, so this does."""
    tries = int(BUSY_SECONDS / _SWITCH_PAUSE)
    while True:
        try:
            await connection.execute_fetchall("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            tries -= 1
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or tries == 0:
                raise
            await asyncio.sleep(_SWITCH_PAUSE)
        else:
            return
