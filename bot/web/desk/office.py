"""The pages of the office: exports, people and their roles, the journal, units, broadcasts."""

from starlette.responses import Response

from bot.web.desk.filters import find_unit, parse_filter, to_query
from bot.web.desk.requests import TOLD, today_of, told
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import (
    ONE_LINE,
    ROLE_REFUSALS,
    clean_label,
    format_action,
    format_actor,
    format_role,
    format_subject,
)
from handlers.admin import format_filter
from handlers.admin.exports import format_export_cancelled, format_export_queued
from handlers.admin.people import INVITATION_LIFETIME
from handlers.broadcasts import format_channel, format_delivery_reason, format_delivery_state, format_state
from handlers.broadcasts.admin_text import (
    format_authorship,
    format_broadcast_progress,
    format_schedule,
    format_texts,
)
from handlers.core import capitalize_first
from handlers.model import (
    ACT_TO_GIVE,
    EXPORT_FORM_LABELS,
    ROLES,
    Act,
    Broadcast,
    ExportForm,
    ExportOrder,
    NewInvitation,
    Recipient,
    Role,
    RoleHolder,
    Succession,
    SuccessionKind,
    Unit,
    top_units,
)
from handlers.requests import EVENT_LABELS
from locales import N_
from rules.facts import Event

#: Rows of the journal, broadcasts and recipients on one page; units that a search finds.
_ROWS, _BROADCASTS, _RECIPIENTS, _FOUND = 50, 30, 100, 30
#: People of one list on the page.
_MOST_PEOPLE = 500


async def show_exports(visit: DeskVisit) -> Response:
    """Show the export under way, or the kinds of file that the list can be had as."""
    read = parse_filter(visit.request.url.query, visit.units, today_of(visit))
    running = await visit.admin.exports.running()
    total = await visit.admin.desk.count(visit.rights, read.wanted, Act.EXPORT_REQUESTS)
    t = visit.say.t
    masked = visit.rights.reach(Act.SEE_PERSONAL) != visit.rights.reach(Act.EXPORT_REQUESTS)
    return visit.page(
        "desk_exports.html", running=running, total=total, query=to_query(read.wanted), masked=masked,
        filter=format_filter(read.wanted, visit.units, t), told=told(visit),
        forms=[(one.value, capitalize_first(t(label))) for one, label in EXPORT_FORM_LABELS.items()],
    )  # fmt: skip


async def order_export(visit: DeskVisit) -> Response:
    """Order an export; its file arrives in the person's conversation, as if it had been ordered there."""
    read, form = parse_filter(visit.form.get("query"), visit.units, today_of(visit)), visit.form.get("kind")
    if form not in set(ExportForm) or read.unread:
        return visit.to("/desk/exports?done=nothing")
    total = await visit.admin.desk.count(visit.rights, read.wanted, Act.EXPORT_REQUESTS)
    language = "en" if visit.say.language == "en" else "vi"
    order = ExportOrder(wanted=read.wanted, form=ExportForm(form), language=language)
    said = format_export_queued(visit.say, order.form, total)
    started = await visit.admin.exports.start(visit.rights, order, total, said) if total else None
    return visit.to(f"/desk/exports?done={'ordered' if started else 'busy' if total else 'nothing'}")


async def cancel_export(visit: DeskVisit) -> Response:
    """Call the export off; nothing of it is sent."""
    ended = await visit.admin.exports.cancel(visit.rights, format_export_cancelled(visit.say))
    return visit.to(f"/desk/exports?done={'called_off' if ended else 'nothing'}")


async def show_people(visit: DeskVisit) -> Response:
    """Show who has which role, the open invitations, and a form for a new one."""
    return await _people_page(visit, told(visit))


async def _people_page(
    visit: DeskVisit, message: str, *, status: int = 200, made: NewInvitation | None = None, asked: str = ""
) -> Response:
    t, rights, people = visit.say.t, visit.rights, visit.admin.people
    holders, invitations = await people.holders(rights), await people.invitations(rights)
    mine = {grant.id for grant in rights.grants}
    given = [(role.value, capitalize_first(t(ROLES[role]))) for role, act in ACT_TO_GIVE.items() if rights.reach(act)]
    labels = {holder.id: holder.label for holder in holders}
    proposed = [
        (unit.code, unit.name)
        for unit in visit.units.units.values()
        if unit.is_open(today_of(visit)) and rights.may(Act.GIVE_FOCAL, unit.code)
    ]
    return visit.page(
        "desk_people.html", status=status, told=message, made=made, given=given, proposed=proposed[:300],
        total=len(holders), holders=[_person(visit, one, labels, mine) for one in holders[:_MOST_PEOPLE]],
        invitations=[_person(visit, one, labels, mine) for one in invitations[:_MOST_PEOPLE]],
        may_end=bool(rights.reach(Act.END_ROLES)), asked=asked, values={
            name: visit.form.get(name)[:200] for name in ("role", "unit", "label")
        },
    )  # fmt: skip


