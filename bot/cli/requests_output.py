"""Requests as the command line shows them."""

from collections.abc import Sequence
from typing import Any

import typer

from bot.cli.columns import print_rows, terminal_width
from handlers.dates import day, moment
from handlers.office.list_words import SHORT, clipped, history
from handlers.office.model import Filed, Move, Moved, MovedAll
from handlers.office.move_words import not_from_here
from handlers.office.moving import AT_ONCE
from handlers.requests.words import PROCEDURES, STATES
from handlers.requests.words import told as content_told
from handlers.voice import Voice, plain
from locales import N_, Translator

#: Letters of a cell.
_LONGEST = 300
_COLUMNS = (N_("Code"), N_("State"), N_("Procedure"), N_("Subscriber"), N_("Unit"), N_("Serial"), N_("Ends"), N_("On"))
#: Those of a terminal with fewer characters in a line than all of them need.
_NARROW, _WIDE = (N_("Code"), N_("State"), N_("Procedure"), N_("Subscriber"), N_("Ends")), 130
#: Columns whose cells are not broken.
_WHOLE = {N_("Code"), N_("State"), N_("Ends"), N_("On")}
_OUTCOMES = {
    Move.UNKNOWN: N_("no such request within reach"),
    Move.OVERTAKEN: N_("somebody changed it in the meantime; look at it again"),
    Move.NOT_ALLOWED: N_("it cannot be moved there from where it stands"),
    Move.NOT_THERE: N_("that unit is not open any more, or out of reach"),
    Move.NO_REASON: N_("a reason of 1 to 500 characters without a personal number is needed: --note"),
}


def print_list(found: Sequence[Filed], total: int, t: Translator, *, json: bool) -> None:
    """A table on a terminal, tab-separated lines in a pipe, or JSON Lines. Codes, states and days stay in one piece."""
    width = terminal_width()
    names, cells = (_NARROW, _narrow_cells) if width and width < _WIDE else (_COLUMNS, _cells)
    print_rows(
        (cells(filed, t) for filed in found),
        [t(name) for name in names],
        json=map(as_data, found) if json else None,
        whole=[t(name) for name in _WHOLE],
    )
    if width and not json:
        typer.echo(t(N_("{number} of {total} requests"), number=len(found), total=total))


def as_data(filed: Filed) -> dict[str, Any]:
    """One request for programs: machine names, times in UTC."""
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


def as_text(filed: Filed, language: str) -> str:
    """One request with its history, for a person to read."""
    say = Voice(language)
    head = f"{filed.request.code}  {say.t(STATES[filed.request.state])}"
    parts = (plain(content_told(say, filed.request.content)), plain(history(say, filed)))
    return "\n".join((head, *(clipped(line, _LONGEST) for part in parts for line in part.splitlines())))


def told(done: Moved, t: Translator) -> str:
    """What became of one."""
    if done.outcome is Move.MOVED and done.filed:
        return t(STATES[done.filed.request.state])
    if done.outcome is Move.NOT_ALLOWED and done.filed:
        return not_from_here(t, done.filed.request.state)
    return t(_OUTCOMES[done.outcome])


def told_placed(done: Moved, t: Translator) -> str:
    """Where one lies now."""
    if done.outcome is Move.MOVED and done.filed:
        return done.filed.unit or ""
    return t(_OUTCOMES[done.outcome])


def told_all(done: MovedAll, t: Translator, expected: int | None = None) -> str:
    """What became of all."""
    if done.outcome is Move.OVERTAKEN:
        return _others(done.meant, expected, t)
    if done.outcome is Move.TOO_MANY:
        message = N_("{number} requests are meant, more than {most} at one go: narrow them. Nothing was changed.")
        return t(message, number=done.meant, most=AT_ONCE)
    if done.outcome is not Move.MOVED:
        return t(_OUTCOMES[done.outcome])
    return t(N_("Changed: {changed}; left as they were: {left}."), changed=len(done.changed), left=len(done.left))


def _others(found: int, expected: int | None, t: Translator) -> str:
    if expected is None or expected == found:
        return t(N_("Others are meant now than a moment ago. Nothing was changed; please look at them again."))
    message = N_("Expected were {expected} requests, found were {number}. Nothing was changed.")
    return t(message, expected=expected, number=found)


def _cells(filed: Filed, t: Translator) -> tuple[str, ...]:
    request, content = filed.request, filed.request.content
    shown = (
        request.code,
        t(STATES[request.state]),
        t(PROCEDURES.get(content.procedure, content.procedure)),
        content.subscriber,
        content.unit,
        content.serial or "",
        day(content.not_after) if content.not_after else "",
        moment(filed.registered_at),
    )
    return tuple(clipped(cell, _LONGEST) for cell in shown)


def _narrow_cells(filed: Filed, t: Translator) -> tuple[str, ...]:
    """What fits eighty characters: the unit below the name, no serial number, the procedure in a word."""
    code, state, procedure, name, unit, _, ends, _ = _cells(filed, t)
    return code, state, t(SHORT.get(filed.request.content.procedure, procedure)), f"{name}\n{unit}", ends
