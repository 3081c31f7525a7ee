"""Define the small interface of both databases, and read the statements and migrations for one of them.

The text of a migration is fixed by its checksum once it was applied anywhere.
"""

import hashlib
import re
import stat
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from bot.settings import DATABASE_FILE
from bot.store.drivers.kept_counts import NUMBERED_PROCEDURES
from bot.store.errors import DatabaseUnusable, DatabaseUrlError, SchemaAltered, SchemaNewer
from bot.store.power_seals import GRANT_COLUMNS, INVITATION_COLUMNS, WARRANT_COLUMNS
from bot.store.sealing.sealed_columns import SEALED_COLUMNS, SealedColumn
from handlers.model import (
    AMENDABLE_STATES,
    ENDED_STATES,
    EXPIRY_CAMPAIGN,
    OPEN_STATES,
    REQUEST_TRANSITIONS,
    REQUESTED_STATES,
    RETAINED_STATES,
    UNCOUNTED_STATES,
)
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
    #: It may go through the rows of everybody: where it can be, it is asked where nobody who writes waits for it.
    wide: bool = False


#: Runs queries in order within a transaction and returns the rows of each: ``run`` of a driver or of a transaction.
RunQueries = Callable[..., Awaitable[list[Rows]]]


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction of either database."""

    #: Run queries in order, and commit behind the last one if told so by ``commit=True``; the rows of each.
    run: RunQueries
    #: Run the statements of a migration.
    script: Callable[[Sequence[str]], Awaitable[None]]


class Driver(Protocol):
    """A database. Every method raises ``StoreError`` and leaves nothing half done."""

    #: The database's own words for the braces of migrations and queries.
    dialect: Mapping[str, str]
    #: Whether several processes may serve the same channel over it.
    shared: bool

    @property
    def was_full(self) -> bool:
        """Tell whether a statement lately found no room on the disk: one that needs none tells nothing about it."""

    async def run(self, *calls: Query, durable: bool = False) -> list[Rows]:
        """Run queries as one transaction in one go; ``durable``: on the disk before it returns, even if power fails."""

    async def look(self, *calls: Query) -> list[Rows]:
        """Run queries that only read, as one transaction: nobody who writes waits for them, however long they take."""

    def transaction(self, *, reading: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that answers between its queries; it is rolled back unless it was told to commit.

        One that is only ``reading`` sees one moment and keeps nobody from writing, in this process or another. What
        is to be written in it raises ``ReadingOnly``.
        """

    def take_up(self, table: str, takes: Callable[[str], bool]) -> None:
        """Ask ``takes`` from now on whether this process does what is written to a table for a channel by itself.

        Where it does, no other process is told of it.
        """

    async def listen(self, heard: Callable[[str], None], channels: Collection[str]) -> None:
        """Tell of tables that another process wrote to for these channels, until cancelled; only where ``shared``."""

    async def give_room_back(self, pages: int, kept: int) -> int:
        """Give unused pages of the file back to the disk.

        Args:
            pages: as many at most.
            kept: so many unused ones stay for what is written next.

        Returns:
            How many were given back; 0 where none are left, and where the database sees to it by itself.
        """

    async def rebuild(self) -> None:
        """Rebuild a file of an earlier version that cannot give room back; nobody else may be served meanwhile."""

    async def close(self) -> None:
        """Release connections."""


@dataclass(frozen=True, slots=True)
class SharedUse:
    """The way in which a process uses a database that it shares with others."""

    pool: int = 4  #: connections at most: a server has 100 for all processes, unless it was told otherwise
    listen_url: str | None = None  #: of the server itself, where the database's URL leads to a pooler
    signals_url: str | None = None  #: of a NATS server; ``None``: the database carries the signals


WRONG_URL = N_(
    "The database URL cannot be used. Write sqlite:///path/to/file or postgresql://user:password@host/database."
)


_NO_FILE = N_("The database {path} is a device or a pipe, not a file. Write sqlite:///path/to/file.")


