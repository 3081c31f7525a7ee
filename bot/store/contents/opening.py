"""Open the tables of the database that a URL names, see that nobody serves it, and copy rows into it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bot.store.contents import ReadableTables, content_rows
from bot.store.contents.sqlite_tables import SqliteTables
from bot.store.drivers import load_migrations, load_queries, needs_postgresql, split_statements, sqlite_path
from bot.store.errors import ContentsDiffer, DatabaseMoved
from bot.store.sealing.sealed_columns import SEALED_COLUMNS
from locales import N_

if TYPE_CHECKING:
    from bot.store.contents.postgres_tables import PostgresTables

#: The tables of a database that others may be using; nothing that is done is kept before ``commit``.
LiveTables: TypeAlias = "SqliteTables | PostgresTables"


def open_tables(url: str | None, data_dir: Path, setting: str = "TROLY_DATABASE_URL") -> LiveTables:
    """Open the tables of a database, or of the SQLite file of the data folder where no URL is given.

    An error speaks of the ``setting`` that the URL stands in.

    Raises:
        StoreError: it cannot be opened.
    """
    path = sqlite_path(url, data_dir)
    if path is not None:
        return SqliteTables(path)
    with needs_postgresql():
        from bot.store.contents.postgres_tables import PostgresTables  # noqa: PLC0415 - as psycopg is

    return PostgresTables(url or "", setting)


def sealing_keys(tables: LiveTables) -> list[str]:
    """Return the ids of the keys that a database needs.

    They are noted at a start; until the first one after an upgrade from a version that noted none the values say it.

    Raises:
        StoreError: the tables are those of an earlier version.
    """
    noted = tables.execute("SELECT id FROM sealing_keys WHERE retired_at IS NULL ORDER BY id")
    return [str(key) for (key,) in noted] or keys_of_values(tables)


def keys_of_values(tables: LiveTables) -> list[str]:
    """Return the ids of the keys that sealed the values which are there, whatever version made the tables."""
    names, found = tables.names(), set[str]()
    for sealed in SEALED_COLUMNS:
        if sealed.table in names and sealed.column in tables.kinds(sealed.table):
            asked = f"SELECT DISTINCT substr({sealed.column}, 1, 4) FROM {sealed.table}"  # noqa: S608 - names of our own
            found |= {key.hex() for (key,) in tables.execute(asked) if isinstance(key, bytes)}
    return sorted(found)


def create_statements(versions: Collection[int], dialect: Mapping[str, str]) -> list[str]:
    """Return the statements that make all tables as they were after these migrations."""
    steps = [step for step in load_migrations() if step.version in versions]
    first = load_queries(dialect)["create_migrations"]
    return [first, *(statement for step in steps for statement in split_statements(step.text, dialect))]


_IN_USE = N_(
    "An assistant serves this database at the moment ({names}). Stop it first: what it wrote meanwhile would be lost."
)


def require_unserved(tables: LiveTables) -> None:
    """Refuse while a process shows a sign of life; on SQLite one holds a lock instead, and its row may be old.

    Behind ``lock`` nobody can begin to serve before ``commit``.

    Raises:
        DatabaseMoved: somebody serves the database.
    """
    if tables.shared and "workers" in tables.names():
        alive = f"SELECT COALESCE(name, id) FROM workers WHERE seen_at + lease >= {tables.dialect['now']}"  # noqa: S608 - our own words
        if names := sorted({str(name) for (name,) in tables.execute(alive)}):
            raise DatabaseMoved(_IN_USE, names=", ".join(names))


def copy_table(source: ReadableTables, target: LiveTables, table: str) -> None:
    """Copy a table's rows, and how far it numbered them."""
    columns = source.columns(table)
    if columns != target.columns(table):
        raise ContentsDiffer(tables=table)
    target.fill(table, columns, content_rows(source, table))
    if (last := source.last_number(table)) is not None:
        target.set_last_number(table, last)
