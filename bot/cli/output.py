"""Where a command's text goes."""

from pathlib import Path

import typer

from bot.errors import OutputError
from locales import N_


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
        reason = error.strerror if isinstance(error, OSError) else error
        message = N_("{file} cannot be written ({reason}); choose another folder or file")
        raise OutputError(message, file=out, reason=reason) from None
