"""The page of the journal: rows within reach, narrowed by a filter that stands in the address."""

from urllib.parse import urlencode

from starlette.responses import Response

from bot.web.desk.filters import find_unit
from bot.web.desk.requests import today_of
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import ACTOR_LABELS, AUDIT_ACTIONS, format_action, format_actor, format_subject
from handlers.broadcasts import format_channel
from handlers.core import capitalize_first, parse_day
from handlers.model import MACHINE, Act, JournalFilter
from locales import N_
from rules.language.spelling import in_order

#: Rows on one page; people and units that the form proposes.
_ROWS, _MOST_PROPOSED = 50, 300
_FIELDS = ("act", "who", "unit", "about", "from", "to")
_LABELS = {
    "act": N_("Act"),
    "who": N_("By"),
    "unit": N_("Unit"),
    "from": N_("From day"),
    "to": N_("Until day"),
}


async def show_journal(visit: DeskVisit) -> Response:
    """Show rows of the journal, the newest first."""
    labels, t, journal, rights = await visit.labels(), visit.say.t, visit.admin.journal, visit.rights
    values = {name: visit.param(name).strip() for name in _FIELDS}
    wanted, unread = _read_filter(visit, values, labels)
    asked = visit.param("before", 18)
    before = int(asked) if asked.isascii() and asked.isdecimal() else None
    found = await journal.latest(rights, _ROWS + 1, before, wanted)
    rows = [
        {
            "number": row.number,
            "at": row.at,
            "who": format_actor(t, row.actor, labels),
            "act": capitalize_first(format_action(t, row)),
            "subject": format_subject(t, row),
            "unit": visit.units.name(row.unit) if row.unit else "",
            "count": row.count,
            "channel": format_channel(t, row.channel) if row.channel != MACHINE else t(ACTOR_LABELS[MACHINE]),
        }
        for row in found[:_ROWS]
    ]
    given = {name: value for name, value in values.items() if value}
    older = urlencode({**given, "before": found[_ROWS - 1].number}) if len(found) > _ROWS else ""
    reach = rights.reach(Act.SEE_JOURNAL)
    proposed = (one for one in visit.units.in_order if reach.everything or rights.may(Act.SEE_JOURNAL, one.code))
    people = sorted(labels.items(), key=lambda one: in_order(one[1] or ""))
    acts = ((act, capitalize_first(t(label))) for act, label in AUDIT_ACTIONS.items())
    return visit.page(
        "desk_journal.html", rows=rows, older=older, newest=f"?{urlencode(given)}" if before is not None else "",
        total=await journal.count(rights, wanted), values=values, is_filtered=bool(given),
        unread=", ".join(t(_LABELS[name]) for name in unread),
        acts=sorted(acts, key=lambda one: in_order(one[1])),
        people=[(MACHINE, t(ACTOR_LABELS[MACHINE])), *people[:_MOST_PROPOSED]],
        proposed=[(one.code, one.name) for one, _ in zip(proposed, range(_MOST_PROPOSED), strict=False)],
    )  # fmt: skip


def _read_filter(visit: DeskVisit, values: dict[str, str], labels: dict[str, str]) -> tuple[JournalFilter, list[str]]:
    """Return what the address asks for, and the fields that cannot be read: they filter nothing."""
    units, days = visit.units, {name: parse_day(values[name]) for name in ("from", "to")}
    unit = find_unit(values["unit"][:300], units, today_of(visit)) if values["unit"] else None
    act = values["act"] if values["act"] in AUDIT_ACTIONS else ""
    who = _find_actor(values["who"], labels)
    unread = [name for name, day in days.items() if values[name] and day is None]
    unread += [name for name, read in (("act", act), ("unit", unit), ("who", who)) if values[name] and not read]
    wanted = JournalFilter(
        act=act, actor=who, unit=unit, about=values["about"][:60], since=days["from"], until=days["to"]
    )
    return wanted, unread


def _find_actor(typed: str, labels: dict[str, str]) -> str:
    """Return the role that a code or a name stands for, if it is one alone."""
    if typed == MACHINE or typed.upper() in labels or (typed[:3].upper() == "QT-" and typed[3:].isdecimal()):
        return typed if typed == MACHINE else typed.upper()
    named = [code for code, label in labels.items() if label and label.casefold() == typed.casefold()]
    return named[0] if len(named) == 1 else ""


JOURNAL_ROUTES = (DeskRoute("GET", "/desk/journal", Act.SEE_JOURNAL, show_journal),)
