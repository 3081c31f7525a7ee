"""PostgreSQL through psycopg: a pool, and several statements per round trip by pipeline mode.

Connections commit by themselves: a round trip is a transaction, without statements that begin and end it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from psycopg import AsyncConnection, AsyncCursor, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import PGconn, Ping
from psycopg_pool import AsyncConnectionPool

from bot.errors import SettingsError
from bot.store.drivers import Query, QueryTexts, Rows, SharedUse, Transaction, load_queries
from bot.store.drivers.kept_counts import KEPT_VALUES, postgres_ends_triggers, postgres_triggers
from bot.store.drivers.postgres_errors import (
    FULL_SERVER,
    has_no_connection,
    only_reads,
    to_connection_error,
    to_store_error,
)
from bot.store.drivers.signals import Announcer, Listener, PostgresSignals, Signals, TakesUp
from bot.store.errors import DatabaseUnusable, ReadingOnly, StoreError, StoreFull, StoreLost, TurnTakenOver
from locales import N_

_log = structlog.get_logger(__name__)

_NATS_NOT_REACHED = N_(
    "The NATS server {server} does not answer, or does not let the assistant in. Check address, port, user and password"
    " in TROLY_SIGNALS_URL. Until then answers come all the same, only later."
)
_NO_NATS = N_("TROLY_SIGNALS_URL needs the package nats-py: pip install 'troly-chung-thu[nats]'")
#: Seconds of silence after which a dead connection is asked for a sign of life, and between two such questions.
_IDLE, _AGAIN = 10, 5
#: Seconds to wait for a lock, for a connection, for a statement.
LOCK_SECONDS = 5
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
#: Seconds for which a disk that was found full is not taken for one with room before something large was written.
_FULL_SECONDS = 600.0
#: Seconds after which a connection beyond the first that nobody uses is given back to the server.
_MOST_IDLE = 60.0
#: Seconds that a start waits for a server that has no free connection, and between two tries.
PATIENCE_SECONDS, _PATIENCE_PAUSE = 60.0, 2.0

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")

_Connection = AsyncConnection[tuple[Any, ...]]


def _to_psycopg_sql(sql: str) -> str:
    """Write ``:name`` as ``%(name)s``."""
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
    """The address of the database, and how a process uses it."""

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


#: The timeline that this server writes: a standby that takes over begins a new one, and nothing else does.
_LINE = "CAST(CAST('x' || SUBSTR(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS BIT(32)) AS BIGINT)"


async def try_signals(server: Server) -> None:
    """Connect to what carries signals, where that is another address than the database's.

    Raises:
        StoreError: it is not reached; the message names the setting.
    """
    if server.use.listen_url is not None:
        try:
            async with await server.connect_to_listen():
                pass
        except psycopg.Error as error:
            raise to_connection_error(error, server.use.listen_url, "TROLY_DATABASE_LISTEN_URL") from None
    signals = server.open_signals()
    if signals is not None:
        try:
            await signals.send(())
        except ConnectionError:
            place = urlsplit(server.use.signals_url or "").netloc.rpartition("@")[2]
            raise DatabaseUnusable(_NATS_NOT_REACHED, server=place) from None
        finally:
            await signals.close()


class PostgresDriver:
    """The database for more than one machine."""

    dialect: Mapping[str, str] = {
        "identity": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "row_number": "BIGINT PRIMARY KEY",
        "bytes": "BYTEA",
        "skip_locked": "FOR UPDATE SKIP LOCKED",
        "held": "FOR UPDATE",
        # An array is read once, and its rows are found by index. ``IN (SELECT ... LIMIT ...)`` is read and locked anew
        # for every row of a table whose statistics are stale, as of one that was empty a moment ago.
        "in_batch": "= ANY (ARRAY (",
        "end_batch": "))",
        "row_place": "ctid",
        "each": "SELECT jsonb_array_elements_text",
        "migration_lock": "pg_advisory_xact_lock(68202401)",
        "now": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        "relaxed": "set_config('synchronous_commit', 'off', true) = 'off'",
        "line": _LINE,
        "server": "(SELECT system_identifier FROM pg_control_system())",
        "waits": "CASE WHEN current_setting('synchronous_standby_names') <> ''"
        " AND current_setting('synchronous_commit') NOT IN ('off', 'local') THEN 1 ELSE 0 END",
        "behind": f"EXISTS (SELECT 1 FROM counters l WHERE l.name = 'line' AND l.value <> {_LINE})"  # noqa: S608 - ours
        " AND NOT EXISTS (SELECT 1 FROM counters w WHERE w.name = 'waits' AND w.value = 1)",
        "unhurried": "SET LOCAL statement_timeout = 0",  # a migration goes through all rows
        "keeps_left": postgres_triggers(),
        "keeps_ends": postgres_ends_triggers(),
        **KEPT_VALUES,
    }
    shared = True

    def __init__(self, pool: AsyncConnectionPool[_Connection], server: Server) -> None:
        self._pool = pool
        self._full_at = float("-inf")  #: when the disk was last found full, by the monotonic clock
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

    @property
    def was_full(self) -> bool:
        return monotonic() - self._full_at < _FULL_SECONDS

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[_Connection]:
        """Take a connection of the pool; one to a server that became a standby is closed, to find the new primary."""
        async with self._pool.connection() as connection:
            try:
                yield connection
            except (errors.ReadOnlySqlTransaction, StoreLost):
                await connection.close()
                raise
            except (errors.DiskFull, StoreFull):
                self._full_at = monotonic()
                raise

    async def run(self, *calls: Query, durable: bool = False) -> list[Rows]:  # noqa: ARG002 - every commit is on the disk here
        async with _translate_errors(), self._connected() as connection:
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
    async def transaction(self, *, reading: bool = False) -> AsyncIterator[Transaction]:
        async with _translate_errors(), self._transactions, self._connected() as connection:
            begun = PostgresTransaction(connection, self._queries, self._announcer.committed, reading=reading)
            try:
                yield Transaction(begun.run, begun.script)
            finally:
                await connection.rollback()

    async def listen(self, heard: Callable[[str], None], channels: Collection[str]) -> None:
        async with _translate_errors():
            await self._signals.listen(Listener(heard, frozenset(channels), self._announcer.takes))

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
                asked = "SELECT pg_backend_pid(), current_setting('transaction_read_only') = 'on'"
                ((process, reads),) = await (await once.execute(asked, prepare=False)).fetchall()
                if reads:
                    raise only_reads(url)
                return bool(process != once.info.backend_pid)
        except psycopg.Error as error:
            if not has_no_connection(error):
                raise to_connection_error(error, url) from None
        if monotonic() > until:
            raise DatabaseUnusable(FULL_SERVER)
        _log.warning("database_server_full", hint="run fewer processes, or set TROLY_DATABASE_POOL lower")
        await asyncio.sleep(_PATIENCE_PAUSE)


async def _configure(connection: _Connection) -> None:
    for setting, seconds in (("lock_timeout", LOCK_SECONDS), ("statement_timeout", STATEMENT_SECONDS)):
        await connection.execute("SELECT set_config(%s, %s, false)", (setting, f"{seconds}s"))
