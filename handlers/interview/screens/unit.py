"""The question for the officer's unit: any name of it will do; units that may be meant become buttons."""

from markupsafe import Markup

from handlers import interview
from handlers.belonging import joined
from handlers.dates import day
from handlers.office.unit_search import LONGEST
from handlers.office.units import Found
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.screens.flow import proceed
from handlers.session import Session
from locales import N_

LEAVE, NONE = "leave", "none"
#: Codes of units have no colon: a button of a unit is told from the others by it.
_MARK = "unit:"
#: Units offered at once.
SHOWN = 8
HELP = N_(
    "It is the body you work for or look after; any name of it will do, such as “Phước An”. If you are not sure,"
    " choose “{leave}”: the questions go on without it, and /xemlai adds it later."
)
TITLE = N_("<b>What is your body or unit called?</b>")
HINT = N_("Type its old name or its new one; accents are not needed.")
WHY = N_("<i>By it I know what became of a former unit, and a request reaches the right place.</i>")
NOT_FOUND = N_("I know no unit of that name. Try its bare name, such as “Phước An”, or skip this question.")
ENDED = N_("{unit} ended on {day}; what took its place is not in my list. Please type the unit you belong to now.")
LATER = N_("That is a unit; I will ask for it right after this question.")
LEAVING = ("khong thay", "bo qua", "khong co", "khong biet", "thoi", "skip")


class AskUnit:
    """Takes any name; a former unit is confirmed on a screen of its own."""

    async def page(self, here: Here) -> Page:
        """The question, or the units that may be meant."""
        say, found = here.say, _found(here, here.session.about or "")
        offers = tuple(Option(f"{_MARK}{one.matched_code}", _label(here, one)) for one in found[:SHOWN])
        ask = say(N_("<b>Which of these is your unit?</b>")) if offers else say(TITLE)
        more = (
            (say(N_("There are more; add the name of the superior, such as the province.")),)
            if len(found) > SHOWN
            else ()
        )
        ways = _ways_out(here)
        told = (*_known(here), say(HINT), say(WHY), *more)
        return Page(ask, told, (*offers, *ways), exact=True, help=say(HELP, leave=ways[0].label))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """A unit, or none."""
        if value == LEAVE:
            skipped = here.session.with_changes(unit_skipped=here.session.unit is None)
            return Answered(onward(here.with_session(here.session if here.session.came_from else skipped)))
        if value == NONE:
            return Answered(onward(here.with_session(here.session.with_changes(unit=None, unit_skipped=True))))
        return meant(here, value.removeprefix(_MARK))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A name: taken at once where it is the full name of one unit only."""
        return named(here, text) or Answered(here.session, notes=(here.say(NOT_FOUND),))


def named(here: Here, text: str) -> Answered | None:
    """What a typed name leads to; ``None`` where no unit is meant."""
    found = _found(here, text)
    if len(found) == 1 and found[0].sure:
        return meant(here, found[0].matched_code)
    return Answered(_at(here.session, "unit", text[:LONGEST])) if found else None


def told_beside(here: Here, text: str) -> Answered | None:
    """The full name of a unit, told while something else is asked; ``None`` where it is none, or nothing new."""
    session = here.session
    news = [one for one in _found(here, text) if one.sure and (one.path or one.unit.code != session.unit)]
    if not news:
        return None
    if "subject" not in session.answers:
        return None if session.unit or session.unit_skipped else Answered(session, notes=(here.say(LATER),))
    beside = session.open_visit("unit")
    if len(news) == 1 and session.unit is None:
        return meant(here.with_session(beside), news[0].matched_code)
    return Answered(_at(beside, "unit", text[:LONGEST]))


def meant(here: Here, code: str) -> Answered:
    """A unit by its code: taken where it is one of today, asked about where it was a former one."""
    units = here.world.units
    unit = units.get(code)
    if unit is None:
        return Answered(here.session)
    if unit.is_open(here.today):
        session, notes = joined(here, unit)
        return Answered(onward(here.with_session(session)), notes=notes)
    if any(path for _, path in units.current_units(code, here.today)):
        return Answered(_at(here.session, "former_unit", code))
    ended = here.say(ENDED, unit=unit.name, day=day(unit.closed_on) if unit.closed_on else "")
    return Answered(_at(here.session, "unit"), notes=(ended,))


def onward(here: Here) -> Session:
    """Back to what was open where the name was told beside it, else to the next question."""
    return interview.without_stale(here.session).to_previous_screen() if here.session.came_from else proceed(here)


def _at(session: Session, screen: str, about: str | None = None) -> Session:
    """One of the screens about the unit; the way back and what was ticked there are kept."""
    return session.with_screen(screen, about, came_from=session.came_from, ticked=session.ticked)


def _found(here: Here, text: str) -> list[Found]:
    """One for each unit that has the name: which of its successors is meant is asked afterwards."""
    found = here.world.units.find(text, SHOWN + 1, today=here.today) if text else ()
    distinct: dict[str, Found] = {}
    for one in found:
        distinct.setdefault(one.matched_code, one)
    return list(distinct.values())


def _label(here: Here, one: Found) -> str:
    units, t = here.world.units, here.say.t
    if not one.path:
        name = units.path_name(one.unit.code)
        return name if one.unit.is_open(here.today) else t(N_("{unit} (ended)"), unit=name)
    today = units.current_units(one.matched_code, here.today)
    became = ", ".join(units.path_name(unit.code) if len(today) == 1 else unit.name for unit, _ in today)
    return t(N_("{former} (formerly) → {unit}"), former=units.name(one.matched_code), unit=became)


def _known(here: Here) -> tuple[Markup, ...]:
    code = here.session.unit
    return (here.say(N_("Noted so far: <b>{unit}</b>"), unit=here.world.units.path_name(code)),) if code else ()


def _ways_out(here: Here) -> tuple[Option, ...]:
    t, session = here.say.t, here.session
    if session.unit is not None:
        return (
            Option(LEAVE, t(N_("Leave it as it is")), LEAVING),
            Option(NONE, t(N_("Take my unit out")), numbered=False),
        )
    if session.came_from:
        return (Option(LEAVE, t(N_("None of these; go back")), LEAVING),)
    return (Option(LEAVE, t(N_("My unit is not here; skip")), LEAVING),)
