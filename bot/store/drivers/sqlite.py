"""SQLite through aiosqlite: one connection that writes, two that read; several statements per hop to a thread."""

import asyncio
import errno
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite
import structlog

from bot.errors import to_reason
from bot.store.drivers import Query, QueryTexts, Rows, Transaction, load_queries
from bot.store.drivers.kept_counts import KEPT_VALUES, sqlite_ends_triggers, sqlite_triggers
from bot.store.errors import (
    DatabaseUnusable,
    ReadingOnly,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreUnavailable,
    TurnTakenOver,
)
from locales import N_

_log = structlog.get_logger(__name__)

#: The upper bits of an extended code refine the lower ones.
_PRIMARY_CODE_MASK = 0xFF


def to_store_error(error: sqlite3.Error, path: Path | None = None) -> StoreError:
    """Return the error to raise in place of SQLite's own, whose text may hold values of the database."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE_MASK
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreLocked(N_("The database is locked: another program is writing to it. Close that program, or wait."))
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(N_("The disk of the database is full. Make room; what was received will be answered then."))
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        kind = StoreUnavailable if path is None else DatabaseUnusable  # a running assistant keeps what arrives waiting
        return kind(N_("The database file is damaged, or is not a database. Put back its copy."))
    if path is not None:
        return cannot_open(path, _reason_of(path) or _error_name(error))
    if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}:
        return StoreUnavailable(
            N_("The database cannot be written to now ({why}). Check the disk and its rights."), why=_error_name(error)
        )
    return StoreError(N_("The database refused a statement ({why})."), why=_error_name(error))


def cannot_open(path: Path, why: str | OSError) -> DatabaseUnusable:
    """Return the error for a file that is not opened."""
    why = to_reason(why) if isinstance(why, OSError) else why
    message = N_(
        "The database {path} cannot be opened: {why}. Check that it is a file, and that its folder is there and may be"
        " written to."
    )
    return DatabaseUnusable(message, path=path, why=why)


def has_database(path: Path) -> bool:
    """Tell whether anything is where the file of a database is to be.

    Raises:
        DatabaseUnusable: the system does not let us look.
    """
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise cannot_open(path, error) from None
    return True


def _reason_of(path: Path) -> str:
    """Return why SQLite cannot work with a file, which its own codes do not tell; nothing where the file looks well."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "")
        for place, mode in ((path, os.R_OK | os.W_OK), (path.parent, os.W_OK | os.X_OK)):
            if not os.access(place, mode):
                read_only = os.statvfs(path.parent).f_flag & os.ST_RDONLY
                raise PermissionError(errno.EROFS if read_only else errno.EACCES, "")
    except OSError as error:
        return to_reason(error)
    return ""


def _error_name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", type(error).__name__)


#: A statement, its parameters (a list of them where it is run for many), and whether it must return rows.
SqlStep = tuple[str, Mapping[str, Any] | Sequence[Mapping[str, Any]], bool]
#: How a transaction begins that will write: the writer's place is taken at once, not when it is too late to wait.
BEGIN_WRITING = "BEGIN IMMEDIATE"
#: And one that only reads: it sees one moment of the database, and keeps nobody waiting.
BEGIN_READING = "BEGIN"


class BatchJob:
    """A batch that waits for the connection's thread, and then what it gave."""

    __slots__ = ("done", "durable", "error", "rows", "steps")

    def __init__(self, steps: Sequence[SqlStep], *, durable: bool) -> None:
        self.steps = steps
        self.durable = durable
        self.done = False
        self.rows: list[Rows] = []
        self.error: Exception | None = None


class BatchingConnection(aiosqlite.Connection):
    """A connection that runs whole batches in one hop to its thread."""

    async def batch(self, steps: Sequence[SqlStep], *, begin: str | None, commit: bool) -> list[Rows]:
        rows: list[Rows] = await self._execute(_run_batch, self._conn, steps, begin, commit)  # type: ignore[no-untyped-call]  # aiosqlite leaves its helper untyped
        return rows

    async def abandon(self) -> None:
        """Close what may be open, and see the thread end: where opening failed aiosqlite does not wait for it."""
        await self.close()
        await asyncio.to_thread(self._thread.join)

    async def work_off(self, works: Sequence[BatchJob]) -> None:
        await self._execute(_run_jobs, self._conn, works)  # type: ignore[no-untyped-call]  # as above


def _run_jobs(connection: sqlite3.Connection, works: Sequence[BatchJob]) -> None:
    """Run each job in a transaction of its own; the failure of one is its own."""
    for work in works:
        several = len(work.steps) > 1
        try:
            begin = _begin_statement(work.steps) if several else None
            work.rows = (_run_durably if work.durable else _run_batch)(connection, work.steps, begin, several)
        except Exception as error:  # noqa: BLE001 - whatever it is, those behind it must not bear it
            work.error = error
        work.done = True


