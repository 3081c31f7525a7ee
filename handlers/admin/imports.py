"""The texts of an import, for the chat and the command line: its plan, problems and result."""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from markupsafe import Markup

from handlers.access.journal_text import format_actor
from handlers.admin.requests.text import format_possible_states
from handlers.core.dates import format_moment
from handlers.core.text import MarkupTranslator, format_bold, format_bullets, format_count, join_lines
from handlers.model.imports import (
    TABLE_REFUSALS,
    ImportChange,
    ImportConflict,
    ImportPlan,
    ImportResult,
    LineProblem,
    RejectedLine,
    SheetProblem,
    TableFormat,
)
from handlers.model.request_list import MAX_BULK_MOVES
from handlers.requests.text import STATE_LABELS
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
    why = say(LINE_PROBLEMS[bad.fault], **_problem_values(say.t, bad))
    code = bad.line.code[:32] or "–"
    return say(N_("line {line}, <code>{code}</code>: {why}"), line=bad.line.number, code=code, why=why)


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
