"""``troly retention``."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.settings import load_settings
from bot.store import store_of
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
    counts = asyncio.run(_counted(days or settings.retention_days, dry_run, clock_is_right))
    typer.echo(t(N_("Would be deleted:")) if dry_run else t(N_("Deleted:")))
    for name, count in counts.items():
        typer.echo(f"  {t(_NAMES[name])}: {count}")
    typer.echo(t(N_("The journal stays: it names no person.")))


async def _counted(days: int, dry_run: bool, clock_is_right: bool) -> dict[str, int]:
    now = datetime.now(UTC)
    async with store_of(load_settings()) as opened:
        store = opened.store
        if clock_is_right and not dry_run:
            await store.continuity.accept_clock(now)
        if not dry_run:
            await store.continuity.require_steady_clock(now)
        return await store.delete_expired(now, days, dry_run=dry_run)
