"""``troly units``: the tree of units that people belong to."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.session import As, open_as
from bot.cli.units_output import print_ended_units, print_faults, print_found, print_notes, print_plan, print_units
from bot.services.opening import open_store_from_settings
from bot.settings import load_settings
from bot.units.faults import FaultyUnitsError
from bot.units.import_plan import UnitImportPlan, plan_import
from bot.units.list_reader import UnitList, open_list, read_sample
from handlers.model.rights import Act
from handlers.model.succession import UnitAssignment, UnitHoldings, UnitSuccession, plan_succession
from handlers.model.unit_directory import UnitDirectory
from locales import N_, translator
from rules.calendar import to_vietnam_day

app = typer.Typer(no_args_is_help=True)

#: Most units that ``troly units find`` shows.
_FOUND = 20
_PLACED = N_("Requests of no unit whose managing body is now known by its full name: {count}. They are placed on it.")


@app.command("import", help=N_("Import units from XLSX or CSV; without --apply it only shows what would be done."))
def import_(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help=N_("XLSX, or CSV in UTF-8."))] = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help=N_("Do it."))] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("Only show what would be done; so it is anyway."))
    ] = False,
    sample_name: Annotated[
        str, typer.Option("--sample", help=N_("A list that comes with the program: nhon-trach."))
    ] = "",
    sheet: Annotated[
        str, typer.Option("--sheet", metavar="NAME", help=N_("The sheet to read, where a workbook has several lists."))
    ] = "",
    person: As = None,
) -> None:
    """All of the file, or nothing where any row of it is wrong; exit status 1 then."""
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
        typer.echo(t(_PLACED, count=len(settled.placing)))
    typer.echo(t(_format_outcome(differs=bool(done.changes) or settled.differs, applied=apply)))


@dataclass(frozen=True, slots=True)
class ImportEffects:
    """What an import does beside the units themselves."""

    fates: tuple[UnitSuccession, ...]
    placing: tuple[UnitAssignment, ...]
    held: Mapping[str, UnitHoldings]  #: what lies on each unit

    @property
    def differs(self) -> bool:
        """Whether anything moves."""
        return bool(self.placing) or any(fate.has_transfer for fate in self.fates)


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
    """Every unit after its superior; exit status 1 where the code is not known."""
    t, units = translator(load_settings().language), asyncio.run(_read_units())
    if under and units.get(under) is None:
        typer.echo(t(N_("No unit has the code {code}."), code=under), err=True)
        raise typer.Exit(1)
    print_units(units, under or None, t, as_json=as_json)


@app.command(help=N_("Find units by any name, as the assistant does for an officer."))
def find(text: Annotated[str, typer.Argument(help=N_("A name, old or new, with or without accents."))]) -> None:
    """The likeliest first; exit status 1 where there is none."""
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
    """Planned and done in one transaction: what is shown is what was done; nothing is written where nothing differs."""
    async with open_as(person) as at:
        at.require(Act.MAINTAIN_UNITS)
        planned = plan_import(read.rows, await at.admin.units.load_for_update(), text=read.notes.text)
        book, today = at.admin.units, to_vietnam_day(at.now)
        held = await book.count_holdings()
        settled = ImportEffects(
            plan_succession(planned.units, held, today), await book.find_unassigned(planned.units), held
        )
        if apply and (planned.changes or settled.differs):
            changed = frozenset(change.unit.code for change in planned.changes)
            await book.save(at.rights, planned.units, changed, settled.placing)
            await at.commit()
        return planned, settled
