"""Open the store: the database, its tables, its keys."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings, make_data_dir
from bot.store.api import Store
from bot.store.drivers import Call, Driver
from bot.store.drivers.sqlite import open_sqlite
from bot.store.drivers.url import sqlite_path
from bot.store.errors import KeyFileMismatch
from bot.store.migrate import migrate
from bot.store.sealing import Keyring, open_keyring
from bot.store.store import SealedStore
from locales import N_, translator

_NEW_KEYS = N_(
    "New keys were made in {path}. Copy this file to a safe place: without it nothing that is stored can be read."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A store in use and its keys."""

    store: Store
    keyring: Keyring


async def open_driver(url: str | None, data_dir: Path) -> Driver:
    """The database of a URL, or the SQLite file of the data folder.

    Raises:
        DatabaseUrlError: the URL names no database.
        DatabaseUnusable: it cannot be opened.
    """
    path = sqlite_path(url, data_dir)
    if path is not None:
        return await open_sqlite(path)
    from bot.store.drivers.postgres import open_postgres  # noqa: PLC0415 - psycopg is loaded where it is used

    return await open_postgres(url or "")


async def open_store(url: str | None, data_dir: Path, keyring: Keyring) -> Store:
    """The store with its tables brought up to date.

    Raises:
        StoreError: it cannot be opened; each kind says what to do.
    """
    driver = await open_driver(url, data_dir)
    try:
        await migrate(driver)
        await _check_keys(driver, keyring)
    except BaseException:
        await driver.close()
        raise
    return SealedStore(driver, keyring)


async def migrate_database(url: str | None, data_dir: Path) -> list[str]:
    """Bring the tables up to date without opening the store; the names of the migrations applied."""
    driver = await open_driver(url, data_dir)
    try:
        return await migrate(driver)
    finally:
        await driver.close()


@asynccontextmanager
async def store_of(settings: Settings) -> AsyncIterator[Opened]:
    """The store that the settings name, closed again at the end; whoever has new keys is told so, once.

    Raises:
        SettingsError: the data folder cannot be made.
        StoreError: it cannot be opened; each kind says what to do.
    """
    make_data_dir(settings)
    keyring, created = open_keyring(settings.key_file or settings.data_dir / "keys.json")
    if created:
        announcement = translator(settings.language)(_NEW_KEYS, path=keyring.path)
        print(announcement, file=sys.stderr)  # noqa: T201 - to be read at any log level
    store = await open_store(database_url(settings), settings.data_dir, keyring)
    try:
        yield Opened(store, keyring)
    finally:
        await store.close()


def database_url(settings: Settings) -> str | None:
    """The URL as a driver needs it."""
    return settings.database_url.get_secret_value() if settings.database_url else None


async def _check_keys(driver: Driver, keyring: Keyring) -> None:
    """A database opened with another key file would lose chats silently: refuse it."""
    mark = keyring.lookup("keyring")
    (rows,) = await driver.run(Call("keyring_mark"))
    if not rows:
        await driver.run(Call("set_keyring_mark", {"mark": mark}))
    elif (mark,) not in rows:
        message = N_(
            "The database was sealed with other keys than those in {path}. Put back the key file that belongs to it."
        )
        raise KeyFileMismatch(message, path=keyring.path)
