"""The rows of a whole database: counted, digested, and copied into another one of either kind.

A digest is the sum of the digests of a table's rows, so that it does not depend on the order in which a database gives
them out, and is the same on SQLite and on PostgreSQL.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.store.errors import ContentsDiffer

Row = tuple[Any, ...]

#: Tables that say how far a database itself is, and are no contents of it.
OWN_TABLES = frozenset({"schema_migrations", "copied_tables"})
#: Counters that say what became of this very database: it was put back from a backup, or moved elsewhere.
PUT_BACK, MOVED = "put_back", "moved"
#: These, and what is known of the server: its timeline, its identity, whether its commits wait for a standby.
_MARKS = frozenset({PUT_BACK, MOVED, "line", "server", "waits"})
#: Tables that a database has rows in before anybody has said anything.
_STRUCTURE = frozenset({"keyring", "counters", "sealing_keys", "audit_head", "workers", "upkeep", "alarms"})
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class TableDigest:
    """The number of a table's rows, and their digest as 64 hexadecimal digits."""

    rows: int
    digest: str


class ReadableTables(Protocol):
    """The tables of a database, or of a backup, at one moment; raises StoreError where it cannot be read."""

    def names(self) -> list[str]:
        """Return the tables, each behind those that it refers to."""

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, in the order of the alphabet."""

    def rows(self, table: str) -> Iterator[Row]:
        """Read the rows of a table, their values in the order of ``columns``."""

    def last_number(self, table: str) -> int | None:
        """Return the last number that a table gave to a row; ``None`` where it numbers none."""


def contents_of(tables: ReadableTables) -> list[str]:
    """Return the tables that are part of the contents, each behind those that it refers to."""
    return [name for name in tables.names() if name not in OWN_TABLES]


def content_rows(tables: ReadableTables, table: str) -> Iterator[Row]:
    """Read the rows of a table without the marks of this very database."""
    rows = tables.rows(table)
    if table != "counters":
        return rows
    place = tables.columns(table).index("name")
    return (row for row in rows if row[place] not in _MARKS)


def digest_table(tables: ReadableTables, table: str) -> TableDigest:
    """Count and digest the rows of a table."""
    count = total = 0
    for row in content_rows(tables, table):
        count += 1
        total += int.from_bytes(hashlib.sha256(_encode(row)).digest())
    return TableDigest(count, f"{total % _MODULUS:064x}")


def digest_tables(tables: ReadableTables) -> dict[str, TableDigest]:
    """Count and digest all contents."""
    return {name: digest_table(tables, name) for name in contents_of(tables)}


def _encode(row: Row) -> bytes:
    """Encode a row so that no two different rows have the same bytes."""
    return b"".join(map(_encode_value, row))


def _encode_value(value: Any) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i%d;" % value
    data, kind = (value.encode("utf-8", "surrogatepass"), b"t") if isinstance(value, str) else (bytes(value), b"b")
    return b"%b%d:%b" % (kind, len(data), data)


def require_same(expected: Mapping[str, TableDigest], found: Mapping[str, TableDigest]) -> None:
    """Compare two contents table by table.

    Raises:
        ContentsDiffer: the message names the first tables that differ.
    """
    wrong = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    if wrong:
        raise ContentsDiffer(tables=", ".join(wrong[:5]))


def holds_data(tables: ReadableTables) -> bool:
    """Tell whether anybody's data are in a database."""
    return any(next(tables.rows(name), None) is not None for name in contents_of(tables) if name not in _STRUCTURE)


def in_order(names: Iterable[str], parents: Callable[[str], set[str]]) -> list[str]:
    """Sort tables so that each stands behind those that it refers to; a table may refer to itself."""
    left = {name: parents(name) - {name} for name in sorted(names)}
    ordered: list[str] = []
    while left:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        ordered += free or sorted(left)
        left = {name: needs for name, needs in left.items() if name not in ordered}
    return ordered
