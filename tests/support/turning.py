"""A small assistant over the store, to be killed: receives from a platform that repeats what was not acknowledged."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.messages import DeliveryState, OutboxRow, PendingTurn
from bot.services.opening import open_store
from bot.services.unit_of_work import TurnTransaction, open_turn
from bot.store.sealing.keyring import open_keyring
from bot.store.store import Store
from tests.support.storing import CHANNEL, content, said, says

UPDATES = 500
CHATS = 4
BATCH = 5


#: What a turn makes of an update: the session it leaves and what it says.
Take = Callable[[PendingTurn, TurnTransaction], Awaitable[tuple[str, str]]]
#: What is noted of a message that was sent.
Note = Callable[[OutboxRow], str]


def run(url: str | None, folder: Path) -> None:
    """Work until everything is received, handled and delivered; exit code 0 says so."""
    asyncio.run(_run(url, folder))


async def _run(url: str | None, folder: Path) -> None:
    async with opened(url, folder) as store:
        await work(store, folder, UPDATES, _registers, lambda row: row.reply.paragraphs[0])


@asynccontextmanager
async def opened(url: str | None, folder: Path) -> AsyncIterator[Store]:
    """The store, as every life of the process opens it."""
    store = await open_store(url, folder, open_keyring(folder / "keys.json")[0])
    try:
        yield store
    finally:
        await store.close()


async def work(store: Store, folder: Path, updates: int, take: Take, note: Note) -> None:
    """Receive so many updates, handle and deliver until nothing is left."""
    await store.outbox.recover(CHANNEL, datetime.now(UTC))
    await _handle(store, take)
    while (
        await _receive(store, folder / "acknowledged", updates)
        + await _handle(store, take)
        + await _deliver(store, folder / "sent", note)
    ):
        pass


async def _receive(store: Store, acknowledged: Path, updates: int) -> int:
    start = _size(acknowledged)
    batch = [said(str(n), f"{n}", f"chat {n % CHATS}") for n in range(start, min(start + BATCH, updates))]
    await store.inbox.receive(batch, datetime.now(UTC))
    _append(acknowledged, "." * len(batch))
    return len(batch)


async def _handle(store: Store, take: Take) -> int:
    handled = 0
    for chat in await store.inbox.chats_waiting(CHANNEL):
        while turn := await store.inbox.claim_turn(chat):
            async with open_turn(store, turn, datetime.now(UTC)) as unit:
                session, reply = await take(turn, unit)
                await unit.finish(session, [says(reply)])
            handled += 1
    return handled


async def _registers(turn: PendingTurn, unit: TurnTransaction) -> tuple[str, str]:
    await unit.requests.register(content())
    count = int(turn.session or 0) + 1
    return str(count), f"{turn.chat.address}: {count}"


async def _deliver(store: Store, sent: Path, note: Note) -> int:
    rows = await store.outbox.claim(CHANNEL, CHATS, datetime.now(UTC))
    for row in rows:
        _append(sent, note(row) + "\n")
        await store.outbox.settle(row, DeliveryState.SENT, datetime.now(UTC), message=str(row.id))
    return len(rows)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _append(path: Path, text: str) -> None:
    """One write: it is there as a whole or not at all when the process dies."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, text.encode())
    os.close(file)
