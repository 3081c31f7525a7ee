"""PostgreSQL through psycopg: a pool, and several statements per round trip by pipeline mode.

Connections commit by themselves: a round trip is a transaction, without statements that begin and end it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection, AsyncCursor, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import PGconn, Ping
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from bot.errors import SettingsError
from bot.store.drivers import WRONG_URL, Query, QueryTexts, Rows, SharedUse, load_queries
from bot.store.drivers.kept_counts import KEPT_VALUES, postgres_triggers
from bot.store.drivers.signals import Announcer, PostgresSignals, Signals, TakesUp
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
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, ConnectionError)
#: What a server without a free connection says, or a pooler before it; psycopg has no class for it.
_NO_CONNECTION = ("too many clients", "too many connections", "slots are reserved", "no more connections allowed")

_FULL_SERVER = N_("The database server has no free connection. Run fewer processes, or set TROLY_DATABASE_POOL lower.")

_log = structlog.get_logger(__name__)


def to_store_error(error: psycopg.Error | ConnectionError) -> StoreError:
    """The error to raise in place of psycopg's own, whose text may hold values of the database."""
    if isinstance(error, errors.DivisionByZero):  # see ``PostgresDriver._text``; no query of ours divides otherwise
        return TurnTakenOver()
    if isinstance(error, _LOCKED):
        return StoreLocked(N_("The database is locked: another program is writing to it. Close that program, or wait."))
    if isinstance(error, _FULL):
        return StoreFull(N_("The disk of the database is full. Make room; what was received will be answered then."))
    if isinstance(error, _LOST):
        return _to_lost(error)
    if isinstance(error, psycopg.InternalError):
        return StoreUnavailable(N_("The database server reports damage ({why}). Look at its log."), why=error.sqlstate)
    return StoreError(N_("The database refused a statement ({why})."), why=error.sqlstate or type(error).__name__)


def _to_lost(error: Exception) -> StoreUnavailable:
    if isinstance(error, PoolTimeout) or _has_no_connection(error):
        return StoreUnavailable(_FULL_SERVER)
    return StoreLost(N_("The connection to the database broke. It is tried again by itself."))


def _has_no_connection(error: BaseException) -> bool:
    return isinstance(error, psycopg.OperationalError) and any(words in str(error) for words in _NO_CONNECTION)


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


_NO_NATS = N_("TROLY_SIGNALS_URL needs the package nats-py: pip install 'troly-chung-thu[nats]'")
#: Seconds of silence after which a dead connection is asked for a sign of life, and between two such questions.
_IDLE, _AGAIN = 10, 5
#: Seconds to wait for a lock, for a connection, for a statement.
LOCK_SECONDS = 5
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
#: Seconds after which a connection beyond the first that nobody uses is given back to the server.
_MOST_IDLE = 60.0
#: Seconds that a start waits for a server that has no free connection, and between two tries.
PATIENCE_SECONDS, _PATIENCE_PAUSE = 60.0, 2.0

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
    except (psycopg.Error, ConnectionError) as error:
        refused = reading and isinstance(error, errors.ReadOnlySqlTransaction)
        raise ReadingOnly if refused else to_store_error(error) from None


_BEGIN, _BEGIN_READING, _COMMIT = b"BEGIN", b"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", b"COMMIT"


class PostgresTransaction:
    """A transaction that holds a connection until it ends; it begins in the round trip of the first question."""

    def __init__(
        self, connection: _Connection, queries: QueryTexts, told: Callable[[Iterable[Query]], None], *, reading: bool
    ) -> None:
        self._connection = connection
        self._queries = queries
        self._told = told
        self._reading = reading
        self._begin: bytes | None = _BEGIN_READING if reading else _BEGIN
        self._calls: list[Query] = []
        self._over = False

    async def run(self, *calls: Query, commit: bool = False) -> list[Rows]:
        if self._over:
            raise StoreError(N_("This transaction has ended."))
        self._over = True  # a failed batch ends the transaction: whoever opened it rolls it back
        at_once = commit and not any(call.must for call in calls)
        async with _translate_errors(reading=self._reading):
            begin, end = self._take_begin(), _COMMIT if at_once else None
            rows = await _batch(self._connection, self._text, calls, begin=begin, end=end)
            if any(call.must and not found for call, found in zip(calls, rows, strict=True)):
                raise TurnTakenOver
            if commit and not at_once:
                await self._connection.commit()
        self._calls += calls
        self._over = commit
        if commit:
            self._told(self._calls)
        return rows

    def _text(self, call: Query) -> bytes:
        return self._queries.text(call.query, call.where).encode()

    def _take_begin(self) -> bytes | None:
        begin, self._begin = self._begin, None
        return begin

    async def script(self, statements: Sequence[str]) -> None:
        async with _translate_errors():
            if begin := self._take_begin():
                await self._connection.execute(begin)
            for statement in statements:
                await self._connection.execute(statement.encode())


