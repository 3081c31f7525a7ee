"""The pages of units: the tree with former names and fates, and the import of a list."""

from starlette.responses import Response

from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.model import Act, Succession, SuccessionKind, Unit, top_units
from handlers.requests import EVENT_LABELS
from locales import N_
from rules.facts import Event

#: Units that a search finds.
_FOUND = 30
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


UNIT_ROUTES = (DeskRoute("GET", "/desk/units", Act.SEE_PICTURE, show_units),)
