"""Units of a conversation that have ended since they were told: what took their place is taken, or asked for."""

from dataclasses import replace

from markupsafe import Markup

from handlers.core.screen import Context, HandlerResult
from handlers.core.session import DerivedEvents, Session
from handlers.core.text import join_lines
from handlers.interview.officer_unit import format_succession
from handlers.interview.screens.unit import handle_unit_code
from handlers.model.unit import Succession
from handlers.requests.form import with_managing_body
from handlers.screens import ADMIN_SCREENS
from locales import N_

#: Screens that are not left for the question: two put it themselves, the others are no place of an officer.
_UNINTERRUPTED_SCREENS = frozenset({"unit", "former_unit", *ADMIN_SCREENS})
_UNIT_REPLACED = N_("{former} has ended; I go on with <b>{unit}</b>. If that is wrong, send /xemlai to change it.")


def with_current_units(here: Context) -> tuple[Context, tuple[Markup, ...]]:
    """The one unit that took the place of the officer's own, and of the managing body; and what is said."""
    session, draft, units = here.session, here.session.draft, here.world.units
    named = dict.fromkeys(code for code in (session.unit, draft.unit_code if draft else None) if code)
    ways = {code: way for code in named if (way := _path_to_successor(here, code))}
    today = {code: units.get(way[-1].successor) for code, way in ways.items()}
    if own := today.get(session.unit or ""):
        session = session.with_changes(unit=own.code, derived=_derived_for_unit(session, own.code))
    if draft and (body := today.get(draft.unit_code or "")):
        session = session.with_changes(draft=with_managing_body(draft, body.name, body))
    return here.with_session(session), tuple(_format_unit_replaced(here, way) for way in ways.values())


def _derived_for_unit(session: Session, code: str) -> DerivedEvents | None:
    """What was derived goes with the unit: the officer corrected nothing."""
    return session.derived.model_copy(update={"unit": code}) if session.derived else None


def ask_for_unit_again(here: Context, answered: HandlerResult) -> HandlerResult:
    """Where several units took its place, or it is not known which, the unit is asked for after the event is answered.

    Not before: a number that was typed speaks of the page the person saw.
    """
    session = answered.session
    unit = here.world.units.get(session.unit)
    if unit is None or unit.is_open(here.today) or not _can_ask(answered, session):
        return answered
    asked = handle_unit_code(here.with_session(session.with_changes(unit=None).open_visit("unit")), unit.code)
    return replace(answered, session=asked.session, notes=(*answered.notes, *asked.notes))


def _can_ask(answered: HandlerResult, session: Session) -> bool:
    """A short visit is not interrupted, nor is the answer to a guess."""
    at_home = session.came_from is None and session.screen not in _UNINTERRUPTED_SCREENS
    return at_home and answered.show and not answered.guesses


def _path_to_successor(here: Context, code: str) -> tuple[Succession, ...]:
    """From a unit that has ended to the one that took its place; empty where it is open, or there is none."""
    units = here.world.units
    heir = units.sole_successor(code, here.today)
    return next((way for unit, way in units.current_units(code, here.today) if unit is heir), ()) if heir else ()


def _format_unit_replaced(here: Context, way: tuple[Succession, ...]) -> Markup:
    units = here.world.units
    names = {"former": units.name(way[0].former), "unit": units.path_name(way[-1].successor)}
    return join_lines(here.say(_UNIT_REPLACED, **names), format_succession(here, way))