async def _batch(
    connection: _Connection,
    text: Callable[[Query], bytes],
    calls: Sequence[Query],
    *,
    begin: bytes | None = None,
    end: bytes | None = None,
) -> list[Rows]:
    """Run queries in one round trip; it is a transaction by itself unless it is within one."""
    async with connection.pipeline():
        if begin:
            await connection.execute(begin, prepare=False)
        cursors = [await _run(connection, text(call), call) for call in calls]
        if end:
            await connection.execute(end, prepare=False)
    return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]


async def _run(connection: _Connection, sql: bytes, call: Query) -> AsyncCursor[tuple[Any, ...]]:
    if call.many is None:
        return await connection.cursor().execute(sql, call.parameters, prepare=False if call.anew else None)
    for parameters in call.many:  # not ``executemany``, which would end the transaction of the round trip
        await connection.cursor().execute(sql, parameters)
    return connection.cursor()


@dataclass(frozen=True, slots=True)
class Server:
    """Where the database is, and how a process uses it."""

    url: str
    use: SharedUse

    def open_signals(self) -> Signals | None:
        """Return the way to other processes; ``None``: the database itself.

        Raises:
            SettingsError: the package is not installed.
        """
        if self.use.signals_url is None:
            return None
        try:
            from bot.store.drivers.nats import NatsSignals  # noqa: PLC0415 - an extra, loaded where it is used
        except ImportError:
            raise SettingsError(_NO_NATS) from None
        return NatsSignals(self.use.signals_url, str(conninfo_to_dict(self.url).get("dbname", "")))

    async def connect_to_listen(self) -> _Connection:
        """Open a connection of its own that hears signals."""
        return await AsyncConnection.connect(
            self.use.listen_url or self.url,
            autocommit=True,
            keepalives_idle=_IDLE,
            keepalives_interval=_AGAIN,
            keepalives_count=3,
        )


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
        "relaxed": "set_config('synchronous_commit', 'off', true) = 'off'",
        "unhurried": "SET LOCAL statement_timeout = 0",  # a migration goes through all rows
        "keeps_left": postgres_triggers(),
        **KEPT_VALUES,
    }
    shared = True

    def __init__(self, pool: AsyncConnectionPool[_Connection], server: Server) -> None:
        self._pool = pool
        self._queries = QueryTexts(_load_psycopg_queries())
        # One connection is left for single questions: who holds a transaction may ask one beside it.
        self._transactions = asyncio.Semaphore(max(1, server.use.pool - 1))
        self._signals = server.open_signals() or PostgresSignals(self._run_statement, server.connect_to_listen)
        self._announcer = Announcer(self._signals, self._queries)

    def take_up(self, table: str, takes: TakesUp) -> None:
        self._announcer.take_up(table, takes)

    async def _run_statement(self, sql: str, parameters: tuple[Any, ...]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(sql.encode(), parameters)

    async def run(self, *calls: Query, durable: bool = False) -> list[Rows]:  # noqa: ARG002 - every commit is on the disk here
        async with _translate_errors(), self._pool.connection() as connection:
            if len(calls) == 1 and calls[0].many is None:  # one statement is a transaction, and needs no pipeline
                cursor = await _run(connection, self._text(calls[0]), calls[0])
                rows = [await cursor.fetchall() if cursor.description else []]
            else:
                rows = await _batch(connection, self._text, calls)
        self._announcer.committed(calls)
        return rows

    def _text(self, call: Query) -> bytes:
        """Return the statement of a query; one that must return a row fails without, and undoes its round trip."""
        sql = self._queries.text(call.query, call.where)
        return (f"WITH must AS ({sql}) SELECT 1 / COUNT(*) FROM must" if call.must else sql).encode()  # noqa: S608 - our own text

    async def look(self, *calls: Query) -> list[Rows]:
        return await self.run(*calls)

    @asynccontextmanager
    async def transaction(self, *, reading: bool = False) -> AsyncIterator[PostgresTransaction]:
        async with _translate_errors(), self._transactions, self._pool.connection() as connection:
            try:
                yield PostgresTransaction(connection, self._queries, self._announcer.committed, reading=reading)
            finally:
                await connection.rollback()

    async def listen(self, heard: Callable[[str], None]) -> None:
        async with _translate_errors():
            await self._signals.listen(heard)

    async def give_room_back(self, pages: int, kept: int) -> int:  # noqa: ARG002 - autovacuum does
        return 0

    async def rebuild(self) -> None:
        return None

    async def close(self) -> None:
        await self._announcer.close()
        await self._pool.close()


#: Seconds between two looks whether a server is up, and between two words about it.
_UP_SECONDS, _WORD_SECONDS = 0.5, 30.0


async def wait_until_up(url: str, told: Callable[[], None]) -> None:
    """Wait for a server that is not up yet, or is still starting; one that answers, whatever it says, is up.

    Args:
        url: The database.
        told: Told at once that it is waited for, and again every half minute.
    """
    waited = 0.0
    while await asyncio.to_thread(_is_down, url):
        if waited % _WORD_SECONDS == 0:
            told()
        await asyncio.sleep(_UP_SECONDS)
        waited += _UP_SECONDS


def _is_down(url: str) -> bool:
    """Ask as ``pg_isready`` does: no name and no password are needed for it."""
    down = (Ping.REJECT, Ping.NO_RESPONSE)
    try:
        return PGconn.ping(make_conninfo(url, connect_timeout=CONNECT_SECONDS).encode()) in down
    except psycopg.Error:
        return False  # the first connection says what is wrong


async def open_postgres(url: str, use: SharedUse) -> PostgresDriver:
    """Connect to the database of a URL; a server that has no free connection is waited for.

    Raises:
        DatabaseUrlError: the URL cannot be read.
        DatabaseUnusable: nobody answers there, or the database refuses; the message never holds the password.
        SettingsError: signals are to go over NATS, whose package is not installed.
    """
    pooled = await _is_pooled(url)
    if pooled and use.listen_url is None and use.signals_url is None:
        _log.warning("signals_need_a_direct_address", hint="TROLY_DATABASE_LISTEN_URL or TROLY_SIGNALS_URL")
    # A pooler gives each transaction another connection, which does not know what was prepared on the last one.
    options: dict[str, Any] = {"autocommit": True, **({"prepare_threshold": None} if pooled else {})}
    pool: AsyncConnectionPool[_Connection] = AsyncConnectionPool(
        url, min_size=1, max_size=use.pool, max_idle=_MOST_IDLE, timeout=CONNECT_SECONDS,
        kwargs=options, configure=_configure, open=False,
    )  # fmt: skip
    async with _translate_errors():
        await pool.open(wait=True, timeout=CONNECT_SECONDS)
    return PostgresDriver(pool, Server(url, use))


async def _is_pooled(url: str) -> bool:
    """Connect once, and tell whether a pooler answers: the process behind it is then another than it says.

    The pool would go on trying in silence; one plain attempt says what is wrong.
    """
    until = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            async with await AsyncConnection.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True) as once:
                row = await (await once.execute("SELECT pg_backend_pid()", prepare=False)).fetchone()
                return row is not None and row[0] != once.info.backend_pid
        except psycopg.Error as error:
            if not _has_no_connection(error):
                raise to_connection_error(error, url) from None
        if monotonic() > until:
            raise DatabaseUnusable(_FULL_SERVER)
        _log.warning("database_server_full", hint="run fewer processes, or set TROLY_DATABASE_POOL lower")
        await asyncio.sleep(_PATIENCE_PAUSE)


async def _configure(connection: _Connection) -> None:
    for setting, seconds in (("lock_timeout", LOCK_SECONDS), ("statement_timeout", STATEMENT_SECONDS)):
        await connection.execute("SELECT set_config(%s, %s, false)", (setting, f"{seconds}s"))
