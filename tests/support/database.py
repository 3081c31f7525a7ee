"""A fresh database of one of the two kinds, looked at and changed behind the store's back."""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

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
        """Return everything that a thief of the database would hold."""
        if self.url is None:
            return b"".join(path.read_bytes() for path in sorted(self.folder.glob("troly.sqlite3*")))
        tables = [name for (name,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = [row for table in tables for row in self.sql(f"SELECT * FROM {table}")]
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


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
