"""``troly export``."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bot.cli.acting import As, entitled
from bot.cli.filters import Wanted
from bot.cli.language import Language, translator_of
from bot.cli.option_groups import with_option_groups
from bot.cli.terminated import EXIT_CODES, heeding_kill
from bot.errors import OutputError
from bot.exports.export import export
from bot.exports.landing import notes_of, refuse_taken
from bot.exports.model import Exported, Form, Order
from bot.exports.writers import ENDINGS
from bot.safe_console import SafeConsole
from bot.settings import load_settings
from handlers.office.export_words import remarked
from handlers.office.rights import Act
from locales import N_, Translator

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def _exports() -> None:
    """One kind so far; a callback keeps its name a word of the command line."""


@app.command(help=N_("Write the requests that are meant to one file, complete or not at all."))
@with_option_groups
def requests(
    *,
    form: Annotated[Form, typer.Option("--format", help=N_("Kind of file."))],
    out: Annotated[Path, typer.Option("--out", help=N_("The file to write."))],
    wanted: Wanted,
    person: As = None,
    force: Annotated[bool, typer.Option("--force", help=N_("Replace a file that is there."))] = False,
    language: Language = None,
) -> None:
    """Personal columns are masked where ``--as`` may not see them."""
    t = translator_of(language)
    _check(form, out, force=force)
    try:
        with heeding_kill():
            done = asyncio.run(_exported(form, out, wanted, person, t))
    except KeyboardInterrupt as ended:
        typer.echo(t(N_("Cancelled; nothing was written.")), err=True)
        raise typer.Exit(EXIT_CODES[type(ended)]) from None
    typer.echo(t(N_("Written to {file}; requests: {count}."), file=out, count=done.count), err=True)
    for remark in remarked(t, done.remarks):
        typer.echo(remark, err=True)


def _check(form: Form, out: Path, *, force: bool) -> None:
    """Before anything is read.

    Raises:
        OutputError: the name does not fit, is taken, or its folder is not there.
    """
    endings = ENDINGS[form]
    if out.suffix.lower() not in endings:
        message = N_("A file of the kind {form} needs a name ending in {endings}, such as {example}.")
        example = out.with_suffix(endings[0]).name if out.name else f"requests{endings[0]}"
        raise OutputError(message, form=form.value, endings=" / ".join(endings), example=example)
    refuse_taken(out, force=force)


async def _exported(form: Form, out: Path, wanted: Wanted, person: str | None, t: Translator) -> Exported:
    async with entitled(Act.EXPORT_REQUESTS, person) as by:
        order = Order(by.rights, wanted.filter(by.rights.units), form, t, by.now, chat=by.chat)
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(
            *columns, console=SafeConsole(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as bar:
            task = bar.add_task("", total=None)

            def told(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            return await export(by.store, order, out, told, notes=notes_of(load_settings().data_dir))
