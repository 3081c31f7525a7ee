"""``troly rights``."""

import typer

from bot.cli.language import Language, translator_of
from handlers.office.rights_words import markdown


def rights(language: Language = None) -> None:
    """Print which role may do what, and how far, as a Markdown table."""
    typer.echo(markdown(translator_of(language)), nl=False)
