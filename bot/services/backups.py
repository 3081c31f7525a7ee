"""Backups of the database: made while the assistant runs, proved by counts and digests, put back into an empty one.

A backup is a folder with the database in one file and a manifest beside it. The key file is never in it: whoever finds
a backup reads nothing, and whoever puts one back needs the keys that the manifest names.
"""

import fcntl
import hashlib
import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.atomic_file import flush_to_disk
from bot.errors import ErrorReason, to_reason
from bot.services.opening import database_url
from bot.settings import Settings
from bot.store import (
    PUT_BACK,
    BackupBusy,
    BackupError,
    LiveTables,
    ReadableTables,
    SqliteTables,
    TableDigest,
    TargetHoldsData,
    contents_of,
    copy_table,
    create_statements,
    digest_table,
    digest_tables,
    has_database,
    holds_data,
    load_migrations,
    missing_migrations,
    needs_postgresql,
    open_tables,
    require_same,
    require_unserved,
    sealing_keys,
    sqlite_path,
    to_micros,
)
from locales import N_

_MANIFEST = "manifest.json"
_FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
_NAME = re.compile(r"troly-\d{8}T\d{6}Z(-\d+)?")
#: Room that must be left on the disk beside a new backup: a full disk would end more than backups.
_SPARE = 100_000_000
_NO_DATABASE = N_("There is no database yet at {path}: nothing can be backed up.")
_NO_ROOM = N_("There is too little room in {folder} for a backup. Make room there, or choose another disk.")
_NOT_WRITTEN = N_("The backup in {folder} cannot be written: {why}. Choose another folder with TROLY_BACKUP_DIR.")
_NOT_READ = N_("{path} is no backup that can be read: {why}")
_NONE_THERE = N_("There is no backup in {folder}.")
_NO_MANIFEST = ErrorReason(N_("its manifest is missing or damaged"))
_ALTERED = N_("The file {file} of the backup is not the one that was written. Take another backup.")
_DAMAGED = N_("The database in the backup {path} is damaged. Take another backup.")


class TableFacts(BaseModel):
    """A table as it was backed up."""

    model_config = ConfigDict(frozen=True)

    rows: int
    digest: str
    columns: dict[str, str]  #: the type of each, in the words of its database
    last: int | None  #: the last number that it gave to a row


class Manifest(BaseModel):
    """The contents of a backup, without anything about a person."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    made_at: AwareDatetime
    program: str  #: version of the program that made it
    database: Literal["sqlite", "postgresql"]
    identity: str  #: of the database; the same in all its copies
    keys: tuple[str, ...]  #: ids of the keys that sealed its values, none of which is in it
    bytes: int
    sha256: str  #: of the file
    tables: dict[str, TableFacts]  #: each behind those that it refers to

    @property
    def file(self) -> str:
        """Return the name of the file beside it."""
        return _FILES[self.database]

    @property
    def rows(self) -> int:
        """Return the number of all rows."""
        return sum(one.rows for one in self.digests().values())

    def digests(self) -> dict[str, TableDigest]:
        """Return the counts and digests of its contents."""
        return {name: TableDigest(one.rows, one.digest) for name, one in self.tables.items() if name != _MIGRATIONS}


_MIGRATIONS = "schema_migrations"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup and what its manifest says."""

    path: Path
    manifest: Manifest


def backup_folder(settings: Settings) -> Path:
    """Return where backups lie."""
    return settings.backup_dir or settings.data_dir / "backups"


def list_backups(folder: Path) -> list[Path]:
    """Return the backups of a folder, the oldest first."""
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name)) if folder.is_dir() else []


