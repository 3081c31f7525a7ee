"""Print every screen on one page: ``troly screens``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import Language, parse_language, write
from bot.preview.page import render_page
from bot.settings import load_settings
from locales import N_
from rules.loading import load_pack


def screens(
    out: Annotated[Path | None, typer.Option(help=N_("File to write; without it, standard output."))] = None,
    language: Language = None,
) -> None:
    """Write the page of screens."""
    spoken = parse_language(language)
    write(asyncio.run(render_page(load_pack(load_settings().pack), spoken)), out)
