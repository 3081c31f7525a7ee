"""Import, list and find the units that people belong to: ``troly units``."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from bot.cli.options import As, open_as
from bot.cli.output import print_rows
from bot.services.opening import open_store_from_settings
from bot.services.units import ImportEffects, apply_unit_import, plan_unit_import
from bot.settings import load_settings
from bot.streams import sanitize
from bot.units import FaultyUnitsError, UnitFault, header_of
from bot.units.import_plan import UnitChange, UnitChangeKind, UnitImportPlan
from bot.units.list_reader import ReadingNotes, UnitList, open_list, read_sample
from bot.units.plan_text import CHANGE_LABELS, PLACED, format_fate, format_notes, format_plan
from handlers.core import format_day
from handlers.model import (
    Act,
    Unit,
    UnitDirectory,
    UnitHoldings,
    UnitMatch,
    UnitSuccession,
)
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_day

UNIT = (N_("Code"), N_("Unit"))

_COLOURS = {UnitChangeKind.ADDED: "green", UnitChangeKind.CHANGED: "yellow", UnitChangeKind.CLOSED: "red"}


def unit_rows(units: UnitDirectory, top: str | None) -> Iterator[dict[str, Any]]:
    """Yield every unit as JSON-ready values, each after its superior; days are ISO 8601."""
    for _, unit in _walk_units(units, top):
        yield {
            "code": unit.code,
            "name": unit.name,
            "parent": unit.parent,
            "aliases": list(unit.aliases),
            "former_names": list(unit.former_names),
            "closed_on": unit.closed_on.isoformat() if unit.closed_on else None,
            "became": [
                {"code": step.successor, "how": step.became, "since": step.since.isoformat(), "source": step.source}
                for step in units.successors(unit.code)
            ],
        }


def print_units(units: UnitDirectory, top: str | None, t: Translator, *, as_json: bool) -> None:
    """Print the tree of units, lower levels indented."""
    rows = ((unit.code, "  " * depth + unit.name, _format_end(units, unit)) for depth, unit in _walk_units(units, top))
    print_rows(rows, [t(heading) for heading in (*UNIT, N_("Ended"))], json=unit_rows(units, top) if as_json else None)


def print_found(units: UnitDirectory, found: Sequence[UnitMatch], t: Translator) -> None:
    """Print today's units, each with the name by which it was found."""
    rows = ((one.unit.code, units.path_name(one.unit.code), _format_match(one, t)) for one in found)
    print_rows(rows, [t(heading) for heading in (*UNIT, N_("Found by"))])


def _format_match(one: UnitMatch, t: Translator) -> str:
    if not one.path:
        return one.name
    last = one.path[0]
    return t(N_("{name} (until {day}, {source})"), name=one.name, day=format_day(last.since), source=last.source)


def _format_end(units: UnitDirectory, unit: Unit) -> str:
    if unit.closed_on is None:
        return ""
    became = ", ".join(units.name(step.successor) for step in units.successors(unit.code))
    return f"{format_day(unit.closed_on)} → {became}" if became else format_day(unit.closed_on)


def _walk_units(units: UnitDirectory, top: str | None) -> Iterator[tuple[int, Unit]]:
    """Yield units from the top down, each after its superior, with its depth."""
    first = units.get(top)
    waiting = [(0, first)] if first else [(0, unit) for unit in reversed(units.children(None))]
    while waiting:
        depth, unit = waiting.pop()
        yield depth, unit
        waiting.extend((depth + 1, below) for below in reversed(units.children(unit.code)))


def print_faults(faults: Sequence[UnitFault], t: Translator) -> None:
    """Print a line for each fault on standard error."""
    for fault in faults:
        typer.echo(fault.say(t), err=True)


def print_notes(notes: ReadingNotes, t: Translator) -> None:
    """Print how the file was read, as far as it is not obvious."""
    for sentence in format_notes(notes, t):
        typer.echo(sanitize(sentence))


def print_plan(planned: UnitImportPlan, held: Mapping[str, UnitHoldings], t: Translator) -> None:
    """Print the changes, their counts, and what to check before applying them."""
    rows = (_format_change(change, planned.units, t) for change in planned.changes)
    print_rows(rows, [t(heading) for heading in (N_("What"), *UNIT, N_("Columns"))])
    counts = ", ".join(f"{t(word)}: {len(planned.of(kind))}" for kind, word in CHANGE_LABELS.items())
    typer.echo(counts)
    for sentence in format_plan(planned, held, t):
        typer.echo(sanitize(sentence))