def _begin_statement(steps: Sequence[SqlStep]) -> str:
    """Choose how to begin: readers wait for no writer, and no writer for them."""
    return BEGIN_READING if all(sql.startswith("SELECT") for sql, _, _ in steps) else BEGIN_WRITING


def _run_batch(connection: sqlite3.Connection, steps: Sequence[SqlStep], begin: str | None, commit: bool) -> list[Rows]:
    try:
        if begin:
            connection.execute(begin)
        rows = [_run(connection, step) for step in steps]
        if commit:
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return rows


def _run(connection: sqlite3.Connection, step: SqlStep) -> Rows:
    sql, parameters, must = step
    if not isinstance(parameters, Mapping):
        connection.executemany(sql, parameters)
        return []
    rows: Rows = connection.execute(sql, parameters).fetchall()
    if must and not rows:
        raise TurnTakenOver
    return rows


def _run_durably(
    connection: sqlite3.Connection, steps: Sequence[SqlStep], begin: str | None, commit: bool
) -> list[Rows]:
    """Run a batch with the write-ahead log synced to the disk.

    Elsewhere synchronous=NORMAL does: a killed process loses nothing, and what a power failure may take (a turn, a
    settled message) is done again from the inbox, which is written here.
    """
    connection.execute("PRAGMA synchronous=FULL")
    try:
        return _run_batch(connection, steps, begin, commit)
    finally:
        connection.execute("PRAGMA synchronous=NORMAL")


#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 5.0
#: Seconds between two tries to switch a new file to the write-ahead log.
_SWITCH_PAUSE = 0.05
#: The way of a file that gives room back when it is told to.
_INCREMENTAL = 2
#: RETURNING came with it.
OLDEST_SQLITE = (3, 35, 0)


#: What must be on the disk before anybody is told of it: a code that is given, and an act of somebody with a role.
_LASTING = frozenset({"next_number", "journal_add"})


class SqliteTransaction:
    """A transaction that holds the connection until it ends."""

    def __init__(self, connection: BatchingConnection, queries: QueryTexts, *, reading: bool) -> None:
        self._connection = connection
        self._queries = queries
        self._reading = reading
        self._begin: str | None = BEGIN_READING if reading else BEGIN_WRITING
        self._may_be_open = False
        self._has_lasting = False
        self.over = False

    @property
    def is_lasting(self) -> bool:
        """Tell whether it is committed, and holds what must be on the disk before anybody is told of it."""
        return self._has_lasting and self.over and not self._may_be_open

    async def run(self, *calls: Query, commit: bool = False) -> list[Rows]:
        self._has_lasting |= any(call.query in _LASTING for call in calls)
        return await self._steps(_to_steps(self._queries, calls), commit=commit)

    async def script(self, statements: Sequence[str]) -> None:
        await self._steps([(statement, {}, False) for statement in statements])

    async def _steps(self, steps: Sequence[SqlStep], *, commit: bool = False) -> list[Rows]:
        if self.over:
            raise StoreError(N_("This transaction has ended."))
        begin, self._begin, self._may_be_open = self._begin, None, True
        self.over = True  # a failed batch rolls itself back, and a cancelled one is rolled back by whoever opened it
        try:
            rows = await self._connection.batch(steps, begin=begin, commit=commit)
        except sqlite3.Error as error:
            raise ReadingOnly if self._reading and _is_refused_write(error) else to_store_error(error) from None
        self.over, self._may_be_open = commit, not commit
        return rows

    async def roll_back(self) -> None:
        """Undo what is still open; safe at any time."""
        if self._may_be_open:
            await self._connection.rollback()


