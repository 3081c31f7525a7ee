"""Exported lists that come back with changes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from markupsafe import Markup

from handlers.access import format_actor
from handlers.admin import format_possible_states
from handlers.core import (
    NO,
    YES,
    Context,
    HandlerResult,
    MarkupTranslator,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    current_rights,
    format_bold,
    format_bullets,
    format_count,
    format_moment,
    holder_labels,
    join_lines,
)
from handlers.model import (
    MAX_BULK_MOVES,
    TABLE_REFUSALS,
    Act,
    ImportChange,
    ImportConflict,
    ImportPlan,
    ImportResult,
    ImportSheet,
    LineProblem,
    RejectedLine,
    Rights,
    SheetProblem,
    TableFormat,
)
from handlers.requests import STATE_LABELS
from locales import N_, Translator

#: Lines of each kind that are named one by one.
MAX_LINES_NAMED = 10

LINE_PROBLEMS = {
    LineProblem.UNKNOWN: N_("no such request within your rights"),
    LineProblem.UNKNOWN_STATE: N_("no state is called “{word}”; possible are: {states}"),
    LineProblem.NO_REVISION: N_("the revision is missing; please export the list again"),
    LineProblem.NO_MOVE: N_("it cannot be moved from “{now}” to “{to}”; possible are: {states}"),
    LineProblem.NO_REASON: N_("the note has to give a reason: 1 to 500 characters, without a personal number"),
    LineProblem.TWICE: N_("the code stands in the list twice"),
}
SHEET_PROBLEMS: Mapping[SheetProblem | TableFormat, str] = {
    **{kind: refusal for kind, refusal in TABLE_REFUSALS.items()},  # noqa: C416 - of a wider type
    SheetProblem.NOT_A_LIST: N_(
        "This is no list of requests: no row has the headings “Request code” and “State”. Please send the list that"
        " /xuat gives as Excel or CSV, with changed states."
    ),
    SheetProblem.OFFICIAL: N_(
        "This is an official list as a Word file; states cannot be read from it. Please send the list that /xuat gives"
        " as Excel or CSV, with changed states."
    ),
    SheetProblem.LETTERS_LOST: N_(
        "Letters of the notes were lost or cannot be told when the file was saved. In Excel choose: Save as, CSV"
        " UTF-8, or Excel Workbook (.xlsx), and send it again."
    ),
    SheetProblem.EMPTY: N_("The file is empty."),
    SheetProblem.TOO_LARGE: N_("The file is larger than 20 MB."),
    SheetProblem.TOO_MUCH_UNPACKED: N_("The file unpacks to more than a list needs."),
    SheetProblem.TOO_MANY_ROWS: N_("The list has too many rows; please keep only those that you changed."),
    SheetProblem.BROKEN: N_("The file is no Excel or CSV file, is damaged, or has a password."),
    SheetProblem.TOO_SLOW: N_("The file takes too long to read; it may be damaged."),
    SheetProblem.TOO_MUCH_MEMORY: N_("The file takes too much memory to read; it may be damaged."),
    SheetProblem.UNAVAILABLE: N_("The file cannot be read now; please try again."),
}


def format_import_plan(
    say: MarkupTranslator,
    plan: ImportPlan,
    named: int = MAX_LINES_NAMED,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Markup, ...]:
    """Format a plan as paragraphs: changes, conflicts and rejected lines, notes without a move.

    Args:
        say: The translator.
        plan: The plan.
        named: Lines of each kind to name; of the others only the number is told.
        labels: Names of people by the id of their role.
    """
    return tuple(
        part
        for part in (
            *_format_changes(say, plan, named),
            *_format_obstacles(say, plan, named, labels),
            *_format_notes(say, plan, named),
        )
        if part
    )


def _format_changes(say: MarkupTranslator, plan: ImportPlan, named: int) -> Iterator[Markup]:
    counts = {"changes": format_count(say, len(plan.changes)), "unchanged": format_count(say, plan.unchanged)}
    yield say(N_("Requests that change: <b>{changes}</b>; unchanged: {unchanged}."), **counts)
    moves = Counter((change.before, change.to) for change in plan.changes)
    yield format_bullets(_format_move(say, *states, count) for states, count in moves.items())
    yield _format_more(say, [_format_change(say, change) for change in plan.changes[:named]], len(plan.changes))


def _format_move(say: MarkupTranslator, before: str, to: str, count: int) -> Markup:
    words = {state.value: word for state, word in STATE_LABELS.items()}
    return Markup("{} → {}: {}").format(say(words[before]), say(words[to]), format_count(say, count))


def _format_change(say: MarkupTranslator, change: ImportChange) -> Markup:
    note = Markup(" – {}").format(change.note) if change.note else ""
    return Markup("<code>{}</code>: {} → {}{}").format(
        change.code, say(STATE_LABELS[change.before]), say(STATE_LABELS[change.to]), note
    )


def _format_obstacles(
    say: MarkupTranslator, plan: ImportPlan, named: int, labels: Mapping[str, str]
) -> Iterator[Markup]:
    if plan.too_many:
        yield say(N_("At most {number} requests can be changed at one go."), number=format_count(say, MAX_BULK_MOVES))
    if plan.conflicts:
        yield format_bold(say(N_("Changed by somebody else since the export:")))
        yield _format_more(
            say, [_format_conflict(say, one, labels) for one in plan.conflicts[:named]], len(plan.conflicts)
        )
    if plan.bad:
        yield format_bold(say(N_("Lines that cannot be taken:")))
        yield _format_more(say, [_format_rejected_line(say, one) for one in plan.bad[:named]], len(plan.bad))


def _format_conflict(say: MarkupTranslator, conflict: ImportConflict, labels: Mapping[str, str]) -> Markup:
    now = conflict.now
    who = format_actor(say.t, now.actor, labels)
    row = N_("line {line}, <code>{code}</code>: by {who} at {when}, now “{state}”")
    told = {"who": who, "when": format_moment(now.changed_at), "state": say(STATE_LABELS[now.state])}
    return say(row, line=conflict.line.number, code=conflict.line.code, **told)


def _format_rejected_line(say: MarkupTranslator, bad: RejectedLine) -> Markup:
    code = bad.line.code[:32] or "–"
    row = N_("line {line}, <code>{code}</code>: {why}")
    return say(row, line=bad.line.number, code=code, why=format_line_problem(say, bad))


def format_line_problem(say: MarkupTranslator, bad: RejectedLine) -> Markup:
    """Tell why a line cannot be taken, and what could stand there."""
    return say(LINE_PROBLEMS[bad.fault], **_problem_values(say.t, bad))


def _problem_values(t: Translator, bad: RejectedLine) -> dict[str, str]:
    """Return the values for the text of a line problem: states before and after, and possible states."""
    wanted = t(STATE_LABELS[bad.line.state]) if bad.line.state else ""
    if bad.now is None:
        return {"to": wanted}
    following = format_possible_states(t, bad.now) or t(N_("none"))
    return {"now": t(STATE_LABELS[bad.now]), "to": wanted, "states": following, "word": bad.line.word or "–"}


def _format_notes(say: MarkupTranslator, plan: ImportPlan, named: int) -> Iterator[Markup]:
    if plan.notes_alone:
        codes = ", ".join(plan.notes_alone[:named]) + (" …" if len(plan.notes_alone) > named else "")
        yield say(
            N_("A note alone is not stored: it goes with a change of state. This concerns: {codes}."), codes=codes
        )


def _format_more(say: MarkupTranslator, named: list[Markup], count: int) -> Markup:
    more = count - len(named)
    return join_lines(
        format_bullets(named), say(N_("… and {number} more"), number=format_count(say, more)) if more > 0 else ""
    )


def format_import_result(say: MarkupTranslator, imported: ImportResult) -> Markup:
    """Tell whether the plan was applied."""
    if imported.applied:
        done = N_("Changed: {number} requests. Their officers are told.")
        return say(done, number=format_count(say, len(imported.plan.changes)))
    return say(N_("Something has changed since you saw the list; nothing was applied. It stands now as follows."))


class ImportScreen(OptionsOnlyScreen):
    """Shows the plan, computed again each time, and asks whether to apply it."""

    async def page(self, here: Context) -> Page:
        """Show the changes; a yes is offered only if all of them can be made."""
        say, found = here.say, await _load_plan(here)
        back = back_option(say.t, value=NO, also=("khong", "thoi"))
        if found is None:
            return Page(say(N_("No list waits here any more.")), options=(back,))
        rights, plan = found
        told = format_import_plan(say, plan, labels=await holder_labels(here, rights))
        if plan.applicable:
            return Page(say(N_("<b>Import changed states?</b>")), told, _confirm_options(here, plan), exact=True)
        why = say(N_("Nothing can be applied as the list stands."))
        return Page(say(N_("<b>This list was not imported</b>")), (*told, why), (back,), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Apply the whole plan, or drop the list."""
        found = await _load_plan(here) if value == YES else None
        if found is not None:
            return await _apply_plan(here, *found)
        await _drop_lines(here)
        return HandlerResult(here.session.to_previous_screen(), notes=(here.say(N_("Nothing was changed.")),))


