"""/thongke: the numbers of a unit and of those below it, as text and as a chart."""

from collections.abc import Sequence
from datetime import date, timedelta

from handlers.dates import parse_day
from handlers.events import DrawChart
from handlers.folding import fold
from handlers.office.charting import bar_chart, burn_chart
from handlers.office.holding import rights_of
from handlers.office.picture import Numbers, is_target, opened, top_units
from handlers.office.picture_words import burning, heading, line_name, page_of
from handlers.office.rights import Act, Rights
from handlers.office.units import Unit
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.session import DeskView, Session
from locales import N_

UP, CHART, MORE, BACK, UNIT = "up", "chart", "more", "back", "unit:"
#: Units on one page: each is a paragraph and a button.
SHOWN = 8
#: Days before today from which a burn-down is shown.
LOOKING_BACK = timedelta(days=30)
_NOT_YOURS = N_("The numbers are for those who look after a unit.")


class Picture:
    """A unit with what is below it; each button leads one step down."""

    async def page(self, here: Here) -> Page:
        """The numbers; units with something to do first."""
        rights = await rights_of(here)
        if not rights.reach(Act.SEE_PICTURE):
            return Page(here.say(_NOT_YOURS), options=(_back(here),))
        say, units = here.say, here.world.units
        total, lines = await _numbers(here, rights)
        shown, more = _shown(here.session, lines)
        options = (*_below(here, total, shown), *_moves(here, rights, more=more))
        return Page(heading(say, units, total.unit, here.world.now), page_of(say, units, total, shown), options)

    async def chosen(self, here: Here, value: str) -> Answered:
        """Down, up, the next units, the chart, or away."""
        if value == BACK:
            return Answered(here.session.back())
        rights = await rights_of(here)
        if value == CHART:
            return await _chart(here, rights)
        if value == MORE:
            return Answered(here.session.having(about=str(_page(here.session) + 1)))
        return Answered(_looking_at(here.session, _above(here, rights) if value == UP else value.removeprefix(UNIT)))

    async def typed(self, here: Here, text: str) -> Answered | None:
        """A unit, or the target of a burn-down."""
        rights = await rights_of(here)
        return await _asked_for(here, rights, text) if rights.reach(Act.SEE_PICTURE) else None


async def picture(here: Here, wanted: str) -> Answered:
    """The command: of what was named, else of all within reach."""
    rights = await rights_of(here)
    if not rights.reach(Act.SEE_PICTURE):
        return Answered(here.session, notes=(here.say(_NOT_YOURS),))
    there = here.then(_looking_at(here.session.aside("picture"), None))
    if not wanted:
        return Answered(there.session)
    unknown = here.say(N_("I do not know which unit you mean; these are the numbers of all you look after."))
    return await _asked_for(there, rights, wanted) or Answered(there.session, notes=(unknown,))


async def _asked_for(here: Here, rights: Rights, text: str) -> Answered | None:
    if (until := parse_day(text)) and is_target(until, here.today):
        return await _burn_down(here, rights, until)
    found = _named(rights, text)
    return Answered(_looking_at(here.session, found.code)) if found else None


def _named(rights: Rights, text: str) -> Unit | None:
    """The unit of this code or name, within reach; of several the outermost."""
    wanted = fold(text)
    meant = [unit for unit in rights.units.units.values() if wanted in (fold(unit.code), fold(unit.name))]
    return next((unit for unit in meant if rights.may(Act.SEE_PICTURE, unit.code)), None)


async def _numbers(here: Here, rights: Rights) -> tuple[Numbers, tuple[Numbers, ...]]:
    return await here.world.admin.picture.numbers(rights, _open(here.session), here.today, here.world.now)


async def _chart(here: Here, rights: Rights) -> Answered:
    """The chart is drawn after this turn, outside its transaction."""
    total, lines = await _numbers(here, rights)
    drawing = DrawChart(chart=bar_chart(here.say, here.world.units, total, lines, here.world.now))
    return _drawn_soon(here, drawing)


async def _burn_down(here: Here, rights: Rights, until: date) -> Answered:
    today, unit = here.today, opened(rights, _open(here.session))
    start = min(today, until) - LOOKING_BACK
    burnt = await here.world.admin.picture.burn_down(rights, unit, start, until, today)
    drawing = DrawChart(chart=burn_chart(here.say, here.world.units, unit, burnt, here.world.now))
    answered = _drawn_soon(here, drawing)
    return Answered(answered.session, notes=(burning(here.say, burnt),), again=answered.again, show=False)


def _drawn_soon(here: Here, drawing: DrawChart) -> Answered:
    note = here.say(N_("I am drawing the chart; it comes right away."))
    return Answered(here.session, notes=(note,), again=(drawing,), show=False)


def _shown(session: Session, lines: Sequence[Numbers]) -> tuple[Sequence[Numbers], bool]:
    """The lines of the open page, and whether there are more after it."""
    telling = sorted((one for one in lines if one), key=lambda one: (-one.action_needed, -one.open))
    first = _page(session) * SHOWN % max(1, len(telling))
    return telling[first : first + SHOWN], len(telling) > SHOWN


def _below(here: Here, total: Numbers, shown: Sequence[Numbers]) -> list[Option]:
    units = here.world.units
    return [
        Option(f"{UNIT}{one.unit}", line_name(here.say, units, one, total))
        for one in shown
        if one.unit and one.unit != total.unit
    ]


def _moves(here: Here, rights: Rights, *, more: bool) -> list[Option]:
    t = here.say.t
    up = opened(rights, _open(here.session)) != opened(rights, None)
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
    unit = here.world.units.get(_open(here.session))
    inside = unit is not None and unit.code not in top_units(rights)
    return unit.parent if unit and inside else None


def _looking_at(session: Session, unit: str | None) -> Session:
    view = session.desk or DeskView()
    return session.having(desk=view.model_copy(update={"unit": unit}), about=None)


def _open(session: Session) -> str | None:
    return session.desk.unit if session.desk else None


def _page(session: Session) -> int:
    return int(session.about) if session.about and session.about.isdecimal() else 0