def _is_refused_write(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return bool(code & _PRIMARY_CODE_MASK == sqlite3.SQLITE_READONLY)


def _to_steps(queries: QueryTexts, calls: Sequence[Query]) -> list[SqlStep]:
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
        "in_batch": "IN (",
        "end_batch": ")",
        "row_place": "rowid",
        "each": "SELECT value FROM json_each",
        "migration_lock": "1",
        "now": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
        "relaxed": "1 = 1",
        "line": "0",
        "server": "0",
        "waits": "1",
        "behind": "1 = 0",
        "unhurried": "SELECT 1",
        "keeps_left": sqlite_triggers(),
        "keeps_ends": sqlite_ends_triggers(),
        **KEPT_VALUES,
    }
    shared = False
    was_full = False  # every write needs room in the log here

    def __init__(self, connection: BatchingConnection, path: Path) -> None:
        self._connection = connection
        self._queries = load_queries(self.dialect)
        self._lock = asyncio.Lock()
        self._waiting: list[BatchJob] = []
        self._reader = _Reader(path)
        self._path = path
        self._looker = _Reader(path)  # one of its own: who reads in a transaction may look as well

    async def run(self, *calls: Query, durable: bool = False) -> list[Rows]:
        """Run queries; the first to get the connection takes along all that wait: a hop to its thread costs the most.

        Where the one under way is cancelled, the next hop queues behind it, so that nothing is done twice.
        """
        work = BatchJob(_to_steps(self._queries, calls), durable=durable)
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
            raise to_store_error(work.error) from None
        if work.error is not None:
            raise work.error
        return work.rows

    async def look(self, *calls: Query) -> list[Rows]:
        async with self._looker.held() as connection:
            transaction = SqliteTransaction(connection, self._queries, reading=True)
            try:
                return await transaction.run(*calls, commit=True)
            finally:
                await asyncio.shield(transaction.roll_back())

    @asynccontextmanager
    async def transaction(self, *, reading: bool = False) -> AsyncIterator[Transaction]:
        async with self._reader.held() if reading else self._held() as connection:
            transaction = SqliteTransaction(connection, self._queries, reading=reading)
            try:
                yield Transaction(transaction.run, transaction.script)
            finally:
                await asyncio.shield(self._end(transaction))

    async def _end(self, transaction: SqliteTransaction) -> None:
        """Undo what was not committed; nobody else gets the connection before what must last is on the disk."""
        await transaction.roll_back()
        if transaction.is_lasting:
            with suppress(OSError):  # it is committed; where the log is gone its rows are in the file, and on the disk
                await asyncio.to_thread(_sync_file, self._path.with_name(f"{self._path.name}-wal"))

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[BatchingConnection]:
        async with self._lock:
            yield self._connection

    def take_up(self, table: str, takes: Callable[[str], bool]) -> None:
        """Do nothing: there is no other process to be told."""

    async def listen(self, heard: Callable[[str], None], channels: Collection[str]) -> None:  # noqa: ARG002 - nobody tells it anything
        """Wait until cancelled: nobody else writes here."""
        await asyncio.Event().wait()

    async def give_room_back(self, pages: int, kept: int) -> int:
        """See ``Driver``; the file itself shrinks at the next checkpoint."""
        async with self._held() as connection:
            try:
                ((mode,),) = await connection.execute_fetchall("PRAGMA auto_vacuum")
                ((unused,),) = await connection.execute_fetchall("PRAGMA freelist_count")
                surplus = min(pages, int(unused) - kept) if mode == _INCREMENTAL else 0
                if surplus <= 0:
                    return 0
                # As a script, which goes on to its end: Python's own statement stops behind the first page.
                await connection.executescript(f"PRAGMA incremental_vacuum({surplus})")
                ((left,),) = await connection.execute_fetchall("PRAGMA freelist_count")
            except sqlite3.Error as error:
                raise to_store_error(error) from None
        return int(unused) - int(left)

    async def rebuild(self) -> None:
        """Switch a file made before to incremental vacuum; where the disk has no room for it, it stays as it is."""
        async with self._held() as connection:
            ((mode,),) = await connection.execute_fetchall("PRAGMA auto_vacuum")
            if mode == _INCREMENTAL:
                return
            try:
                await connection.execute_fetchall("VACUUM")
            except sqlite3.Error as error:
                _log.warning("database_not_rebuilt", error=_error_name(error))

    async def close(self) -> None:
        await self._reader.close()
        await self._looker.close()
        await self._connection.close()


def _sync_file(path: Path) -> None:
    """Wait until a file is on the disk. Closing it gives no lock of SQLite's up: none is held on its log."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class _Reader:
    """A second connection to the file, opened when it is needed: what is read there keeps no writer waiting."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._opening: asyncio.Task[BatchingConnection] | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[BatchingConnection]:
        async with self._lock:
            yield await self._open()

    async def _open(self) -> BatchingConnection:
        """Open it once; whoever is cancelled meanwhile leaves no thread behind that nobody ends."""
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.create_task(_connect(self._path, "query_only=ON"))
        return await asyncio.shield(self._opening)

    async def close(self) -> None:
        if self._opening is not None:
            with suppress(StoreError):
                await (await self._opening).close()


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
    return SqliteDriver(await _connect(path), path)


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise cannot_open(path, error) from None


async def _connect(path: Path, *more: str) -> BatchingConnection:
    """Connect to a file, with ``more`` pragmas than those that every connection has."""

    def connector() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256)

    connection = BatchingConnection(connector, iter_chunk_size=64)
    try:
        await connection
        await connection.execute_fetchall(f"PRAGMA auto_vacuum={_INCREMENTAL}")  # of a new file; later it has no effect
        await _enable_wal(connection)
        pragmas = ("foreign_keys=ON", "secure_delete=ON", "synchronous=NORMAL", *more)
        await connection.batch([(f"PRAGMA {pragma}", {}, False) for pragma in pragmas], begin=None, commit=False)
    except sqlite3.Error as error:
        await connection.abandon()
        raise to_store_error(error, path) from None
    except BaseException:  # cancelled: its thread would keep the process from ending
        await asyncio.shield(connection.abandon())
        raise
    return connection


async def _enable_wal(connection: BatchingConnection) -> None:
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
