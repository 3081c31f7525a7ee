"""The durable peer of the Telegram bench with aiogram 3: the same turn as ours over one SQLite file.

Updates are stored before they are acknowledged, each is handled once, answer and state are one commit, and what goes
out is a row until it has left. The file is asked over aiosqlite, as ours is: no commit holds up the loop. Started as
``python aiogram_peer.py`` with the variables of ours, in an environment of its own: it pins other releases than ours.
"""

import asyncio
import os
from pathlib import Path

import aiosqlite
from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message, Update

ANSWER = "Anh/chị gửi chứng thư số, hoặc cho biết đơn vị đã thay đổi thế nào."
TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, payload TEXT, state TEXT NOT NULL DEFAULT 'waiting');
CREATE TABLE IF NOT EXISTS sessions (chat INTEGER PRIMARY KEY, session TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, chat INTEGER, text TEXT, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS waiting ON inbox (id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS queued ON outbox (id) WHERE state = 'queued';
"""
router = Router()


class Store:
    """One connection, on which one transaction goes on at a time."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection, self._lock = connection, asyncio.Lock()

    async def receive(self, updates: list[Update]) -> None:
        rows = [(one.update_id, one.model_dump_json(exclude_none=True)) for one in updates]
        async with self._lock:
            await self._connection.execute("PRAGMA synchronous = FULL")  # as ours: acknowledged is on the disk
            await self._connection.executemany("INSERT OR IGNORE INTO inbox (id, payload) VALUES (?, ?)", rows)
            await self._connection.commit()
            await self._connection.execute("PRAGMA synchronous = NORMAL")

    async def session(self, chat: int) -> int:
        async with self._lock:
            found = await self._connection.execute_fetchall("SELECT session FROM sessions WHERE chat = ?", (chat,))
        return int(next(iter(found), (0,))[0])

    async def finish(self, update: int, chat: int, session: int, text: str) -> int:
        """Store answer, state, and that the update is done, in one commit."""
        run = self._connection.execute
        async with self._lock:
            await run("INSERT OR REPLACE INTO sessions VALUES (?, ?)", (chat, str(session)))
            queued = await run("INSERT INTO outbox (chat, text, state) VALUES (?, ?, 'queued')", (chat, text))
            await run("UPDATE inbox SET state = 'done', payload = NULL WHERE id = ?", (update,))
            await self._connection.commit()
        return int(queued.lastrowid or 0)

    async def sent(self, row: int) -> None:
        async with self._lock:
            await self._connection.execute("UPDATE outbox SET state = 'sent', text = NULL WHERE id = ?", (row,))
            await self._connection.commit()


@router.message()
async def answer(message: Message, store: Store, number: int) -> int:
    """Answer a line, and return the row that is to leave."""
    chat = message.chat.id
    return await store.finish(number, chat, await store.session(chat) + 1, ANSWER)


class Peer:
    """A bot over its file."""

    def __init__(self, bot: Bot, store: Store) -> None:
        self._bot, self._store = bot, store
        self._dispatcher = Dispatcher()
        self._dispatcher.include_router(router)
        self._busy: dict[int, asyncio.Lock] = {}

    async def run(self) -> None:
        offset = 0
        async with asyncio.TaskGroup() as turns:
            while True:
                updates = await self._bot.get_updates(offset=offset, timeout=10)
                await self._store.receive(updates)
                for one in updates:
                    offset = one.update_id + 1
                    turns.create_task(self._take(one))

    async def _take(self, update: Update) -> None:
        """Handle an update and send what it is answered, one of a chat at a time."""
        if update.message is None:
            return
        chat = update.message.chat.id
        async with self._busy.setdefault(chat, asyncio.Lock()):
            row = await self._dispatcher.feed_update(self._bot, update, store=self._store, number=update.update_id)
            await self._bot.send_message(chat, ANSWER)
            await self._store.sent(row)


async def main() -> None:
    server = TelegramAPIServer.from_base(os.environ["TROLY_TELEGRAM_API_URL"])
    bot = Bot(os.environ["TROLY_TELEGRAM_TOKEN"], session=AiohttpSession(api=server))
    async with bot, aiosqlite.connect(Path(os.environ["TROLY_DATA_DIR"]) / "peer.sqlite3") as database:
        await database.executescript(TABLES)
        await Peer(bot, Store(database)).run()


if __name__ == "__main__":
    asyncio.run(main())
