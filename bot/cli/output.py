"""Where a command's text goes."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from bot.errors import OutputError
from bot.reasons import reason_of
from bot.streams import escaped_json
from locales import N_


def json_text(value: object, *, indent: int | None = None) -> str:
    """Return the value as JSON in which nothing steers a terminal."""
    return escaped_json(json.dumps(value, ensure_ascii=False, indent=indent))


def print_json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line: what every ``list --json`` prints."""
    for row in rows:
        typer.echo(json_text(row))


def write(text: str, out: Path | None) -> None:
    """To a file, whose folder is made, or to standard output.

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
        raise OutputError(message, file=out, reason=reason_of(error)) from None
