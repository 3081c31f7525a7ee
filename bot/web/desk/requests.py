"""The page of one request: what it says, its papers, and where it can be moved."""

from datetime import date
from urllib.parse import quote

from starlette.responses import Response

from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import format_actor
from handlers.admin.requests_view import (
    MOVE_LABELS,
    format_move_not_possible,
)
from handlers.core.text import capitalize_first
from handlers.model import (
    ADMIN_STATES,
    FINAL_STATES,
    NEEDS_REASON,
    Act,
    MoveOutcome,
    MoveResult,
    RequestRow,
    RequestState,
    check_reason,
    transitions_from,
)
from handlers.requests import STATE_LABELS, format_content, format_procedure
from locales import N_
from rules.calendar import to_vietnam_day

LONGEST_NOTE = 2000
_NO_REQUEST = N_("There is no such request within your reach.")
BAD_REASON = N_("Please write the reason in 1 to 500 characters, without any personal number (CCCD).")
#: Outcomes that a page tells after it was opened anew, by the word in its address.
TOLD = {
    "moved": N_("Changed. The officer is told."),
    "moved_all": N_("Changed: these requests were just moved together. Each officer is told."),
    "imported": N_("The list was applied: these requests were changed. Each officer is told."),
    "overtaken": N_("Somebody has changed this request in the meantime. Nothing of it was overwritten."),
    "overtaken_all": N_("The list has changed since you saw it; nothing was changed. It stands now as follows."),
    "reason": BAD_REASON,
    "not_allowed": N_("It cannot be moved like that from where it stands now. Nothing was changed."),
    "nothing": N_("Nothing was changed."),
    "none_marked": N_("No request was marked, so nothing was chosen. Mark some in the list first."),
    "invited": N_("Invitation made."),
    "ended": N_("Ended."),
    "ordered": N_("The export is under way."),
    "busy": N_("Another export of yours is under way: please wait for it, or call it off."),
    "called_off": N_("The export was called off. Nothing is sent."),
}


def today_of(visit: DeskVisit) -> date:
    """Return the day in Viet Nam."""
    return to_vietnam_day(visit.now)


def told(visit: DeskVisit) -> str:
    """Return the sentence that the address asks for: one of ours, or none."""
    return TOLD.get(visit.param("done", 20), "")


def to_number(text: str) -> int | None:
    """Read a number of an address; ``None`` for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


async def show_request(visit: DeskVisit) -> Response:
    """Show one request: what it says, the answer it came from, its history, and where it can be moved."""
    code = str(visit.request.path_params["code"])[:40].upper()
    filed = await visit.admin.desk.get(visit.rights, code)
    if filed is None:
        return visit.sorry(_NO_REQUEST, 404)
    return await _request_page(visit, filed, told(visit))


async def _request_page(  # noqa: PLR0913 - what is on the page
    visit: DeskVisit, filed: RequestRow, message: str, *, status: int = 200, note: str = "", asked: str = ""
) -> Response:
    t, state, labels = visit.say.t, filed.request.state, await visit.labels()
    may_change = visit.rights.may(Act.CHANGE_REQUESTS, filed.unit)
    moves = [
        {"to": to.value, "label": t(MOVE_LABELS[to]), "needs_reason": to in NEEDS_REASON, "final": to in FINAL_STATES}
        for to in (transitions_from(state) if may_change else ())
    ]
    history = [
        {"at": step.at, "state": t(STATE_LABELS[step.state]), "by": format_actor(t, step.by, labels), "note": step.note}
        for step in filed.request.history
    ]
    content = filed.request.content
    return visit.page(
        "desk_request.html", status=status, code=filed.request.code, revision=filed.revision, moves=moves,
        state=capitalize_first(t(STATE_LABELS[state])), mark=state.value, history=history, told=message,
        lines=format_content(visit.say, content).splitlines(), answer=content.decision.splitlines(),
        procedure=format_procedure(visit.say, content), pack=content.pack, note=note, asked=asked,
        asked_label=t(MOVE_LABELS[RequestState(asked)]) if asked else "",
        unit=visit.units.name(filed.unit) if filed.unit else "", unreadable=content.unreadable,
        nowhere=format_move_not_possible(t, state) if may_change and not moves else "", may_change=may_change,
    )  # fmt: skip


async def move_request(visit: DeskVisit) -> Response:
    """Move one request at the revision that was seen; what cannot be undone is asked twice."""
    code, form = str(visit.request.path_params["code"])[:40].upper(), visit.form
    to, note = form.get("to"), form.get("note")[:LONGEST_NOTE].strip()
    filed = await visit.admin.desk.get(visit.rights, code)
    if filed is None:
        return visit.sorry(_NO_REQUEST, 404)
    if to not in set(ADMIN_STATES):
        return await _request_page(visit, filed, TOLD["not_allowed"], status=400)
    if check_reason(RequestState(to), note) is None:
        return await _request_page(visit, filed, BAD_REASON, status=400, note=note)
    if RequestState(to) in FINAL_STATES and form.get("sure") != "1":
        return await _request_page(visit, filed, "", note=note, asked=to)
    revision = to_number(form.get("revision"))
    result = await visit.admin.desk.move(
        visit.rights, code, RequestState(to), -1 if revision is None else revision, note
    )
    return visit.to(f"/desk/requests/{quote(code)}?done={_outcome_word(result)}")


def _outcome_word(result: MoveResult) -> str:
    words = {MoveOutcome.MOVED: "moved", MoveOutcome.OVERTAKEN: "overtaken", MoveOutcome.NO_REASON: "reason"}
    return words.get(result.outcome, "not_allowed")


REQUEST_ROUTES = (
    DeskRoute("GET", "/desk/requests/{code}", Act.SEE_REQUESTS, show_request),
    DeskRoute("POST", "/desk/requests/{code}/move", Act.CHANGE_REQUESTS, move_request),
)
