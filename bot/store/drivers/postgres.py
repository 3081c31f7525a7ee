"""PostgreSQL through psycopg: a pool, and several statements per round trip by pipeline mode."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import AsyncConnection, AsyncCursor, errors
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool

from bot.store.drivers import WRONG_URL, Query, QueryTexts, Rows, load_queries
from bot.store.errors import (
    DatabaseUnusable,
    DatabaseUrlError,
    ReadingOnly,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreLost,
    StoreUnavailable,
    TurnTakenOver,
)
from locales import N_

_LOCKED = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure, errors.QueryCanceled)
_FULL = (errors.DiskFull, errors.OutOfMemory)
_LOST = (psycopg.OperationalError, psycopg.InterfaceError)


def to_store_error(error: psycopg.Error) -> StoreError:
    """The error to raise in place of psycopg's own, whose text may hold values of the database."""
    if isinstance(error, _LOCKED):
        return StoreLocked(N_("The database is locked: another program is writing to it. Close that program, or wait."))
    if isinstance(error, _FULL):
        return StoreFull(N_("The disk of the database is full. Make room; what was received will be answered then."))
    if isinstance(error, _LOST):
        return StoreLost(N_("The connection to the database broke. It is tried again by itself."))
    if isinstance(error, psycopg.InternalError):
        return StoreUnavailable(N_("The database server reports damage ({why}). Look at its log."), why=error.sqlstate)
    return StoreError(N_("The database refused a statement ({why})."), why=error.sqlstate or type(error).__name__)


def to_connection_error(error: psycopg.Error, url: str) -> StoreError:
    """Translate the failure of the first connection."""
    if isinstance(error, psycopg.ProgrammingError):
        return DatabaseUrlError(WRONG_URL)
    message = N_(
        "The database server does not let the assistant in: {why}. Check the URL, the server and the password."
    )
    return DatabaseUnusable(message, why=_without_password(error, url))


def _without_password(error: psycopg.Error, url: str) -> str:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    password = conninfo_to_dict(url).get("password")
    return first_line.replace(str(password), "***") if password else first_line


NOTIFY_CHANNEL = "troly"
#: Seconds of silence after which a dead connection is asked for a sign of life, and between two such questions.
_IDLE, _AGAIN = 10, 5
#: What somebody else has to be told of: something to handle, to send, to write; a broadcast that moved.
_NOTIFYING_STATEMENT = re.compile(
    r"\s*(?:INSERT INTO (?P<made>inbox|outbox|tasks)|(?:INSERT INTO|UPDATE) (?P<moved>broadcasts))\b"
)


def notified_table(sql: str) -> str | None:
    """The table whose readers a statement wakes."""
    found = _NOTIFYING_STATEMENT.match(sql)
    return (found["made"] or found["moved"]) if found else None


class ChangeNotifier:
    """The signals of one process, which does not hear its own."""

    def __init__(self, process: str, queries: Mapping[str, str]) -> None:
        self._process = process
        self._tables = {name: table for name, sql in queries.items() if (table := notified_table(sql))}

    def signals(self, queries: Iterable[str]) -> list[str]:
        """Return the signals to send once these queries are committed."""
        return [f"{self._process} {table}" for table in {self._tables.get(query) for query in queries} - {None}]

    async def listen(self, url: str, heard: Callable[[str], None]) -> None:
        """Listen until cancelled. Raises psycopg.Error where the connection breaks."""
        connecting = AsyncConnection.connect(
            url, autocommit=True, keepalives_idle=_IDLE, keepalives_interval=_AGAIN, keepalives_count=3
        )
        async with await connecting as connection:
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}".encode())
            heard("")
            async for signal in connection.notifies():
                process, _, table = signal.payload.partition(" ")
                if process != self._process:
                    heard(table)
        raise psycopg.OperationalError


#: Seconds to wait for a lock, for a connection, for a statement.
LOCK_SECONDS = 5
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
#: Connections of one process: turns wait for each other on rows, not on the pool.
POOL_SIZE = 8

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")

_Connection = AsyncConnection[tuple[Any, ...]]


