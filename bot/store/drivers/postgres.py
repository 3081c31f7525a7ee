"""PostgreSQL through psycopg: a pool, and several statements per round trip by pipeline mode."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg_pool import AsyncConnectionPool

from bot.store.drivers.base import Call, Rows
from bot.store.drivers.postgres_errors import failure, unusable
from bot.store.drivers.postgres_waking import CHANNEL, Waking
from bot.store.errors import StoreError, TurnTaken
from bot.store.queries import Queries, load_queries
from locales import N_

#: Seconds to wait for a lock, for a connection, for a statement.
LOCK_SECONDS = 5
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
#: Connections of one process: turns wait for each other on rows, not on the pool.
POOL_SIZE = 8

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")

_Connection = AsyncConnection[tuple[Any, ...]]


def _in_psycopg_words(sql: str) -> str:
    """``:name`` as ``%(name)s``."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise failure(error) from None


class PostgresTransaction:
    """A transaction that holds a connection until it ends."""

    def __init__(self, connection: _Connection, queries: Queries, waking: Waking) -> None:
        self._connection = connection
        self._queries = queries
        self._waking = waking
        self._over = False

    async def run(self, *calls: Call, commit: bool = False) -> list[Rows]:
        if self._over:
            raise StoreError(N_("This transaction has ended."))
        self._over = True  # a failed batch ends the transaction: whoever opened it rolls it back
        async with _translated():
            rows = await _batch(self._connection, self._queries, self._waking, calls)
            if commit:
                await self._connection.commit()
        self._over = commit
        return rows

    async def script(self, statements: Sequence[str]) -> None:
        async with _translated():
            for statement in statements:
                await self._connection.execute(statement.encode())


async def _batch(connection: _Connection, queries: Queries, waking: Waking, calls: Sequence[Call]) -> list[Rows]:
    async with connection.pipeline():
        cursors = [await _run(connection, queries.text(call.query, call.where).encode(), call) for call in calls]
        for signal in waking.signals(call.query for call in calls):
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, signal))
    rows = [await cursor.fetchall() if cursor.description else [] for cursor in cursors]
    if any(call.must and not found for call, found in zip(calls, rows, strict=True)):
        raise TurnTaken
    return rows


async def _run(connection: _Connection, sql: bytes, call: Call) -> AsyncCursor[tuple[Any, ...]]:
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
        self._queries = Queries({name: _in_psycopg_words(sql) for name, sql in load_queries(self.dialect).items()})
        self._waking = Waking(uuid4().hex, self._queries)

    async def run(self, *calls: Call, durable: bool = False) -> list[Rows]:  # noqa: ARG002 - every commit is on the disk here
        async with _translated(), self._pool.connection() as connection:
            return await _batch(connection, self._queries, self._waking, calls)

    @asynccontextmanager
    async def transaction(self, *, reading: bool = False) -> AsyncIterator[PostgresTransaction]:
        async with _translated(), self._pool.connection() as connection:
            try:
                if reading:
                    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield PostgresTransaction(connection, self._queries, self._waking)
            finally:
                await connection.rollback()

    async def listen(self, heard: Callable[[str], None]) -> None:
        async with _translated():
            await self._waking.listen(self._url, heard)

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
        raise unusable(error, url) from None
    pool: AsyncConnectionPool[_Connection] = AsyncConnectionPool(
        url, min_size=1, max_size=POOL_SIZE, timeout=CONNECT_SECONDS, configure=_configure, open=False
    )
    async with _translated():
        await pool.open(wait=True, timeout=CONNECT_SECONDS)
    return PostgresDriver(pool, url)


async def _configure(connection: _Connection) -> None:
    for setting, seconds in (("lock_timeout", LOCK_SECONDS), ("statement_timeout", STATEMENT_SECONDS)):
        await connection.execute("SELECT set_config(%s, %s, false)", (setting, f"{seconds}s"))
    await connection.commit()