def sqlite_path(url: str | None, data_dir: Path) -> Path | None:
    """Return the file to open, or ``None`` for PostgreSQL.

    ``sqlite:///var/x`` is relative, ``sqlite:////var/x`` absolute.

    Raises:
        DatabaseUrlError: it names neither; the message never repeats the URL, which may hold a password. Or something
            else is there: what makes a database private would make a device of the system private.
    """
    path = data_dir / DATABASE_FILE if url is None else _path_of(url)
    with suppress(OSError, ValueError):  # whoever opens it says why it cannot be
        if path is not None and not (stat.S_ISREG(kind := path.stat().st_mode) or stat.S_ISDIR(kind)):
            raise DatabaseUrlError(_NO_FILE, path=path)
    return path


def _path_of(url: str) -> Path | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise DatabaseUrlError(WRONG_URL) from None
    if parts.scheme in {"postgresql", "postgres"} and len(parts.path + parts.query) > 1:
        return None
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return Path(parts.path[1:])
    raise DatabaseUrlError(WRONG_URL)


_NO_POSTGRESQL = N_("PostgreSQL needs a part of the assistant that is not installed: {command}")
_INSTALL_POSTGRESQL = "pip install 'troly-chung-thu[postgresql]'"


@contextmanager
def needs_postgresql() -> Iterator[None]:
    """Load what speaks to PostgreSQL in the block.

    Raises:
        DatabaseUnusable: it is not installed; the message holds the command that brings it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"psycopg", "psycopg_pool"}:
            raise
        raise DatabaseUnusable(_NO_POSTGRESQL, command=_INSTALL_POSTGRESQL) from None


_STATEMENT = re.compile(
    r"^-- name: (?P<kind>where_)?(?P<name>\w+)(?P<mark>!?)\n(?P<text>.*?);$", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_END = re.compile(r";[ \t]*(?:\n|\Z)")
#: Microseconds that a message waits at most after it was put back. One that would wait longer was put back by a clock
#: that was set back since: it is due.
_LONGEST_WAIT_MICROS = 3_600_000_000
#: The chats of the person of ``:chat``, mailboxes included.
_OWN_CHATS = """(SELECT CAST(:chat AS TEXT) UNION SELECT po.chat FROM person_channels pm
    JOIN person_channels po ON po.person = pm.person WHERE pm.chat = :chat)"""
#: What stands in a finished query where its conditions go; nothing else in SQL looks like it.
_HOLE = "{where}"
#: The end of the journal beside a row that it proves, with the last row there is (``power_seals.ProvenRow``).
_HEAD_COLUMNS = "h.number, h.hash, h.seal, (SELECT MAX(a.number) FROM audit a)"


def sql_files() -> dict[str, str]:
    """Read the SQL files by name, in order."""
    found = [path for path in files("bot.store").joinpath("sql").iterdir() if path.name.endswith(".sql")]
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(found, key=lambda path: path.name)}


class QueryTexts(dict[str, str]):
    """Queries and conditions (``where.x``) by name; ``text`` gives one with its conditions."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self._composed: dict[tuple[str, tuple[str, ...]], str] = {}

    def text(self, name: str, where: tuple[str, ...] = ()) -> str:
        """Return the statement to run; without conditions it means all rows."""
        known = self._composed.get((name, where))
        if known is None:
            joined = " AND ".join(f"({self[f'where.{one}']})" for one in where) or "1 = 1"
            known = self._composed[name, where] = self[name].replace(_HOLE, joined)
        return known


def load_queries(dialect: Mapping[str, str]) -> QueryTexts:
    """Load every query by name, without comments, with the braces filled in."""
    return QueryTexts(_read(tuple(dialect.items())))


