"""What runs in the thread of a SQLite connection: whole batches, several of them in one hop."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import aiosqlite

from bot.store.drivers.base import Rows
from bot.store.errors import TurnTaken

#: A statement, its parameters (a list of them where it is run for many), and whether it must return rows.
Step = tuple[str, Mapping[str, Any] | Sequence[Mapping[str, Any]], bool]
#: How a transaction begins that will write: the writer's place is taken at once, not when it is too late to wait.
WRITING = "BEGIN IMMEDIATE"
#: And one that only reads: it sees one moment of the database, and keeps nobody waiting.
READING = "BEGIN"


class Work:
    """A batch that waits for the connection's thread, and then what it gave."""

    __slots__ = ("done", "durable", "error", "rows", "steps")

    def __init__(self, steps: Sequence[Step], *, durable: bool) -> None:
        self.steps = steps
        self.durable = durable
        self.done = False
        self.rows: list[Rows] = []
        self.error: Exception | None = None


class Connection(aiosqlite.Connection):
    """A connection that runs whole batches in one hop to its thread."""

    async def batch(self, steps: Sequence[Step], *, begin: str | None, commit: bool) -> list[Rows]:
        rows: list[Rows] = await self._execute(_batch, self._conn, steps, begin, commit)  # type: ignore[no-untyped-call]  # aiosqlite leaves its helper untyped
        return rows

    async def abandon(self) -> None:
        """Close what may be open, and see the thread end: where opening failed aiosqlite does not wait for it."""
        await self.close()
        await asyncio.to_thread(self._thread.join)

    async def work_off(self, works: Sequence[Work]) -> None:
        await self._execute(_work_off, self._conn, works)  # type: ignore[no-untyped-call]  # as above


def _work_off(connection: sqlite3.Connection, works: Sequence[Work]) -> None:
    """Each in a transaction of its own; the failure of one is its own."""
    for work in works:
        several = len(work.steps) > 1
        try:
            begin = _beginning(work.steps) if several else None
            work.rows = (_durably if work.durable else _batch)(connection, work.steps, begin, several)
        except Exception as error:  # noqa: BLE001 - whatever it is, those behind it must not bear it
            work.error = error
        work.done = True


def _beginning(steps: Sequence[Step]) -> str:
    """Whoever only looks waits for no writer, and no writer for them."""
    return READING if all(sql.startswith("SELECT") for sql, _, _ in steps) else WRITING


def _batch(connection: sqlite3.Connection, steps: Sequence[Step], begin: str | None, commit: bool) -> list[Rows]:
    try:
        if begin:
            connection.execute(begin)
        rows = [_run(connection, step) for step in steps]
        if commit:
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return rows


def _run(connection: sqlite3.Connection, step: Step) -> Rows:
    sql, parameters, must = step
    if not isinstance(parameters, Mapping):
        connection.executemany(sql, parameters)
        return []
    rows: Rows = connection.execute(sql, parameters).fetchall()
    if must and not rows:
        raise TurnTaken
    return rows


def _durably(connection: sqlite3.Connection, steps: Sequence[Step], begin: str | None, commit: bool) -> list[Rows]:
    """With the write-ahead log synced to the disk.

    Elsewhere synchronous=NORMAL does: a killed process loses nothing, and what a power failure may take (a turn, a
    settled message) is done again from the inbox, which is written here.
    """
    connection.execute("PRAGMA synchronous=FULL")
    try:
        return _batch(connection, steps, begin, commit)
    finally:
        connection.execute("PRAGMA synchronous=NORMAL")
