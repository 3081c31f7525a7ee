"""Print every screen on one page: ``troly screens``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import Language, parse_language, write
from bot.preview.journeys import render_journeys
from bot.preview.page import render_page
from bot.settings import load_settings
from locales import N_
from rules.loading import load_pack


def screens(
    out: Annotated[Path | None, typer.Option(help=N_("File to write; without it, standard output."))] = None,
    language: Language = None,
    journeys: Annotated[
        bool, typer.Option("--journeys", help=N_("Write how long the ways to an answer are, instead of the screens."))
    ] = False,
) -> None:
    """Write the page of screens, or that of journeys."""
    spoken, pack = parse_language(language), load_pack(load_settings().pack)
    write(asyncio.run(render_journeys(pack) if journeys else render_page(pack, spoken)), out)
