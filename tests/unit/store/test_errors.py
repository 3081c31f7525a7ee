"""Errors of the databases become errors of the store."""

import re
import sqlite3

import psycopg
import pytest
from psycopg import errors as postgres
from psycopg_pool import PoolTimeout

from bot.store import errors
from bot.store.drivers import postgres_errors, sqlite
from bot.store.errors import (
    DatabaseUnusable,
    DatabaseUrlError,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreLost,
    StoreUnavailable,
    TurnTakenOver,
)


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("values of the database: Nguyễn Văn A")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_SOMETHING"
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, StoreLocked),
        (sqlite3.SQLITE_LOCKED, StoreLocked),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreLocked),  # an extended code
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_IOERR, StoreUnavailable),
        (sqlite3.SQLITE_IOERR_WRITE, StoreUnavailable),
        (sqlite3.SQLITE_READONLY, StoreUnavailable),
        (sqlite3.SQLITE_CANTOPEN, StoreUnavailable),
        (sqlite3.SQLITE_CORRUPT, StoreUnavailable),  # while running: what arrives waits for the repair
        (sqlite3.SQLITE_NOTADB, StoreUnavailable),
        (sqlite3.SQLITE_CONSTRAINT, StoreError),
    ],
)
def test_every_result_code_of_sqlite_has_its_error(code: int, kind: type[StoreError]) -> None:
    error = sqlite.to_store_error(sqlite_error(code))

    assert type(error) is kind
    assert "Nguyễn" not in str(error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (postgres.LockNotAvailable(), StoreLocked),
        (postgres.DeadlockDetected(), StoreLocked),
        (postgres.SerializationFailure(), StoreLocked),
        (postgres.QueryCanceled(), StoreLocked),
        (postgres.DiskFull(), StoreFull),
        (postgres.AdminShutdown(), StoreLost),
        (psycopg.OperationalError(), StoreLost),
        (psycopg.OperationalError("FATAL:  sorry, too many clients already"), StoreUnavailable),
        (PoolTimeout(), StoreUnavailable),
        (postgres.DivisionByZero(), TurnTakenOver),
        (psycopg.InterfaceError(), StoreLost),
        (postgres.DataCorrupted(), StoreUnavailable),
        (postgres.UniqueViolation("Key (address)=(Nguyễn Văn A) exists"), StoreError),
    ],
)
def test_every_error_class_of_postgresql_has_its_error(error: psycopg.Error, kind: type[StoreError]) -> None:
    failed = postgres_errors.to_store_error(error)

    assert type(failed) is kind
    assert "Nguyễn" not in str(failed)


def test_a_refused_login_is_told_without_the_password() -> None:
    refused = psycopg.OperationalError('password authentication failed for "troly" (tried hunter2)\nmore')

    error = postgres_errors.to_connection_error(refused, "postgresql://troly:hunter2@host/troly")

    assert type(error) is DatabaseUnusable
    assert "does not let the user troly in" in str(error)
    assert "authentication failed" not in str(error)
    assert "hunter2" not in str(error)
    assert "more" not in str(error)


def test_a_url_that_psycopg_cannot_read_is_told_without_it() -> None:
    unread = psycopg.ProgrammingError("invalid percent-encoded token: hunter2%")

    error = postgres_errors.to_connection_error(unread, "postgresql://troly:hunter2%@host/troly")

    assert type(error) is DatabaseUrlError
    assert "hunter2" not in str(error)


def test_the_drawing_of_the_hierarchy_names_every_error() -> None:
    assert errors.__doc__ is not None
    drawn = set(re.findall(r"(?:── |^    )([A-Z]\w+)", errors.__doc__, re.MULTILINE))
    defined = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, StoreError)
    }

    assert drawn == defined
