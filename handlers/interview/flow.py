"""Where the conversation goes after an answer."""

from markupsafe import Markup

from handlers import interview
from handlers.requests.filling import open_field
from handlers.screen import Here
from handlers.session import Session
from locales import N_

KEPT = N_("Nothing is registered. What you filled in is kept: “{register}” brings it back.")


def proceed(here: Here) -> Session:
    """The session with the next question open; where nothing more matters, the draft of a request, else the answer."""
    session = interview.without_stale(here.session).with_screen("proceed")
    amending = session.draft is not None and session.draft.code is not None
    if not amending and interview.question(session, here.world.pack, here.today):
        return session.with_screen("unit" if _unit_is_due(here) else "question")
    if session.draft is None:
        return session.with_screen("answer")
    return session.with_screen("form" if open_field(here.with_session(session)) else "confirm")


def _unit_is_due(here: Here) -> bool:
    """Once it is known whose certificate it is, the unit is asked for; once, and only where units are known at all."""
    session = here.session
    open_still = session.unit is None and not session.unit_skipped
    return bool(here.world.units) and open_still and "subject" in session.answers


def given(here: Here, fact: str, value: object) -> Session:
    """An answer taken in, and the screen that follows it."""
    return proceed(here.with_session(interview.give(here.session, fact, value, here.world.pack)))


def another(here: Here) -> Session:
    """The interview from its first question, for the next certificate; requests stay."""
    begun = here.session.answers or here.session.certificate
    session = here.session.to_next_interview() if begun else here.session
    fresh = session.with_changes(
        answers={}, certificate=None, offered=(), typed_expiry=None, draft=None, set_aside=None
    )
    return proceed(here.with_session(fresh.with_changes(derived=None)))


def left(here: Here) -> Session:
    """The draft left: back to the request it amended, or to the answer; what was typed for a new one is set aside."""
    session, draft = here.session.with_changes(draft=None), here.session.draft
    if draft and draft.code:
        return session.with_screen("request", about=draft.code)
    kept = draft.model_copy(update={"editing": None, "doubted": None}) if draft and draft.fields else session.set_aside
    return proceed(here.with_session(session.with_changes(set_aside=kept)))


def left_note(here: Here) -> tuple[Markup, ...]:
    """What becomes of what was typed, where anything was."""
    draft = here.session.draft
    if draft is None or draft.code or not draft.fields:
        return ()
    return (here.say(KEPT, register=here.say.t(N_("Register the request"))),)
