"""At which step of the interview a conversation stands: numbers for the operator, nothing about anybody."""

from collections.abc import Iterable, Mapping
from datetime import date

from handlers.core import Session, current_question
from handlers.interview.screens.question import FACT_LABELS
from handlers.requests import FIELDS
from locales import N_, Translator
from rules.pack import Pack

CONSENT, UNIT, CERTIFICATE, ANSWER, CONFIRM, REGISTERED = (
    "consent",
    "unit",
    "certificate",
    "answer",
    "confirm",
    "registered",
)
_QUESTION, _FIELD = "question:", "field:"
#: The steps that are no question of the pack and no field.
STEP_LABELS = {
    CONSENT: N_("has not agreed yet"),
    UNIT: N_("which unit the officer belongs to"),
    CERTIFICATE: N_("which certificate of the file is meant"),
    ANSWER: N_("has the answer, and registered nothing"),
    CONFIRM: N_("confirming the request"),
    REGISTERED: N_("registered a request"),
}
#: Screens that belong to one step, whatever has been answered.
_STEP_OF_SCREEN = {
    "welcome": CONSENT,
    "unit": UNIT,
    "former_unit": UNIT,
    "certificate": CERTIFICATE,
    "confirm": CONFIRM,
    "next": REGISTERED,
}


def stopping_step(session: Session, pack: Pack, today: date) -> str:
    """Return the step at which a conversation stands; a visit elsewhere counts as the step that it left."""
    screen = session.came_from.screen if session.came_from else session.screen
    if session.consented_at is None:
        return CONSENT
    if session.registered_key is not None:
        return REGISTERED
    if screen in _STEP_OF_SCREEN:
        return _STEP_OF_SCREEN[screen]
    asked = current_question(session, pack, today)
    if asked is not None:
        return f"{_QUESTION}{asked.fact}"
    if session.draft is None:
        return ANSWER
    lacking = next((name for name in FIELDS if name not in session.draft.fields), None)
    return f"{_FIELD}{lacking}" if screen == "form" and lacking else CONFIRM


def sort_steps(steps: Iterable[str], pack: Pack) -> list[str]:
    """Sort steps in the order in which a conversation passes them."""
    questions = [f"{_QUESTION}{question.fact}" for question in pack.questions]
    fields = [f"{_FIELD}{name}" for name in FIELDS]
    order = [CONSENT, CERTIFICATE, UNIT, *questions, ANSWER, *fields, CONFIRM, REGISTERED]
    return sorted(steps, key=lambda step: order.index(step) if step in order else len(order))


def format_step(t: Translator, step: str) -> str:
    """Format a step in words."""
    kind, colon, name = step.partition(":")
    if not colon:
        return t(STEP_LABELS[step])
    if f"{kind}:" == _QUESTION:
        return t(N_("question: {what}"), what=t(FACT_LABELS[name]) if name in FACT_LABELS else name)
    return t(N_("field of the request: {what}"), what=t(FIELDS[name].title))


def format_funnel(t: Translator, counts: Mapping[str, int], pack: Pack) -> list[tuple[str, int]]:
    """Format the counts, in the order in which a conversation passes the steps."""
    return [(format_step(t, step), counts[step]) for step in sort_steps(counts, pack)]
