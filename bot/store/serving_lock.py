"""One assistant at a time serves a SQLite database.

A process that serves holds a lock on a file beside the database. The system frees it when the process ends, however it
ends, so that a kill leaves nothing to clear away. It belongs to the database and not to the data folder: two folders
may name one database. Commands that do not serve, the chat in the terminal among them, need no lock and run beside.
"""

import asyncio
import errno
import fcntl
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import to_reason
from bot.settings import Settings, make_data_dir
from bot.store.drivers.base import sqlite_path
from bot.store.errors import AlreadyServed, DatabaseUnusable, StoreError
from locales import N_, translator
from rules.calendar import to_vietnam_time

#: Seconds to wait for one that is just ending, and between two tries.
_LOCK_TIMEOUT, _LOCK_RETRY_SECONDS = 2.0, 0.1
#: What a file system answers that has no such locks.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
#: The most that is read of the file.
_LONGEST_NOTE = 1000
_SERVED_BY = N_(
    "Another assistant serves the database {path} already: process {pid}, since {since}."
    " Stop that one first, or choose another folder with TROLY_DATA_DIR."
    " Several processes can share a PostgreSQL database only (TROLY_DATABASE_URL)."
)
_SERVED = N_(
    "Another assistant serves the database {path} already."
    " Stop that one first, or choose another folder with TROLY_DATA_DIR."
    " Several processes can share a PostgreSQL database only (TROLY_DATABASE_URL)."
)
_SEVERAL_NAMES = N_(
    "The database {path} has several names on this disk (hard links). Opened under two of them it would lose data."
    " Keep one name and remove the others; to have a copy, copy the file."
)
_NOT_USABLE = N_("The lock file {path} cannot be used: {why}. Check that the folder is there and may be written to.")
_NO_LOCKING = N_(
    "The disk of {path} knows no file locks, so nothing stops a second assistant from serving the same database."
    " See to it that troly run is started once only, or move the data to a local disk."
)


@asynccontextmanager
async def hold_serving_lock(settings: Settings) -> AsyncIterator[None]:
    """Keep every other assistant from serving the database of the settings until the block ends.

    PostgreSQL serves several and needs no lock. A disk without locks is served with a warning.

    Raises:
        SettingsError: the data folder cannot be made.
        AlreadyServed: another process serves it.
        DatabaseUnusable: the lock cannot be made, or the database has several names.
    """
    url = settings.database_url.get_secret_value() if settings.database_url else None
    database = sqlite_path(url, settings.data_dir)
    if database is None:
        yield
        return
    make_data_dir(settings)
    lock = await _open_locked(_resolve_links(database), settings.language)
    try:
        yield
    finally:
        os.close(lock)


def _resolve_links(path: Path) -> Path:
    """Resolve links: there is one lock, however the database is named."""
    return Path(os.path.realpath(path))


async def _open_locked(database: Path, language: str) -> int:
    """Return the open file that holds the lock."""
    path = database.with_name(f"{database.name}.lock")
    opened = _open_lock_file(database, path)
    try:
        if await _try_lock(opened):
            _write_owner(opened)
            return opened
        refusal: StoreError = _to_already_served(opened, database)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            print(translator(language)(_NO_LOCKING, path=database), file=sys.stderr)  # noqa: T201 - at any log level
            return opened
        refusal = DatabaseUnusable(_NOT_USABLE, path=path, why=to_reason(error))
    except BaseException:
        os.close(opened)
        raise
    os.close(opened)
    raise refusal


def _open_lock_file(database: Path, path: Path) -> int:
    if database.is_file() and database.stat().st_nlink > 1:
        raise DatabaseUnusable(_SEVERAL_NAMES, path=database)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseUnusable(_NOT_USABLE, path=path, why=to_reason(error)) from None


async def _try_lock(opened: int) -> bool:
    """Take the lock, and tell whether it is ours; a process that is just ending is waited for."""
    for _ in range(int(_LOCK_TIMEOUT / _LOCK_RETRY_SECONDS)):
        with suppress(BlockingIOError):
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        await asyncio.sleep(_LOCK_RETRY_SECONDS)
    return False


def _write_owner(opened: int) -> None:
    """Write down who serves, for a process that is refused. The lock holds without it: a full disk is no matter."""
    note = json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat()})
    with suppress(OSError):
        os.ftruncate(opened, 0)
        os.pwrite(opened, note.encode(), 0)


def _to_already_served(opened: int, database: Path) -> AlreadyServed:
    """Name the process where the file does."""
    try:
        note = json.loads(os.pread(opened, _LONGEST_NOTE, 0))
        since = to_vietnam_time(datetime.fromisoformat(note["since"])).strftime("%H:%M %d/%m/%Y")
        return AlreadyServed(_SERVED_BY, path=database, pid=int(note["pid"]), since=since)
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return AlreadyServed(_SERVED, path=database)