def create_backup(settings: Settings, folder: Path, keep: int | None = None) -> Backup:
    """Back up the database of the settings while others use it, and prove what was written.

    Args:
        settings: Name the database.
        folder: Gets the backup, which appears under its name only when it is complete.
        keep: The backups that stay there, this one included; ``None``: all.

    Raises:
        BackupBusy: another process is making one there.
        BackupError: it cannot be made; nothing of it is left.
        StoreError: the database cannot be read.
    """
    try:
        with _hold_folder(folder):
            made_at = datetime.now(UTC)
            target = _free_name(folder / f"troly-{made_at:%Y%m%dT%H%M%SZ}")
            draft = folder / f".{target.name}.part"
            draft.mkdir(mode=0o700)
            try:
                manifest = _write_database(settings, draft, made_at)
                _write_manifest(draft, manifest)
                draft.rename(target)
                flush_to_disk(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            for old in list_backups(folder)[: -keep if keep else 0]:
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise BackupError(_NOT_WRITTEN, folder=folder, why=to_reason(error)) from None
    return Backup(target, manifest)


def _free_name(path: Path) -> Path:
    """Return the path, or the next one behind it that names nothing: one of the same second may be there."""
    others = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return next(one for one in itertools.chain([path], others) if not one.exists())


@contextmanager
def _hold_folder(folder: Path) -> Iterator[None]:
    """Let one process make backups in a folder, and remove what a killed one left; a kill frees the folder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupBusy from None
        for left in folder.glob(".troly-*.part"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(lock)


def _write_database(settings: Settings, draft: Path, made_at: datetime) -> Manifest:
    url = database_url(settings)
    path = sqlite_path(url, settings.data_dir)
    if path is None:
        return _write_postgres(url or "", draft / _FILES["postgresql"], made_at)
    if not has_database(path):
        raise BackupError(_NO_DATABASE, path=path)
    _require_room(draft, path.stat().st_size)
    file = draft / _FILES["sqlite"]
    with closing(SqliteTables(path)) as tables:
        tables.copy_to(file)
    with closing(SqliteTables(file, reading=True)) as copy:
        if not copy.is_whole():
            raise BackupError(_DAMAGED, path=path)
        return _describe("sqlite", copy, file, made_at)


def _write_postgres(url: str, file: Path, made_at: datetime) -> Manifest:
    """Dump what one connection sees, and digest what it sees."""
    with needs_postgresql():
        from bot.services.postgres_dump import write_dump  # noqa: PLC0415 - psycopg is loaded where it is used
        from bot.store.contents.postgres_tables import PostgresTables  # noqa: PLC0415 - as above

    with closing(PostgresTables(url)) as tables:
        ((size,),) = tables.execute("SELECT pg_database_size(current_database())")
        _require_room(file.parent, int(size))
        snapshot = tables.export_snapshot()
        write_dump(url, tables.version, snapshot, file)
        return _describe("postgresql", tables, file, made_at)


def missing_dump_program(tables: LiveTables) -> BackupError | None:
    """Return why no backup of this server could be made, and the command that mends it; ``None`` where one could."""
    if not tables.shared:
        return None
    with needs_postgresql():
        from bot.services.postgres_dump import find_program  # noqa: PLC0415 - psycopg is loaded where it is used

    ((number,),) = tables.execute("SHOW server_version_num")
    try:
        find_program("pg_dump", int(str(number)) // 10_000)
    except BackupError as error:
        return error
    return None


def _require_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size + _SPARE:
        raise BackupError(_NO_ROOM, folder=folder.parent)


def _describe(kind: Literal["sqlite", "postgresql"], tables: LiveTables, file: Path, made_at: datetime) -> Manifest:
    facts = {name: _table_facts(tables, name) for name in (_MIGRATIONS, *contents_of(tables))}
    flush_to_disk(file)
    return Manifest(
        made_at=made_at, program=version("troly-chung-thu"), database=kind, identity=read_identity(tables),
        keys=tuple(sealing_keys(tables)), bytes=file.stat().st_size, sha256=_sha256(file), tables=facts,
    )  # fmt: skip


def _table_facts(tables: LiveTables, name: str) -> TableFacts:
    found = digest_table(tables, name)
    return TableFacts(rows=found.rows, digest=found.digest, columns=tables.kinds(name), last=tables.last_number(name))


def read_identity(tables: LiveTables) -> str:
    """Return what tells this database, and its copies, from others; empty before its first start."""
    found = tables.execute("SELECT value FROM counters WHERE name = 'database'")
    return f"{found[0][0]:016x}" if found else ""


def _write_manifest(draft: Path, manifest: Manifest) -> None:
    path = draft / _MANIFEST
    path.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    flush_to_disk(path)
    flush_to_disk(draft)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_backup(folder: Path, named: Path | None = None) -> Backup:
    """Read the manifest of a backup, or of the newest one in the folder.

    Raises:
        BackupError: there is none, or its manifest cannot be read.
    """
    found = list_backups(folder)
    if named is None and not found:
        raise BackupError(_NONE_THERE, folder=folder)
    path = found[-1] if named is None else folder / named if (folder / named).exists() else named
    try:
        return Backup(path, Manifest.model_validate_json((path / _MANIFEST).read_bytes()))
    except FileNotFoundError as error:
        raise BackupError(_NOT_READ, path=path, why=_NO_MANIFEST if path.is_dir() else to_reason(error)) from None
    except OSError as error:
        raise BackupError(_NOT_READ, path=path, why=to_reason(error)) from None
    except (ValidationError, json.JSONDecodeError):
        raise BackupError(_NOT_READ, path=path, why=_NO_MANIFEST) from None


def verify_backup(backup: Backup) -> None:
    """Prove that a backup is what was written, row by row.

    Raises:
        BackupError: a file is missing, or another one.
        ContentsDiffer: its rows are not those that were counted.
    """
    with _open_backup(backup) as tables:
        if isinstance(tables, SqliteTables) and not tables.is_whole():
            raise BackupError(_DAMAGED, path=backup.path)
        require_same(backup.manifest.digests(), digest_tables(tables))


@contextmanager
def _open_backup(backup: Backup) -> Iterator[ReadableTables]:
    """Open the file of a backup, which must be the one that was written."""
    manifest, file = backup.manifest, backup.path / backup.manifest.file
    try:
        same = file.stat().st_size == manifest.bytes and _sha256(file) == manifest.sha256
    except OSError as error:
        raise BackupError(_NOT_READ, path=file, why=to_reason(error)) from None
    if not same:
        raise BackupError(_ALTERED, file=file)
    if manifest.database == "sqlite":
        with closing(SqliteTables(file, reading=True)) as tables:
            yield tables
        return
    with needs_postgresql():
        from bot.services.postgres_dump import DumpTables  # noqa: PLC0415 - psycopg is loaded where it is used

    kinds = {name: facts.columns for name, facts in manifest.tables.items()}
    yield DumpTables(file, kinds, {name: facts.last for name, facts in manifest.tables.items()})


def restore_backup(settings: Settings, backup: Backup, told: Callable[[str], None] = lambda _: None) -> None:
    """Put a backup back into the empty database of the settings, of either kind, and compare every row.

    It is one transaction: a kill at any moment leaves the database empty. The first start afterwards goes on from it as
    from an older copy: broadcasts rest, codes go on far beyond those given, the owners are told.

    Args:
        settings: Name the database to be filled, which no program may be using.
        backup: The backup.
        told: Told the name of each table that was copied.

    Raises:
        TargetHoldsData: the database holds data.
        DatabaseMoved: somebody serves it.
        BackupError: the backup is not the one that was written.
        SchemaError: it was made by a later version of the program.
        StoreError: the database cannot be written, or came out other than the backup; nothing was changed.
    """
    with _open_backup(backup) as source, closing(open_tables(database_url(settings), settings.data_dir)) as target:
        if target.names():
            target.lock()
            require_unserved(target)
            if holds_data(target):
                raise TargetHoldsData
        applied = {
            int(row[3]): (int(row[3]), str(row[2]), str(row[1])) for row in source.rows(_MIGRATIONS)
        }  # columns in the order of the alphabet: applied_at, checksum, name, version
        missing_migrations(load_migrations(), list(applied.values()))
        target.recreate(create_statements(set(applied), target.dialect))
        for name in (_MIGRATIONS, *contents_of(source)):
            copy_table(source, target, name)
            told(name)
        require_same(backup.manifest.digests(), digest_tables(target))
        mark = partial(target.execute, "INSERT INTO counters (name, value) VALUES (?, ?)")
        mark(PUT_BACK, to_micros(datetime.now(UTC)))
        target.commit()
