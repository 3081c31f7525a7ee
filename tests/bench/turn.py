"""One turn on SQLite: received, handled, claimed, settled; against the same statements in bare aiosqlite.

The peer runs the statements of the store one by one with ready-made values: no sealing, no JSON, no checks.
"""

import asyncio
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import aiosqlite

from bot.messages import DeliveryState, Incoming, MessageSize
from bot.services.opening import open_store
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.drivers import load_queries
from bot.store.drivers.sqlite import SqliteDriver
from bot.store.messages import LARGE_MESSAGE, MAX_MESSAGE_BYTES
from bot.store.sealing import open_keyring
from handlers.core import Choice, Reply, TextReceived
from tests.bench.result import Result

ROUNDS = 1500
GOAL = 1.5
CHANNEL = "bench"
SESSION = '{"answers": ' + "1" * 900 + "}"
REPLY = Reply(
    paragraphs=("Anh/chị cho biết đơn vị đã thay đổi thế nào? " * 6,), choices=(Choice(label="Sáp nhập", tap="e|1|3"),)
)
SEALED = b"x" * 32
WORKER = "peer"


def run() -> list[Result]:
    """Milliseconds a turn, medians of turns taken in turn."""
    ours, peer = asyncio.run(_measured())
    ratio = ours / peer
    return [Result("a turn on SQLite", ours, peer, "ms", ratio, f"at most {GOAL} times", holds=ratio <= GOAL)]


async def _measured() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(None, Path(folder), open_keyring(Path(folder, "keys.json"))[0])
        bare = await _bare(Path(folder))
        try:
            return await _in_turn(store, bare)
        finally:
            await bare.close()
            await store.close()


async def _bare(folder: Path) -> aiosqlite.Connection:
    """A database of its own with the same tables and settings."""
    driver = await open_store(None, folder / "peer", open_keyring(folder / "keys.json")[0])
    await driver.close()
    bare = await aiosqlite.connect(folder / "peer" / "troly.sqlite3", isolation_level=None)
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL"):
        await bare.execute(f"PRAGMA {pragma}")
    return bare


async def _in_turn(store: Store, bare: aiosqlite.Connection) -> tuple[float, float]:
    queries = load_queries(SqliteDriver.dialect)
    ours: list[float] = []
    peer: list[float] = []
    for number in range(ROUNDS):
        sides = [(ours, _our_turn(store, number)), (peer, _bare_turn(bare, queries, number))]
        for times, turn in sides if number % 2 else sides[::-1]:
            start = perf_counter()
            await turn
            times.append(perf_counter() - start)
    return median(ours) * 1000, median(peer) * 1000


async def _our_turn(store: Store, number: int) -> None:
    now = datetime.now(UTC)
    update = Incoming(CHANNEL, str(number), f"chat {number % 50}", TextReceived(text="sáp nhập"))
    (chat,) = await store.inbox.receive([update], now)
    turn = await store.inbox.claim_turn(chat)
    assert turn is not None
    async with open_turn(store, turn, now) as unit:
        await unit.finish(SESSION, [REPLY])
    (row,) = await store.outbox.claim(CHANNEL, 10, now)
    await store.outbox.settle(row, DeliveryState.SENT, now, message="1")


async def _bare_turn(bare: aiosqlite.Connection, queries: dict[str, str], number: int) -> None:
    chat = {"chat": f"chat {number % 50}", "channel": CHANNEL, "address": SEALED, "now": number}
    payload = SEALED + REPLY.model_dump_json().encode()

    async def run(query: str, **values: Any) -> list[sqlite3.Row]:
        return list(await bare.execute_fetchall(queries[query], {**chat, **values}))

    await bare.execute("PRAGMA synchronous=FULL")
    await bare.execute("BEGIN IMMEDIATE")
    await run("meet_chat", update=str(number))
    await run("receive", update=str(number), payload=SEALED)
    await bare.execute("COMMIT")
    await bare.execute("PRAGMA synchronous=NORMAL")
    (turn,) = await run("pending", worker=None)
    await bare.execute("BEGIN IMMEDIATE")
    await run("finish", inbox=turn[0])
    await run("keep_session", session=SEALED + SESSION.encode(), language="vi", consented=1, identity_until=None)
    await run("queue", origin=f"turn:{turn[0]}:0", payload=payload, priority=0, follows=0, worker=None)
    await bare.execute("COMMIT")
    bounds = {"large": MessageSize.ANY, "heavy": LARGE_MESSAGE, "most": MAX_MESSAGE_BYTES, "resting": "[]"}
    (row,) = await run("claim", limit=10, worker=WORKER, **bounds)
    await bare.execute("BEGIN IMMEDIATE")
    await run("settle_sent", id=row[0], message=SEALED, reason=None, worker=WORKER)
    await run("forget_chat")
    await bare.execute("COMMIT")
