"""``troly migrate``."""

import asyncio

import typer

from bot.settings import load_settings, make_data_dir
from bot.store import database_url, migrate_database
from locales import N_, translator


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
