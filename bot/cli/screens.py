"""``troly screens``: every screen on one page."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.language import Language, language_of
from bot.cli.output import write
from bot.screens_page import page
from bot.settings import load_settings
from locales import N_
from rules import load_pack


def screens(
    out: Annotated[Path | None, typer.Option(help=N_("File to write; without it, standard output."))] = None,
    language: Language = None,
) -> None:
    """Write the page."""
    spoken = language_of(language)
    write(asyncio.run(page(load_pack(load_settings().pack), spoken)), out)
