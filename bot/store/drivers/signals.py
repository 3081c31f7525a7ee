"""Tell other processes that there is something to do, once it is committed and where this one does not take it up.

A signal carries no data and may be lost: whoever hears none looks by itself now and then, so that a lost one costs time
and nothing else. There are two ways: PostgreSQL's own NOTIFY, and NATS (``nats.py``). One process on SQLite has none.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import structlog

from bot.store.drivers import Query

#: Tells whether this process takes up at once what was written to a table for a channel.
TakesUp = Callable[[str], bool]

#: Seconds that the last signals of a process may take: a server that is away does not keep it from ending.
_FAREWELL = 2.0
#: Seconds between two signals of one process: what is written meanwhile goes with the next.
_PAUSE = 0.02
#: What somebody else has to be told of: something to handle, to send, to write; a broadcast that moved.
_TELLING_STATEMENT = re.compile(
    r"\s*(?:INSERT INTO (?P<made>inbox|outbox|tasks)|(?:INSERT INTO|UPDATE) (?P<moved>broadcasts))\b"
)

_log = structlog.get_logger(__name__)


def told_table(sql: str) -> str | None:
    """Return the table whose readers a statement wakes."""
    found = _TELLING_STATEMENT.match(sql)
    return (found["made"] or found["moved"]) if found else None


class Signal(NamedTuple):
    """Tells that a table was written to."""

    table: str
    channel: str  #: of the rows; "": of any, or of none


@dataclass(frozen=True, slots=True)
class Listener:
    """A process that listens."""

    #: Told of a table; "": nobody knows what was written.
    heard: Callable[[str], None]
    #: The channels that it serves: of others it has nothing to hear.
    channels: frozenset[str]
    #: Tells whether it takes up at once what a signal tells of; where not, another one may hear it as well.
    takes: Callable[[Signal], bool] = lambda _: True

    def serves(self, channel: str) -> bool:
        """Tell whether a signal of a channel concerns the process."""
        return not channel or channel in self.channels


class Signals(Protocol):
    """A way to other processes. What it cannot send is lost, with a line in the log."""

    async def send(self, signals: Collection[Signal]) -> None:
        """Send these to other processes that serve their channels, not to this one."""

    async def listen(self, listener: Listener) -> None:
        """Tell of every table that another process wrote to, until cancelled; first with "": nobody knows what was.

        Raises:
            StoreError: the connection broke.
        """

    async def close(self) -> None:
        """Release connections."""


def new_process_id() -> str:
    """Make an id by which a process knows its own signals."""
    return uuid4().hex


class Announcer:
    """Sends the signals of what one process has committed, several together and seldom."""

    def __init__(self, signals: Signals, queries: Mapping[str, str]) -> None:
        self._signals = signals
        self._tables = {name: table for name, sql in queries.items() if (table := told_table(sql))}
        self._takers: dict[str, TakesUp] = {}
        self._pending: set[Signal] = set()
        self._sending: asyncio.Task[None] | None = None

    def take_up(self, table: str, takes: TakesUp) -> None:
        """Ask ``takes`` from now on whether this process does by itself what a table tells of."""
        self._takers[table] = takes

    def committed(self, calls: Iterable[Query]) -> None:
        """Tell others what these queries have made, where they are needed."""
        signals = {
            signal
            for call in calls
            if (table := self._tables.get(call.query))
            for signal in _signals_of(table, call)
            if not self.takes(signal)
        }
        if signals - self._pending:
            self._pending |= signals
            if self._sending is None or self._sending.done():
                self._sending = asyncio.create_task(self._send_pending())

    def takes(self, signal: Signal) -> bool:
        """Tell whether this process takes up at once what a signal tells of."""
        takes = self._takers.get(signal.table)
        return takes is not None and takes(signal.channel)

    async def _send_pending(self) -> None:
        while self._pending:
            signals, self._pending = self._pending, set()
            try:
                await self._signals.send(signals)
            except Exception as error:  # noqa: BLE001 - a lost signal costs time and nothing else
                _log.warning("signal_lost", error=type(error).__name__)
            await asyncio.sleep(_PAUSE)

    async def close(self) -> None:
        """Send what is still to be told, and release connections."""
        if self._sending is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self._sending
        await self._signals.close()


def _signals_of(table: str, call: Query) -> set[Signal]:
    """Return what a query that was committed tells of: rows of one channel, of several, or of nobody knows which.

    What follows the name of a channel tells one terminal from another: there may be thousands.
    """
    rows = [call.parameters] if call.many is None else call.many
    return {Signal(table, str(row.get("channel", "")).partition(":")[0]) for row in rows}


#: What NOTIFY names, and runs a statement of PostgreSQL.
NOTIFY_CHANNEL = "troly"
RunStatement = Callable[[str, tuple[Any, ...]], Awaitable[None]]


class PostgresSignals:
    """NOTIFY in a statement of its own: in the transaction of a turn it would make all commits wait for each other."""

    def __init__(self, run: RunStatement, connect: Callable[[], Awaitable[Any]]) -> None:
        """Keep what is needed.

        Args:
            run: runs a statement on any connection.
            connect: opens a connection that LISTENs; it must lead to the server itself, not to a pooler.
        """
        self._run = run
        self._connect = connect
        self._process = new_process_id()

    async def send(self, signals: Collection[Signal]) -> None:
        """Send all of them as one."""
        told = ",".join(sorted(":".join(one) for one in signals))
        await self._run("SELECT pg_notify(%s, %s)", (NOTIFY_CHANNEL, f"{self._process} {told}"))

    async def listen(self, listener: Listener) -> None:
        """See ``Signals``; raises psycopg.Error, or ConnectionError where the connection was closed."""
        async with await self._connect() as connection:
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}".encode())
            listener.heard("")
            async for notice in connection.notifies():
                process, _, told = notice.payload.partition(" ")
                if process != self._process:
                    parted = (one.partition(":") for one in told.split(","))
                    for table in {table for table, _, channel in parted if listener.serves(channel)}:
                        listener.heard(table)
        raise ConnectionError

    async def close(self) -> None:
        """Do nothing: its connection is that of ``listen``."""
