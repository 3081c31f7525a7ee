"""Compare what a kill in the middle loses or doubles: our inbox and outbox, and a log (NATS JetStream) in front.

Run by hand (``python -m tests.bench.engines``), not in CI. Every way does the same turn: a line of a person raises the
count in their session and is answered once, the answer leaves for a platform that notes each message. The worker is
killed in the middle again and again, and started anew. All keep their sessions in PostgreSQL.
"""

import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import nats
import psycopg
from nats.js.api import ConsumerConfig

from bot.clock import Clock
from bot.messages import Incoming, OutboxRow
from bot.services.opening import open_store
from bot.store import SharedUse
from bot.store.sealing import open_keyring
from handlers.core import TextReceived
from tests.bench.province import empty_postgres
from tests.bench.signals import worker_runner
from tests.support.delivery import DeliveryPipeline, ScriptedChannel, echo, make_conversation
from tests.support.servers import nats_server

PEOPLE, LINES, KILLS = 50, 20, 5
#: Seconds that a platform takes for a message, and for which a dead worker is trusted.
PLATFORM, LEASE = 0.002, 4.0
_SPAWN = multiprocessing.get_context("spawn")


def note(platform: str, address: str, text: str) -> None:
    """Take a message as a platform does: what arrived is there, whatever becomes of the sender."""
    with Path(platform).open("ab", buffering=0) as file:
        file.write(json.dumps([address, text]).encode() + b"\n")


class NotingChannel(ScriptedChannel):
    """A platform that outlives its sender."""

    def __init__(self, platform: str) -> None:
        super().__init__(delay=PLATFORM)
        self._platform = platform

    async def send(self, row: OutboxRow) -> str | None:
        note(self._platform, row.chat.address, "\n".join(row.reply.paragraphs))
        return await super().send(row)


def serve_ours(url: str, platform: str, folder: str, ready: str) -> None:
    """Serve with our inbox and outbox."""

    async def serve() -> None:
        keyring = open_keyring(Path(folder, "keys.json"))[0]
        store = await open_store(url, Path(folder), keyring, use=SharedUse())
        road = DeliveryPipeline(store, Clock(), make_conversation(echo), NotingChannel(platform))
        Path(ready).touch()  # noqa: ASYNC240 - a moment, before anything is served
        await worker_runner(road, 1e6, LEASE).run(asyncio.Event())

    asyncio.run(serve())


def serve_log(url: str, platform: str, server: str, ready: str, *, early: bool) -> None:
    """Serve from a log; acknowledge updates when they are taken, or each once its answer has left."""

    async def serve() -> None:
        client = await nats.connect(server)
        log = client.jetstream()
        taken = await log.pull_subscribe("updates", "workers", config=ConsumerConfig(ack_wait=LEASE))
        database = await psycopg.AsyncConnection.connect(url)
        Path(ready).touch()  # noqa: ASYNC240 - a moment, before anything is served
        while True:
            try:
                messages = await taken.fetch(10, timeout=1)
            except TimeoutError:
                continue
            for message in messages if early else ():
                await message.ack()
            for message in messages:
                address, text = json.loads(message.data)
                async with database.transaction():
                    cursor = await database.execute(
                        "INSERT INTO sessions VALUES (%s, 1)"
                        " ON CONFLICT (chat) DO UPDATE SET turns = sessions.turns + 1 RETURNING turns",
                        (address,),
                    )
                    row = await cursor.fetchone()
                note(platform, address, f"{row[0] if row else 0}: {text}")
                await asyncio.sleep(PLATFORM)
                if not early:
                    await message.ack()

    asyncio.run(serve())


async def fill_ours(url: str, folder: str) -> None:
    """Receive everything at once."""
    store = await open_store(url, Path(folder), open_keyring(Path(folder, "keys.json"))[0], use=SharedUse())
    for line in range(LINES):
        lines = [
            Incoming("telegram", f"{line}-{one}", str(one), TextReceived(text=f"câu {line}", message="1"))
            for one in range(PEOPLE)
        ]
        await store.inbox.receive(lines, Clock().now())
    await store.close()