def _to_psycopg_sql(sql: str) -> str:
    """``:name`` as ``%(name)s``."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))


@cache
def _load_psycopg_queries() -> Mapping[str, str]:
    return {name: _to_psycopg_sql(sql) for name, sql in load_queries(PostgresDriver.dialect).items()}


@asynccontextmanager
async def _translate_errors(*, reading: bool = False) -> AsyncIterator[None]:
    try:
        yield
    except psycopg.Error as error:
        refused = reading and isinstance(error, errors.ReadOnlySqlTransaction)
        raise ReadingOnly if refused else to_store_error(error) from None


class PostgresTransaction:
    """A transaction that holds a connection until it ends."""

    def __init__(
        self, connection: _Connection, queries: QueryTexts, waking: ChangeNotifier, *, reading: bool = False
    ) -> None:
        self._connection = connection
        self._queries = queries
        self._waking = waking
        self._reading = reading
        self._over = False

    async def run(self, *calls: Query, commit: bool = False) -> list[Rows]:
        if self._over:
            raise StoreError(N_("This transaction has ended."))
        self._over = True  # a failed batch ends the transaction: whoever opened it rolls it back
        async with _translate_errors(reading=self._reading):
            rows = await _batch(self._connection, self._queries, self._waking, calls)
            if commit:
                await self._connection.commit()
        self._over = commit
        return rows

    async def script(self, statements: Sequence[str]) -> None:
        async with _translate_errors():
            for statement in statements:
                await self._connection.execute(statement.encode())


async def _batch(
    connection: _Connection, queries: QueryTexts, waking: ChangeNotifier, calls: Sequence[Query]
) -> list[Rows]:
    async with connection.pipeline():
        cursors = [await _run(connection, queries.text(call.query, call.where).encode(), call) for call in calls]
        for signal in waking.signals(call.query for call in calls):
            await connection.execute("SELECT pg_notify(%s, %s)", (NOTIFY_CHANNEL, signal))
    rows = [await cursor.fetchall() if cursor.description else [] for cursor in cursors]
    if any(call.must and not found for call, found in zip(calls, rows, strict=True)):
        raise TurnTakenOver
    return rows


async def _run(connection: _Connection, sql: bytes, call: Query) -> AsyncCursor[tuple[Any, ...]]:
    cursor = connection.cursor()
    if call.many is None:
        return await cursor.execute(sql, call.parameters, prepare=False if call.anew else None)
    await cursor.executemany(sql, call.many)
    return cursor


class PostgresDriver:
    """The database for more than one machine."""

    dialect: Mapping[str, str] = {
        "identity": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "row_number": "BIGINT PRIMARY KEY",
        "bytes": "BYTEA",
        "skip_locked": "FOR UPDATE SKIP LOCKED",
        "held": "FOR UPDATE",
        "each": "SELECT jsonb_array_elements_text",
        "migration_lock": "pg_advisory_xact_lock(68202401)",
        "now": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        "relaxed": "set_config('synchronous_commit', 'off', true)",
    }
    shared = True

    def __init__(self, pool: AsyncConnectionPool[_Connection], url: str) -> None:
        self._pool = pool
        self._url = url
        self._queries = QueryTexts(_load_psycopg_queries())
        self._waking = ChangeNotifier(uuid4().hex, self._queries)

    async def run(self, *calls: Query, durable: bool = False) -> list[Rows]:  # noqa: ARG002 - every commit is on the disk here
        async with _translate_errors(), self._pool.connection() as connection:
            return await _batch(connection, self._queries, self._waking, calls)

    async def look(self, *calls: Query) -> list[Rows]:
        return await self.run(*calls)

    @asynccontextmanager
    async def transaction(self, *, reading: bool = False) -> AsyncIterator[PostgresTransaction]:
        async with _translate_errors(), self._pool.connection() as connection:
            try:
                if reading:
                    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield PostgresTransaction(connection, self._queries, self._waking, reading=reading)
            finally:
                await connection.rollback()

    async def listen(self, heard: Callable[[str], None]) -> None:
        async with _translate_errors():
            await self._waking.listen(self._url, heard)

    async def give_room_back(self, pages: int, kept: int) -> int:  # noqa: ARG002 - autovacuum does
        return 0

    async def rebuild(self) -> None:
        return None

    async def close(self) -> None:
        await self._pool.close()


async def open_postgres(url: str) -> PostgresDriver:
    """Connect to the database of a URL.

    Raises:
        DatabaseUrlError: the URL cannot be read.
        DatabaseUnusable: nobody answers there, or the database refuses; the message never holds the password.
    """
    try:
        async with await AsyncConnection.connect(url, connect_timeout=CONNECT_SECONDS):
            pass  # the pool would go on trying in silence; one plain attempt says what is wrong
    except psycopg.Error as error:
        raise to_connection_error(error, url) from None
    pool: AsyncConnectionPool[_Connection] = AsyncConnectionPool(
        url, min_size=1, max_size=POOL_SIZE, timeout=CONNECT_SECONDS, configure=_configure, open=False
    )
    async with _translate_errors():
        await pool.open(wait=True, timeout=CONNECT_SECONDS)
    return PostgresDriver(pool, url)


async def _configure(connection: _Connection) -> None:
    for setting, seconds in (("lock_timeout", LOCK_SECONDS), ("statement_timeout", STATEMENT_SECONDS)):
        await connection.execute("SELECT set_config(%s, %s, false)", (setting, f"{seconds}s"))
    await connection.commit()
