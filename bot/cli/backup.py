"""Back up the database, put a backup back, and move all rows to another database: ``troly backup``, ``troly move``."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from bot.cli.output import json_text
from bot.errors import SettingsError
from bot.services.backups import (
    Backup,
    backup_folder,
    create_backup,
    find_backup,
    list_backups,
    restore_backup,
    verify_backup,
)
from bot.services.moving import DatabaseMoveResult, move_contents
from bot.services.opening import database_url, migrate_database
from bot.settings import Settings, load_settings, make_data_dir
from bot.store import BackupBusy, hold_serving_lock, read_key_file, sqlite_path
from locales import N_, translator
from rules.calendar import to_vietnam_time

app = typer.Typer(add_completion=False, no_args_is_help=True)

_MADE = N_("Backup made and compared: {path} ({rows} rows, {megabytes} MB).")
_WHOLE = N_("The backup {path} of {day} is whole: {rows} rows in {tables} tables, each compared.")
_PUT_BACK = N_("Put back and compared: {rows} rows in {tables} tables, from the backup of {day}.")
_NEXT = N_(
    "At the next start broadcasts are paused, codes go on far beyond those in the backup, and the owners are told: look"
    " at each broadcast, then let it go on or call it off."
)
_KEYS = N_("It opens with the keys {keys}. They are never in a backup: keep a copy of the key file somewhere else.")
_KEYS_HERE = N_("The key file of this machine has them.")
_KEYS_MISSING = N_("The key file {path} lacks {keys}. Put back its newest copy before the start.")
_MOVED = N_("Moved and compared: {rows} rows in {tables} tables.")
_SET = N_(
    "Now set TROLY_DATABASE_URL to the new database, with the same key file, and start. The old one is used no more."
)
_WAITING = N_("Another process is making a backup in this folder: this one begins once that is done.")
#: Seconds that a person waits for it.
_PATIENCE = 600
_SAME = N_("--to names the database that is in use already")

_Folder = Annotated[Path | None, typer.Option("--dir", help=N_("Folder of the backups; without it, TROLY_BACKUP_DIR."))]
_Named = Annotated[
    Path | None, typer.Argument(metavar="BACKUP", help=N_("A backup; the newest one where none is named."))
]
_Json = Annotated[bool, typer.Option("--json", help=N_("JSON instead of text."))]


def _say(message: str, **values: object) -> None:
    typer.echo(translator(load_settings().language)(message, **values))


@app.command(help=N_("Make a backup while the assistant runs; the key file is never in it."))
def create(folder: _Folder = None, *, json: _Json = False) -> None:
    """Make one backup, and remove those beyond the number that is kept.

    A person waits for another process that is making one there; a program, which wants JSON, is told so at once.
    """
    settings = load_settings()
    made = _create(settings, folder or backup_folder(settings), patience=0 if json else _PATIENCE)
    if json:
        typer.echo(json_text(_facts(made)))
        return
    _say(_MADE, path=made.path, rows=made.manifest.rows, megabytes=f"{made.manifest.bytes / 1e6:.1f}")
    _say_keys(settings, made)


def _create(settings: Settings, folder: Path, patience: int) -> Backup:
    for waited in range(patience):
        try:
            return create_backup(settings, folder, settings.backup_keep)
        except BackupBusy:
            if not waited:
                typer.echo(translator(settings.language)(_WAITING), err=True)
            time.sleep(1)
    return create_backup(settings, folder, settings.backup_keep)


def _facts(backup: Backup) -> dict[str, Any]:
    manifest = backup.manifest
    about: dict[str, Any] = manifest.model_dump(mode="json", include={"made_at", "database", "keys", "bytes"})
    return {"backup": str(backup.path), **about, "rows": manifest.rows, "tables": len(manifest.digests())}


@app.command("list", help=N_("List the backups, the oldest first."))
def list_all(folder: _Folder = None) -> None:
    """Print a line a backup."""
    where = folder or backup_folder(load_settings())
    listed = list_backups(where)
    if not listed:
        typer.echo(translator(load_settings().language)(N_("There is no backup in {folder}."), folder=where), err=True)
    for path in listed:
        found = find_backup(where, path)
        typer.echo(f"{path}\t{_day(found)}\t{found.manifest.bytes / 1e6:.1f} MB")


@app.command(help=N_("Prove that a backup is whole: every row is read, counted and compared."))
def verify(backup: _Named = None, folder: _Folder = None) -> None:
    """Verify a backup; exit status 1 if it is not what was written."""
    settings = load_settings()
    found = find_backup(folder or backup_folder(settings), backup)
    verify_backup(found)
    _say(_WHOLE, path=found.path, **_numbers(found))
    _say_keys(settings, found)


@app.command(help=N_("Put a backup back into an empty data folder or database; every row is compared."))
def restore(backup: _Named = None, folder: _Folder = None) -> None:
    """Restore a backup; nothing is changed where the database holds data, or a program uses it."""
    settings = load_settings()
    make_data_dir(settings)
    found = find_backup(folder or backup_folder(settings), backup)
    asyncio.run(_restore(settings, found))
    _say(_PUT_BACK, **_numbers(found))
    _say_keys(settings, found)
    _say(_NEXT)


async def _restore(settings: Settings, backup: Backup) -> None:
    async with hold_serving_lock(settings):
        restore_backup(settings, backup)


def _numbers(backup: Backup) -> dict[str, object]:
    return {"day": _day(backup), "rows": backup.manifest.rows, "tables": len(backup.manifest.digests())}


def _day(backup: Backup) -> str:
    return f"{to_vietnam_time(backup.manifest.made_at):%H:%M %d/%m/%Y}"


def _say_keys(settings: Settings, backup: Backup) -> None:
    """Tell which keys a backup needs, and whether they are here."""
    needed = backup.manifest.keys
    path = settings.key_file or settings.data_dir / "keys.json"
    try:
        here = read_key_file(path).keys.keys()
    except FileNotFoundError:
        here = {}.keys()
    _say(_KEYS, keys=", ".join(needed) or "–")
    lacking = [key for key in needed if key not in here]
    _say(_KEYS_MISSING if lacking else _KEYS_HERE, path=path, keys=", ".join(lacking))


def move(
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help=N_("postgresql://user@host/database or sqlite:///path/to/file"))
    ],
) -> None:
    """Move all rows to another database; the same command goes on with a move that was interrupted."""
    settings = load_settings()
    make_data_dir(settings)
    done = asyncio.run(_move(settings, settings.model_copy(update={"database_url": SecretStr(to)})))
    _say(_MOVED, rows=done.rows, tables=done.tables)
    _say(_SET)
    if done.no_backup is not None:
        typer.echo(done.no_backup.say(translator(settings.language)))


async def _move(source: Settings, target: Settings) -> DatabaseMoveResult:
    """Keep others from serving either database meanwhile; a lock ends with its process."""
    here, there = (sqlite_path(database_url(one), one.data_dir) for one in (source, target))
    if database_url(source) == database_url(target) or (here and there and here.resolve() == there.resolve()):
        raise SettingsError(_SAME)
    async with hold_serving_lock(source), hold_serving_lock(target):
        for settings in (source, target):
            await migrate_database(database_url(settings), settings.data_dir)
        url = database_url(target) or ""
        return move_contents(database_url(source), url, source.data_dir, _show_progress)


def _show_progress(table: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"  {table}", err=True)