def _person(visit: DeskVisit, holder: RoleHolder, labels: dict[str, str], mine: set[str]) -> dict[str, object]:
    t = visit.say.t
    return {
        "id": holder.id,
        "label": holder.label,
        "role": format_role(t, visit.units, holder.role, holder.unit),
        "since": holder.since,
        "until": holder.expires_at,
        "by": format_actor(t, holder.by, labels),
        "mine": holder.id in mine,
    }


async def invite(visit: DeskVisit) -> Response:
    """Make an invitation; its code is shown on this page alone."""
    form, today = visit.form, today_of(visit)
    role, label = form.get("role"), clean_label(form.get("label")[:1000])
    if role not in set(ACT_TO_GIVE):
        return await _people_page(visit, TOLD["nothing"], status=400)
    if label is None:
        return await _people_page(visit, ONE_LINE, status=400)
    typed = form.get("unit").strip()[:300]
    unit = find_unit(typed, visit.units, today) if typed and role != Role.OWNER else None
    until = visit.now + INVITATION_LIFETIME
    made = await visit.admin.people.invite(visit.rights, Role(role), unit, label, until)
    if not isinstance(made, NewInvitation):
        return await _people_page(visit, ROLE_REFUSALS[made], status=400)
    return await _people_page(visit, TOLD["invited"], made=made)


async def end_role(visit: DeskVisit) -> Response:
    """End a role or an invitation, once it was confirmed."""
    holder = visit.form.get("holder")[:40].upper()
    if visit.form.get("sure") != "1":
        return await _people_page(visit, "", asked=holder)
    refusal = await visit.admin.people.end(visit.rights, holder)
    if refusal:
        return await _people_page(visit, ROLE_REFUSALS[refusal], status=400)
    return visit.to("/desk/people?done=ended")


async def show_journal(visit: DeskVisit) -> Response:
    """Show rows of the journal, the newest first."""
    asked = visit.param("before", 18)
    before = int(asked) if asked.isascii() and asked.isdecimal() else None
    found, labels, t = (
        await visit.admin.journal.latest(visit.rights, _ROWS + 1, before),
        await visit.labels(),
        visit.say.t,
    )
    rows = [
        {
            "number": row.number,
            "at": row.at,
            "who": format_actor(t, row.actor, labels),
            "act": capitalize_first(format_action(t, row)),
            "subject": format_subject(t, row),
            "unit": visit.units.name(row.unit) if row.unit else "",
            "count": row.count,
        }
        for row in found[:_ROWS]
    ]
    older = found[_ROWS - 1].number if len(found) > _ROWS else None
    return visit.page("desk_journal.html", rows=rows, older=older, is_older=before is not None)


_BECAME = {
    SuccessionKind.MERGED_INTO_NEW: EVENT_LABELS[Event.MERGED_INTO_NEW],
    SuccessionKind.MERGED_INTO_EXISTING: EVENT_LABELS[Event.MERGED_INTO_EXISTING],
    SuccessionKind.RENAMED: EVENT_LABELS[Event.RENAMED],
    SuccessionKind.SPLIT: EVENT_LABELS[Event.SPLIT],
    SuccessionKind.ENDED: N_("ended; its area went to the other"),
}
_NO_UNIT = N_("There is no such unit within your reach.")


async def show_units(visit: DeskVisit) -> Response:
    """Show the units at the top of one's reach, or one unit with its names, its fate and what lies below it."""
    code, words = visit.param("unit", 40), visit.param("q", 200).strip()
    if code and (visit.units.get(code) is None or not visit.rights.may(Act.SEE_PICTURE, code)):
        return visit.sorry(_NO_UNIT, 404)
    tops = [visit.units.units[one] for one in top_units(visit.rights) if one in visit.units.units]
    below = list(visit.units.children(code)) if code else tops
    found = visit.units.find(words, _FOUND) if words else ()
    seen = [one for one in found if visit.rights.may(Act.SEE_PICTURE, one.unit.code)]
    unit = visit.units.get(code)
    return visit.page(
        "desk_units.html", unit=_unit(visit, unit) if unit else None, below=[_unit(visit, one) for one in below],
        words=words, found=[{**_unit(visit, one.unit), "matched": one.name} for one in seen],
        may_maintain=bool(visit.rights.reach(Act.MAINTAIN_UNITS)),
    )  # fmt: skip


