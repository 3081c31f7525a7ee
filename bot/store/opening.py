"""Open the store: the database, its tables, its keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings
from bot.store.api import Store
from bot.store.drivers import Call, Driver
from bot.store.drivers.sqlite import open_sqlite
from bot.store.drivers.url import sqlite_path
from bot.store.errors import KeyFileMismatch
from bot.store.migrate import migrate
from bot.store.sealing import Keyring, open_keyring
from bot.store.store import SealedStore
from locales import N_


@dataclass(frozen=True, slots=True)
class Opened:
    """A store in use, its keys, and whether these were made just now."""

    store: Store
    keyring: Keyring
    created: bool


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
    """The store that the settings name, closed again at the end."""
    keyring, created = open_keyring(settings.key_file or settings.data_dir / "keys.json")
    store = await open_store(database_url(settings), settings.data_dir, keyring)
    try:
        yield Opened(store, keyring, created)
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
