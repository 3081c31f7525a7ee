"""``troly broadcast report``."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bot.cli.acting import As, entitled
from bot.cli.broadcast_words import Name, the_one
from bot.cli.language import Language, translator_of
from bot.cli.terminated import EXIT_CODES, heeding_kill
from bot.errors import OutputError
from bot.exports.broadcast_lines import ReportOrder, Totals
from bot.exports.broadcast_report import WRITERS, write_report
from bot.exports.landing import notes_of, refuse_taken
from bot.safe_console import SafeConsole
from bot.settings import load_settings
from handlers.broadcasts.report_words import DELIVERIES
from handlers.office.rights import MACHINE, Act
from locales import N_, Translator


def report(
    name: Name,
    *,
    out: Annotated[Path, typer.Option("--out", help=N_("The file to write: .xlsx or .csv."))],
    force: Annotated[bool, typer.Option("--force", help=N_("Replace a file that is there."))] = False,
    language: Language = None,
    person: As = None,
) -> None:
    """Names are masked where ``--as`` may not see them."""
    t = translator_of(language)
    if out.suffix.lower() not in WRITERS:
        raise OutputError(N_("The name of a report ends in .xlsx or .csv, such as {example}."), example="report.xlsx")
    refuse_taken(out, force=force)
    try:
        with heeding_kill():
            totals = asyncio.run(_reported(name, out, person, t))
    except KeyboardInterrupt as ended:
        typer.echo(t(N_("Cancelled; nothing was written.")), err=True)
        raise typer.Exit(EXIT_CODES[type(ended)]) from None
    typer.echo(t(N_("Written to {file}; recipients: {count}."), file=out, count=totals.count), err=True)
    for word, label in DELIVERIES.items():
        if totals.states[word]:
            typer.echo(f"  {t(label)}: {totals.states[word]}", err=True)


async def _reported(name: str, out: Path, person: str | None, t: Translator) -> Totals:
    async with entitled(Act.SEE_BROADCASTS, person) as by:
        async with by.store.admin_transaction(by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
            book, seen = unit.admin.broadcasts, await the_one(unit.admin, by.rights, name)
            steps = await book.steps(by.rights, seen.id)
            tallies = [await book.tally(by.rights, one.id) for one in (seen, *steps)]
        order = ReportOrder(by.rights, seen, steps, t, by.now, chat=by.chat)
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = SafeConsole(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("", total=sum(tally.total for tally in tallies))
            notes = notes_of(load_settings().data_dir)
            return await write_report(by.store, order, out, lambda done: bar.update(task, completed=done), notes=notes)