@cache
def _read(dialect: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    words = {**_vocabulary(), **dict(dialect), "where": _HOLE}
    queries: dict[str, str] = {}
    for source in sql_files().values():
        for found in _STATEMENT.finditer(source):
            name = f"where.{found['name']}" if found["kind"] else found["name"]
            queries |= _expand_tables(name, found["text"], words)
    return queries


def _expand_tables(name: str, text: str, words: Mapping[str, str]) -> dict[str, str]:
    """Expand a query about ``{table}`` into one query for each sealed column."""
    if "{table}" not in text:
        return {name: _fill(text, words)}
    return {
        column_query_name(name, sealed): _fill(text, {**words, **_column_words(sealed)}) for sealed in SEALED_COLUMNS
    }


def column_query_name(name: str, sealed: SealedColumn) -> str:
    """Return the name of such a query for one column."""
    return f"{name}.{sealed.table}.{sealed.column}"


def _column_words(sealed: SealedColumn) -> dict[str, str]:
    return {"table": sealed.table, "column": sealed.column, "key": sealed.key, "row": sealed.row}


def split_statements(script: str, dialect: Mapping[str, str]) -> list[str]:
    """Split a migration into its statements, in order; a semicolon of their own stands within a line."""
    filled = _fill(script, dialect)
    return [statement for part in _END.split(filled) if (statement := part.strip())]


def _fill(text: str, words: Mapping[str, str]) -> str:
    return _COMMENT.sub("", text).strip().format_map(words)


def _vocabulary() -> dict[str, str]:
    """Return lists of states as SQL; the words come from the code, never from outside."""
    moves = ", ".join(f"('{old}', '{new}')" for old, allowed in REQUEST_TRANSITIONS.items() for new in sorted(allowed))
    return {
        "open_states": _format_list(OPEN_STATES),
        "amendable_states": _format_list(AMENDABLE_STATES),
        "must_stay": _format_list(RETAINED_STATES),
        "requested": _format_list(REQUESTED_STATES),
        "waived": _format_list(UNCOUNTED_STATES),
        "left_numbers": NUMBERED_PROCEDURES,
        "moves": moves,
        "life_ended": _format_list(ENDED_STATES),
        "standing": f"'{EXPIRY_CAMPAIGN}'",
        "longest_wait": str(_LONGEST_WAIT_MICROS),
        "own": _OWN_CHATS,
        "grant": f"{_format_columns('g', GRANT_COLUMNS)}, {_HEAD_COLUMNS}",
        "invitation": f"{_format_columns('i', INVITATION_COLUMNS)}, {_HEAD_COLUMNS}",
        "warrant": _format_columns("b", WARRANT_COLUMNS),
    }


def _format_columns(table: str, names: Iterable[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


def _format_list(words: Iterable[str]) -> str:
    quoted = ", ".join(f"'{word}'" for word in sorted(words))
    return f"({quoted})"


@dataclass(frozen=True, slots=True)
class Migration:
    """A step of the tables."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Return the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load_migrations() -> list[Migration]:
    """Load all that this program carries, in order."""
    found = [path for path in files("bot.store").joinpath("migrations").iterdir() if path.name.endswith(".sql")]
    steps = [
        Migration(int(path.name[:4]), path.name.removesuffix(".sql"), path.read_text(encoding="utf-8"))
        for path in found
    ]
    return sorted(steps, key=lambda step: step.version)


def missing_migrations(carried: Sequence[Migration], applied: Sequence[tuple[int, str, str]]) -> list[Migration]:
    """Return what a database lacks, given (version, name, checksum) of what it has.

    Raises:
        SchemaNewer: the database has a migration that the program does not carry.
        SchemaAltered: a migration was changed after it was applied.
    """
    known = {step.version: step for step in carried}
    for version, name, checksum in applied:
        if version not in known:
            message = N_(
                "The database was made by a later version of the program (migration {name}). Install that version."
            )
            raise SchemaNewer(message, name=name)
        if known[version].checksum != checksum:
            message = N_("Migration {name} is not the one this database was made with. Install the program anew.")
            raise SchemaAltered(message, name=name)
    done = {version for version, _name, _checksum in applied}
    return [step for step in carried if step.version not in done]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return an aware moment as the number that the database keeps; a naive one is a TypeError."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(number: int) -> datetime:
    """Return the number as an aware moment in UTC."""
    return _EPOCH + number * _MICROSECOND
