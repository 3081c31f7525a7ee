"""LISTEN and NOTIFY: whoever has something to do hears of it at once, in whichever process it is.

The signal is part of the transaction that makes the work, so it comes if and when the work can be seen. It may get
lost with a connection; the looks at the store that every process makes from time to time do not depend on it.
"""

import re
from collections.abc import Callable, Iterable, Mapping

import psycopg
from psycopg import AsyncConnection

CHANNEL = "troly"
#: Seconds of silence after which a dead connection is asked for a sign of life, and between two such questions.
_IDLE, _AGAIN = 10, 5
#: What somebody else has to be told of: something to handle, to send, to write; a broadcast that moved.
_WAKING = re.compile(r"\s*(?:INSERT INTO (?P<made>inbox|outbox|tasks)|(?:INSERT INTO|UPDATE) (?P<moved>broadcasts))\b")


def woken(sql: str) -> str | None:
    """The table whose readers a statement wakes."""
    found = _WAKING.match(sql)
    return (found["made"] or found["moved"]) if found else None


class Waking:
    """The signals of one process, which does not hear its own."""

    def __init__(self, process: str, queries: Mapping[str, str]) -> None:
        self._process = process
        self._tables = {name: table for name, sql in queries.items() if (table := woken(sql))}

    def signals(self, queries: Iterable[str]) -> list[str]:
        """What is told once these queries are committed."""
        return [f"{self._process} {table}" for table in {self._tables.get(query) for query in queries} - {None}]

    async def listen(self, url: str, heard: Callable[[str], None]) -> None:
        """Until cancelled. Raises psycopg.Error where the connection breaks."""
        connecting = AsyncConnection.connect(
            url, autocommit=True, keepalives_idle=_IDLE, keepalives_interval=_AGAIN, keepalives_count=3
        )
        async with await connecting as connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            heard("")
            async for signal in connection.notifies():
                process, _, table = signal.payload.partition(" ")
                if process != self._process:
                    heard(table)
        raise psycopg.OperationalError
