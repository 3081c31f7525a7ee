"""Open the tables of the database that a URL names."""

from collections.abc import Collection, Mapping
from pathlib import Path

from bot.store.contents import LiveTables
from bot.store.contents.sqlite_tables import SqliteTables
from bot.store.drivers import load_migrations, load_queries, needs_postgresql, split_statements, sqlite_path


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


def create_statements(versions: Collection[int], dialect: Mapping[str, str]) -> list[str]:
    """Return the statements that make all tables as they were after these migrations."""
    steps = [step for step in load_migrations() if step.version in versions]
    first = load_queries(dialect)["create_migrations"]
    return [first, *(statement for step in steps for statement in split_statements(step.text, dialect))]
