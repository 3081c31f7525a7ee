"""The words for an import of units: how the file was read, what would change, what becomes of ended units."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from bot.units import quote_cell
from bot.units.import_plan import UnderstoodDay, UnitChangeKind, UnitImportPlan, UnitRename
from bot.units.list_reader import ReadingNotes
from handlers.model import UnitHoldings, UnitSuccession
from locales import N_, Translator

#: The most units, rows and the like that one sentence names.
_MOST_NAMED = 10

#: A change in a word.
CHANGE_LABELS = {
    UnitChangeKind.ADDED: N_("added"),
    UnitChangeKind.CHANGED: N_("changed"),
    UnitChangeKind.CLOSED: N_("closed"),
}
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
PLACED = N_("Requests of no unit whose managing body is now known by its full name: {count}. They are placed on it.")
_ROLES = N_("Roles and invitations never move: an owner ends them and gives them anew.")


def format_notes(notes: ReadingNotes, t: Translator) -> Iterator[str]:
    """Tell how the file was read, as far as it is not obvious."""
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


def format_plan(planned: UnitImportPlan, held: Mapping[str, UnitHoldings], t: Translator) -> Iterator[str]:
    """Tell what to check before a plan is applied; ``held`` is what lies on each unit."""
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


def format_fate(fate: UnitSuccession, t: Translator) -> list[str]:
    """Tell what lies on a unit that has ended, and where it goes."""
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
