"""What PostgreSQL's error classes mean here: https://www.postgresql.org/docs/current/errcodes-appendix.html."""

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from bot.store.drivers.url import WRONG_URL
from bot.store.errors import (
    DatabaseUnusable,
    DatabaseUrlError,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreLost,
    StoreUnavailable,
)
from locales import N_

_LOCKED = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure, errors.QueryCanceled)
_FULL = (errors.DiskFull, errors.OutOfMemory)
_LOST = (psycopg.OperationalError, psycopg.InterfaceError)


def failure(error: psycopg.Error) -> StoreError:
    """The error to raise in place of psycopg's own, whose text may hold values of the database."""
    if isinstance(error, _LOCKED):
        return StoreLocked(N_("The database is locked: another program is writing to it. Close that program, or wait."))
    if isinstance(error, _FULL):
        return StoreFull(N_("The disk of the database is full. Make room; what was received will be answered then."))
    if isinstance(error, _LOST):
        return StoreLost(N_("The connection to the database broke. It is tried again by itself."))
    if isinstance(error, psycopg.InternalError):
        return StoreUnavailable(N_("The database server reports damage ({why}). Look at its log."), why=error.sqlstate)
    return StoreError(N_("The database refused a statement ({why})."), why=error.sqlstate or type(error).__name__)


def unusable(error: psycopg.Error, url: str) -> StoreError:
    """Why the first connection failed."""
    if isinstance(error, psycopg.ProgrammingError):
        return DatabaseUrlError(WRONG_URL)
    message = N_(
        "The database server does not let the assistant in: {why}. Check the URL, the server and the password."
    )
    return DatabaseUnusable(message, why=_without_password(error, url))


def _without_password(error: psycopg.Error, url: str) -> str:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    password = conninfo_to_dict(url).get("password")
    return first_line.replace(str(password), "***") if password else first_line
