"""What the assistant keeps: inbox, sessions, outbox and requests, sealed, on SQLite or PostgreSQL."""

from bot.store.opening import open_store
from bot.store.sealing import Keyring, open_keyring

__all__ = ["Keyring", "open_keyring", "open_store"]
