"""What the assistant keeps: inbox, sessions, outbox and requests, sealed, on SQLite or PostgreSQL."""

from bot.store.opening import Opened, bulk_of, database_url, keys_of, migrate_database, open_store, store_of
from bot.store.sealing import Keyring, open_keyring

__all__ = [
    "Keyring",
    "Opened",
    "bulk_of",
    "database_url",
    "keys_of",
    "migrate_database",
    "open_keyring",
    "open_store",
    "store_of",
]
