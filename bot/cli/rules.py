"""Prove a rule pack, and print it for a lawyer: ``troly rules``."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import Language as ShownLanguage
from bot.cli.output import translator_for, write
from bot.preview.rulebook import render_rulebook
from bot.settings import configured_language, load_settings
from locales import N_, Translator, translator
from rules.checking import check as find_troubles
from rules.errors import PackError
from rules.language import Language, load_language
from rules.language.checking import check_language
from rules.loading import load_pack
from rules.pack import Pack

app = typer.Typer(help=N_("Prove the rules, and print them for a lawyer."), no_args_is_help=True)


@app.command(help=N_("Prove the tables complete and unique, and report everything that is wrong."))
def check(
    folder: Annotated[
        Path | None, typer.Argument(help=N_("Folder of a pack; without it, the one that TROLY_PACK names."))
    ] = None,
) -> None:
    """Prove a pack; exit status 1 if anything is wrong."""
    t = translator(configured_language())
    try:
        pack = load_pack(folder or load_settings().pack)
    except PackError as error:
        typer.echo(error.say(t), err=True)
        raise typer.Exit(1) from None
    language = load_language()
    troubles = (*find_troubles(pack), *check_language(language, pack))
    for trouble in troubles:
        typer.echo(trouble.say(t))
    if troubles:
        typer.echo(t(N_("{pack}: {count} to put right"), pack=pack.label, count=len(troubles)))
        raise typer.Exit(1)
    typer.echo(_prove(pack, t))
    typer.echo(_prove_language(language, t))


def _prove_language(language: Language, t: Translator) -> str:
    sound = N_("language {name}: patterns {patterns}, examples {examples}: every example is read as it says")
    patterns = sum(len(rule.patterns) for rule in language.rules)
    examples = sum(len(rule.entry.examples) for rule in language.rules)
    return t(sound, name=language.name, patterns=patterns, examples=examples)


def _prove(pack: Pack, t: Translator) -> str:
    sound = N_("{pack}: tables {tables}, rows {rows}, worked examples {cases}: complete, unique, cited")
    return t(sound, pack=pack.label, tables=len(pack.tables), rows=len(pack.rows), cases=len(pack.cases))


@app.command(help=N_("Print the whole table with its citations, as a document a lawyer can sign."))
def show(
    language: ShownLanguage = None,
    out: Annotated[Path | None, typer.Option("--out", help=N_("File to write; without it, standard output."))] = None,
) -> None:
    """Print the rules as Markdown."""
    t = translator_for(language)
    write(render_rulebook(load_pack(load_settings().pack), t), out)
