"""The question for the officer's unit, and the confirmation of the present unit if a former one was named."""

from datetime import timedelta

from markupsafe import Markup

from handlers.core import (
    NO,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    ScreenPosition,
    Session,
    format_day,
    join_lines,
    without_stale_events,
)
from handlers.interview import to_next_screen
from handlers.interview.screens import UNSURE, UNSURE_LABEL, say_not_understood, unsure_option
from handlers.interview.screens.fate import format_succession, is_fate_open, with_unit
from handlers.model import MAX_QUERY_LENGTH, Succession, SuccessionKind, Unit, UnitMatch
from locales import N_

LEAVE, NONE = "leave", "none"
#: Prefix of the option value of a unit: codes of units contain no colon.
_CODE_PREFIX = "unit:"
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
NOT_FOUND_AGAIN = N_(
    "I do not find that either. The name of the commune or ward alone is enough. If it is not there, skip this"
    " question; nothing is lost by it."
)
ENDED = N_("{unit} ended on {day}; what took its place is not in my list. Please type the unit you belong to now.")
LATER = N_("That is a unit; I keep its name and come back to it right after this question.")
LEAVING = ("khong thay", "bo qua", "khong co", "khong biet", "thoi", "skip")


class OwnUnitScreen:
    """Takes any name of a unit; a former unit is confirmed by ``FormerUnitScreen``."""

    async def page(self, here: Context) -> Page:
        """Ask for the name, or show the units that the typed name may mean."""
        say, found = here.say, _find_namesakes(here, here.session.about or _unit_named_before(here))
        offers = tuple(
            Option(f"{_CODE_PREFIX}{one.matched_code}", _format_unit_option(here, one)) for one in found[:SHOWN]
        )
        ask = say(N_("<b>Which of these is your unit?</b>")) if offers else say(TITLE)
        more = (
            (say(N_("There are more; add the name of the superior, such as the province.")),)
            if len(found) > SHOWN
            else ()
        )
        ways = (*_exit_options(here), Option(UNSURE, say.t(UNSURE_LABEL)))
        told = (*_format_known_unit(here), say(HINT), *more)
        return Page(ask, told, (*offers, *ways), exact=True, help=join_lines(say(HELP, leave=ways[0].label), say(WHY)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take a unit, remove the known one, or skip the question."""
        if value == UNSURE:
            page = await self.page(here)
            return HandlerResult(here.session, notes=(page.help,) if page.help else ())
        if value == LEAVE:
            skipped = here.session.with_changes(unit_skipped=here.session.unit is None)
            return HandlerResult(
                to_previous_question(here.with_session(here.session if here.session.came_from else skipped))
            )
        if value == NONE:
            return HandlerResult(
                to_previous_question(here.with_session(here.session.with_changes(unit=None, unit_skipped=True)))
            )
        return handle_unit_code(here, value.removeprefix(_CODE_PREFIX), shown=True)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Look up a typed name; it is taken at once if it is the full name of exactly one unit."""
        if found := handle_unit_name(here, text):
            return found
        return HandlerResult(here.session, notes=say_not_understood(here, NOT_FOUND, NOT_FOUND_AGAIN), missed=True)


def handle_unit_name(here: Context, text: str) -> HandlerResult | None:
    """Handle the typed name of a unit; return ``None`` if it matches none."""
    found = _find_namesakes(here, text)
    if len(found) == 1 and found[0].sure:
        return handle_unit_code(here, found[0].matched_code)
    return HandlerResult(_to_unit_screen(here.session, "unit", text[:MAX_QUERY_LENGTH])) if found else None


def take_unit_beside(here: Context, text: str) -> HandlerResult | None:
    """Take the full name of a unit told during another question; ``None`` if it is none or already known."""
    session = here.session
    news = [one for one in _find_namesakes(here, text) if one.sure and (one.path or one.unit.code != session.unit)]
    if not news:
        return None
    if "subject" not in session.answers:
        if session.unit or session.unit_skipped:
            return None
        kept = session.with_changes(named_unit=text[:MAX_QUERY_LENGTH])
        return HandlerResult(kept, notes=(here.say(LATER),))
    beside = session.open_visit("unit")
    if len(news) == 1 and session.unit is None:
        return handle_unit_code(here.with_session(beside), news[0].matched_code)
    return HandlerResult(_to_unit_screen(beside, "unit", text[:MAX_QUERY_LENGTH]))


def handle_unit_code(here: Context, code: str, *, shown: bool = False) -> HandlerResult:
    """Handle the code of a unit: take a present unit, or ask what a former one is today.

    Args:
        here: The session and services of the turn.
        code: The code of the unit.
        shown: Whether the button that was tapped showed what a former unit is today, so that it is confirmed.
    """
    units = here.world.units
    unit = units.get(code)
    if unit is None:
        return HandlerResult(here.session)
    if unit.is_open(here.today):
        session, notes = with_unit(here, unit)
        return HandlerResult(to_previous_question(here.with_session(session)), notes=notes)
    if (now := _current_units(here, code)) and shown and len(now) == 1 and not _has_ceased(now):
        return _take_former_unit(here, *now[0])
    if now:
        return HandlerResult(_to_unit_screen(here.session, "former_unit", code))
    ended = here.say(ENDED, unit=unit.name, day=format_day(unit.closed_on) if unit.closed_on else "")
    return HandlerResult(_to_unit_screen(here.session, "unit"), notes=(ended,))


def take_named_unit(here: Context) -> tuple[Session, tuple[Markup, ...]]:
    """Take the present unit that a confirmed sentence named, if it is the full name of exactly one, and say so."""
    session = here.session
    matches = _find_namesakes(here, session.named_unit or "") if session.unit is None else []
    open_now = [one.unit for one in matches if one.sure and not one.path and one.unit.is_open(here.today)]
    return with_unit(here, open_now[0]) if len(open_now) == 1 else (session, ())


def to_previous_question(here: Context) -> Session:
    """Return to the screen during which the unit was named, else to the next question."""
    return without_stale_events(here.session).to_previous_screen() if here.session.came_from else to_next_screen(here)


def _to_fate_or_on(here: Context, path: tuple[Succession, ...]) -> Session:
    """Ask whether the body is the former unit or belongs to it, if that answers what happened; else go on."""
    after = to_previous_question(here)
    if not is_fate_open(here.with_session(after), path):
        return after
    visited = here.session.came_from is not None and after.screen not in {"question", "condition"}
    way_back = ScreenPosition(screen=after.screen, about=after.about) if visited else None
    return after.with_screen("belonging", about=path[0].former, came_from=way_back)


def _to_unit_screen(session: Session, screen: str, about: str | None = None) -> Session:
    """Open a screen about the unit and keep the way back, with the options ticked there."""
    return session.with_screen(screen, about, came_from=session.came_from, ticked=session.ticked)


def _find_namesakes(here: Context, text: str) -> list[UnitMatch]:
    """Return one match per unit of that name; which of its successors is meant is asked later."""
    found = here.world.units.find(text, SHOWN + 1, today=here.today) if text else ()
    distinct: dict[str, UnitMatch] = {}
    for one in found:
        distinct.setdefault(one.matched_code, one)
    return list(distinct.values())


def _format_unit_option(here: Context, one: UnitMatch) -> str:
    units = here.world.units
    if not one.path:
        name = units.path_name(one.unit.code)
        return name if one.unit.is_open(here.today) else _format_ended(here, one.unit.code)
    today = units.current_units(one.matched_code, here.today)
    became = ", ".join(units.path_name(unit.code) if len(today) == 1 else unit.name for unit, _ in today)
    return f"{_format_ended(here, one.matched_code)} → {became}"


def _unit_named_before(here: Context) -> str:
    """Return the name of the present unit that a sentence told before the question came; empty if none is open."""
    session = here.session
    return (session.named_unit or "") if session.unit is None else ""


def _format_ended(here: Context, code: str) -> str:
    """Name a former unit so that it is told apart from a present one of the same name: where it was, and until when."""
    units, t, unit = here.world.units, here.say.t, here.world.units.get(code)
    name = units.path_name(code)
    ends = [step.since for step in units.successors(code)]
    closed = unit.closed_on if unit and unit.closed_on else min(ends, default=None)
    if closed is None:
        return t(N_("the former {unit}"), unit=name)
    return t(N_("the former {unit}, until {day}"), unit=name, day=format_day(closed - timedelta(days=1)))


def _format_known_unit(here: Context) -> tuple[Markup, ...]:
    code = here.session.unit
    return (here.say(N_("Noted so far: <b>{unit}</b>"), unit=here.world.units.path_name(code)),) if code else ()


def _exit_options(here: Context) -> tuple[Option, ...]:
    t, session = here.say.t, here.session
    if session.unit is not None:
        return (
            Option(LEAVE, t(N_("Leave it as it is")), LEAVING),
            Option(NONE, t(N_("Take my unit out")), gives_up=True),
        )
    if session.came_from:
        return (Option(LEAVE, t(N_("None of these; go back")), LEAVING),)
    return (Option(LEAVE, t(N_("My unit is not here; skip")), LEAVING),)


#: Prefix of the option value of a unit: codes contain no colon, and no other value begins like this.
_MARK = "unit:"
_BECAME = N_("<b>{former} is {unit} today. Is that your unit?</b>")
_BECAME_SEVERAL = N_("<b>{former} became several units. Which one is yours today?</b>")
_CEASED = N_("<b>{former} has ceased. Is {unit} your unit today?</b>")
_CEASED_INTO_SEVERAL = N_("<b>{former} has ceased. Which of these is your unit today?</b>")
#: The way on for people who do not know which unit of today is theirs.
UNSURE_SUCCESSOR = N_(
    "Look at the address of your office, or at a letter you received lately: it names the commune or ward of today. The"
    " registry clerk knows. If you cannot tell, choose no and skip the question; /xemlai adds the unit later."
)
_YES = ("dung", "dung roi", "co", "phai", "vang", "ok", "yes")


class FormerUnitScreen(OptionsOnlyScreen):
    """Asks which present unit a former one is, with the day and document of each succession."""

    async def page(self, here: Context) -> Page:
        """Show a yes for each present unit, and a no."""
        say, now = here.say, _present_units(here)
        former = here.world.units.path_name(here.session.about)
        no = Option(NO, say.t(N_("No, another unit")), ("khong", "khong phai", "no", "sai"))
        ceased = _has_ceased(now)
        if len(now) == 1:
            ask = say(_CEASED if ceased else _BECAME, former=former, unit=here.world.units.path_name(now[0][0].code))
            yes = say.t(N_("Yes, {unit}"), unit=here.world.units.path_name(now[0][0].code))
            return Page(
                ask,
                (format_succession(here, now[0][1]),),
                (Option(f"{_MARK}{now[0][0].code}", yes, _YES), no, unsure_option(say.t)),
                exact=True,
                help=say(UNSURE_SUCCESSOR),
            )
        ask = say(_CEASED_INTO_SEVERAL if ceased else _BECAME_SEVERAL, former=former)
        options = (Option(f"{_MARK}{unit.code}", here.world.units.path_name(unit.code)) for unit, _ in now)
        return Page(
            ask,
            tuple(format_succession(here, path) for _, path in now),
            (*options, no, unsure_option(say.t)),
            exact=True,
            help=say(UNSURE_SUCCESSOR),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take the present unit with the successions that lead to it, or ask for another name."""
        if value == UNSURE:
            return HandlerResult(here.session, notes=(here.say(UNSURE_SUCCESSOR),))
        for unit, path in _present_units(here):
            if value == f"{_MARK}{unit.code}":
                return _take_former_unit(here, unit, path)
        session = here.session
        return HandlerResult(session.with_screen("unit", came_from=session.came_from, ticked=session.ticked))


def _take_former_unit(here: Context, unit: Unit, path: tuple[Succession, ...]) -> HandlerResult:
    session, notes = with_unit(here, unit, path)
    return HandlerResult(_to_fate_or_on(here.with_session(session), path), notes=notes)


def _has_ceased(now: list[tuple[Unit, tuple[Succession, ...]]]) -> bool:
    """Return whether a former unit only ceased, so that the one in its area may be another body."""
    return any(path[0].became is SuccessionKind.ENDED for _, path in now)


def _present_units(here: Context) -> list[tuple[Unit, tuple[Succession, ...]]]:
    """Return each present unit that came of the former one, once; none if the list no longer knows it."""
    return _current_units(here, here.session.about)


def _current_units(here: Context, former: str | None) -> list[tuple[Unit, tuple[Succession, ...]]]:
    units = here.world.units
    distinct: dict[str, tuple[Unit, tuple[Succession, ...]]] = {}
    for unit, path in units.current_units(former, here.today) if former and units.get(former) else ():
        if path:
            distinct.setdefault(unit.code, (unit, path))
    return list(distinct.values())
