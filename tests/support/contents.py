"""Databases with chats in them, for tests of what copies a whole database."""

from pathlib import Path

from pydantic import SecretStr

from bot.settings import Settings
from bot.store import Store
from tests.support.store import NOW, answer_next, claim_next_turn, make_incoming, open_chat

CHATS = 40


def settings_of(url: str | None, folder: Path) -> Settings:
    """Return the settings of a program over a database, or over the SQLite file of a folder."""
    return Settings(data_dir=folder, database_url=SecretStr(url) if url else None, language="en", state_dir=None)


async def answer(store: Store, number: int) -> None:
    """Answer somebody whose session is the number from then on."""
    await answer_next(store, await open_chat(store, f"{number}", f"chat {number}"), "chào", session=f"{number}")


async def session_of(store: Store, number: int) -> str | None:
    """Return the session of such a person."""
    (chat,) = await store.inbox.receive([make_incoming(f"again {number}", address=f"chat {number}")], NOW)
    return (await claim_next_turn(store, chat)).session
