"""Write a command's text or rows to standard output or to a file, in the chosen language.

Rich is imported where a table is drawn: a command that prints text starts without it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from bot.errors import OutputError, to_reason
from bot.settings import configured_language
from bot.streams import escape_json
from locales import LANGUAGES, N_, Translator, translator

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

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


Cell: TypeAlias = "str | Text"


def terminal_width() -> int | None:
    """Return the characters in a line of the terminal that standard output is; None in a pipe."""
    from bot.console import SafeConsole  # noqa: PLC0415 - as above

    console = SafeConsole()
    return console.width if console.is_terminal else None


def print_rows(
    rows: Iterable[Sequence[Cell]],
    headings: Sequence[str],
    *,
    json: Iterable[Mapping[str, Any]] | None = None,
    whole: Sequence[str] = (),
    aligned: bool = False,
    title: "Text | None" = None,
) -> None:
    """Print rows, or the objects of ``json`` instead if given; a cell is never markup, whoever wrote it.

    Args:
        rows: The cells of each row.
        headings: The headings of a table; a pipe gets none.
        json: JSON objects, one for each row.
        whole: Headings of the columns whose cells are never broken.
        aligned: Print aligned columns with headings in a pipe, instead of cells separated by tabs.
        title: The title of a table of figures, whose last row is the total.
    """
    if json is not None:
        print_json_lines(json)
    elif terminal_width() is not None:
        _print_table(list(rows), headings, whole, title)
    elif aligned:
        typer.echo(_columns([headings, *([_plain(cell) for cell in row] for row in rows)]), nl=False)
    else:
        for row in rows:
            typer.echo("\t".join(map(_plain, row)))


def _print_table(
    rows: Sequence[Sequence[Cell]], headings: Sequence[str], whole: Sequence[str], title: "Text | None"
) -> None:
    from bot.console import SafeConsole  # noqa: PLC0415 - as above

    table = _table(rows, headings, whole, title)
    if table.rows:
        SafeConsole(highlight=False).print(table)


def _table(
    rows: Sequence[Sequence[Cell]], headings: Sequence[str], whole: Sequence[str], title: "Text | None"
) -> "Table":
    from rich.box import HEAVY_HEAD  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=title, title_justify="left", box=HEAVY_HEAD if title else None, pad_edge=bool(title))
    for place, heading in enumerate(headings):
        figures = title is not None and place > 0
        table.add_column(
            Text(heading), justify="right" if figures else "left", overflow="fold", no_wrap=heading in whole
        )
    for number, row in enumerate(rows, 1):
        is_total = title is not None and number == len(rows)
        if is_total:
            table.add_section()
        cells = (Text(cell) if isinstance(cell, str) else cell for cell in row)
        table.add_row(*cells, style="bold" if is_total else None)
    return table


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.plain


def _columns(rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns, each as wide as its widest cell, with two blanks between them."""
    from rich.cells import cell_len  # noqa: PLC0415 - as above

    widths = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
    return "".join(_line(row, widths, cell_len) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int], measure: Callable[[str], int]) -> str:
    padded = (cell + " " * (width - measure(cell)) for cell, width in zip(row, widths, strict=True))
    return "  ".join(padded).rstrip() + "\n"
