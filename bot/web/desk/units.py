"""The pages of units: the tree with former names and fates, and the import of a list."""

from dataclasses import asdict
from urllib.parse import urlencode

from starlette.responses import Response

from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.core import EVENT_LABELS
from handlers.model import Act, Succession, SuccessionKind, Unit, top_units
from locales import N_
from rules.facts import Event
from rules.language.spelling import fold, in_order

#: Units that a search finds, units on one page, and units below one that are shown with it.
_FOUND, _SHOWN, _MOST_OPEN = 30, 100, 30
_OPEN_LEVELS = 1  #: levels below a unit of the page that are shown with it
_TOLD = {
    "imported": N_(
        "Imported: added {added}, changed {changed}, closed {closed}. The way back is the list that you saved before:"
        " import it again; a unit that was added stays until a list says that it ended."
    ),
    "dropped": N_("The list was dropped. The units stay as they are."),
}
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
    unit, at = visit.units.get(code), _to_number(visit.param("at", 6))
    counts = {name: _to_number(visit.param(name, 6)) for name in ("added", "changed", "closed")}
    address = {"unit": code} if code else {}
    return visit.page(
        "desk_units.html", unit=_unit(visit, unit) if unit else None, told=visit.told(_TOLD, **counts),
        below=[_branch(visit, one, _OPEN_LEVELS) for one in below[at : at + _SHOWN]], below_total=len(below),
        following=urlencode({**address, "at": at + _SHOWN}) if len(below) > at + _SHOWN else "",
        first=at + 1, last=min(at + _SHOWN, len(below)), address=urlencode(address),
        words=words, found=[{**_unit(visit, one.unit), "matched": one.name} for one in seen],
        may_maintain=bool(visit.rights.reach(Act.MAINTAIN_UNITS)), known=bool(visit.units.units),
    )  # fmt: skip


def _to_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0


def _branch(visit: DeskVisit, unit: Unit, levels: int) -> dict[str, object]:
    """Return a unit with those below it, so many levels deep and so many of each."""
    children = visit.units.children(unit.code)
    shown = children[:_MOST_OPEN] if levels else ()
    return {
        **_entry(unit),
        "below": len(children),
        "children": [_branch(visit, one, levels - 1) for one in shown],
        "left_out": len(children) - len(shown) if levels else 0,
    }


def _entry(unit: Unit) -> dict[str, object]:
    return {"code": unit.code, "name": unit.name, "closed": unit.closed_on}


async def show_fates(visit: DeskVisit) -> Response:
    """Show the units that have ended, the latest first, each with what became of it and what still lies on it."""
    words = fold(visit.param("q", 200)).split()
    ended = [
        unit
        for unit in visit.units.units.values()
        if unit.closed_on and visit.rights.may(Act.SEE_PICTURE, unit.code) and _has_words(unit, words)
    ]
    ended.sort(key=lambda one: (-one.closed_on.toordinal() if one.closed_on else 0, in_order(one.name)))
    at, held = _to_number(visit.param("at", 6)), await visit.admin.units.count_holdings()
    rows = [
        {**_unit(visit, one), "held": asdict(held[one.code]) if one.code in held else None}
        for one in ended[at : at + _SHOWN]
    ]
    address = {"q": visit.param("q", 200)} if words else {}
    return visit.page(
        "desk_fates.html", rows=rows, total=len(ended), first=at + 1, last=at + len(rows), words=visit.param("q", 200),
        following=urlencode({**address, "at": at + _SHOWN}) if len(ended) > at + _SHOWN else "",
    )  # fmt: skip


def _has_words(unit: Unit, words: list[str]) -> bool:
    text = fold(" ".join((unit.code, *unit.names)))
    return all(word in text for word in words)


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


UNIT_ROUTES = (
    DeskRoute("GET", "/desk/units", Act.SEE_PICTURE, show_units),
    DeskRoute("GET", "/desk/units/ended", Act.SEE_PICTURE, show_fates),
)