def _format_change(change: UnitChange, units: UnitDirectory, t: Translator) -> tuple[Text, ...]:
    columns = ", ".join(header_of(column) for column in change.columns)
    word = Text(t(CHANGE_LABELS[change.kind]), style=_COLOURS[change.kind])
    return (
        word,
        *map(Text, (change.unit.code, units.path_name(change.unit.code), columns)),
    )


def print_ended_units(found: Sequence[UnitSuccession], t: Translator) -> None:
    """Print one line for each ended unit."""
    for fate in found:
        typer.echo(" ".join(format_fate(fate, t)))


app = typer.Typer(no_args_is_help=True)

#: The most units that ``troly units find`` shows.
_FOUND = 20


@app.command("import", help=N_("Import units from XLSX or CSV; without --apply it only shows what would be done."))
def import_(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help=N_("XLSX, or CSV in UTF-8."))] = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help=N_("Do it."))] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=N_("Show what would change (the default)."))] = False,
    sample_name: Annotated[
        str, typer.Option("--sample", help=N_("A list that comes with the program: nhon-trach."))
    ] = "",
    sheet: Annotated[
        str, typer.Option("--sheet", metavar="NAME", help=N_("The sheet to read, where a workbook has several lists."))
    ] = "",
    person: As = None,
) -> None:
    """Import all units of a file, or none; exit status 1 if any row is wrong."""
    t = translator(load_settings().language)
    if (file is None) == (not sample_name) or (apply and dry_run):
        raise typer.BadParameter(t(N_("give one FILE or one --sample, and --apply or --dry-run, not both")))
    try:
        read = open_list(file, sheet) if file else UnitList(read_sample(sample_name))
        done, settled = asyncio.run(_import_list(read, person, apply=apply))
    except FaultyUnitsError as error:
        print_faults(error.faults, t)
        raise
    print_notes(read.notes, t)
    print_plan(done, settled.held, t)
    print_ended_units(settled.fates, t)
    if settled.placing:
        typer.echo(t(PLACED, count=len(settled.placing)))
    typer.echo(t(_format_outcome(differs=bool(done.changes) or settled.differs, applied=apply)))


def _format_outcome(*, differs: bool, applied: bool) -> str:
    if not differs:
        return N_("Nothing differs from what is stored; nothing was changed.")
    return N_("Done.") if applied else N_("Nothing was changed yet. To do it, add --apply.")


@app.command("list", help=N_("Show the units as a tree."))
def list_(
    *,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))] = False,
    under: Annotated[str, typer.Option("--under", metavar="CODE", help=N_("Only this unit and those below it."))] = "",
) -> None:
    """Print every unit after its superior; exit status 1 if the code is unknown."""
    t, units = translator(load_settings().language), asyncio.run(_read_units())
    if under and units.get(under) is None:
        typer.echo(t(N_("No unit has the code {code}."), code=under), err=True)
        raise typer.Exit(1)
    if not units.children(None) and not as_json:
        typer.echo(t(N_("There are no units yet. A list is imported with: troly units import")), err=True)
    print_units(units, under or None, t, as_json=as_json)


@app.command(help=N_("Find units by any name, as the assistant does for an officer."))
def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help=N_("A name, old or new, with or without accents."))],
) -> None:
    """Print matching units, the likeliest first; exit status 1 if there is none."""
    t, units = translator(load_settings().language), asyncio.run(_read_units())
    found = units.find(text, _FOUND, today=to_vietnam_day(datetime.now(UTC)))
    if not found:
        typer.echo(t(N_("No unit is called anything like that.")), err=True)
        raise typer.Exit(1)
    print_found(units, found, t)


async def _read_units() -> UnitDirectory:
    async with open_store_from_settings(load_settings()) as opened:
        return await opened.store.units.read()


async def _import_list(read: UnitList, person: str | None, *, apply: bool) -> tuple[UnitImportPlan, ImportEffects]:
    """Plan and apply in one transaction, so that what is shown is what was done.

    Nothing is written if nothing differs.
    """
    async with open_as(person) as at:
        at.require(Act.MAINTAIN_UNITS)
        book = at.admin.units
        planned, settled = await plan_unit_import(book, read, await book.load_for_update(), to_vietnam_day(at.now))
        if apply and await apply_unit_import(book, at.rights, planned, settled):
            await at.commit()
        return planned, settled
