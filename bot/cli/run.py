"""``troly run`` and ``troly chat``."""

import asyncio
from typing import Annotated

import typer

from bot.logs import configure
from bot.settings import load_settings
from locales import N_

#: Exit status after Ctrl-C, as shells have it: 128 and the signal's number.
_INTERRUPTED = 130


def run() -> None:
    """Start every configured channel; the terminal chat where there is none."""
    settings = load_settings()
    if settings.telegram_token is None:
        chat()
        return
    from bot.app import serve  # noqa: PLC0415 - a channel's libraries are loaded where it runs

    configure(level=settings.log_level, form=settings.log_format)
    asyncio.run(serve(settings))


def chat(
    name: Annotated[
        str | None,
        typer.Option(
            "--as", help=N_("Name of the conversation to take up again; without it a script begins a new one.")
        ),
    ] = None,
) -> None:
    """Talk in the terminal, or run a script from a pipe."""
    from bot.app import talk  # noqa: PLC0415 - as above

    settings = load_settings()
    configure(level="ERROR", form=settings.log_format)
    try:
        asyncio.run(talk(settings, name))
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
