"""The order of the interview's screens, the status that the register keeps, and the step at which somebody stands."""

from collections.abc import Iterable, Mapping
from datetime import date

from markupsafe import Markup

from handlers.core import (
    Context,
    RequestDraft,
    Session,
    Understood,
    current_decision,
    current_question,
    facts_of,
    latest_fact,
    registrable_actions,
    with_answer,
    without_answer,
    without_stale_events,
)
from handlers.forms.filling import to_previous_form_field
from handlers.model import InterviewStatus
from handlers.requests import FIELDS
from handlers.requests.form import current_field
from locales import N_, Translator
from rules.deciding import needs
from rules.outcome import Procedure
from rules.pack import Pack

DRAFT_KEPT = N_("Nothing is registered. What you filled in is kept: “{register}” brings it back.")


def to_next_screen(here: Context) -> Session:
    """Open the next question; if nothing more matters, the draft of a request or else the answer."""
    session = _with_told_day(here.with_session(without_stale_events(here.session).with_screen("proceed")))
    if session.understood is not None and session.consented_at is not None:
        return session.with_screen("understood")  # words that came with a file wait until the file is settled
    amending = session.draft is not None and session.draft.code is not None
    if not amending and current_question(session, here.pack, here.today):
        together = is_asked_together(session, here.pack, here.today)
        return session.with_screen("unit" if _is_unit_due(here) else "condition" if together else "question")
    if session.draft is None:
        return session.with_screen("answer")
    return session.with_screen("form" if current_field(here.with_session(session)) else "confirm")


def waits_for_its_page(here: Context, understood: Understood | None) -> bool:
    """Return whether a sentence told the last day alone: the page that asks for it shows it, with one tap fewer."""
    return understood is not None and understood.is_day_alone and current_decision(here) is None


def _with_told_day(here: Context) -> Session:
    session, understood = here.session, here.session.understood
    if understood is None or session.consented_at is None or not waits_for_its_page(here, understood):
        return session
    return session.with_changes(understood=None, told_expiry=understood.expiry)


def _is_unit_due(here: Context) -> bool:
    """Return whether to ask for the officer's unit: once, when the subscriber is known, and only if there are units."""
    session = here.session
    open_still = session.unit is None and not session.unit_skipped
    return bool(here.world.units) and open_still and "subject" in session.answers


def to_answered(here: Context, fact: str, value: object) -> Session:
    """Store an answer and open the screen that follows it."""
    return to_next_screen(here.with_session(with_answer(here.session, fact, value, here.pack)))


def to_next_certificate(here: Context) -> Session:
    """Start the interview again for the next certificate; registered requests stay."""
    begun = here.session.answers or here.session.certificate
    session = here.session.to_next_interview() if begun else here.session
    fresh = session.with_changes(
        answers={},
        certificate=None,
        offered=(),
        typed_expiry=None,
        told_expiry=None,
        told_ended=False,
        draft=None,
        set_aside=None,
        understood=None,
        named_unit=None,
        safety_facts={},
        retraction=None,
        forms=session.forms.for_certificate("") if session.forms else None,
    )
    return to_next_screen(here.with_session(fresh.with_changes(derived=None)))


def to_left_draft(here: Context) -> Session:
    """Leave the draft: for the amended request, or for the answer. The values typed for a new request are set aside."""
    session, draft = here.session.with_changes(draft=None), here.session.draft
    if draft and draft.code:
        return session.with_screen("request", about=draft.code)
    kept = draft.model_copy(update={"editing": None, "doubted": None}) if draft and draft.fields else session.set_aside
    return to_next_screen(here.with_session(session.with_changes(set_aside=kept)))


def format_draft_left(here: Context) -> tuple[Markup, ...]:
    """Tell that typed values are kept, if there are any."""
    draft = here.session.draft
    if draft is None or draft.code or not draft.fields:
        return ()
    return (here.say(DRAFT_KEPT, register=here.say.t(N_("Register the request"))),)


def to_previous_step(here: Context) -> Session | None:
    """Return the session one step earlier, or ``None`` at the very first question."""
    session = here.session
    if session.came_from:
        return session.to_previous_screen()
    if session.screen in {"understood", "retraction"}:
        return to_next_screen(here.with_session(session.with_changes(understood=None, retraction=None)))
    if session.screen in {"form", "confirm"}:
        return _to_previous_field(here, session.draft or RequestDraft())
    if session.screen in {"former_unit", "belonging"}:
        unit = session.unit if session.screen == "former_unit" else None
        return session.with_screen("unit", unit=unit)
    if session.screen in {"question", "condition", "unit", "answer"}:
        return _to_previous_answer(here)
    return _to_previous_request_screen(here)


def _to_previous_answer(here: Context) -> Session | None:
    """Take back a typed day, else close the question being changed, else take back the latest answer."""
    session, last = here.session, latest_fact(here.session)
    if session.typed_expiry is not None:
        return session.with_changes(typed_expiry=None)
    if session.screen == "question" and session.about:
        return to_next_screen(here)
    taken_back = without_condition(session)
    if session.screen in {"condition", "answer"} and taken_back != session:
        return to_next_screen(here.with_session(taken_back))
    if last == "subject" and session.screen == "question" and _was_unit_asked(here):
        return session.with_changes(unit=None, unit_skipped=False).with_screen("unit")
    return without_answer(session, last).with_screen("question") if last else None


