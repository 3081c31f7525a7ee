"""What SQLite's result codes mean here: https://www.sqlite.org/rescode.html."""

import sqlite3
from pathlib import Path

from bot.store.errors import DatabaseUnusable, StoreError, StoreFull, StoreLocked, StoreUnavailable
from locales import N_

#: The upper bits of an extended code refine the lower ones.
_PRIMARY = 0xFF


def failure(error: sqlite3.Error, path: Path | None = None) -> StoreError:
    """The error to raise in place of SQLite's own, whose text may hold values of the database."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreLocked(N_("The database is locked: another program is writing to it. Close that program, or wait."))
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(N_("The disk of the database is full. Make room; what was received will be answered then."))
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        kind = StoreUnavailable if path is None else DatabaseUnusable  # a running assistant keeps what arrives waiting
        return kind(N_("The database file is damaged, or is not a database. Put back its copy."))
    if path is not None:
        message = N_(
            "The database {path} cannot be opened: {why}. Check that the folder is there and may be written to."
        )
        return DatabaseUnusable(message, path=path, why=_name(error))
    if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}:
        return StoreUnavailable(
            N_("The database cannot be written to now ({why}). Check the disk and its rights."), why=_name(error)
        )
    return StoreError(N_("The database refused a statement ({why})."), why=_name(error))


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", type(error).__name__)
