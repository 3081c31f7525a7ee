"""SQLite through aiosqlite: one connection, one writer at a time, several statements per hop to its thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from bot.store.drivers.base import Call, Rows
from bot.store.drivers.sqlite_errors import failure
from bot.store.errors import DatabaseUnusable, StoreError, TurnTaken
from bot.store.queries import load_queries
from locales import N_

#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 5.0
#: RETURNING came with it.
OLDEST_SQLITE = (3, 35, 0)

_Step = tuple[str, Mapping[str, Any], bool]


class _Work:
    """A batch that waits for the connection's thread, and then what it gave."""

    __slots__ = ("done", "durable", "error", "rows", "steps")

    def __init__(self, steps: Sequence[_Step], *, durable: bool) -> None:
        self.steps = steps
        self.durable = durable
        self.done = False
        self.rows: list[Rows] = []
        self.error: Exception | None = None


class _Connection(aiosqlite.Connection):
    """A connection that runs whole batches in one hop to its thread."""

    async def batch(self, steps: Sequence[_Step], *, begin: bool, commit: bool) -> list[Rows]:
        rows: list[Rows] = await self._execute(_batch, self._conn, steps, begin, commit)  # type: ignore[no-untyped-call]  # aiosqlite leaves its helper untyped
        return rows

    async def abandon(self) -> None:
        """Close what may be open, and see the thread end: where opening failed aiosqlite does not wait for it."""
        await self.close()
        await asyncio.to_thread(self._thread.join)

    async def work_off(self, works: Sequence[_Work]) -> None:
        await self._execute(_work_off, self._conn, works)  # type: ignore[no-untyped-call]  # as above


def _work_off(connection: sqlite3.Connection, works: Sequence[_Work]) -> None:
    """Each in a transaction of its own; the failure of one is its own."""
    for work in works:
        several = len(work.steps) > 1
        try:
            work.rows = (_durably if work.durable else _batch)(connection, work.steps, several, several)
        except (sqlite3.Error, StoreError) as error:
            work.error = error
        work.done = True


def _batch(connection: sqlite3.Connection, steps: Sequence[_Step], begin: bool, commit: bool) -> list[Rows]:
    try:
        if begin:
            connection.execute("BEGIN IMMEDIATE")
        rows = [_run(connection, step) for step in steps]
        if commit:
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return rows


def _run(connection: sqlite3.Connection, step: _Step) -> Rows:
    sql, parameters, must = step
    rows: Rows = connection.execute(sql, parameters).fetchall()
    if must and not rows:
        raise TurnTaken
    return rows


def _durably(connection: sqlite3.Connection, steps: Sequence[_Step], begin: bool, commit: bool) -> list[Rows]:
    """With the write-ahead log synced to the disk.

    Elsewhere synchronous=NORMAL does: a killed process loses nothing, and what a power failure may take (a turn, a
    settled message) is done again from the inbox, which is written here.
    """
    connection.execute("PRAGMA synchronous=FULL")
    try:
        return _batch(connection, steps, begin, commit)
    finally:
        connection.execute("PRAGMA synchronous=NORMAL")


class SqliteTransaction:
    """A transaction that holds the connection until it ends."""

    def __init__(self, connection: _Connection, queries: Mapping[str, str]) -> None:
        self._connection = connection
        self._queries = queries
        self._begun = False
        self.over = False

    async def run(self, *calls: Call, commit: bool = False) -> list[Rows]:
        return await self._steps(_steps(self._queries, calls), commit=commit)

    async def script(self, statements: Sequence[str]) -> None:
        await self._steps([(statement, {}, False) for statement in statements])

    async def _steps(self, steps: Sequence[_Step], *, commit: bool = False) -> list[Rows]:
        if self.over:
            raise StoreError(N_("This transaction has ended."))
        begin, self._begun = not self._begun, True
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


def _steps(queries: Mapping[str, str], calls: Sequence[Call]) -> list[_Step]:
    return [(queries[call.query], call.parameters, call.must) for call in calls]


class SqliteDriver:
    """The embedded database."""

    dialect: Mapping[str, str] = {
        "identity": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "bytes": "BLOB",
        "skip_locked": "",
        "migration_lock": "1",
    }

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._queries = load_queries(self.dialect)
        self._lock = asyncio.Lock()
        self._waiting: list[_Work] = []

    async def run(self, *calls: Call, durable: bool = False) -> list[Rows]:
        """Whoever gets the connection first takes along all that wait: a hop to its thread costs more than a statement.

        Where the one under way is cancelled, the next hop queues behind it, so that nothing is done twice.
        """
        work = _Work(_steps(self._queries, calls), durable=durable)
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
    async def transaction(self) -> AsyncIterator[SqliteTransaction]:
        async with self._lock:
            transaction = SqliteTransaction(self._connection, self._queries)
            try:
                yield transaction
            finally:
                await asyncio.shield(transaction.roll_back())

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
        raise DatabaseUnusable(message, path=path, why=error.strerror) from None


async def _connect(path: Path) -> _Connection:
    def connector() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256)

    connection = _Connection(connector, iter_chunk_size=64)
    try:
        await connection
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "secure_delete=ON", "synchronous=NORMAL"):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        await connection.abandon()
        raise failure(error, path) from None
    return connection
