"""The page of people: who holds which role, what each role may do, open invitations, and a form for a new one."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from bot.web.desk.filters import find_unit
from bot.web.desk.requests import today_of
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import ONE_LINE, ROLE_REFUSALS, clean_label, format_actor, format_role
from handlers.admin.people import INVITATION_LIFETIME, OWN_ROLE
from handlers.core import capitalize_first
from handlers.model import (
    ACT_TO_GIVE,
    INVITATION_PREFIX,
    ROLES,
    Act,
    NewInvitation,
    Role,
    RoleHolder,
    rights_rows,
)
from locales import N_
from rules.language.spelling import fold

#: People, and invitations, on one page; units that the form proposes.
_SHOWN, _MOST_PROPOSED = 50, 300
_LONGEST = 200
_CODE = re.compile(r"[A-Z]{2}-\d{1,9}")
_TOLD = {
    "ended": N_("{code} was ended. The way back is a new invitation: the form below is filled in for it."),
    "taken_back": N_("The invitation {code} was taken back. To invite the person after all, make a new one below."),
}
_INVITED = N_("Invitation made.")
_NOT_GIVEN = N_("Nothing was changed.")


async def show_people(visit: DeskVisit) -> Response:
    """Show who has which role, the open invitations, and a form for a new one."""
    code = visit.param("code", 20) if _CODE.fullmatch(visit.param("code", 20)) else ""
    values = {"role": visit.param("role", 20), "unit": visit.param("unit"), "label": ""}
    return await _people_page(visit, visit.told(_TOLD, code=code), values=values)


async def _people_page(  # noqa: PLR0913 - what is on the page
    visit: DeskVisit,
    message: str,
    *,
    status: int = 200,
    made: NewInvitation | None = None,
    asked: RoleHolder | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    t, rights, people = visit.say.t, visit.rights, visit.admin.people
    holders, invitations = await people.holders(rights), await people.invitations(rights)
    words, role = visit.param("q").strip(), visit.param("kind", 20)
    found = [one for one in holders if _matches(visit, one, words, role)]
    at = int(visit.param("at", 6)) if visit.param("at", 6).isdecimal() else 0
    labels = {holder.id: holder.label for holder in holders}
    given = [(role.value, capitalize_first(t(ROLES[role]))) for role, act in ACT_TO_GIVE.items() if rights.reach(act)]
    proposed = (
        (unit.code, unit.name)
        for unit in visit.units.in_order
        if unit.is_open(today_of(visit)) and rights.may(Act.GIVE_FOCAL, unit.code)
    )
    filtered = {name: value for name, value in (("q", words), ("kind", role)) if value}
    following = urlencode({**filtered, "at": at + _SHOWN}) if len(found) > at + _SHOWN else ""
    return visit.page(
        "desk_people.html", status=status, told=message, made=made, given=given, asked=_format_asked(visit, asked),
        proposed=[one for one, _ in zip(proposed, range(_MOST_PROPOSED), strict=False)],
        total=len(holders), found=len(found), words=words, kind=role, first=at + 1, following=following,
        kinds=[(one.value, capitalize_first(t(label))) for one, label in ROLES.items() if one in ACT_TO_GIVE],
        holders=_rows(visit, found[at : at + _SHOWN], labels),
        invitations=_rows(visit, invitations[:_SHOWN], labels), invitations_total=len(invitations),
        may_end=bool(rights.reach(Act.END_ROLES)), rights=rights_rows(t),
        values=values or {name: visit.form.get(name)[:_LONGEST] for name in ("role", "unit", "label")},
    )  # fmt: skip


def _matches(visit: DeskVisit, one: RoleHolder, words: str, role: str) -> bool:
    """Look for the words in the name, the code, the role and the unit of a person."""
    text = fold(f"{one.label} {one.id} {format_role(visit.say.t, visit.units, one.role, one.unit)}")
    return role in {"", one.role} and all(word in text for word in fold(words).split())


def _rows(visit: DeskVisit, people: Sequence[RoleHolder], labels: dict[str, str]) -> list[dict[str, object]]:
    t, mine = visit.say.t, {grant.id for grant in visit.rights.grants}
    return [
        {
            "id": one.id,
            "label": one.label,
            "role": format_role(t, visit.units, one.role, one.unit),
            "since": one.since,
            "until": one.expires_at,
            "by": format_actor(t, one.by, labels),
            "mine": one.id in mine,
        }
        for one in people
    ]


def _format_asked(visit: DeskVisit, one: RoleHolder | None) -> dict[str, object] | None:
    if one is None:
        return None
    role = format_role(visit.say.t, visit.units, one.role, one.unit)
    own = visit.say(OWN_ROLE) if any(grant.id == one.id for grant in visit.rights.grants) else ""
    return {"id": one.id, "what": ", ".join(part for part in (one.label, role) if part), "own": own}


async def invite(visit: DeskVisit) -> Response:
    """Make an invitation; its code is shown on this page alone."""
    form, today = visit.form, today_of(visit)
    role, label = form.get("role"), clean_label(form.get("label")[:1000])
    if role not in set(ACT_TO_GIVE):
        return await _people_page(visit, visit.say.t(_NOT_GIVEN), status=400)
    if label is None:
        return await _people_page(visit, visit.say.t(ONE_LINE), status=400)
    typed = form.get("unit").strip()[:300]
    unit = find_unit(typed, visit.units, today) if typed and role != Role.OWNER else None
    until = visit.now + INVITATION_LIFETIME
    made = await visit.admin.people.invite(visit.rights, Role(role), unit, label, until)
    if not isinstance(made, NewInvitation):
        return await _people_page(visit, visit.say.t(ROLE_REFUSALS[made]), status=400)
    return await _people_page(visit, visit.say.t(_INVITED), made=made, values={"role": "", "unit": "", "label": ""})


async def end_role(visit: DeskVisit) -> Response:
    """End a role or an invitation, once it was confirmed; the way back stands on the page that follows."""
    people, rights = visit.admin.people, visit.rights
    code = visit.form.get("holder")[:40].upper()
    listed = (*await people.holders(rights), *await people.invitations(rights))
    found = next((one for one in listed if one.id == code), None)
    if found is not None and visit.form.get("sure") != "1":
        return await _people_page(visit, "", asked=found)
    refusal = await people.end(rights, code)
    if refusal:
        return await _people_page(visit, visit.say.t(ROLE_REFUSALS[refusal]), status=400)
    again = {"role": found.role, "unit": found.unit or ""} if found else {}
    done = "taken_back" if code.startswith(INVITATION_PREFIX) else "ended"
    return visit.to(f"/desk/people?{urlencode({'done': done, 'code': code, **again})}")


PEOPLE_ROUTES = (
    DeskRoute("GET", "/desk/people", Act.SEE_HOLDERS, show_people),
    DeskRoute("POST", "/desk/people/invite", Act.SEE_HOLDERS, invite),
    DeskRoute("POST", "/desk/people/end", Act.END_ROLES, end_role),
)
