"""Write a command's text to standard output or to a file, in the chosen language."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.errors import OutputError, to_reason
from bot.settings import configured_language
from bot.streams import escape_json
from locales import LANGUAGES, N_, Translator, translator

#: The option ``--lang`` of every command that has one.
Language = Annotated[
    str | None, typer.Option("--lang", help=N_("Language of the texts: vi or en; without it, TROLY_LANGUAGE."))
]


def json_text(value: object, *, indent: int | None = None) -> str:
    """Return the value as JSON in which no character can steer a terminal."""
    return escape_json(json.dumps(value, ensure_ascii=False, indent=indent))


def print_json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object per line, as every ``list --json`` does."""
    for row in rows:
        typer.echo(json_text(row))


def write(text: str, out: Path | None) -> None:
    """Write to a file, creating its folder, or to standard output.

    Raises:
        OutputError: the file cannot be written.
    """
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        message = N_("{file} cannot be written ({reason}); choose another folder or file")
        raise OutputError(message, file=out, reason=to_reason(error)) from None


def parse_language(asked: str | None) -> str:
    """Return the language given by ``--lang``, or the configured one.

    Raises:
        typer.BadParameter: there is no catalogue of that language.
    """
    if asked is None:
        return configured_language()
    if asked in LANGUAGES:
        return asked
    t = translator(configured_language())
    unknown = N_("{language} is not spoken here; choose one of: {languages}")
    raise typer.BadParameter(t(unknown, language=asked, languages=", ".join(LANGUAGES)), param_hint="--lang")


def translator_for(asked: str | None) -> Translator:
    """Return the translator for ``--lang``; raises the errors of ``parse_language``."""
    return translator(parse_language(asked))
