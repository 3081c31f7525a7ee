"""``troly screens``: every screen on one page."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.screens_page import page
from bot.settings import configured_language, load_settings
from locales import LANGUAGES, N_
from rules import load_pack


def screens(
    out: Annotated[Path | None, typer.Option(help=N_("File to write; standard output where absent."))] = None,
    lang: Annotated[str, typer.Option(help=N_("Language: vi or en."))] = "",
) -> None:
    """Write the page."""
    language = lang if lang in LANGUAGES else configured_language()
    text = asyncio.run(page(load_pack(load_settings().pack), language))
    if out is None:
        typer.echo(text)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
