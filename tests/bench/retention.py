"""Everything is past its time at once, and people go on talking: the longest wait of an answer, on both databases.

The peer is the same store with nothing to delete. How many rows are due: ``TROLY_BENCH_ROWS``, 100,000 by default;
``TROLY_BENCH_DATABASE`` names one database alone. Of SQLite the size of the file is told, before and after.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from bot.messages import DeliveryState, Incoming
from bot.services.opening import open_store
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.drivers import to_micros
from bot.store.sealing import open_keyring
from handlers.core import Reply, TextReceived
from tests.bench.province import empty_postgres
from tests.bench.result import Result
from tests.support.database import Database

ROWS = int(os.environ.get("TROLY_BENCH_ROWS", "100000"))
#: Of each silent person: a chat with its session, a certificate, an update, an answer.
ROWS_EACH = 4
DAYS, CHANNEL = 180, "bench"
PAUSE, QUIET = 0.02, 5.0  #: seconds: between two people who write, and of the peer
GOAL = 0.25  #: seconds
SESSION = '{"answers": {}}'
_numbers = count()
_COUNT = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?) "
_FILL = (
    (
        "INSERT INTO chats (id, channel, address, session, first_contact_at, last_contact_at, consented)"
        " {count}SELECT 'old' || n, 'bench', {bytes}, {bytes}, {at}, {at}, 1 FROM n"
    ),
    "INSERT INTO standings (id, chat, known_at, changed_at) {count}SELECT 'old' || n, 'old' || n, {at}, {at} FROM n",
    (
        "INSERT INTO inbox (channel, update_id, chat, state, received_at, handled_at)"
        " {count}SELECT 'bench', 'old' || n, 'old' || n, 'done', {at}, {at} FROM n"
    ),
    (
        "INSERT INTO outbox (origin, chat, channel, message, priority, state, queued_at, due_at, settled_at)"
        " {count}SELECT 'old' || n, 'old' || n, 'bench', {bytes}, 0, 'sent', {at}, 0, {at} FROM n"
    ),
)


def run() -> list[Result]:
    """Longest wait and length, for each database."""
    kinds = (kind for kind in ("SQLite", "PostgreSQL") if os.environ.get("TROLY_BENCH_DATABASE", kind) == kind)
    return [result for kind in kinds for result in asyncio.run(_measured(kind))]


async def _measured(kind: str) -> list[Result]:
    async with _database(kind) as database:
        store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        try:
            quiet = max(await _talk(store, asyncio.create_task(asyncio.sleep(QUIET))))
            _fill(database)
            full = _size(database)
            begun, busy = perf_counter(), process_time()
            deletion = asyncio.create_task(store.retention.delete_expired(datetime.now(UTC), DAYS))
            waits = await _talk(store, deletion)
            took, busy = perf_counter() - begun, process_time() - busy
            counts = await deletion
        finally:
            await store.close()
        left = _size(database)
    assert counts["chats"] == ROWS // ROWS_EACH, counts
    name = f"{ROWS:,} rows past their time at once, on {kind}"
    rate, percentile = ROWS / took, sorted(waits)[int(len(waits) * 0.99)]
    share = left / full if full else None  # a server's files are not ours
    sizes = [Result(f"{name}: file after, before", left, full, "MB", share, "less than a half", left < full / 2)]
    return [
        Result(f"{name}: longest wait of an answer", max(waits), quiet, "s", None, f"under {GOAL}", max(waits) < GOAL),
        Result(
            f"{name}: p99 of the waits; peer: the median", percentile, median(waits), "s", None, "(told)", holds=True
        ),
        Result(
            f"{name}: deleted; peer: for a second of processor",
            rate,
            ROWS / busy,
            "rows/s",
            None,
            "to its end",
            holds=True,
        ),
        *(sizes if kind == "SQLite" else []),
    ]


def _size(database: Database) -> float:
    """Megabytes of the file, with what is not in it yet."""
    return sum(path.stat().st_size for path in database.folder.glob("troly.sqlite3*")) / 1e6


@asynccontextmanager
async def _database(kind: str) -> AsyncIterator[Database]:
    folder = Path(tempfile.mkdtemp())
    try:
        yield Database(None if kind == "SQLite" else empty_postgres(), folder)
    finally:
        shutil.rmtree(folder)


def _fill(database: Database) -> None:
    at = to_micros(datetime.now(UTC) - timedelta(days=2 * DAYS))
    sealed = "zeroblob(400)" if database.url is None else "decode(repeat('00', 400), 'hex')"
    people = ROWS // ROWS_EACH
    for statement in _FILL:
        database.sql(statement.format(count=_COUNT, bytes=sealed, at=at), people)


async def _talk(store: Store, until: asyncio.Task[object]) -> list[float]:
    """Seconds that each turn took while something else goes on, and two turns behind it."""
    waits: list[float] = []
    while not until.done() or len(waits) < 2:
        begun = perf_counter()
        await _turn(store, str(next(_numbers)))
        waits.append(perf_counter() - begun)
        await asyncio.sleep(PAUSE)
    return waits


async def _turn(store: Store, number: str) -> None:
    now = datetime.now(UTC)
    (chat,) = await store.inbox.receive([Incoming(CHANNEL, number, "talker", TextReceived(text="chào"))], now)
    turn = await store.inbox.claim_turn(chat)
    assert turn is not None
    async with open_turn(store, turn, now) as unit:
        await unit.finish(SESSION, [Reply(paragraphs=("chào",))])
    (row,) = await store.outbox.claim(CHANNEL, 10, now)
    await store.outbox.settle(row, DeliveryState.SENT, now, message="1")
