"""``troly restored``."""

import asyncio
import sys
from typing import Annotated

import typer

from bot.app import heartbeat_of
from bot.delivery.clock import SystemClock
from bot.settings import load_settings
from bot.store import store_of
from locales import N_, translator

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
    asyncio.run(_taken_up())
    typer.echo(t(_DONE))


async def _taken_up() -> None:
    settings = load_settings()
    async with store_of(settings) as opened:
        await heartbeat_of(settings, opened.store, SystemClock()).continue_from_copy(
            await opened.store.continuity.position()
        )
