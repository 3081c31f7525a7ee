"""The pages of requests: the list, one request, and moves of one or of all that are listed."""

from datetime import date
from urllib.parse import quote

from starlette.responses import Response

from bot.web.desk.filters import FIELD_LABELS, ReadFilter, field_values, parse_filter, to_query
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import format_actor
from handlers.admin import (
    MOVE_LABELS,
    SHORT_PROCEDURES,
    format_filter,
    format_move_not_possible,
)
from handlers.core import capitalize_first
from handlers.model import (
    ADMIN_STATES,
    FINAL_STATES,
    MAX_BULK_MOVES,
    NEEDS_REASON,
    Act,
    BulkMoveResult,
    Filter,
    MoveOutcome,
    MoveResult,
    RequestRow,
    RequestState,
    check_reason,
    parse_codes,
    to_movable_filter,
    transitions_from,
)
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS, format_content, format_procedure
from locales import N_
from rules.calendar import to_vietnam_day

#: Requests on one page.
SHOWN = 50
#: Units that the form of the filter proposes.
_MOST_PROPOSED = 300
_LONGEST_NOTE = 2000
_NO_REQUEST = N_("There is no such request within your reach.")
_BAD_REASON = N_("Please write the reason in 1 to 500 characters, without any personal number (CCCD).")
#: Outcomes that a page tells after it was opened anew, by the word in its address.
TOLD = {
    "moved": N_("Changed. The officer is told."),
    "moved_all": N_("Changed: these requests were just moved together. Each officer is told."),
    "overtaken": N_("Somebody has changed this request in the meantime. Nothing of it was overwritten."),
    "overtaken_all": N_("The list has changed since you saw it; nothing was changed. It stands now as follows."),
    "reason": _BAD_REASON,
    "not_allowed": N_("It cannot be moved like that from where it stands now. Nothing was changed."),
    "nothing": N_("Nothing was changed."),
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


def _row(visit: DeskVisit, filed: RequestRow) -> dict[str, object]:
    content, t = filed.request.content, visit.say.t
    return {
        "code": filed.request.code,
        "name": content.subscriber,
        "unit": visit.units.name(filed.unit) if filed.unit else content.unit,
        "procedure": t(SHORT_PROCEDURES.get(content.procedure, content.procedure)),
        "state": t(STATE_LABELS[filed.request.state]),
        "mark": filed.request.state.value,
        "registered": filed.registered_at,
        "changed": filed.changed_at,
        "ends": content.not_after,
    }


def _filter_form(visit: DeskVisit, read: ReadFilter) -> dict[str, object]:
    t = visit.say.t
    reach = visit.rights.reach(Act.SEE_REQUESTS)
    within = (
        unit for unit in visit.units.units.values()
        if reach.everything or visit.rights.may(Act.SEE_REQUESTS, unit.code)
    )  # fmt: skip
    proposed = [(unit.code, unit.name) for unit, _ in zip(within, range(_MOST_PROPOSED), strict=False)]
    return {
        "values": field_values(read.wanted),
        "states": [(one.value, capitalize_first(t(label))) for one, label in STATE_LABELS.items()],
        "procedures": [(one.value, capitalize_first(t(label))) for one, label in PROCEDURE_LABELS.items()],
        "proposed": proposed,
        "unread": ", ".join(t(FIELD_LABELS.get(name, name)) for name in read.unread),
        "filter": format_filter(read.wanted, visit.units, t),
    }


async def show_list(visit: DeskVisit) -> Response:
    """Show a page of the list that the address asks for; a code opens its request."""
    today = today_of(visit)
    read = parse_filter(visit.request.url.query, visit.units, today)
    wanted, rights, requests = read.wanted, visit.rights, visit.admin.desk
    for code in parse_codes(wanted.text, today):
        if await requests.get(rights, code):
            return visit.to(f"/desk/requests/{code}")
    before, first = _to_number(visit.param("before")), _to_number(visit.param("at")) or 1
    total = await requests.count(rights, wanted)
    found = await requests.page(rights, wanted, SHOWN + 1, before)
    shown = found[:SHOWN]
    older = to_query(wanted, before=shown[-1].number, at=first + SHOWN) if len(found) > SHOWN else ""
    anything = bool(total) or bool(await requests.count(rights, Filter()))
    return visit.page(
        "desk_requests.html", rows=[_row(visit, one) for one in shown], total=total, first=first,
        last=first + len(shown) - 1, older=older, newest=to_query(wanted) if before is not None else "",
        query=to_query(wanted), may_move=bool(total and rights.reach(Act.CHANGE_REQUESTS)),
        may_export=bool(total and rights.reach(Act.EXPORT_REQUESTS)), anything=anything,
        told=told(visit), just_moved=wanted.changed_at is not None, form=_filter_form(visit, read),
    )  # fmt: skip


def _to_number(text: str) -> int | None:
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
    to, note = form.get("to"), form.get("note")[:_LONGEST_NOTE].strip()
    filed = await visit.admin.desk.get(visit.rights, code)
    if filed is None:
        return visit.sorry(_NO_REQUEST, 404)
    if to not in set(ADMIN_STATES):
        return await _request_page(visit, filed, TOLD["not_allowed"], status=400)
    if check_reason(RequestState(to), note) is None:
        return await _request_page(visit, filed, _BAD_REASON, status=400, note=note)
    if RequestState(to) in FINAL_STATES and form.get("sure") != "1":
        return await _request_page(visit, filed, "", note=note, asked=to)
    revision = _to_number(form.get("revision"))
    result = await visit.admin.desk.move(
        visit.rights, code, RequestState(to), -1 if revision is None else revision, note
    )
    return visit.to(f"/desk/requests/{quote(code)}?done={_outcome_word(result)}")


def _outcome_word(result: MoveResult) -> str:
    words = {MoveOutcome.MOVED: "moved", MoveOutcome.OVERTAKEN: "overtaken", MoveOutcome.NO_REASON: "reason"}
    return words.get(result.outcome, "not_allowed")


async def show_bulk_move(visit: DeskVisit) -> Response:
    """Show to which states the requests of the list can be moved, and how many would be; then ask for a yes."""
    read = parse_filter(visit.request.url.query, visit.units, today_of(visit))
    to = visit.param("next", 20)
    return await _bulk_page(visit, read, RequestState(to) if to in set(ADMIN_STATES) else None, told(visit))


async def _bulk_page(  # noqa: PLR0913 - what is on the page
    visit: DeskVisit, read: ReadFilter, to: RequestState | None, message: str, *, status: int = 200, note: str = ""
) -> Response:
    t, wanted, requests, rights = visit.say.t, read.wanted, visit.admin.desk, visit.rights
    choices = []
    for state in () if to else ADMIN_STATES:
        fitting = to_movable_filter(wanted, state)
        number = await requests.count(rights, fitting, Act.CHANGE_REQUESTS) if fitting else 0
        if number:
            query = to_query(wanted, next=state.value)
            choices.append({"query": query, "label": t(MOVE_LABELS[state]), "number": number})
    fitting = to_movable_filter(wanted, to) if to else None
    preview = await requests.preview_move_all(rights, fitting) if fitting else None
    sample = await requests.page(rights, fitting, 8) if fitting and preview and preview.number else ()
    return visit.page(
        "desk_move.html", status=status, total=await requests.count(rights, wanted), choices=choices,
        filter=format_filter(wanted, visit.units, t), query=to_query(wanted), to=to.value if to else "",
        label=t(MOVE_LABELS[to]) if to else "", state=t(STATE_LABELS[to]) if to else "",
        number_moved=preview.number if preview else 0, mark=preview.mark if preview else "",
        needs_reason=to in NEEDS_REASON if to else False, final=to in FINAL_STATES if to else False,
        most=MAX_BULK_MOVES, sample=[_row(visit, one) for one in sample], told=message, note=note,
        unread=bool(read.unread),
    )  # fmt: skip


async def move_all(visit: DeskVisit) -> Response:
    """Move exactly the requests that were seen, or none."""
    form, to = visit.form, visit.form.get("to")
    read = parse_filter(form.get("query"), visit.units, today_of(visit))
    if to not in set(ADMIN_STATES) or read.unread:
        return await _bulk_page(visit, read, None, TOLD["nothing"], status=400)
    state, note = RequestState(to), form.get("note")[:_LONGEST_NOTE].strip()
    if check_reason(state, note) is None:
        return await _bulk_page(visit, read, state, _BAD_REASON, status=400, note=note)
    fitting = to_movable_filter(read.wanted, state)
    mark = form.get("mark")[:200]
    done = await visit.admin.desk.move_all(visit.rights, fitting, state, note, seen=mark) if fitting and mark else None
    if done is None or (done.outcome is MoveOutcome.MOVED and not done.changed):
        return await _bulk_page(visit, read, None, TOLD["nothing"])
    if done.outcome is MoveOutcome.OVERTAKEN:
        return await _bulk_page(visit, read, state, TOLD["overtaken_all"], status=409, note=note)
    if done.outcome is not MoveOutcome.MOVED:
        return await _bulk_page(visit, read, state, TOLD["nothing"], status=400, note=note)
    return visit.to(f"/desk/requests?{_moved_query(state, done)}")


def _moved_query(state: RequestState, done: BulkMoveResult) -> str:
    """What was moved stays in view: it can be looked through, exported, or moved on."""
    return to_query(Filter(states=(state,), changed_at=done.at), done="moved_all")


REQUEST_ROUTES = (
    DeskRoute("GET", "/desk/requests", Act.SEE_REQUESTS, show_list),
    DeskRoute("GET", "/desk/requests/move", Act.CHANGE_REQUESTS, show_bulk_move),
    DeskRoute("POST", "/desk/requests/move", Act.CHANGE_REQUESTS, move_all),
    DeskRoute("GET", "/desk/requests/{code}", Act.SEE_REQUESTS, show_request),
    DeskRoute("POST", "/desk/requests/{code}/move", Act.CHANGE_REQUESTS, move_request),
)
