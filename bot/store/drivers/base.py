"""The interface of a database: queries, transactions, and the URL that names one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from bot.store.errors import DatabaseUrlError
from locales import N_

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the files in ``sql/`` with its parameters."""

    query: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    #: The whole transaction is undone, with TurnTaken, where this returns no row.
    must: bool = False
    #: Names of the conditions that a query with ``{where}`` is run with.
    where: tuple[str, ...] = ()
    #: Run once for each of these instead of with ``parameters``, as fast as the database can; no rows come back.
    many: Sequence[Mapping[str, Any]] | None = None
    #: Plan anew on every run: the table grows between runs, and a cached plan becomes slow.
    anew: bool = False
    #: What it returns is shown and decides nothing: within a turn it is asked once.
    shown: bool = False


#: Runs queries in order within a transaction and returns the rows of each: ``run`` of a driver or of a transaction.
RunQueries = Callable[..., Awaitable[list[Rows]]]


class Transaction(Protocol):
    """An open transaction."""

    async def run(self, *calls: Query, commit: bool = False) -> list[Rows]:
        """Run queries in order, and commit behind the last one if so told; the rows of each."""

    async def script(self, statements: Sequence[str]) -> None:
        """Run the statements of a migration."""


class Driver(Protocol):
    """A database. Every method raises ``StoreError`` and leaves nothing half done."""

    #: The database's own words for the braces of migrations and queries.
    dialect: Mapping[str, str]
    #: Whether several processes may serve the same channel over it.
    shared: bool

    async def run(self, *calls: Query, durable: bool = False) -> list[Rows]:
        """Run queries as one transaction in one go; ``durable``: on the disk before it returns, even if power fails."""

    def transaction(self, *, reading: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that answers between its queries; it is rolled back unless it was told to commit.

        One that is only ``reading`` sees one moment and keeps nobody from writing, in this process or another. What
        is to be written in it raises ``ReadingOnly``.
        """

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Tell of every table that another process wrote to, until cancelled; only where it is ``shared``."""

    async def close(self) -> None:
        """Release connections."""


WRONG_URL = N_(
    "The database URL cannot be used. Write sqlite:///path/to/file or postgresql://user:password@host/database."
)


def sqlite_path(url: str | None, data_dir: Path) -> Path | None:
    """Return the file to open, or ``None`` for PostgreSQL.

    ``sqlite:///var/x`` is relative, ``sqlite:////var/x`` absolute.

    Raises:
        DatabaseUrlError: it names neither; the message never repeats the URL, which may hold a password.
    """
    if url is None:
        return data_dir / "troly.sqlite3"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise DatabaseUrlError(WRONG_URL) from None
    if parts.scheme in {"postgresql", "postgres"} and len(parts.path + parts.query) > 1:
        return None
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return Path(parts.path[1:])
    raise DatabaseUrlError(WRONG_URL)
