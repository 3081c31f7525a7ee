"""Both databases behind one fixture: what holds for one holds for the other."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.cli import main
from bot.services.opening import open_store
from bot.settings import load_settings
from bot.store.sealing import Keyring, open_keyring
from bot.store.store import Store


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
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.replace("?", "%s").encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def bytes_at_rest(self) -> bytes:
        """Everything that a thief of the database would hold."""
        if self.url is None:
            return b"".join(path.read_bytes() for path in sorted(self.folder.glob("troly.sqlite3*")))
        tables = [name for (name,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = [row for table in tables for row in self.sql(f"SELECT * FROM {table}")]
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


OpenStore = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """With empty tables."""
    return with_tables(request, tmp_path)


def with_tables(request: pytest.FixtureRequest, folder: Path) -> Database:
    """A database of the kind that a fixture's parameter names, with empty tables."""
    if request.param == "postgres":
        return Database(request.getfixturevalue("postgres_url"), folder)
    database = Database(None, folder)
    shutil.copy(request.getfixturevalue("sqlite_template"), database.file)
    return database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database without tables."""
    url = request.getfixturevalue("empty_postgres_url") if request.param == "postgres" else None
    return Database(url, tmp_path)


@pytest.fixture
def keyring(database: Database) -> Keyring:
    return open_keyring(database.keys)[0]


@pytest.fixture
async def another(database: Database) -> AsyncIterator[OpenStore]:
    """Opens the store as one more process would: with its own connection and its own keyring."""
    async with AsyncExitStack() as stack:

        async def opened() -> Store:
            store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(another: OpenStore) -> Store:
    return await another()


#: Runs a command on the database; exit code, output, errors.
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def troly(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command on the database; exit code, output, errors."""
    monkeypatch.chdir(database.folder)
    monkeypatch.setenv("TROLY_DATA_DIR", str(database.folder))
    monkeypatch.setenv("TROLY_LANGUAGE", "en")
    if database.url:
        monkeypatch.setenv("TROLY_DATABASE_URL", database.url)
    load_settings.cache_clear()

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        code = ended.value.code
        said = capsys.readouterr()
        return code if isinstance(code, int) else 0, said.out, said.err

    yield run
    load_settings.cache_clear()
