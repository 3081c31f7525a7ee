"""How a list of units was read, and what importing it would do, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import typer
from rich.text import Text

from bot.cli.columns import print_rows
from bot.cli.unit_tables import UNIT
from bot.harmless import harmless
from bot.units import Change, Fault, Kind, Notes, Plan, Rename, UnderstoodDay
from bot.units.columns import header_of
from bot.units.faults import shown
from handlers.office.handing_on import Held
from handlers.office.units import UnitDirectory
from locales import N_, Translator

_KINDS = {
    Kind.ADDED: (N_("added"), "green"),
    Kind.CHANGED: (N_("changed"), "yellow"),
    Kind.CLOSED: (N_("closed"), "red"),
}
#: Units, rows and the like that are named one by one in a sentence.
_NAMED = 10

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


def print_faults(faults: Sequence[Fault], t: Translator) -> None:
    """A line for each, on the error stream."""
    for fault in faults:
        typer.echo(fault.say(t), err=True)


def print_notes(notes: Notes, t: Translator) -> None:
    """How the file was read, as far as it is not plain."""
    for sentence in _noted(notes, t):
        typer.echo(harmless(sentence))


def _noted(notes: Notes, t: Translator) -> Iterator[str]:
    if notes.sheet:
        yield t(_SHEET, sheet=shown(notes.sheet))
    if notes.left_out_columns:
        yield t(_COLUMNS, columns=", ".join(f"“{shown(name)}”" for name in notes.left_out_columns))
    if notes.left_out_rows:
        rows = [f"{line}: “{shown(text)}”" for line, text in notes.left_out_rows]
        yield t(_ROWS, count=len(rows), rows=_some(rows))
    if notes.merged:
        yield t(_MERGED)
    if notes.converted:
        examples = "; ".join(_example(t, *one) for one in notes.examples)
        charset = notes.charset.value if notes.charset else t(_A_LEGACY_FONT)
        yield t(_CONVERTED, charset=charset, count=notes.converted, examples=examples)


def _example(t: Translator, line: int, before: str, after: str) -> str:
    return t(_EXAMPLE, line=line, before=shown(before), after=shown(after))


def print_plan(planned: Plan, held: Mapping[str, Held], t: Translator) -> None:
    """What would be, or was, done; then in how many units, and what should be looked at before a yes."""
    rows = (_changed(change, planned.units, t) for change in planned.changes)
    print_rows(rows, [t(heading) for heading in (N_("What"), *UNIT, N_("Columns"))])
    counts = ", ".join(f"{t(word)}: {len(planned.of(kind))}" for kind, (word, _) in _KINDS.items())
    typer.echo(counts)
    for sentence in _told(planned, held, t):
        typer.echo(harmless(sentence))


def _changed(change: Change, units: UnitDirectory, t: Translator) -> tuple[Text, ...]:
    word, colour = _KINDS[change.kind]
    columns = ", ".join(header_of(column) for column in change.columns)
    return (Text(t(word), style=colour), *map(Text, (change.unit.code, units.path_name(change.unit.code), columns)))


def _told(planned: Plan, held: Mapping[str, Held], t: Translator) -> Iterator[str]:
    if planned.missing:
        left = N_("Stored and not in the file: {count}. They stay as they are; a unit ends by its day, in the file.")
        yield t(left, count=len(planned.missing))
    if planned.tops:
        tops = [f"{planned.units.name(code)} ({code})" for code in planned.tops]
        yield t(_TOPS, count=len(tops), units=_some(tops))
    for one in planned.resolved:
        yield t(_RESOLVED, said=shown(one.said), name=planned.units.name(one.code), code=one.code)
    yield from (_day(one, t) for one in planned.days)
    if planned.lengths:
        lengths = [t(_LENGTH, digits=digits, count=count) for digits, count in planned.lengths.items()]
        yield t(_LENGTHS, lengths=", ".join(lengths))
    if planned.renames:
        yield t(_RENAMED, count=len(planned.renames))
        for rename in planned.renames:
            yield from _rename(rename, held.get(rename.code), t)


def _day(one: UnderstoodDay, t: Translator) -> str:
    day = one.day
    return t(_DAY, text=shown(one.text), day=f"{day:%d}", month=f"{day:%m}", year=f"{day:%Y}", rows=one.rows)


def _rename(rename: Rename, held: Held | None, t: Translator) -> Iterator[str]:
    parts = [f"{rename.code}: “{rename.before}” → “{rename.after}”"]
    if held:
        parts.append(t(_STAYS, **asdict(held)))
    if rename.elsewhere:
        parts.append(t(_ELSEWHERE, codes=", ".join(rename.elsewhere)))
    yield "  " + ". ".join(part.rstrip(".") for part in parts) + ("." if len(parts) > 1 else "")


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_NAMED]) + (", …" if len(texts) > _NAMED else "")
