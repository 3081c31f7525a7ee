"""``troly keys``."""

import asyncio
from datetime import UTC, datetime

import typer

from bot.settings import load_settings
from bot.store import store_of
from bot.store.api import Rotation
from bot.store.sealing import KeyFile
from locales import N_, translator

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command("list", help=N_("Show the id of every key, its day, and how many values it seals."))
def list_keys() -> None:
    """Keys themselves are never shown."""
    t = translator(load_settings().language)
    keys, usage = asyncio.run(_listed())
    for name, stored in sorted(keys.keys.items(), key=lambda item: item[1].created):
        current = t(N_("in use")) if name == keys.current else t(N_("superseded"))
        count = t(N_("values sealed: {count}"), count=usage.get(name, 0))
        typer.echo(f"{name}  {stored.created:%Y-%m-%d %H:%M} UTC  {current}  {count}")


@app.command(help=N_("Add a key and seal everything with it, while the assistant runs."))
def rotate() -> None:
    """Older keys go once nothing needs them."""
    t = translator(load_settings().language)
    done = asyncio.run(_rotated())
    typer.echo(t(N_("New key {key}; values sealed anew: {count}."), key=done.key, count=done.resealed))
    typer.echo(t(N_("Make a copy of the key file now: without it nothing that is stored can be read.")))
    for name in done.dropped:
        typer.echo(t(N_("Dropped key {key}, which nothing used any more."), key=name))


async def _listed() -> tuple[KeyFile, dict[str, int]]:
    async with store_of(load_settings()) as opened:
        return opened.keyring.keys, await opened.store.key_usage()


async def _rotated() -> Rotation:
    async with store_of(load_settings()) as opened:
        return await opened.store.rotate_keys(datetime.now(UTC))