def _was_unit_asked(here: Context) -> bool:
    return bool(here.world.units) and (here.session.unit is not None or here.session.unit_skipped)


def _to_previous_request_screen(here: Context) -> Session:
    session = here.session
    if session.screen in {"papers", "papers_review"}:
        return to_previous_form_field(session)
    if session.screen == "request":
        return session.with_screen("requests")
    if session.screen == "withdraw":
        return session.with_screen("request", about=session.about)
    return to_next_screen(here.with_session(session.with_changes(offered=())))


def _to_previous_field(here: Context, draft: RequestDraft) -> Session:
    """Drop an edit, else ask the last field again; before the first field, leave the draft."""
    session = here.session
    if session.screen == "form" and draft.editing:
        return session.with_screen("confirm", draft=draft.model_copy(update={"editing": None, "doubted": None}))
    if draft.doubted:
        return session.with_screen("form", draft=draft.model_copy(update={"doubted": None}))
    if draft.code or not draft.fields:
        return to_left_draft(here)
    fields = dict(draft.fields)
    last, _ = fields.popitem()
    forgotten = {"unit_code": None} if last == "unit" else {}
    return session.with_screen("form", draft=draft.model_copy(update={"fields": fields, **forgotten}))


#: The fields of a session that decide its status: if none of them changed, nothing is derived again.
_STATUS_FIELDS = ("consented_at", "pack", "answers", "certificate", "unit", "interview", "registered_key")


def interview_status(here: Context) -> InterviewStatus | None:
    """Return the status of the open interview, or ``None`` before consent and while nothing is known.

    The officer's unit carries over to later interviews, so it makes a status by itself only for the first one.
    """
    session = here.session
    begun = bool(session.answers or session.certificate)
    if session.consented_at is None or not (begun or session.interview == 1):
        return None
    standing = _empty_status(here).model_copy(update=_certificate_status(session) | {"owed": _owed_procedures(here)})
    return None if standing == InterviewStatus(interview=session.interview) else standing


async def save_interview_status(before: Context, after: Session) -> None:
    """Store the status if a turn changed it; an ordinary turn changes nothing and runs no statement.

    A status is stored again when the rule pack has changed, because the old pack may have decided otherwise.
    """
    here = before.with_session(after)
    if _status_values(before.session) == _status_values(after):
        return
    was, now = interview_status(before), interview_status(here)
    if now is None and was is not None and was.interview == after.interview:
        now = _empty_status(here)  # all of it was taken back
    if now is not None and (now != was or before.session.pack != after.pack):
        await here.world.save_status(now)


def _status_values(session: Session) -> tuple[object, ...]:
    return tuple(getattr(session, name) for name in _STATUS_FIELDS)


def _empty_status(here: Context) -> InterviewStatus:
    """Return a status with nothing but the unit; a unit that is not in the tree counts as none."""
    unit = here.world.units.get(here.session.unit)
    return InterviewStatus(interview=here.session.interview, unit=unit.code if unit else None)


def _certificate_status(session: Session) -> dict[str, object]:
    read, known = session.certificate, facts_of(session).certificate
    return {
        "certificate_key": session.registered_key or (read.certificate_key if read else None),
        "subscriber": read.name if read else None,
        "not_after": known.not_after if known else None,
    }


def _owed_procedures(here: Context) -> tuple[Procedure, ...] | None:
    decided = current_decision(here)
    return None if decided is None else tuple(action.procedure for action in registrable_actions(decided))


#: In the pack's order; ``information_matches`` is asked with them, because most officers look at the same certificate.
CONDITION_FACTS = ("certificate", "information_matches", "token", "key_exposed")


def condition_facts(session: Session, pack: Pack, today: date) -> tuple[str, ...]:
    """Return those of the facts that can still change the decision, in the pack's order."""
    return tuple(fact for fact in needs(pack, facts_of(session), today) if fact in CONDITION_FACTS)


def known_day(session: Session) -> date | None:
    """Return the last day of the certificate as it was typed to the page that asks for it, or told before."""
    return session.typed_expiry or session.told_expiry


def is_asked_together(session: Session, pack: Pack, today: date) -> bool:
    """Return whether the next question is one of several about the condition, none of them being changed by itself."""
    missing = needs(pack, facts_of(session), today)
    wanted = [fact for fact in missing if fact in CONDITION_FACTS]
    return len(wanted) > 1 and missing[0] in CONDITION_FACTS and not {"token", "key_exposed"}.isdisjoint(wanted)


def without_condition(session: Session) -> Session:
    """Take back the latest answers about the condition, as far as they were given together and by hand."""
    from_file = session.certificate is not None
    for fact in reversed(session.answers):
        if fact not in CONDITION_FACTS or (fact == "certificate" and from_file):
            break
        session = without_answer(session, fact)
    return session


#: Short names of the facts, for lists and buttons.
FACT_LABELS = {
    "subject": N_("whose certificate"),
    "events": N_("what happened"),
    "merger_role": N_("place in the merger"),
    "certificate": N_("the certificate"),
    "information_matches": N_("data still match"),
    "token": N_("the token"),
    "key_exposed": N_("key exposed"),
}
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
