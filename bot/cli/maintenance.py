"""``troly retention``."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.app import open_heartbeat
from bot.clock import SystemClock
from bot.services.opening import database_url, migrate_database, open_store_from_settings
from bot.settings import load_settings, make_data_dir
from locales import N_, translator

#: What the counts of ``Store.retention`` are called.
_NAMES = {
    "requests": N_("requests"),
    "sessions": N_("conversations"),
    "standings": N_("known certificates"),
    "inbox": N_("handled messages"),
    "broadcasts": N_("ended broadcasts"),
    "outbox": N_("delivered messages"),
    "roles": N_("ended roles"),
    "invitations": N_("used or expired invitations"),
    "chats": N_("chats"),
}


def retention(
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help=N_("Days to keep data; the setting's value where not given."))
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=N_("Only count what would be deleted."))] = False,
    clock_is_right: Annotated[
        bool,
        typer.Option(
            "--clock-is-right",
            help=N_("Go by the clock of this machine from now on, though it is far from what was seen last."),
        ),
    ] = False,
) -> None:
    """Delete what is past its time; the assistant does the same every day."""
    settings = load_settings()
    t = translator(settings.language)
    counts = asyncio.run(_delete_expired(days or settings.retention_days, dry_run, clock_is_right))
    typer.echo(t(N_("Would be deleted:")) if dry_run else t(N_("Deleted:")))
    for name, count in counts.items():
        typer.echo(f"  {t(_NAMES[name])}: {count}")
    typer.echo(t(N_("The journal stays: it names no person.")))


async def _delete_expired(days: int, dry_run: bool, clock_is_right: bool) -> dict[str, int]:
    now = datetime.now(UTC)
    async with open_store_from_settings(load_settings()) as opened:
        store = opened.store
        if clock_is_right and not dry_run:
            await store.continuity.accept_clock(now)
        if not dry_run:
            await store.continuity.require_steady_clock(now)
        return await store.retention.delete_expired(now, days, dry_run=dry_run)


def migrate() -> None:
    """Bring the database up to date; a start does the same."""
    settings = load_settings()
    t = translator(settings.language)
    make_data_dir(settings)
    applied = asyncio.run(migrate_database(database_url(settings), settings.data_dir))
    for name in applied:
        typer.echo(t(N_("Applied: {name}"), name=name))
    if not applied:
        typer.echo(t(N_("The database is up to date.")))


_MEANS = N_(
    "This says that the database was put back from a copy: all broadcasts are paused, messages of theirs that wait"
    " count as not known whether they arrived, and codes go on far beyond those in the copy. Go on?"
)
_DONE = N_("Done. The owners are told in their chats. Look at each broadcast, then let it go on or call it off.")
_NOTHING = N_("Nothing was changed. Add --yes where nobody can be asked.")


def restored(yes: Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))] = False) -> None:
    """Say what is noticed by itself where the copy was put back on the same machine, and nowhere else."""
    t = translator(load_settings().language)
    if not yes and not (sys.stdin.isatty() and typer.confirm(t(_MEANS), err=True)):
        typer.echo(t(_NOTHING), err=True)
        raise typer.Exit(1)
    asyncio.run(_continue_from_copy())
    typer.echo(t(_DONE))


async def _continue_from_copy() -> None:
    settings = load_settings()
    async with open_store_from_settings(settings) as opened:
        await open_heartbeat(settings, opened.store, SystemClock()).continue_from_copy(
            await opened.store.continuity.position()
        )
