"""Open the store: the database, its tables, its keys."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings, make_data_dir
from bot.store.api import Store
from bot.store.bulk import Bulk
from bot.store.consents import read_consents
from bot.store.drivers import Call, Driver
from bot.store.drivers.sqlite import open_sqlite
from bot.store.drivers.url import sqlite_path
from bot.store.errors import KeyFileError, KeyFileMismatch
from bot.store.migrate import migrate
from bot.store.office.indexing import index_requests
from bot.store.sealing import Keyring, open_keyring
from bot.store.store import SealedStore
from handlers.broadcasts.policy import Policy, Room
from locales import N_, translator

#: Of the channels that have other limits than the usual ones: as their ``Capabilities``.
ROOMS = {"telegram": Room(4096, 1024), "terminal": Room(1_000_000, 1_000_000)}
_NEW_KEYS = N_(
    "New keys were made in {path}. Copy this file to a safe place: without it nothing that is stored can be read."
)
_KEYS_GONE = N_(
    "The key file {path} is missing, and the database was sealed with its keys."
    " Put back its copy: without it nothing that is stored can be read."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A store in use and its keys."""

    store: Store
    keyring: Keyring


def policy_of(settings: Settings) -> Policy:
    """What the settings say about broadcasts."""
    return Policy(settings.reminders_per_week, settings.approval_above, ROOMS, language=settings.language)


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


async def open_store(url: str | None, data_dir: Path, keyring: Keyring, policy: Policy | None = None) -> Store:
    """The store with its tables brought up to date; the usual policy where none is named.

    Raises:
        StoreError: it cannot be opened; each kind says what to do.
    """
    async with _migrated(url, data_dir) as driver:
        await _check_keys(driver, keyring)
        await index_requests(driver, keyring)
        await read_consents(driver, keyring)
    return SealedStore(driver, keyring, policy or Policy(rooms=ROOMS))


@asynccontextmanager
async def _migrated(url: str | None, data_dir: Path) -> AsyncIterator[Driver]:
    """The database with its tables brought up to date, to be used on; closed where what follows fails."""
    driver = await open_driver(url, data_dir)
    try:
        await migrate(driver)
        yield driver
    except BaseException:
        await driver.close()
        raise


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
    driver, keyring = await _opened(settings)
    store = SealedStore(driver, keyring, policy_of(settings))
    try:
        yield Opened(store, keyring)
    finally:
        await store.close()


@asynccontextmanager
async def bulk_of(settings: Settings) -> AsyncIterator[Bulk]:
    """The same database, to be filled with made-up data; raises as ``store_of`` does."""
    driver, keyring = await _opened(settings)
    try:
        yield Bulk(driver, keyring)
    finally:
        await driver.close()


async def _opened(settings: Settings) -> tuple[Driver, Keyring]:
    make_data_dir(settings)
    async with _migrated(database_url(settings), settings.data_dir) as driver:
        keyring = await _keyring(driver, settings)
        await _check_keys(driver, keyring)
        await index_requests(driver, keyring)
        await read_consents(driver, keyring)
    return driver, keyring


def database_url(settings: Settings) -> str | None:
    """The URL as a driver needs it."""
    return settings.database_url.get_secret_value() if settings.database_url else None


async def _keyring(driver: Driver, settings: Settings) -> Keyring:
    """The keys of the settings' file; made where there are none, but never for a database that was sealed already.

    Raises:
        KeyFileError: the database knows its keys and their file is gone, or the file cannot be used.
    """
    path = settings.key_file or settings.data_dir / "keys.json"
    (marked,) = await driver.run(Call("keyring_mark"))
    if marked and not path.exists():  # in this order: whoever starts at the same time makes the file before the mark
        raise KeyFileError(_KEYS_GONE, path=path)
    keyring, created = open_keyring(path)
    if created:
        announcement = translator(settings.language)(_NEW_KEYS, path=path)
        print(announcement, file=sys.stderr)  # noqa: T201 - to be read at any log level
    return keyring


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
