"""The first page of the desk: what waits, and how far each unit is; every figure opens what it counts."""

from urllib.parse import urlencode

from starlette.responses import Response

from bot.web.desk.filters import to_query
from bot.web.desk.requests import today_of, told
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.admin.desk import COUNT_LABELS as WAITING_LABELS
from handlers.admin.statistics_text import COUNT_LABELS, STACKED_COUNTS, bar_height, format_line_name, format_scope
from handlers.core import capitalize_first
from handlers.model import (
    LATE_DAYS,
    OPEN_LIST,
    REQUESTED_STATES,
    SOON_DAYS,
    UNFINISHED,
    Act,
    Filter,
    RequestState,
    UnitStatistics,
    desk_filters,
    is_own_line,
    statistics_root,
)
from locales import N_

#: Width of the longest bar, and lines on the page.
_BAR_WIDTH, _MOST_LINES = 1000, 100
_NO_UNIT = N_("There is no such unit within your reach.")


async def show_desk(visit: DeskVisit) -> Response:
    """Show what waits, and the numbers of a unit with a bar for each unit below it."""
    rights, today, say = visit.rights, today_of(visit), visit.say
    unit = visit.param("unit", 40) or None
    if unit is not None and (visit.units.get(unit) is None or not rights.may(Act.SEE_PICTURE, unit)):
        return visit.sorry(_NO_UNIT, 404)
    everything = rights.reach(Act.SEE_REQUESTS).everything
    waiting = []
    for name, wanted in desk_filters(today, everything=everything).items():
        number = await visit.admin.desk.count(rights, wanted)
        label = say.t(WAITING_LABELS[name], number="", late=LATE_DAYS, soon=SOON_DAYS).rstrip(": ")
        waiting.append({"label": label, "number": number, "query": to_query(wanted)})
    top = statistics_root(rights, unit)
    total, lines = await visit.admin.units.numbers(rights, top, today, visit.now)
    largest = max(map(bar_height, lines), default=0)
    shown = sorted(filter(bar_height, lines), key=bar_height, reverse=True)[:_MOST_LINES]
    drilled = visit.units.get(unit)
    above = drilled.parent if drilled else None
    up = above if above and rights.may(Act.SEE_PICTURE, above) else ""
    return visit.page(
        "desk_home.html", waiting=waiting, open=to_query(OPEN_LIST), told=told(visit), is_drilled=unit is not None,
        scope=format_scope(say, visit.units, top), counts=[
            (capitalize_first(say.t(label)), getattr(total, name), _requests_query(name, top, getattr(total, name)))
            for name, label in COUNT_LABELS.items()
        ],
        bars=[_bar(visit, one, total, largest) for one in shown], left_out=max(0, len(lines) - len(shown)),
        series=[(name, say.t(label)) for name, label in STACKED_COUNTS.items()], up=up, at=visit.now,
    )  # fmt: skip


def _bar(visit: DeskVisit, one: UnitStatistics, total: UnitStatistics, largest: int) -> dict[str, object]:
    """Place the parts of a bar; the largest fills the width, and even the smallest part stays visible."""
    parts, start = [], 0
    for name in STACKED_COUNTS:
        count = getattr(one, name)
        width = max(4, round(_BAR_WIDTH * count / largest)) if count else 0
        parts.append({"name": name, "start": start, "width": width})
        start += width
    say = visit.say
    is_own = one.unit is None or is_own_line(visit.units, one, total)  # a link would count what lies below as well
    return {
        "name": format_line_name(say, visit.units, one, total),
        "figures": [
            (say.t(label), getattr(one, name), "" if is_own else _requests_query(name, one.unit, getattr(one, name)))
            for name, label in STACKED_COUNTS.items()
            if getattr(one, name)
        ],
        "parts": [part for part in parts if part["width"]],
        "drill": urlencode({"unit": one.unit}) if not is_own and visit.units.children(one.unit) else "",
        "requests": urlencode({"unit": one.unit, "state": "unfinished"}) if not is_own and one.requests else "",
    }


#: Counts of requests, by the states that they count: each opens the list of them. The others count people and
#: certificates, of whom there is no list.
_COUNTED_STATES = {
    "requested": tuple(state for state in UNFINISHED if state in REQUESTED_STATES),
    "forwarded": (RequestState.FORWARDED,),
    "done": (RequestState.DONE,),
}


def _requests_query(name: str, unit: str | None, number: int) -> str:
    """Return the address of the list of what is counted; empty where there is none, or nothing in it."""
    if name not in _COUNTED_STATES or not number:
        return ""
    return to_query(Filter(unit=unit, states=_COUNTED_STATES[name]))


OVERVIEW_ROUTES = (DeskRoute("GET", "/desk", Act.SEE_REQUESTS, show_desk),)
