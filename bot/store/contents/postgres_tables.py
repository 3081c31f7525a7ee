"""The tables of a PostgreSQL database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel, sql

from bot.store.contents import Row, contents_of, in_order
from bot.store.drivers.postgres import CONNECT_SECONDS, PostgresDriver
from bot.store.drivers.postgres_errors import DATABASE_URL, to_connection_error, to_store_error
from bot.store.errors import SchemaOlder, ValueNotTaken

#: Rows that are fetched at a time.
_BATCH = 200


class PostgresTables:
    """One connection to a database, in one transaction until ``commit``; methods as those of ``SqliteTables``."""

    dialect: Mapping[str, str] = PostgresDriver.dialect
    shared = True

    def __init__(self, url: str, setting: str = DATABASE_URL) -> None:
        """Connect; ``setting`` is where the URL stands.

        Raises:
            StoreError: the server does not answer, or does not let us in.
        """
        try:
            self._connection = psycopg.connect(url, connect_timeout=CONNECT_SECONDS, prepare_threshold=None)
        except psycopg.Error as error:
            raise to_connection_error(error, url, setting) from None
        self._connection.isolation_level = IsolationLevel.REPEATABLE_READ

    @property
    def version(self) -> int:
        """Return the major version of the server."""
        return self._connection.info.server_version // 10_000

    def export_snapshot(self) -> str:
        """Return the name by which another connection sees what this one sees."""
        return str(self.execute("SELECT pg_export_snapshot()")[0][0])

    def execute(self, statement: str, *parameters: object) -> list[Row]:
        with _translate_errors():
            cursor = self._connection.execute(statement.replace("?", "%s").encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def names(self) -> list[str]:
        found = self.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        pairs = self.execute(
            "SELECT c.relname, p.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            " JOIN pg_class p ON p.oid = k.confrelid"
            " WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace"
        )
        return in_order((name for (name,) in found), lambda table: {to for one, to in pairs if one == table})

    def columns(self, table: str) -> list[str]:
        return sorted(self.kinds(table))

    def kinds(self, table: str) -> dict[str, str]:
        found = self.execute(
            "SELECT column_name, udt_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ?",
            table,
        )
        return {str(name): str(kind) for name, kind in found}

    def rows(self, table: str) -> Iterator[Row]:
        listed = sql.SQL(", ").join(map(sql.Identifier, self.columns(table)))
        query = sql.SQL("SELECT {} FROM {}").format(listed, sql.Identifier(table))
        with _translate_errors(), self._connection.cursor(name="contents", binary=True) as cursor:
            cursor.execute(query)
            while batch := cursor.fetchmany(_BATCH):
                yield from batch

    def last_number(self, table: str) -> int | None:
        if "id" not in self.kinds(table):
            return None
        ((sequence,),) = self.execute("SELECT pg_get_serial_sequence(quote_ident(?), 'id')", table)
        if sequence is None:
            return None
        found = self.execute("SELECT pg_sequence_last_value(?::regclass)", sequence)
        return None if found[0][0] is None else int(found[0][0])

    def set_last_number(self, table: str, number: int) -> None:
        if number > 0:
            self.execute("SELECT setval(pg_get_serial_sequence(quote_ident(?), 'id'), ?)", table, number)

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Copy rows in one statement: they may refer to each other."""
        kinds = self.kinds(table)
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table), listed)
        try:
            with _translate_errors(), self._connection.cursor() as cursor, cursor.copy(query) as copy:
                copy.set_types([kinds[name] for name in columns])
                for row in rows:
                    copy.write_row(row)
        except (psycopg.DataError, ValueError, TypeError, OverflowError):
            raise ValueNotTaken(table=table) from None

    def empty(self) -> None:
        for name in reversed(contents_of(self)):
            self.execute(f'DELETE FROM "{name}"')  # noqa: S608 - names of our own tables

    def recreate(self, statements: Sequence[str]) -> None:
        for name in reversed(self.names()):
            self.execute(f'DROP TABLE "{name}" CASCADE')
        for statement in statements:
            self.execute(statement)

    def lock(self) -> None:
        """Lock before anything is looked at: the transaction sees what the first query behind the lock sees."""
        listed = ", ".join(f'"{name}"' for name in self.names())
        with _translate_errors():
            self._connection.rollback()
            self._connection.execute("SET LOCAL lock_timeout = '5s'")
            self._connection.execute(f"LOCK TABLE {listed} IN EXCLUSIVE MODE".encode())

    def commit(self) -> None:
        with _translate_errors():
            self._connection.commit()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise the store's errors; those of a value are for whoever copies it."""
    try:
        yield
    except psycopg.DataError:
        raise
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        raise SchemaOlder from None
    except psycopg.Error as error:
        raise to_store_error(error) from None
