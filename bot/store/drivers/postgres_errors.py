"""Errors of PostgreSQL in words of ours: its own may hold values of the database, and nobody here wrote them."""

from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolTimeout

from bot.store.drivers import WRONG_URL
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
from locales import N_

#: The setting that holds the address of the database.
DATABASE_URL = "TROLY_DATABASE_URL"

_LOST = (psycopg.OperationalError, psycopg.InterfaceError, ConnectionError)

FULL_SERVER = N_("The database server has no free connection. Run fewer processes, or set TROLY_DATABASE_POOL lower.")
_ONLY_READS = N_(
    "The database server {server} only reads: it is a standby. Name both servers in {setting}, with"
    " target_session_attrs=read-write behind them."
)
_NO_RIGHT = N_(
    "The database does not allow its user to do this. Make that user the owner of the database:"
    " ALTER DATABASE … OWNER TO …"
)
_NOT_LET_IN = N_(
    "The database server {server} does not let the user {user} in. Check the user and the password in"
    " {setting}; signs such as @ : / in a password are written %40 %3A %2F there."
)
_NOT_FROM_HERE = N_(
    "The database server {server} lets nobody in from this machine as {user} into {database}. Ask whoever runs it to"
    " allow that (pg_hba.conf)."
)
_NO_DATABASE = N_(
    "The database server {server} has no database {database}. Create it, or correct the name in {setting}."
)
_NOT_FOUND = N_("No machine is found under the name {server}. Check the name in {setting}.")
_NOT_REACHED = N_(
    "The database server {server} does not answer. Check its address and port in {setting}, whether it runs,"
    " and the firewall between it and this machine."
)
_NOT_ENCRYPTED = N_(
    "No encrypted connection to the database server {server} comes about. Check sslmode and sslrootcert in"
    " {setting}, and the certificate of the server."
)
_NOT_READY = N_("The database server {server} is just starting or stopping. Please try again in a minute.")
_UNKNOWN = N_(
    "The database server {server} does not let the assistant in. Check the address, the user and the password in"
    " {setting}; the log of the server says more."
)

_BROKE = N_("The connection to the database broke. It is tried again by itself.")
_KNOWN: tuple[tuple[tuple[type[psycopg.Error], ...], type[StoreError], str], ...] = (
    (
        (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure, errors.QueryCanceled),
        StoreLocked,
        N_("The database is locked: another program is writing to it. Close that program, or wait."),
    ),
    (
        (errors.DiskFull, errors.OutOfMemory),
        StoreFull,
        N_("The disk of the database is full. Make room; what was received will be answered then."),
    ),
    ((errors.InsufficientPrivilege,), StoreError, _NO_RIGHT),
    ((errors.ReadOnlySqlTransaction,), StoreLost, _BROKE),  # the server became a standby: another one takes over
)
#: What a server without a free connection says, or a pooler before it; psycopg has no class for it.
_NO_CONNECTION = ("too many clients", "too many connections", "slots are reserved", "no more connections allowed")
#: Words of the server, of a pooler or of libpq -> ours. A connection that fails has no other sign of why. The first
#: that is found counts: of several servers, one that answered says more than one that did not.
_REASONS = (
    (("pg_hba.conf", "pg_hba rejects"), _NOT_FROM_HERE),
    (
        (
            "authentication failed", "password supplied", "no such user", "is not permitted to log in",
            "permission denied for database", "SASL", 'FATAL:  role "',
        ),
        _NOT_LET_IN,
    ),
    (('FATAL:  database "', "no such database"), _NO_DATABASE),
    (("SSL", "certificate", "sslmode", "sslrootcert"), _NOT_ENCRYPTED),
    (("read-only", "not yet accepting connections", "recovery"), _ONLY_READS),
    (("starting up", "shutting down"), _NOT_READY),
    (("resolve host", "translate host name"), _NOT_FOUND),
    (
        (
            "refused", "timeout", "timed out", "No such file or directory", "unreachable", "No route",
            "closed the connection", "reset by peer", "Permission denied", 'connection option "port"', "invalid port",
        ),
        _NOT_REACHED,
    ),
)  # fmt: skip


def to_store_error(error: psycopg.Error | ConnectionError) -> StoreError:
    """Return the error to raise in place of psycopg's own, whose text may hold values of the database."""
    if isinstance(error, errors.DivisionByZero):  # see ``PostgresDriver._text``; no query of ours divides otherwise
        return TurnTakenOver()
    for kinds, ours, message in _KNOWN:
        if isinstance(error, kinds):
            return ours(message)
    if isinstance(error, _LOST):
        return _to_lost(error)
    if isinstance(error, psycopg.InternalError):
        return StoreUnavailable(N_("The database server reports damage ({why}). Look at its log."), why=error.sqlstate)
    return StoreError(N_("The database refused a statement ({why})."), why=error.sqlstate or type(error).__name__)


def _to_lost(error: Exception) -> StoreUnavailable:
    if isinstance(error, PoolTimeout) or has_no_connection(error):
        return StoreUnavailable(FULL_SERVER)
    return StoreLost(_BROKE)


def has_no_connection(error: BaseException) -> bool:
    """Tell whether the server, or a pooler before it, has no connection to give."""
    return isinstance(error, psycopg.OperationalError) and any(words in str(error) for words in _NO_CONNECTION)


def to_connection_error(error: psycopg.Error, url: str, setting: str = DATABASE_URL) -> StoreError:
    """Translate the failure of the first connection; nothing of the server's words and no password is in it.

    Args:
        error: what psycopg says.
        url: the address that was connected to.
        setting: the name of the setting, or option, that holds it.
    """
    said = str(error)
    if isinstance(error, psycopg.ProgrammingError) or "invalid connection option" in said:
        return DatabaseUrlError(WRONG_URL)
    if has_no_connection(error):
        return DatabaseUnusable(FULL_SERVER)
    message = next((ours for words, ours in _REASONS if any(word in said for word in words)), _UNKNOWN)
    return DatabaseUnusable(message, **_describe(url), setting=setting)


def only_reads(url: str) -> DatabaseUnusable:
    """Return the error to raise where a server that only reads was connected to."""
    return DatabaseUnusable(_ONLY_READS, **_describe(url), setting=DATABASE_URL)


def _describe(url: str) -> dict[str, str]:
    """Return what a URL names, without its password."""
    try:
        known: dict[str, Any] = conninfo_to_dict(url)
    except psycopg.Error:
        known = {}
    hosts, ports = (str(known.get(name) or "").split(",") for name in ("host", "port"))
    places = [
        f"{host or 'localhost'}:{port}" if port and not host.startswith("/") else host or "localhost"
        for host, port in zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=False)
    ]
    user = str(known.get("user") or "?")
    return {"server": ", ".join(places), "user": user, "database": str(known.get("dbname") or user)}
