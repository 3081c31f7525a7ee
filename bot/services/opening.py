"""Open the store: the database, its tables, its keys."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.logs import print_notice
from bot.services.broadcasts.recipients import render_message
from bot.settings import Settings, make_data_dir
from bot.store import (
    AbandonedRow,
    DatabaseMoved,
    Driver,
    KeyFileError,
    KeyFileMismatch,
    Keyring,
    KeyRotation,
    Migration,
    Query,
    SharedUse,
    Store,
    StoreTexts,
    backfill_consents,
    check_all_keys,
    from_micros,
    index_requests,
    load_migrations,
    missing_migrations,
    needs_postgresql,
    open_keyring,
    open_sqlite,
    seal_powers,
    split_statements,
    sqlite_path,
    to_micros,
)
from handlers.core import MarkupTranslator, Reply
from handlers.model import CHANNEL_LIMITS, ZALO, ZALO_BOT, AlarmKind, BroadcastPolicy, ChannelQuota, ChannelTariff
from handlers.notices import format_alarm, format_alert, format_values_unreadable
from locales import N_, translator
from rules.calendar import to_vietnam_time

_log = structlog.get_logger(__name__)


def _format_alert(language: str, what: AbandonedRow, row: int | str) -> Reply:
    return format_alert(MarkupTranslator(language), what, row)


def _format_damage(language: str, count: int, rows: str) -> Reply:
    return format_values_unreadable(MarkupTranslator(language), count, rows)


def _format_alarm(language: str, kind: AlarmKind, about: str, figure: int) -> Reply:
    return format_alarm(MarkupTranslator(language), kind, about, figure)


STORE_TEXTS = StoreTexts(alert=_format_alert, damage=_format_damage, alarm=_format_alarm, broadcast=render_message)


async def migrate(driver: Driver, carried: Sequence[Migration] | None = None) -> list[str]:
    """Apply missing migrations in one transaction, alone among all processes, and return their names.

    Raises:
        SchemaError: the tables are newer than the program, or not its own.
    """
    steps = load_migrations() if carried is None else carried
    now = to_micros(datetime.now(UTC))
    async with driver.transaction() as transaction:
        *_, applied = await transaction.run(
            Query("lock_migrations"), Query("create_migrations"), Query("applied_migrations")
        )
        lacking = missing_migrations(steps, [(version, name, checksum) for version, name, checksum in applied])
        for step in lacking:
            await transaction.script(split_statements(step.text, driver.dialect))
            await transaction.run(Query("record_migration", _migration_row(step, now)))
        await transaction.run(commit=True)
    if lacking:
        await driver.rebuild()
    return [step.name for step in lacking]


def _migration_row(step: Migration, now: int) -> dict[str, object]:
    return {"version": step.version, "name": step.name, "checksum": step.checksum, "now": now}


_NEW_KEYS = N_(
    "New keys were made in {path}. Copy this file to a safe place: without it nothing that is stored can be read."
)
_KEYS_GONE = N_(
    "The key file {path} is missing, and the database was sealed with its keys."
    " Put back its copy: without it nothing that is stored can be read."
)


_MOVED = N_(
    "The rows of this database were moved to another one at {day}. Set TROLY_DATABASE_URL to that one. To go on with"
    " what is left here all the same, which loses what was done there since: troly restored"
)
_UNFINISHED = N_(
    "A move into this database was interrupted, so not all rows are here. Give the same command once more (troly move"
    " --to, with the settings of the old database), or choose another database."
)


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """A store in use and its keys."""

    store: Store
    keyring: Keyring


def policy_from_settings(settings: Settings) -> BroadcastPolicy:
    """Return the policy of broadcasts that the settings describe."""
    bot = ChannelQuota(settings.zalo_bot_users, settings.zalo_bot_monthly_messages)
    account, price = settings.zalo_oa_app_id, settings.zalo_oa_message_dong
    zalo = {ZALO: ChannelTariff(account, price, settings.zalo_oa_monthly_dong)} if account else {}
    return BroadcastPolicy(
        settings.reminders_per_week,
        settings.approval_above,
        CHANNEL_LIMITS,
        quotas={ZALO_BOT: bot},
        tariffs=zalo,
        language=settings.language,
    )


_ALONE = SharedUse()


async def open_driver(url: str | None, data_dir: Path, use: SharedUse = _ALONE) -> Driver:
    """Open the database of a URL, or the SQLite file of the data folder.

    Raises:
        DatabaseUrlError: the URL names no database.
        DatabaseUnusable: it cannot be opened, or what speaks to PostgreSQL is not installed.
    """
    path = sqlite_path(url, data_dir)
    if path is not None:
        return await open_sqlite(path)
    with needs_postgresql():
        from bot.store.drivers.postgres import open_postgres  # noqa: PLC0415 - psycopg is loaded where it is used

    return await open_postgres(url or "", use)


async def wait_for_database(settings: Settings, waits: Callable[[], None] = lambda: None) -> None:
    """Wait for a PostgreSQL server that is not up yet, with words in the log and to ``waits``: it may come hours later.

    Raises:
        DatabaseUrlError: the URL names no database.
        DatabaseUnusable: what speaks to PostgreSQL is not installed.
    """
    url = database_url(settings)
    if url is None or sqlite_path(url, settings.data_dir) is not None:
        return
    with needs_postgresql():
        from bot.store.drivers.postgres import wait_until_up  # noqa: PLC0415 - psycopg is loaded where it is used

    hint = "the start goes on once it answers; if it should: TROLY_DATABASE_URL"

    def tell() -> None:
        waits()
        _log.warning("waiting_for_database", hint=hint)

    await wait_until_up(url, tell)


async def open_store(
    url: str | None,
    data_dir: Path,
    keyring: Keyring,
    policy: BroadcastPolicy | None = None,
    use: SharedUse = _ALONE,
) -> Store:
    """Open the store with its tables brought up to date; the usual policy applies where none is named.

    Raises:
        StoreError: it cannot be opened; each kind says what to do.
    """
    async with _open_migrated(url, data_dir, use) as driver:
        await _make_ready(driver, keyring)
    return Store.over(driver, keyring, policy or BroadcastPolicy(rooms=CHANNEL_LIMITS), STORE_TEXTS)


@asynccontextmanager
async def _open_migrated(url: str | None, data_dir: Path, use: SharedUse = _ALONE) -> AsyncIterator[Driver]:
    """Open the database with its tables brought up to date; it stays open unless what follows fails."""
    driver = await open_driver(url, data_dir, use)
    try:
        await migrate(driver)
        yield driver
    except BaseException:
        await driver.close()
        raise


async def migrate_database(url: str | None, data_dir: Path) -> list[str]:
    """Bring the tables up to date without opening the store, and return the names of the migrations applied."""
    driver = await open_driver(url, data_dir)
    try:
        return await migrate(driver)
    finally:
        await driver.close()


@asynccontextmanager
async def open_store_from_settings(settings: Settings, *, taking_up: bool = False) -> AsyncIterator[OpenedStore]:
    """Open the store that the settings name, and close it at the end. A person who has new keys is told so, once.

    One whose rows were moved elsewhere is opened only where somebody is ``taking_up`` what is left in it.

    Raises:
        SettingsError: the data folder cannot be made.
        StoreError: it cannot be opened; each kind says what to do.
    """
    driver, keyring = await _open_with_keys(settings, taking_up=taking_up)
    store = Store.over(driver, keyring, policy_from_settings(settings), STORE_TEXTS)
    try:
        yield OpenedStore(store, keyring)
    finally:
        await store.close()


@asynccontextmanager
async def open_key_rotation(settings: Settings) -> AsyncIterator[KeyRotation]:
    """Open the keys of the same database, also where some of them are missing.

    Raises:
        SettingsError, StoreError: as ``open_store_from_settings`` does for any other reason.
    """
    driver, keyring = await _open_with_keys(settings, whole=False)
    try:
        yield KeyRotation(driver, keyring)
    finally:
        await driver.close()


async def _open_with_keys(settings: Settings, *, whole: bool = True, taking_up: bool = False) -> tuple[Driver, Keyring]:
    make_data_dir(settings)
    async with _open_migrated(database_url(settings), settings.data_dir, shared_use(settings)) as driver:
        await _require_here(driver, taking_up=taking_up)
        keyring = await _load_keyring(driver, settings)
        await (_make_ready(driver, keyring) if whole else _check_keys(driver, keyring))
    return driver, keyring


async def _require_here(driver: Driver, *, taking_up: bool) -> None:
    """Refuse a database whose rows are elsewhere, or not all here: what is written into it would be lost.

    Raises:
        DatabaseMoved: says where to go on.
    """
    ((moved, unfinished),) = (await driver.run(Query("whereabouts")))[0]
    if unfinished:
        raise DatabaseMoved(_UNFINISHED)
    if moved is not None and not taking_up:
        raise DatabaseMoved(_MOVED, day=f"{to_vietnam_time(from_micros(moved)):%H:%M %d/%m/%Y}")


async def _make_ready(driver: Driver, keyring: Keyring) -> None:
    """Make sure that no key is missing, that rows that give power are sealed, and that requests can be found."""
    await _check_keys(driver, keyring)
    await check_all_keys(driver, keyring)
    await seal_powers(driver, keyring)
    await index_requests(driver, keyring)
    await backfill_consents(driver, keyring)


def database_url(settings: Settings) -> str | None:
    """Return the URL as a driver needs it."""
    return settings.database_url.get_secret_value() if settings.database_url else None


def shared_use(settings: Settings) -> SharedUse:
    """Return how the settings want a database to be used that is shared with other processes."""
    listen, signals = settings.database_listen_url, settings.signals_url
    return SharedUse(
        settings.database_pool,
        listen.get_secret_value() if listen else None,
        signals.get_secret_value() if signals else None,
    )


async def _load_keyring(driver: Driver, settings: Settings) -> Keyring:
    """Load the keys of the settings' file; they are made where there are none, but never for a sealed database.

    Raises:
        KeyFileError: the database knows its keys and their file is gone, or the file cannot be used.
    """
    path = settings.key_file or settings.data_dir / "keys.json"
    (marked,) = await driver.run(Query("keyring_mark"))
    if (
        marked and not path.exists()
    ):  # in this order: a process that starts at the same time makes the file before the mark
        raise KeyFileError(_KEYS_GONE, path=path)
    keyring, created = open_keyring(path)
    if created:
        print_notice(translator(settings.language)(_NEW_KEYS, path=path))
    return keyring


async def _check_keys(driver: Driver, keyring: Keyring) -> None:
    """Refuse a database of another key file: opened with this one, it would lose chats silently."""
    mark = keyring.lookup("keyring")
    (rows,) = await driver.run(Query("keyring_mark"))
    if not rows:
        await driver.run(Query("set_keyring_mark", {"mark": mark}))
    elif (mark,) not in rows:
        message = N_(
            "The database was sealed with other keys than those in {path}. Put back the key file that belongs to it."
        )
        raise KeyFileMismatch(message, path=keyring.path)
