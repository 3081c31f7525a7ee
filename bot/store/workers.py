"""The processes that serve: one at a time on SQLite, by a lock; several on PostgreSQL, by leases."""

import asyncio
import errno
import fcntl
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import structlog

from bot.errors import to_reason
from bot.logs import print_notice
from bot.messages import DeliveryState
from bot.settings import Settings, make_data_dir
from bot.store.drivers import Driver, Query, Rows, sqlite_path
from bot.store.errors import AlreadyServed, DatabaseUnusable, StoreError
from bot.store.messages import OwnerAlerts
from bot.store.outbox import recovery_query, report_failed_recovery
from bot.store.power_seals import unseal_head
from bot.store.sealing import Keyring
from locales import N_, translator
from rules.calendar import to_vietnam_time

_MICROSECONDS = 1_000_000

_log = structlog.get_logger(__name__)


#: A lease has so many signs of life; a worker stops sending by itself after this part of it without an answer.
BEATS_PER_LEASE, FENCE_PART = 5, 2


@dataclass(frozen=True, slots=True)
class LeaseDuration:
    """The time for which a worker is trusted, in seconds; all processes agree on it, for each row carries its own."""

    seconds: float = 10.0  #: of silence after which others take over what it has in hand

    @property
    def beat(self) -> float:
        """Return the seconds between two signs of life."""
        return self.seconds / BEATS_PER_LEASE

    @property
    def fence(self) -> float:
        """Return the seconds of silence after which it stops sending: long before another worker sends what it had."""
        return self.seconds / FENCE_PART


@dataclass(frozen=True, slots=True)
class Presence:
    """The workers that serve a channel, and what was taken over from dead ones."""

    live: int  #: workers, this one and those that are silent, but not for so long that they are given up
    #: The number of live workers that come before this one in an order of all.
    rank: int = field(default=0, kw_only=True, compare=False)
    wait: float = 0.0  #: seconds after which every other worker that sends has heard of this one; 0: there is none
    dead: int = 0  #: workers given up
    messages: int = 0  #: replies and notices queued again
    unknown: int = 0  #: messages of broadcasts of which nobody knows whether they were sent
    tasks: int = 0  #: queued again

    @property
    def recovered(self) -> bool:
        """Tell whether there is something to do that this process was not told of."""
        return bool(self.dead or self.messages or self.unknown or self.tasks)


def new_worker_id() -> str:
    """Make an id that no other process has."""
    return uuid4().hex


@dataclass(frozen=True, slots=True)
class WorkerRegistry:
    """This process among the others of a channel: who lives, and who has what in hand. Methods raise StoreError."""

    driver: Driver
    keyring: Keyring
    alerts: OwnerAlerts
    #: The id of this process: what it has in hand bears it. It is made anew with every opened store.
    id: str = field(default_factory=new_worker_id)

    @property
    def shared(self) -> bool:
        """Tell whether other processes may serve the same channel; where not, a start takes over at once."""
        return self.driver.shared

    async def join(self, channel: str, lease: LeaseDuration, now: datetime) -> Presence:
        """Serve a channel from now on.

        These are two transactions, as in ``beat``: a worker that nobody counted yet sees all others that were there.
        """
        me = self._parameters(channel)
        mine = {"lease": round(lease.seconds * _MICROSECONDS), "name": _process_name(), "keys": self.keyring.key_ids}
        joined = Query("join_worker", {**me, **mine})
        await self.driver.run(joined)
        return await self._take_over(channel, now, *([] if self.shared else [Query("replace_workers", me)]))

    async def beat(self, channel: str, now: datetime, *, judge: bool) -> Presence | None:
        """Give a sign of life, and take over what the dead had in hand.

        Args:
            channel: the channel that is served.
            now: the time of what is queued again.
            judge: give up other workers whose lease is over.

        Returns:
            Who is left; ``None`` where the others have given this one up: it has nothing in hand and must join again.
        """
        me = self._parameters(channel)
        known, live = await self.driver.run(
            Query("renew_worker", {**me, "keys": self.keyring.key_ids}), Query("live_keys")
        )
        if not known:
            return None
        self._follow_key(known[0][1])
        for _, keys in live:  # a process that does nothing for a while meets no value of theirs
            self.keyring.follow((keys or "").partition(",")[0])
        return await self._take_over(channel, now, *([Query("expire_workers", me)] if judge else []))

    def _follow_key(self, head: bytes | None) -> None:
        """Seal with the key that others have begun to use; where it is not here, the log says what to do."""
        if head is None or unseal_head(self.keyring, head) is not None:
            return
        if self.keyring.damage.is_first_time(f"end of the journal {head[:4]!r}"):
            _log.error("key_missing_or_journal_changed", hint="troly keys verify, troly audit verify")

    async def leave(self, channel: str) -> None:
        """Serve the channel no more; what is still in hand others take over at their next beat."""
        await self.driver.run(Query("leave_worker", self._parameters(channel)))

    def take_up(self, table: str, takes: Callable[[str], bool]) -> None:
        """Ask ``takes`` from now on whether this process does what is written to a table for a channel by itself."""
        self.driver.take_up(table, takes)

    async def listen(self, heard: Callable[[str], None], channels: Collection[str]) -> None:
        """Tell of tables (inbox, outbox, tasks, broadcasts) that others wrote to for these channels, until cancelled.

        The first call is with "": nobody knows what happened before this process listened. Only where it is ``shared``.

        Raises:
            StoreUnavailable: the connection broke.
        """
        await self.driver.listen(heard, channels)

    async def _take_over(self, channel: str, now: datetime, *giving_up: Query) -> Presence:
        """Give up dead workers, take over what they had in hand, and count who is left."""
        results = await self.driver.run(
            *giving_up,
            recovery_query(channel, now),
            Query("recover_tasks", {"channel": channel}),
            Query("present_workers", {**self._parameters(channel), "part": FENCE_PART}),
        )
        *given_up, messages, tasks, present = results
        await report_failed_recovery(self.alerts, now, messages)
        return _to_presence(present, sum(map(len, given_up)), messages, tasks)

    def _parameters(self, channel: str) -> dict[str, object]:
        return {"worker": self.id, "channel": channel}


def _process_name() -> str:
    """Return the name by which an operator finds the process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _to_presence(present: Rows, dead: int, messages: Rows, tasks: Rows) -> Presence:
    ((live, longest, rank),) = present
    unknown = sum(state == DeliveryState.UNKNOWN for state, _ in messages)
    wait = longest / _MICROSECONDS / FENCE_PART
    return Presence(live, wait, dead, len(messages) - unknown, unknown, len(tasks), rank=rank)


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
            print_notice(translator(language)(_NO_LOCKING, path=database))
            return opened
        refusal = DatabaseUnusable(_NOT_USABLE, path=path, why=to_reason(error))
    except BaseException:
        os.close(opened)
        raise
    os.close(opened)
    raise refusal


def _open_lock_file(database: Path, path: Path) -> int:
    try:
        if database.is_file() and database.stat().st_nlink > 1:
            raise DatabaseUnusable(_SEVERAL_NAMES, path=database)
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
