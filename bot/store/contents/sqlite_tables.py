"""The tables of an SQLite file."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.store.contents import Row, contents_of, in_order
from bot.store.drivers.sqlite import BUSY_SECONDS, SqliteDriver, cannot_open, to_store_error
from bot.store.errors import SchemaOlder, StoreError

#: Rows that are fetched at a time.
_BATCH = 200


class SqliteTables:
    """One connection to a file; a file that is only ``reading`` is not changed, nor anything made beside it."""

    dialect: Mapping[str, str] = SqliteDriver.dialect
    shared = False  #: whether several processes may use the database at once

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        """Open the file, which is made where there is none and it is not only read.

        Raises:
            StoreError: it cannot be opened, or is no database.
        """
        self._path = path
        mode = "?mode=ro&immutable=1" if reading else "?mode=rwc"
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}{mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
            if not reading:
                path.chmod(0o600)
            self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from None

    def _failure(self, error: sqlite3.Error | OSError) -> StoreError:
        if isinstance(error, OSError):
            return cannot_open(self._path, error)
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:  # no such table, no such column
            return SchemaOlder()
        return to_store_error(error, self._path)

    def execute(self, statement: str, *parameters: object) -> list[Row]:
        """Run a statement; what changes something begins a transaction, which ``commit`` ends."""
        try:
            if not self._connection.in_transaction and not statement.lstrip().startswith(("SELECT", "PRAGMA", "BEGIN")):
                self._connection.execute("BEGIN IMMEDIATE")
            return self._connection.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def names(self) -> list[str]:
        found = self.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return in_order((name for (name,) in found), self._parents)

    def _parents(self, table: str) -> set[str]:
        return {row[2] for row in self.execute(f'PRAGMA foreign_key_list("{table}")')}

    def columns(self, table: str) -> list[str]:
        return sorted(row[1] for row in self.execute(f'PRAGMA table_info("{table}")'))

    def kinds(self, table: str) -> dict[str, str]:
        """Return the type of each column, in the words of the database."""
        return {row[1]: row[2] for row in self.execute(f'PRAGMA table_info("{table}")')}

    def rows(self, table: str) -> Iterator[Row]:
        listed = ", ".join(f'"{name}"' for name in self.columns(table))
        try:
            cursor = self._connection.execute(f'SELECT {listed} FROM "{table}"')  # noqa: S608 - names of our own tables
            while batch := cursor.fetchmany(_BATCH):
                yield from batch
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def last_number(self, table: str) -> int | None:
        known = self.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")
        found = self.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", table) if known else []
        return int(found[0][0]) if found else None

    def set_last_number(self, table: str, number: int) -> None:
        """Let a table number its next row behind this one."""
        self.execute("DELETE FROM sqlite_sequence WHERE name = ?", table)
        self.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, number)

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Add rows, whose values are in the order of ``columns``."""
        listed = ", ".join(f'"{name}"' for name in columns)
        holes = ", ".join("?" for _ in columns)
        try:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({holes})', rows)  # noqa: S608 - as above
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def empty(self) -> None:
        """Delete every row of every table that is part of the contents."""
        for name in reversed(contents_of(self)):
            self.execute(f'DELETE FROM "{name}"')  # noqa: S608 - as above

    def recreate(self, statements: Sequence[str]) -> None:
        """Replace all tables by those that the statements make."""
        for name in reversed(self.names()):
            self.execute(f'DROP TABLE "{name}"')
        for statement in statements:
            self.execute(statement)

    def lock(self) -> None:
        """Keep everybody else from writing until ``commit``, and see the database as it is from then on."""
        self.execute("BEGIN IMMEDIATE")

    def copy_to(self, path: Path) -> None:
        """Write what the database is at this moment into another file, which needs no log beside it; writers go on."""
        try:
            copy = sqlite3.connect(path, isolation_level=None)
            try:
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
            finally:
                copy.close()
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def is_whole(self) -> bool:
        """Tell whether SQLite finds the pages and indexes of the file whole."""
        return self.execute("PRAGMA integrity_check") == [("ok",)]

    def commit(self) -> None:
        """Keep what was done."""
        if self._connection.in_transaction:
            self.execute("COMMIT")

    def close(self) -> None:
        """Undo what was not kept, and release the connection."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._connection.close()
