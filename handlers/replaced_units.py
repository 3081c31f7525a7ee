"""Replaces units of a session that have ended since they were stored, or asks for their successor."""

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

#: Screens that the question must not interrupt: two ask it themselves, the others are for people with a role.
_UNINTERRUPTED_SCREENS = frozenset({"unit", "former_unit", "belonging", *ADMIN_SCREENS})
_UNIT_REPLACED = N_("{former} has ended; I go on with <b>{unit}</b>. If that is wrong, send /xemlai to change it.")


def with_current_units(here: Context) -> tuple[Context, tuple[Markup, ...]]:
    """Replace the officer's unit and the managing body by their only successors, with a note for each."""
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
    """Carry derived events over to the new unit, because the officer did not correct anything."""
    return session.derived.model_copy(update={"unit": code}) if session.derived else None


def ask_for_unit_again(here: Context, answered: HandlerResult) -> HandlerResult:
    """Ask for the unit again, after the event, if several units or no known one succeeded it.

    It is not asked before the event: a typed number refers to the page that the person saw.
    """
    session = answered.session
    unit = here.world.units.get(session.unit)
    if unit is None or unit.is_open(here.today) or not _can_ask(answered, session):
        return answered
    asked = handle_unit_code(here.with_session(session.with_changes(unit=None).open_visit("unit")), unit.code)
    return replace(answered, session=asked.session, notes=(*answered.notes, *asked.notes))


def _can_ask(answered: HandlerResult, session: Session) -> bool:
    """Return whether to ask now: not during a short visit, and not together with a "did you mean"."""
    at_home = session.came_from is None and session.screen not in _UNINTERRUPTED_SCREENS
    return at_home and answered.show and not answered.guesses


def _path_to_successor(here: Context, code: str) -> tuple[Succession, ...]:
    """Return the successions from an ended unit to its only successor; empty if it is open or has none."""
    units = here.world.units
    heir = units.sole_successor(code, here.today)
    return next((way for unit, way in units.current_units(code, here.today) if unit is heir), ()) if heir else ()


def _format_unit_replaced(here: Context, way: tuple[Succession, ...]) -> Markup:
    units = here.world.units
    names = {"former": units.name(way[0].former), "unit": units.path_name(way[-1].successor)}
    return join_lines(here.say(_UNIT_REPLACED, **names), format_succession(here, way))
