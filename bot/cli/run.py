"""``troly run``, ``troly worker`` and ``troly chat``."""

import asyncio
from typing import Annotated

import typer

from bot.cli.output import translator_for
from bot.errors import SettingsError
from bot.logs import configure_logging
from bot.services.opening import database_url
from bot.settings import load_settings
from bot.store.drivers import sqlite_path
from locales import N_

#: Exit status after Ctrl-C, as shells have it: 128 and the signal's number.
_INTERRUPTED = 130
_ALONE = N_(
    "A SQLite database is served by one process: start it with troly run."
    " For several, set TROLY_DATABASE_URL to a PostgreSQL database."
)

_OPEN = N_("Open {address} in a browser. In this terminal instead: troly chat")
_ONLY_HERE = N_("Only this machine reaches that address. Stop with Ctrl-C.")
_OTHERS = N_("Everybody who reaches that address can open the chat, links to files, and webhooks; nothing else.")


def run() -> None:
    """Start every configured channel and the web chat; the terminal chat where there is neither."""
    from bot.app import configured_channels, serve  # noqa: PLC0415 - the other commands start without it

    settings = load_settings()
    if not configured_channels(settings) and not settings.web_listen:
        chat()
        return
    if settings.web_address:
        t = translator_for(None)
        typer.echo(t(_OPEN, address=settings.web_address))
        typer.echo(t(_OTHERS if settings.web_url else _ONLY_HERE))
    configure_logging(level=settings.log_level, form=settings.log_format)
    asyncio.run(serve(settings))


def worker() -> None:
    """Handle and deliver beside other processes, over the same PostgreSQL database."""
    settings = load_settings()
    if sqlite_path(database_url(settings), settings.data_dir):
        raise SettingsError(_ALONE)
    from bot.app import serve  # noqa: PLC0415 - as above

    configure_logging(level=settings.log_level, form=settings.log_format)
    asyncio.run(serve(settings, receiving=False))


def chat(
    name: Annotated[
        str | None,
        typer.Option(
            "--as", help=N_("Name of the conversation to take up again; without it a script begins a new one.")
        ),
    ] = None,
) -> None:
    """Talk in the terminal, or run a script from a pipe."""
    from bot.app import run_terminal_chat  # noqa: PLC0415 - as above

    settings = load_settings()
    configure_logging(level="ERROR", form=settings.log_format)
    try:
        asyncio.run(run_terminal_chat(settings, name))
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
