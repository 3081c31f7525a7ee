"""Import, list and find the units that people belong to: ``troly units``."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from bot.cli.output import print_rows
from bot.cli.session import As, open_as
from bot.services.opening import open_store_from_settings
from bot.settings import load_settings
from bot.streams import sanitize
from bot.units import FaultyUnitsError, UnitFault, quote_cell
from bot.units.headings import header_of
from bot.units.import_plan import UnderstoodDay, UnitChange, UnitChangeKind, UnitImportPlan, UnitRename, plan_import
from bot.units.list_reader import ReadingNotes, UnitList, open_list, read_sample
from handlers.core import format_day
from handlers.model import (
    Act,
    Unit,
    UnitAssignment,
    UnitDirectory,
    UnitHoldings,
    UnitMatch,
    UnitSuccession,
    plan_succession,
)
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_day

UNIT = (N_("Code"), N_("Unit"))

_KINDS = {
    UnitChangeKind.ADDED: (N_("added"), "green"),
    UnitChangeKind.CHANGED: (N_("changed"), "yellow"),
    UnitChangeKind.CLOSED: (N_("closed"), "red"),
}
#: The most units, rows and the like that one sentence names.
_MOST_NAMED = 10

_SHEET = N_("Read from the sheet “{sheet}”.")
_COLUMNS = N_("Columns that are left out: {columns}.")
_ROWS = N_("Rows that are no units and are left out: {count} ({rows}).")
_MERGED = N_("Merged cells count for every row that they go down to.")
_CONVERTED = N_("Cells converted from {charset} to Unicode: {count}, such as {examples}.")
_A_LEGACY_FONT = N_("a legacy font")
_EXAMPLE = N_("line {line}: “{before}” → “{after}”")
_TOPS = N_("Units at the top level, without a superior: {count} ({units}).")
_DAY = N_("“{text}” is read as day {day}, month {month}, year {year} (rows: {rows}).")
_RESOLVED = N_("“{said}” is taken for {name} ({code}).")
_LENGTHS = N_(
    "Codes are numbers of different lengths ({lengths}). If they began with zeros (such as 01 or 00070), the zeros are"
    " lost: in Excel format the column as text and write the codes anew."
)
_LENGTH = N_("{digits} digits: {count}")
_RENAMED = N_("Codes that get another name: {count}. The old name becomes a former name and still finds the unit.")
_STAYS = N_(
    "On it: requests {requests}, officers {officers}, certificates {certificates}, roles {roles}, open invitations"
    " {invitations}. All of it stays on the code, under the new name. If the code now means another body, do not"
    " apply this: give that body a code of its own."
)
_ELSEWHERE = N_("The file gives the old name to {codes}: nothing moves there by itself.")

_HELD = N_(
    "{unit} ({code}) has ended. On it: requests {requests}, officers {officers}, certificates {certificates},"
    " roles {roles}, open invitations {invitations}."
)
_MOVED = N_("Requests, officers and certificates go to {heir} ({code}).")
_SEVERAL = N_("They stay where they are: it became {count} units. Place the requests by: troly requests place.")
_UNKNOWN = N_(
    "They stay where they are: what took its place is not known for all of it."
    " Place the requests by: troly requests place."
)
_ROLES = N_("Roles and invitations never move: an owner ends them and gives them anew.")


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
    for sentence in _format_notes(notes, t):
        typer.echo(sanitize(sentence))


def _format_notes(notes: ReadingNotes, t: Translator) -> Iterator[str]:
    if notes.sheet:
        yield t(_SHEET, sheet=quote_cell(notes.sheet))
    if notes.left_out_columns:
        yield t(_COLUMNS, columns=", ".join(f"“{quote_cell(name)}”" for name in notes.left_out_columns))
    if notes.left_out_rows:
        rows = [f"{line}: “{quote_cell(text)}”" for line, text in notes.left_out_rows]
        yield t(_ROWS, count=len(rows), rows=_join_some(rows))
    if notes.merged:
        yield t(_MERGED)
    if notes.converted:
        examples = "; ".join(_format_example(t, *one) for one in notes.examples)
        charset = notes.charset.value if notes.charset else t(_A_LEGACY_FONT)
        yield t(_CONVERTED, charset=charset, count=notes.converted, examples=examples)


def _format_example(t: Translator, line: int, before: str, after: str) -> str:
    return t(_EXAMPLE, line=line, before=quote_cell(before), after=quote_cell(after))


def print_plan(planned: UnitImportPlan, held: Mapping[str, UnitHoldings], t: Translator) -> None:
    """Print the changes, their counts, and what to check before applying them."""
    rows = (_format_change(change, planned.units, t) for change in planned.changes)
    print_rows(rows, [t(heading) for heading in (N_("What"), *UNIT, N_("Columns"))])
    counts = ", ".join(f"{t(word)}: {len(planned.of(kind))}" for kind, (word, _) in _KINDS.items())
    typer.echo(counts)
    for sentence in _format_plan(planned, held, t):
        typer.echo(sanitize(sentence))


def _format_change(change: UnitChange, units: UnitDirectory, t: Translator) -> tuple[Text, ...]:
    word, colour = _KINDS[change.kind]
    columns = ", ".join(header_of(column) for column in change.columns)
    return (Text(t(word), style=colour), *map(Text, (change.unit.code, units.path_name(change.unit.code), columns)))


def _format_plan(planned: UnitImportPlan, held: Mapping[str, UnitHoldings], t: Translator) -> Iterator[str]:
    if planned.missing:
        left = N_("Stored and not in the file: {count}. They stay as they are; a unit ends by its day, in the file.")
        yield t(left, count=len(planned.missing))
    if planned.tops:
        tops = [f"{planned.units.name(code)} ({code})" for code in planned.tops]
        yield t(_TOPS, count=len(tops), units=_join_some(tops))
    for one in planned.resolved:
        yield t(_RESOLVED, said=quote_cell(one.said), name=planned.units.name(one.code), code=one.code)
    yield from (_format_understood_day(one, t) for one in planned.days)
    if planned.lengths:
        lengths = [t(_LENGTH, digits=digits, count=count) for digits, count in planned.lengths.items()]
        yield t(_LENGTHS, lengths=", ".join(lengths))
    if planned.renames:
        yield t(_RENAMED, count=len(planned.renames))
        for rename in planned.renames:
            yield from _format_rename(rename, held.get(rename.code), t)


def _format_understood_day(one: UnderstoodDay, t: Translator) -> str:
    day = one.day
    return t(_DAY, text=quote_cell(one.text), day=f"{day:%d}", month=f"{day:%m}", year=f"{day:%Y}", rows=one.rows)


def _format_rename(rename: UnitRename, held: UnitHoldings | None, t: Translator) -> Iterator[str]:
    parts = [f"{rename.code}: “{rename.before}” → “{rename.after}”"]
    if held:
        parts.append(t(_STAYS, **asdict(held)))
    if rename.elsewhere:
        parts.append(t(_ELSEWHERE, codes=", ".join(rename.elsewhere)))
    yield "  " + ". ".join(part.rstrip(".") for part in parts) + ("." if len(parts) > 1 else "")


def _join_some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_MOST_NAMED]) + (", …" if len(texts) > _MOST_NAMED else "")


def print_ended_units(found: Sequence[UnitSuccession], t: Translator) -> None:
    """Print one line for each ended unit."""
    for fate in found:
        typer.echo(" ".join(_format_fate(fate, t)))


def _format_fate(fate: UnitSuccession, t: Translator) -> list[str]:
    said = [t(_HELD, unit=fate.unit.name, code=fate.unit.code, **asdict(fate.held))]
    if fate.held.has_transferable:
        said.append(_format_destination(fate, t))
    if fate.held.roles or fate.held.invitations:
        said.append(t(_ROLES))
    return said


def _format_destination(fate: UnitSuccession, t: Translator) -> str:
    if fate.heir:
        return t(_MOVED, heir=fate.heir.name, code=fate.heir.code)
    return t(_SEVERAL, count=fate.successors) if fate.successors > 1 else t(_UNKNOWN)


app = typer.Typer(no_args_is_help=True)

#: The most units that ``troly units find`` shows.
_FOUND = 20
_PLACED = N_("Requests of no unit whose managing body is now known by its full name: {count}. They are placed on it.")


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
        typer.echo(t(_PLACED, count=len(settled.placing)))
    typer.echo(t(_format_outcome(differs=bool(done.changes) or settled.differs, applied=apply)))


@dataclass(frozen=True, slots=True)
class ImportEffects:
    """The effects of an import beside the units themselves."""

    fates: tuple[UnitSuccession, ...]
    placing: tuple[UnitAssignment, ...]
    held: Mapping[str, UnitHoldings]  #: the requests, people and roles on each unit

    @property
    def differs(self) -> bool:
        """Return whether anything moves."""
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
    """Print every unit after its superior; exit status 1 if the code is unknown."""
    t, units = translator(load_settings().language), asyncio.run(_read_units())
    if under and units.get(under) is None:
        typer.echo(t(N_("No unit has the code {code}."), code=under), err=True)
        raise typer.Exit(1)
    print_units(units, under or None, t, as_json=as_json)


@app.command(help=N_("Find units by any name, as the assistant does for an officer."))
def find(text: Annotated[str, typer.Argument(help=N_("A name, old or new, with or without accents."))]) -> None:
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
