"""Format and print requests on the command line."""

from collections.abc import Sequence
from typing import Any

import typer

from bot.cli.output import print_rows, terminal_width
from handlers.admin import SHORT_PROCEDURES, clip_line, format_move_not_possible, format_request_history
from handlers.core import MarkupTranslator, format_day, format_moment, strip_markup
from handlers.model import MAX_BULK_MOVES, BulkMoveResult, MoveOutcome, MoveResult, RequestRow
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS
from handlers.requests import format_content as content_told
from locales import N_, Translator

#: The most letters of a cell.
_LONGEST = 300
_COLUMNS = (N_("Code"), N_("State"), N_("Procedure"), N_("Subscriber"), N_("Unit"), N_("Serial"), N_("Ends"), N_("On"))
#: The columns of a terminal that is narrower than all columns need, and the width from which all are shown.
_NARROW, _WIDE = (N_("Code"), N_("State"), N_("Procedure"), N_("Subscriber"), N_("Ends")), 130
#: The cells of these columns are never broken.
_UNBROKEN_COLUMNS = {N_("Code"), N_("State"), N_("Ends"), N_("On")}
_OUTCOMES = {
    MoveOutcome.UNKNOWN: N_("no such request within reach"),
    MoveOutcome.OVERTAKEN: N_("somebody changed it in the meantime; look at it again"),
    MoveOutcome.NOT_ALLOWED: N_("it cannot be moved there from where it stands"),
    MoveOutcome.NOT_THERE: N_("that unit is not open any more, or out of reach"),
    MoveOutcome.NO_REASON: N_("a reason of 1 to 500 characters without a personal number is needed: --note"),
}


def print_requests(found: Sequence[RequestRow], t: Translator, *, json: bool, total: int | None = None) -> None:
    """Print a table, tab-separated lines in a pipe, or JSON Lines; codes, states and days are never broken.

    Below a table stands how many of ``total`` it shows.
    """
    width = terminal_width()
    names, cells = (_NARROW, _format_narrow_cells) if width and width < _WIDE else (_COLUMNS, _format_cells)
    print_rows(
        (cells(filed, t) for filed in found),
        [t(name) for name in names],
        json=map(as_data, found) if json else None,
        whole=[t(name) for name in _UNBROKEN_COLUMNS],
    )
    if width and not json and total is not None:
        typer.echo(t(N_("{number} of {total} requests"), number=len(found), total=total))


def as_data(filed: RequestRow) -> dict[str, Any]:
    """Return a request as JSON-ready values: machine names, times in UTC."""
    request = filed.request.model_dump(mode="json")
    known = {
        "number": filed.number,
        "unit": filed.unit,
        "registered_at": filed.registered_at.isoformat(),
        "changed_at": filed.changed_at.isoformat(),
        "revision": filed.revision,
        "note": filed.note,
        "actor": filed.actor,
    }
    return {**request, **known}


def format_request(filed: RequestRow, language: str) -> str:
    """Format one request with its history for a person."""
    say = MarkupTranslator(language)
    head = f"{filed.request.code}  {say.t(STATE_LABELS[filed.request.state])}"
    parts = (strip_markup(content_told(say, filed.request.content)), strip_markup(format_request_history(say, filed)))
    return "\n".join((head, *(clip_line(line, _LONGEST) for part in parts for line in part.splitlines())))


def format_move_result(done: MoveResult, t: Translator) -> str:
    """Format the result of moving one request."""
    if done.outcome is MoveOutcome.MOVED and done.filed:
        return t(STATE_LABELS[done.filed.request.state])
    if done.outcome is MoveOutcome.NOT_ALLOWED and done.filed:
        return format_move_not_possible(t, done.filed.request.state)
    return t(_OUTCOMES[done.outcome])


def format_placement(done: MoveResult, t: Translator) -> str:
    """Format the unit that a request is assigned to now, or why it was not assigned."""
    if done.outcome is MoveOutcome.MOVED and done.filed:
        return done.filed.unit or ""
    return t(_OUTCOMES[done.outcome])


def format_bulk_result(done: BulkMoveResult, t: Translator, expected: int | None = None) -> str:
    """Format the result of moving many requests."""
    if done.outcome is MoveOutcome.OVERTAKEN:
        return _format_count_difference(done.meant, expected, t)
    if done.outcome is MoveOutcome.TOO_MANY:
        message = N_("{number} requests are meant, more than {most} at one go: narrow them. Nothing was changed.")
        return t(message, number=done.meant, most=MAX_BULK_MOVES)
    if done.outcome is not MoveOutcome.MOVED:
        return t(_OUTCOMES[done.outcome])
    return t(N_("Changed: {changed}; left as they were: {left}."), changed=len(done.changed), left=len(done.left))


def _format_count_difference(found: int, expected: int | None, t: Translator) -> str:
    if expected is None or expected == found:
        return t(N_("Others are meant now than a moment ago. Nothing was changed; please look at them again."))
    message = N_("Expected were {expected} requests, found were {number}. Nothing was changed.")
    return t(message, expected=expected, number=found)


def _format_cells(filed: RequestRow, t: Translator) -> tuple[str, ...]:
    request, content = filed.request, filed.request.content
    shown = (
        request.code,
        t(STATE_LABELS[request.state]),
        t(PROCEDURE_LABELS.get(content.procedure, content.procedure)),
        content.subscriber,
        content.unit,
        content.serial or "",
        format_day(content.not_after) if content.not_after else "",
        format_moment(filed.registered_at),
    )
    return tuple(clip_line(cell, _LONGEST) for cell in shown)


def _format_narrow_cells(filed: RequestRow, t: Translator) -> tuple[str, ...]:
    """Format cells for eighty characters: the unit below the name, no serial number, a short procedure."""
    code, state, procedure, name, unit, _, ends, _ = _format_cells(filed, t)
    return code, state, t(SHORT_PROCEDURES.get(filed.request.content.procedure, procedure)), f"{name}\n{unit}", ends