def _confirm_options(here: Context, plan: ImportPlan) -> tuple[Option, Option]:
    t = here.say.t
    yes = t(N_("Yes, change {number}"), number=format_count(here.say, len(plan.changes)))
    return (
        Option(YES, yes, ("co", "dong y", "yes")),
        Option(NO, t(N_("No, change nothing")), ("khong", "thoi", "no")),
    )


async def handle_sheet(here: Context, sheet: ImportSheet) -> HandlerResult | None:
    """Handle a list that was sent; return ``None`` if the sender may not import."""
    rights, say = await current_rights(here), here.say
    if not rights.reach(Act.IMPORT_REQUESTS):
        return None
    if sheet.trouble is not None:
        return HandlerResult(here.session, notes=(say(SHEET_PROBLEMS[sheet.trouble]),))
    plan = await here.world.admin.lists.plan(rights, sheet.lines)
    if not (plan.changes or plan.conflicts or plan.bad):
        return HandlerResult(here.session, notes=(say(N_("The list changes nothing.")), *format_import_plan(say, plan)))
    name = await here.world.admin.lists.save_lines(sheet.lines)
    visit = here.session.open_visit("import")
    return HandlerResult(visit.with_changes(about=_format_about(name, plan)))


async def _load_plan(here: Context) -> tuple[Rights, ImportPlan] | None:
    """Return the plan as of now; ``None`` if no list is waiting or the right to import is gone."""
    rights = await current_rights(here)
    if not rights.reach(Act.IMPORT_REQUESTS):
        return None
    lines = await here.world.admin.lists.load_lines(_waiting_name(here))
    return None if lines is None else (rights, await here.world.admin.lists.plan(rights, lines))


async def _apply_plan(here: Context, rights: Rights, _: ImportPlan) -> HandlerResult:
    imports = here.world.admin.lists
    imported = await imports.apply(rights, await imports.load_lines(_waiting_name(here)) or (), _plan_mark(here))
    note = format_import_result(here.say, imported)
    if not imported.applied:
        return HandlerResult(
            here.session.with_changes(about=_format_about(_waiting_name(here), imported.plan)), notes=(note,)
        )
    await _drop_lines(here)
    return HandlerResult(here.session.to_previous_screen(), notes=(note,))


async def _drop_lines(here: Context) -> None:
    if (await current_rights(here)).grants:
        await here.world.admin.lists.drop_lines()


def _format_about(name: str, plan: ImportPlan) -> str:
    """Combine the id of the stored list and the mark of the plan that is shown."""
    return f"{name} {plan.mark}"


def _waiting_name(here: Context) -> str:
    return (here.session.about or "").partition(" ")[0]


def _plan_mark(here: Context) -> str:
    return (here.session.about or "").partition(" ")[2]
