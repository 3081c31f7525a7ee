"""The list of requests, and moves of all that it shows or of those that were marked in it."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from bot.web.desk.filters import (
    COLUMNS,
    FIELD_LABELS,
    ReadFilter,
    columns_value,
    field_values,
    parse_columns,
    parse_filter,
    to_query,
)
from bot.web.desk.requests import BAD_REASON, LONGEST_NOTE, TOLD, to_number, today_of, told
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.admin import MOVE_LABELS, SHORT_PROCEDURES, format_filter
from handlers.core import capitalize_first, format_day, format_moment
from handlers.model import (
    ADMIN_STATES,
    FINAL_STATES,
    MAX_BULK_MOVES,
    NEEDS_REASON,
    OPEN_LIST,
    TAKE_BACK_WITHIN,
    Act,
    BulkMoveResult,
    Filter,
    MoveOutcome,
    RequestRow,
    RequestState,
    check_reason,
    find_way_back,
    parse_codes,
    to_movable_filter,
    transitions_from,
)
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS

#: Requests on one page, and pages that the way back is known for.
SHOWN = 50
_MOST_TURNS = 40
#: Units that the form of the filter proposes.
_MOST_PROPOSED = 300

#: Columns of the requests that a move names.
_SAMPLE = ("name", "unit", "procedure", "state", "ends")

Cell = Callable[[DeskVisit, RequestRow], str]


def _unit_cell(visit: DeskVisit, filed: RequestRow) -> str:
    return visit.units.name(filed.unit) if filed.unit else filed.request.content.unit


def _procedure_cell(visit: DeskVisit, filed: RequestRow) -> str:
    procedure = filed.request.content.procedure
    return visit.say.t(SHORT_PROCEDURES.get(procedure, procedure))


def _ends_cell(_: DeskVisit, filed: RequestRow) -> str:
    ends = filed.request.content.not_after
    return format_day(ends) if ends else "–"


#: What stands in each column but that of the state.
_CELLS: dict[str, Cell] = {
    "name": lambda _, filed: filed.request.content.subscriber,
    "unit": _unit_cell,
    "procedure": _procedure_cell,
    "state": lambda visit, filed: visit.say.t(STATE_LABELS[filed.request.state]),
    "registered": lambda _, filed: format_moment(filed.registered_at),
    "changed": lambda _, filed: format_moment(filed.changed_at),
    "ends": _ends_cell,
    "serial": lambda _, filed: filed.request.content.serial or "–",
    "note": lambda _, filed: filed.note or "–",
}


def _table(visit: DeskVisit, found: tuple[RequestRow, ...], columns: tuple[str, ...]) -> dict[str, Any]:
    return {
        "columns": [(name, visit.say.t(COLUMNS[name])) for name in columns],
        "rows": [
            {
                "code": filed.request.code,
                "mark": filed.request.state.value,
                "cells": [_CELLS[name](visit, filed) for name in columns],
            }
            for filed in found
        ],
    }


def _filter_form(visit: DeskVisit, read: ReadFilter, columns: tuple[str, ...]) -> dict[str, object]:
    t = visit.say.t
    reach = visit.rights.reach(Act.SEE_REQUESTS)
    within = (
        unit for unit in visit.units.in_order
        if reach.everything or visit.rights.may(Act.SEE_REQUESTS, unit.code)
    )  # fmt: skip
    proposed = [(unit.code, unit.name) for unit, _ in zip(within, range(_MOST_PROPOSED), strict=False)]
    values = field_values(read.wanted)
    states = [(one.value, capitalize_first(t(label))) for one, label in STATE_LABELS.items()]
    procedures = [(one.value, capitalize_first(t(label))) for one, label in PROCEDURE_LABELS.items()]
    return {
        "values": values,
        "states": [*states, *_several(values["state"], dict(states))],
        "procedures": [*procedures, *_several(values["procedure"], dict(procedures))],
        "proposed": proposed,
        "unread": ", ".join(t(FIELD_LABELS.get(name, name)) for name in read.unread),
        "filter": format_filter(read.wanted, visit.units, t),
        "columns": [(name, t(label), name in columns) for name, label in COLUMNS.items()],
        "columns_open": bool(columns_value(columns)),
        "more": any(value for name, value in values.items() if name not in {"q", "state", "code"}),
    }


def _several(value: str, labels: dict[str, str]) -> list[tuple[str, str]]:
    """Return a choice for several values at once, so that another change of the filter keeps them."""
    held = [labels[one] for one in value.split(".") if one in labels]
    return [(value, ", ".join(held))] if len(held) > 1 else []


async def show_list(visit: DeskVisit) -> Response:
    """Show a page of the list that the address asks for; a code opens its request."""
    today, query = today_of(visit), visit.request.url.query
    read, columns = parse_filter(query, visit.units, today), parse_columns(query)
    wanted, rights, requests = read.wanted, visit.rights, visit.admin.desk
    for code in parse_codes(wanted.text, today):
        if await requests.get(rights, code):
            return visit.to(f"/desk/requests/{code}")
    turned, first = _parse_turned_pages(visit.param("before", 1000)), to_number(visit.param("at")) or 1
    total = await requests.count(rights, wanted)
    found = await requests.page(rights, wanted, SHOWN + 1, turned[-1] if turned else None)
    shown, cols = found[:SHOWN], columns_value(columns)
    following = ".".join(map(str, [*turned, *(one.number for one in shown[-1:])][-_MOST_TURNS:]))
    older = to_query(wanted, cols=cols, before=following, at=first + SHOWN) if len(found) > SHOWN else ""
    may_move = bool(total and rights.reach(Act.CHANGE_REQUESTS))
    return visit.page(
        "desk_requests.html", **_table(visit, shown, columns), total=total, first=first, older=older,
        last=first + len(shown) - 1, newest=to_query(wanted, cols=cols) if turned else "",
        newer=_newer(wanted, cols, turned, first), query=to_query(wanted), view=to_query(wanted, cols=cols),
        may_move=may_move, may_export=bool(total and rights.reach(Act.EXPORT_REQUESTS)),
        may_import=bool(rights.reach(Act.IMPORT_REQUESTS)),
        anything=bool(total) or bool(await requests.count(rights, Filter())), is_open_list=wanted == OPEN_LIST,
        told=told(visit), just_moved=wanted.changed_at is not None, form=_filter_form(visit, read, columns),
        may_take_back=bool(wanted.changed_at) and any(find_way_back(one, rights.actor, visit.now) for one in shown),
        minutes=TAKE_BACK_WITHIN.seconds // 60, onward=_onward(visit, wanted) if wanted.changed_at and may_move else (),
    )  # fmt: skip


def _parse_turned_pages(text: str) -> list[int]:
    """Return the numbers at which pages were turned, the last one that of this page; none where one is no number."""
    numbers = [to_number(part) for part in text.split(".")] if text else []
    return [] if None in numbers else [number for number in numbers if number is not None][-_MOST_TURNS:]


def _newer(wanted: Filter, cols: str, turned: list[int], first: int) -> str:
    if len(turned) < 2:  # the way to the newest page stands there anyway
        return ""
    return to_query(wanted, cols=cols, before=".".join(map(str, turned[:-1])), at=max(1, first - SHOWN))


def _onward(visit: DeskVisit, moved: Filter) -> list[tuple[str, str]]:
    """Return the ways that what was just moved still has: the way on, and the way back where there is one."""
    states = dict.fromkeys(to for state in moved.states for to in transitions_from(state))
    return [(to_query(moved, next=to.value), visit.say.t(MOVE_LABELS[to])) for to in states]


async def show_bulk_move(visit: DeskVisit) -> Response:
    """Show to which states the requests of the list can be moved, and how many would be; then ask for a yes."""
    read = parse_filter(visit.request.url.query, visit.units, today_of(visit))
    if visit.param("marked") and not read.wanted.codes:
        return visit.to(f"/desk/requests?{to_query(OPEN_LIST, done='none_marked')}")
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
        most=MAX_BULK_MOVES, **_table(visit, sample, _SAMPLE), told=message, note=note,
        unread=bool(read.unread),
    )  # fmt: skip


async def move_all(visit: DeskVisit) -> Response:
    """Move exactly the requests that were seen, or none."""
    form, to = visit.form, visit.form.get("to")
    read = parse_filter(form.get("query"), visit.units, today_of(visit))
    if to not in set(ADMIN_STATES) or read.unread:
        return await _bulk_page(visit, read, None, TOLD["nothing"], status=400)
    state, note = RequestState(to), form.get("note")[:LONGEST_NOTE].strip()
    if check_reason(state, note) is None:
        return await _bulk_page(visit, read, state, BAD_REASON, status=400, note=note)
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


async def take_back(visit: DeskVisit) -> Response:
    """Take the person's own last moves back, of one request or of all that were moved together."""
    read = parse_filter(visit.form.get("query"), visit.units, today_of(visit))
    codes, at = read.wanted.codes, read.wanted.changed_at
    if read.unread or not (codes or at):
        return visit.to("/desk/requests?done=nothing")
    done = await visit.admin.desk.take_back(visit.rights, Filter(codes=codes, changed_at=at))
    if len(codes) == 1:
        return visit.to(f"/desk/requests/{codes[0]}?done={'taken_back' if done.changed else 'too_late'}")
    if not done.changed:
        return visit.to(f"/desk/requests?{to_query(Filter(codes=codes, changed_at=at), done='too_late')}")
    return visit.to(f"/desk/requests?{to_query(Filter(changed_at=done.at), done='taken_back')}")


def _moved_query(state: RequestState, done: BulkMoveResult) -> str:
    """Return a filter that keeps in view what was moved: it can be looked through, exported, or moved on."""
    return to_query(Filter(states=(state,), changed_at=done.at), done="moved_all")


LIST_ROUTES = (
    DeskRoute("GET", "/desk/requests", Act.SEE_REQUESTS, show_list),
    DeskRoute("GET", "/desk/requests/move", Act.CHANGE_REQUESTS, show_bulk_move),
    DeskRoute("POST", "/desk/requests/move", Act.CHANGE_REQUESTS, move_all),
    DeskRoute("POST", "/desk/requests/take-back", Act.CHANGE_REQUESTS, take_back),
)
