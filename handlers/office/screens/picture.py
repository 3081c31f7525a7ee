"""The numbers of a unit and of those below it."""

from collections.abc import Sequence

from handlers.office.holding import rights_of
from handlers.office.looking import asked_for, chart, looking_at, numbers, open_unit
from handlers.office.picture import Numbers, is_itself, opened, top_units
from handlers.office.picture_words import heading, line_name, page_of
from handlers.office.rights import Act, Rights
from handlers.office.screens.desk_unit import no_code
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.screens.flow import proceed
from handlers.session import Session
from locales import N_

UP, CHART, MORE, BACK, UNIT = "up", "chart", "more", "back", "unit:"
#: Units on one page: each is a paragraph and a button.
SHOWN = 8


class Picture:
    """A unit with what is below it; each button leads one step down. ``session.about`` is the number of the page."""

    async def page(self, here: Here) -> Page:
        """The numbers; units with most to do first."""
        rights, say, units = await rights_of(here), here.say, here.world.units
        if not rights.reach(Act.SEE_PICTURE):
            return Page(say(N_("The numbers are for those who look after a unit.")), options=(_back(here),))
        total, lines = await numbers(here, rights)
        shown, more = _shown(here.session, lines)
        options = (*_below(here, total, shown), *_moves(here, rights, more=more))
        return Page(
            heading(say, units, total.unit, here.world.now),
            page_of(say, units, total, shown, lines),
            options,
            numbers="codes",
        )

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Down, up, the next units, the chart, or away."""
        if value == BACK:
            return Answered(proceed(here))
        rights = await rights_of(here)
        if value == CHART:
            return await chart(here, rights)
        if value == MORE:
            return Answered(here.session.with_changes(about=str(_page(here.session) + 1)))
        return Answered(looking_at(here.session, _above(here, rights) if value == UP else value.removeprefix(UNIT)))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A unit, or the target of a burn-down."""
        return None if no_code(here, text) else await asked_for(here, await rights_of(here), text)


def _shown(session: Session, lines: Sequence[Numbers]) -> tuple[Sequence[Numbers], bool]:
    """The lines of the open page, and whether there are others; after the last page comes the first."""
    telling = sorted((one for one in lines if one), key=lambda one: (-one.action_needed, -one.open))
    pages = -(-len(telling) // SHOWN) or 1
    first = _page(session) % pages * SHOWN
    return telling[first : first + SHOWN], pages > 1


def _page(session: Session) -> int:
    return int(session.about) if session.about and session.about.isdecimal() else 0


def _below(here: Here, total: Numbers, shown: Sequence[Numbers]) -> list[Option]:
    units = here.world.units
    return [
        Option(f"{UNIT}{one.unit}", line_name(here.say, units, one, total))
        for one in shown
        if one.unit and not is_itself(units, one, total)
    ]


def _moves(here: Here, rights: Rights, *, more: bool) -> list[Option]:
    t = here.say.t
    up = opened(rights, open_unit(here.session)) != opened(rights, None)
    return [
        *([Option(MORE, t(N_("Next units")), ("tiep", "them", "more"))] if more else []),
        *([Option(UP, t(N_("One step up")), ("len", "len tren", "up"))] if up else []),
        Option(CHART, t(N_("Chart")), ("bieu do", "hinh", "chart")),
        _back(here),
    ]


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back")), ("quay lai", "back"))


def _above(here: Here, rights: Rights) -> str | None:
    """The unit above the open one; all within reach where that lies outside."""
    unit = here.world.units.get(open_unit(here.session))
    inside = unit is not None and unit.code not in top_units(rights)
    return unit.parent if unit and inside else None
