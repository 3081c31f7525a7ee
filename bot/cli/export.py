"""Export requests to a file: ``troly export``."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bot.atomic_file import notes_folder, refuse_existing
from bot.cli.options import As, FilterOptions, open_store_as, with_option_groups
from bot.cli.output import Language, translator_for
from bot.concurrency import EXIT_CODES, raise_on_sigterm, run_until_signal
from bot.console import SafeConsole
from bot.errors import OutputError
from bot.exports import ExportJob, ExportResult
from bot.exports.export import FORM_SUFFIXES, write_export
from bot.settings import load_settings
from handlers.admin.exports import format_remarks
from handlers.model import Act, ExportForm
from locales import N_, Translator

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def _exports() -> None:
    """Keep ``requests`` a subcommand: typer drops the name of an only command without a callback."""


@app.command(help=N_("Write the requests that are meant to one file, complete or not at all."))
@with_option_groups
def requests(
    *,
    form: Annotated[ExportForm, typer.Option("--format", help=N_("Kind of file."))],
    out: Annotated[Path, typer.Option("--out", help=N_("The file to write."))],
    wanted: FilterOptions,
    person: As = None,
    force: Annotated[bool, typer.Option("--force", help=N_("Replace a file that is there."))] = False,
    language: Language = None,
) -> None:
    """Write the matching requests; personal columns are masked if ``--as`` may not see them."""
    t = translator_for(language)
    _check_target(form, out, force=force)
    try:
        with raise_on_sigterm():
            done = run_until_signal(_export_requests(form, out, wanted, person, t))
    except KeyboardInterrupt as ended:
        typer.echo(t(N_("Cancelled; nothing was written.")), err=True)
        raise typer.Exit(EXIT_CODES[type(ended)]) from None
    typer.echo(t(N_("Written to {file}; requests: {count}."), file=out, count=done.count), err=True)
    for remark in format_remarks(t, done.remarks):
        typer.echo(remark, err=True)


def _check_target(form: ExportForm, out: Path, *, force: bool) -> None:
    """Check the output file before anything is read.

    Raises:
        OutputError: the name has the wrong suffix, the file exists, or its folder is missing.
    """
    endings = FORM_SUFFIXES[form]
    if out.suffix.lower() not in endings:
        message = N_("A file of the kind {form} needs a name ending in {endings}, such as {example}.")
        example = out.with_suffix(endings[0]).name if out.name else f"requests{endings[0]}"
        raise OutputError(message, form=form.value, endings=" / ".join(endings), example=example)
    refuse_existing(out, force=force)


async def _export_requests(
    form: ExportForm, out: Path, wanted: FilterOptions, person: str | None, t: Translator
) -> ExportResult:
    async with open_store_as(Act.EXPORT_REQUESTS, person) as by:
        order = ExportJob(
            by.rights, wanted.filter(by.rights.units), form, t, by.now,
            chat=by.chat, templates=load_settings().form_templates,
        )  # fmt: skip
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(
            *columns, console=SafeConsole(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as bar:
            task = bar.add_task("", total=None)

            def show_progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            return await write_export(by.store, order, out, show_progress, notes=notes_folder(load_settings().data_dir))