async def fill_log(url: str, server: str) -> None:
    """Publish everything at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS sessions (chat TEXT PRIMARY KEY, turns INTEGER)")
        connection.execute("DELETE FROM sessions")
    client = await nats.connect(server)
    log = client.jetstream()
    await log.add_stream(name="updates", subjects=["updates"])
    for line in range(LINES):
        for one in range(PEOPLE):
            await log.publish("updates", json.dumps([str(one), f"câu {line}"]).encode())
    await client.close()


def measure(name: str, platform: Path, serve: Callable[..., None], *arguments: str, **how: bool) -> None:
    """Serve, with so many kills, until nothing comes any more; print what arrived."""
    chance, ready = Random(7), platform.with_suffix(".ready")
    platform.touch()
    begun, serving = time.monotonic(), 0.0
    for number in range(KILLS + 1):
        ready.unlink(missing_ok=True)
        process = _SPAWN.Process(target=serve, args=(*arguments, str(ready)), kwargs=how, daemon=True)
        process.start()
        while not ready.exists():
            time.sleep(0.005)
        started = time.monotonic()
        if number < KILLS:
            _until_more(platform, chance.randint(40, 150))
        else:
            _until_quiet(platform)
        serving += time.monotonic() - started
        time.sleep(chance.uniform(0.0, 0.02))  # anywhere in a turn
        process.kill()
        process.join()
    arrived = Counter(map(tuple, map(json.loads, platform.read_text(encoding="utf-8").splitlines())))
    heard = Counter((address, text.partition(": ")[2]) for address, text in arrived.elements())
    lost = PEOPLE * LINES - len(heard)
    twice = sum(count - 1 for count in heard.values())
    counted = sum(count for (_, text), count in arrived.items() if int(text.partition(":")[0]) > LINES)
    order = _out_of_order(platform)
    sys.stdout.write(
        f"{name}: {KILLS} kills among {PEOPLE * LINES} lines: {lost} never answered, {twice} answered twice,"
        f" {counted} handled on a session that had counted them before, {order} out of order;"
        f" {time.monotonic() - begun:.0f} s, of which served {serving:.0f} s\n"
    )
    sys.stdout.flush()


def _until_more(platform: Path, count: int, within: float = 20.0) -> None:
    goal, until = platform.read_bytes().count(b"\n") + count, time.monotonic() + within
    while platform.read_bytes().count(b"\n") < goal and time.monotonic() < until:
        time.sleep(0.003)


def _until_quiet(platform: Path, quiet: float = 8.0) -> None:
    size, since = -1, time.monotonic()
    while time.monotonic() - since < quiet:
        if (now := platform.stat().st_size) != size:
            size, since = now, time.monotonic()
        time.sleep(0.1)


def _out_of_order(platform: Path) -> int:
    """Count the first answers to a line of a person that came before one to an earlier line."""
    highest: dict[str, int] = {}
    seen, wrong = set(), 0
    for address, text in map(json.loads, platform.read_text(encoding="utf-8").splitlines()):
        line = int(text.rpartition(" ")[2])
        if (address, line) not in seen:
            wrong += line < highest.get(address, -1)
            highest[address] = max(line, highest.get(address, -1))
            seen.add((address, line))
    return wrong


def main() -> None:
    url = empty_postgres()
    with tempfile.TemporaryDirectory() as folder:
        open_keyring(Path(folder, "keys.json"))
        asyncio.run(fill_ours(url, folder))
        measure("our inbox and outbox", Path(folder, "ours"), serve_ours, url, str(Path(folder, "ours")), folder)
        for name, early in (("acknowledged when sent", False), ("acknowledged when taken", True)):
            store = Path(folder, f"js-{early}")
            with nats_server("-js", "--store_dir", str(store)) as server:
                asyncio.run(fill_log(url, server.url))
                platform = Path(folder, f"log-{early}")
                measure(f"JetStream, {name}", platform, serve_log, url, str(platform), server.url, early=early)


if __name__ == "__main__":
    main()
