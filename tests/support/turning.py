"""A small assistant over the store, to be killed: receives from a platform that repeats what was not acknowledged."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from bot.store import open_keyring, open_store
from bot.store.api import Delivery, Store
from tests.support.storing import CHANNEL, content, said, says

UPDATES = 500
CHATS = 4
BATCH = 5


def run(url: str | None, folder: Path) -> None:
    """Work until everything is received, handled and delivered; exit code 0 says so."""
    asyncio.run(_run(url, folder))


async def _run(url: str | None, folder: Path) -> None:
    store = await open_store(url, folder, open_keyring(folder / "keys.json")[0])
    await store.recover(CHANNEL)
    await _handle(store)
    while (
        await _receive(store, folder / "acknowledged") + await _handle(store) + await _deliver(store, folder / "sent")
    ):
        pass
    await store.close()


async def _receive(store: Store, acknowledged: Path) -> int:
    start = _size(acknowledged)
    batch = [said(str(n), f"{n}", f"chat {n % CHATS}") for n in range(start, min(start + BATCH, UPDATES))]
    await store.receive(batch, datetime.now(UTC))
    _append(acknowledged, "." * len(batch))
    return len(batch)


async def _handle(store: Store) -> int:
    handled = 0
    for chat in await store.waiting(CHANNEL):
        while turn := await store.pending(chat):
            async with store.turn(turn, datetime.now(UTC)) as unit:
                await unit.requests.register(content())
                count = int(turn.session or 0) + 1
                await unit.finish(str(count), [says(f"{chat.address}: {count}")])
            handled += 1
    return handled


async def _deliver(store: Store, sent: Path) -> int:
    rows = await store.claim(CHANNEL, CHATS, datetime.now(UTC))
    for row in rows:
        _append(sent, row.reply.paragraphs[0] + "\n")
        await store.settle(row, Delivery.SENT, datetime.now(UTC), message=str(row.id))
    return len(rows)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _append(path: Path, text: str) -> None:
    """One write: it is there as a whole or not at all when the process dies."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, text.encode())
    os.close(file)
