"""Move all rows from one database to another, of either kind; a move that was killed goes on where it stopped."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.services.backups import missing_dump_program, read_identity
from bot.store import (
    MOVED,
    BackupError,
    DatabaseMoved,
    LiveTables,
    TableDigest,
    TargetHoldsData,
    contents_of,
    copy_table,
    digest_table,
    digest_tables,
    holds_data,
    open_tables,
    require_same,
    require_unserved,
    to_micros,
)
from locales import N_

#: The row of ``copied_tables`` that stands for the database they come from.
_SOURCE = ""
_GONE = N_("The rows of this database were moved to another one already. Nothing was changed.")
_OTHERS = N_(
    "The database to be filled holds part of a move of another database. Choose an empty one; nothing was changed."
)


@dataclass(frozen=True, slots=True)
class DatabaseMoveResult:
    """The rows and tables of a move, each compared by count and digest."""

    rows: int
    tables: int
    no_backup: BackupError | None = field(
        default=None, compare=False
    )  #: why the new database could not be backed up from here


def move_contents(
    source_url: str | None, target_url: str, data_dir: Path, told: Callable[[str], None] = lambda _: None
) -> DatabaseMoveResult:
    """Copy all rows, compare them, and mark the source so that nobody goes on with it by mistake.

    Both databases have the tables of this program, and no program serves either of them.

    Args:
        source_url: The database that the rows are in; ``None``: the file of the data folder.
        target_url: The database to be filled.
        data_dir: The data folder.
        told: Told the name of each table that was copied.

    Raises:
        DatabaseMoved: the rows went elsewhere already, or somebody serves the database.
        TargetHoldsData: the target holds data that are not of this move.
        StoreError: something cannot be read or written; the same call goes on with it.
    """
    with (
        closing(open_tables(source_url, data_dir)) as source,
        closing(open_tables(target_url, data_dir, "--to")) as target,
    ):
        source.lock()
        require_unserved(source)
        require_unserved(target)
        digests = digest_tables(source)
        done = _begin(source, target, digests)
        for name in (name for name in contents_of(source) if name not in done):
            copy_table(source, target, name)
            _note(target, name, digests[name])
            target.commit()
            told(name)
        require_same(digests, {name: digest_table(target, name) for name in digests})
        source.execute("INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", MOVED, _now())
        source.commit()  # before the target counts as whole: at no moment would both be served
        target.execute("DELETE FROM copied_tables")
        target.commit()
        rows = sum(one.rows for one in digests.values())
        return DatabaseMoveResult(rows, len(digests), missing_dump_program(target))


def _begin(source: LiveTables, target: LiveTables, digests: dict[str, TableDigest]) -> set[str]:
    """Return the tables that an earlier call copied; begin anew where the source was used since."""
    noted = {str(name): str(digest) for name, digest in target.execute("SELECT name, digest FROM copied_tables")}
    identity = read_identity(source)
    if not noted:
        if source.execute("SELECT 1 FROM counters WHERE name = ?", MOVED):
            raise DatabaseMoved(_GONE)
        if holds_data(target):
            raise TargetHoldsData
    elif noted.pop(_SOURCE, None) != identity:
        raise DatabaseMoved(_OTHERS)
    if noted and all(digests[name].digest == digest for name, digest in noted.items()):
        return set(noted)
    target.empty()
    target.execute("DELETE FROM copied_tables")
    target.execute("INSERT INTO copied_tables (name, copied, digest) VALUES (?, 0, ?)", _SOURCE, identity)
    target.commit()
    return set()


def _note(target: LiveTables, name: str, digest: TableDigest) -> None:
    row = (name, digest.rows, digest.digest)
    target.execute("INSERT INTO copied_tables (name, copied, digest) VALUES (?, ?, ?)", *row)


def _now() -> int:
    return to_micros(datetime.now(UTC))