def _unit(visit: DeskVisit, unit: Unit) -> dict[str, object]:
    units = visit.units
    merged = [one for one in units.successions if one.successor == unit.code]
    parent = unit.parent if unit.parent and visit.rights.may(Act.SEE_PICTURE, unit.parent) else ""
    return {
        "code": unit.code,
        "name": unit.name,
        "path": units.path_name(unit.parent) if unit.parent else "",
        "parent": parent,
        "aliases": unit.aliases,
        "former": unit.former_names,
        "closed": unit.closed_on,
        "became": [_succession(visit, one, one.successor) for one in units.successors(unit.code)],
        "merged": [_succession(visit, one, one.former) for one in merged],
        "below": len(units.children(unit.code)),
    }


def _succession(visit: DeskVisit, one: Succession, other: str) -> dict[str, object]:
    seen = other if visit.rights.may(Act.SEE_PICTURE, other) else ""
    how = visit.say.t(_BECAME[one.became])
    return {"code": seen, "name": visit.units.name(other), "how": how, "since": one.since, "source": one.source}


async def show_broadcasts(visit: DeskVisit) -> Response:
    """Show the newest broadcasts and campaigns."""
    before = visit.param("before", 20) or None
    found = await visit.admin.broadcasts.latest(visit.rights, _BROADCASTS + 1, before)
    older = found[_BROADCASTS - 1].id if len(found) > _BROADCASTS else ""
    return visit.page(
        "desk_broadcasts.html", rows=[_broadcast_row(visit, one) for one in found[:_BROADCASTS]], older=older,
        is_older=before is not None, may_write=bool(visit.rights.reach(Act.WRITE_BROADCASTS)),
    )  # fmt: skip


def _broadcast_row(visit: DeskVisit, one: Broadcast) -> dict[str, object]:
    state = capitalize_first(format_state(visit.say.t, one))
    return {"id": one.id, "title": one.draft.title, "state": state, "at": one.created_at, "recipients": one.recipients}


_NO_BROADCAST = N_("There is no such broadcast within your reach.")


async def show_broadcast(visit: DeskVisit) -> Response:
    """Show one broadcast: its text, its plan, how far it is, and what became of each recipient."""
    rights, broadcasts, say = visit.rights, visit.admin.broadcasts, visit.say
    name = str(visit.request.path_params["code"])[:20].upper()
    one = await broadcasts.get(rights, name)
    if one is None:
        return visit.sorry(_NO_BROADCAST, 404)
    tally, after = await broadcasts.tally(rights, name), visit.param("after", 20)
    people = await broadcasts.recipients(rights, name, _RECIPIENTS + 1, after)
    steps = [_broadcast_row(visit, step) for step in await broadcasts.steps(rights, name)]
    lines = [*format_authorship(say, one, await visit.labels()).splitlines(), *format_schedule(say, one).splitlines()]
    return visit.page(
        "desk_broadcast.html", id=one.id, title=one.draft.title, lines=lines, steps=steps,
        texts=[text.splitlines() for text in format_texts(say, one.draft)], total=tally.total,
        progress=format_broadcast_progress(say, tally).splitlines() if tally.total else [],
        people=[_recipient(visit, person) for person in people[:_RECIPIENTS]],
        older=people[_RECIPIENTS - 1].code if len(people) > _RECIPIENTS else "",
    )  # fmt: skip


def _recipient(visit: DeskVisit, one: Recipient) -> dict[str, object]:
    t = visit.say.t
    state, reason = format_delivery_state(t, one.state), format_delivery_reason(t, one.reason)
    return {
        "code": one.code,
        "name": one.name or "",
        "unit": visit.units.name(one.unit) if one.unit else "",
        "channel": format_channel(t, one.channel),
        "state": f"{state} ({reason})" if state and reason else state,
    }


OFFICE_ROUTES = (
    DeskRoute("GET", "/desk/exports", Act.EXPORT_REQUESTS, show_exports),
    DeskRoute("POST", "/desk/exports", Act.EXPORT_REQUESTS, order_export, in_chat=True),
    DeskRoute("POST", "/desk/exports/cancel", Act.EXPORT_REQUESTS, cancel_export, in_chat=True),
    DeskRoute("GET", "/desk/people", Act.SEE_HOLDERS, show_people),
    DeskRoute("POST", "/desk/people/invite", Act.SEE_HOLDERS, invite),
    DeskRoute("POST", "/desk/people/end", Act.END_ROLES, end_role),
    DeskRoute("GET", "/desk/journal", Act.SEE_JOURNAL, show_journal),
    DeskRoute("GET", "/desk/units", Act.SEE_PICTURE, show_units),
    DeskRoute("GET", "/desk/broadcasts", Act.SEE_BROADCASTS, show_broadcasts),
    DeskRoute("GET", "/desk/broadcasts/{code}", Act.SEE_BROADCASTS, show_broadcast),
)
