"""``troly rules``: prove a rule pack, and print it for a lawyer."""

from pathlib import Path
from typing import Annotated

import typer

from handlers.rulebook import rulebook
from locales import LANGUAGES, N_, translator
from rules import PackError, load_pack
from rules.checking import check as find_troubles

app = typer.Typer(help=N_("Prove the rules, and print them for a lawyer."), no_args_is_help=True)


@app.command(help=N_("Prove the tables complete and unique, and report everything that is wrong."))
def check(
    folder: Annotated[
        Path | None, typer.Argument(help=N_("Folder of a pack; without it, the one that comes along."))
    ] = None,
) -> None:
    """Exit status 1 if anything is wrong."""
    try:
        pack = load_pack(folder or "nhon_trach")
    except PackError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    troubles = find_troubles(pack)
    for trouble in troubles:
        typer.echo(trouble)
    if troubles:
        typer.echo(f"{pack.label}: {len(troubles)} to put right")
        raise typer.Exit(1)
    counted = f"{len(pack.tables)} tables, {len(pack.rows)} rows, {len(pack.cases)} worked examples"
    typer.echo(f"{pack.label}: {counted}: complete, unique, cited")


@app.command(help=N_("Print the whole table with its citations, as a document a lawyer can sign."))
def show(
    language: Annotated[str, typer.Option("--lang", help=N_("Language of the texts: vi or en."))] = LANGUAGES[0],
    out: Annotated[Path | None, typer.Option("--out", help=N_("File to write; without it, standard output."))] = None,
) -> None:
    """Markdown, in one of the languages."""
    if language not in LANGUAGES:
        raise typer.BadParameter(f"{language} is not spoken here; choose {' or '.join(LANGUAGES)}", param_hint="--lang")
    text = rulebook(load_pack(), translator(language))
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"troly rules show: {out} cannot be written ({error.strerror})", err=True)
        raise typer.Exit(1) from None
