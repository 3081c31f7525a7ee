"""Looking at the numbers: of which unit, towards which day, as text or as a chart."""

from datetime import date, timedelta

from markupsafe import Markup

from handlers.dates import parse_day
from handlers.events import DrawChart
from handlers.office.chart import Chart
from handlers.office.charting import bar_chart, burn_chart
from handlers.office.holding import rights_of
from handlers.office.picture import Numbers, is_target, opened
from handlers.office.picture_words import burning
from handlers.office.rights import Act, Rights
from handlers.office.units import Unit
from handlers.page import Answered
from handlers.screen import Here
from handlers.session import DeskView, Session
from locales import N_

#: Days before today, or before a target that is past, from which a burn-down is shown.
LOOKING_BACK = timedelta(days=30)
_OUT_OF_REACH = N_("{unit} is not among the units you look after; these are the numbers of those that are.")


async def picture(here: Here, wanted: str) -> Answered:
    """The command: of what was named, else of all within reach."""
    rights = await rights_of(here)
    there = here.with_session(looking_at(here.session.open_visit("picture"), None))
    if not wanted:
        return Answered(there.session)
    unknown = here.say(N_("I do not know which unit you mean; these are the numbers of all you look after."))
    return await asked_for(there, rights, wanted) or Answered(there.session, notes=(unknown,))


async def asked_for(here: Here, rights: Rights, text: str) -> Answered | None:
    """A unit by code or name, or the target of a burn-down; ``None`` where it is neither."""
    if (until := parse_day(text)) and is_target(until, here.today):
        return await _burn_down(here, rights, until)
    sure, guessed = _meant(here, text)
    within = next((unit for unit in sure if rights.may(Act.SEE_PICTURE, unit.code)), None)
    if sure and not within:
        return Answered(here.session, notes=(here.say(_OUT_OF_REACH, unit=sure[0].name),))
    found = within or next((unit for unit in guessed if rights.may(Act.SEE_PICTURE, unit.code)), None)
    return Answered(looking_at(here.session, found.code)) if found else None


def _meant(here: Here, text: str) -> tuple[list[Unit], list[Unit]]:
    """Units of this code or whole name, and those whose name is only like it, the likeliest first."""
    units, code = here.world.units, text.strip()
    coded = [unit for unit in (units.get(code), units.get(code.upper())) if unit]
    found = units.find(text, today=here.today)
    return [*coded, *(one.unit for one in found if one.sure)], [one.unit for one in found if not one.sure]


async def numbers(here: Here, rights: Rights) -> tuple[Numbers, tuple[Numbers, ...]]:
    """The numbers of the open unit."""
    return await here.world.admin.picture.numbers(rights, open_unit(here.session), here.today, here.world.now)


async def chart(here: Here, rights: Rights) -> Answered:
    """The bars of the open unit."""
    total, lines = await numbers(here, rights)
    return _drawn_soon(here, bar_chart(here.say, here.world.units, total, lines, here.world.now))


async def _burn_down(here: Here, rights: Rights, until: date) -> Answered:
    today, unit = here.today, opened(rights, open_unit(here.session))
    start = min(today, until) - LOOKING_BACK
    burnt = await here.world.admin.picture.burn_down(rights, unit, start, until, today)
    drawing = burn_chart(here.say, here.world.units, unit, burnt, here.world.now)
    return _drawn_soon(here, drawing, burning(here.say, burnt))


def _drawn_soon(here: Here, drawing: Chart, *notes: Markup) -> Answered:
    """A chart is drawn after this turn, outside its transaction."""
    soon = here.say(N_("I am drawing the chart; it comes right away."))
    return Answered(here.session, notes=(*notes, soon), again=(DrawChart(chart=drawing),), show=False)


def looking_at(session: Session, unit: str | None) -> Session:
    """The session with another unit open, on its first page."""
    view = session.desk or DeskView()
    return session.with_changes(desk=view.model_copy(update={"unit": unit}), about=None)


def open_unit(session: Session) -> str | None:
    """The unit that was chosen to be looked at; ``None``: all within reach."""
    return session.desk.unit if session.desk else None
