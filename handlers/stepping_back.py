"""One step back, from wherever the conversation stands."""

from handlers import interview
from handlers.screen import Here
from handlers.screens.flow import left, proceed
from handlers.session import Draft, Session


def one_step_back(here: Here) -> Session | None:
    """The session a step earlier; ``None`` at the very first question."""
    session = here.session
    if session.came_from:
        return session.to_previous_screen()
    if session.screen in {"form", "confirm"}:
        return _in_a_draft(here, session.draft or Draft())
    if session.screen == "former_unit":
        return session.with_screen("unit")
    if session.screen in {"question", "unit", "answer"}:
        return _in_the_interview(here)
    return _among_requests(here)


def _in_the_interview(here: Here) -> Session | None:
    """A typed day, the question being changed, else the latest answer is taken back."""
    session, last = here.session, interview.latest(here.session)
    if session.typed_expiry is not None:
        return session.with_changes(typed_expiry=None)
    if session.screen == "question" and session.about:
        return proceed(here)
    if last == "subject" and session.screen == "question" and _unit_was_asked(here):
        return session.with_changes(unit=None, unit_skipped=False).with_screen("unit")
    return interview.take_back(session, last).with_screen("question") if last else None


def _unit_was_asked(here: Here) -> bool:
    return bool(here.world.units) and (here.session.unit is not None or here.session.unit_skipped)


def _among_requests(here: Here) -> Session:
    session = here.session
    if session.screen == "request":
        return session.with_screen("requests")
    if session.screen == "withdraw":
        return session.with_screen("request", about=session.about)
    return proceed(here.with_session(session.with_changes(offered=())))


def _in_a_draft(here: Here, draft: Draft) -> Session:
    """An edit is dropped, else the last field is asked again; before the first field, the draft is left."""
    session = here.session
    if session.screen == "form" and draft.editing:
        return session.with_screen("confirm", draft=draft.model_copy(update={"editing": None, "doubted": None}))
    if draft.doubted:
        return session.with_screen("form", draft=draft.model_copy(update={"doubted": None}))
    if draft.code or not draft.fields:
        return left(here)
    fields = dict(draft.fields)
    last, _ = fields.popitem()
    forgotten = {"unit_code": None} if last == "unit" else {}
    return session.with_screen("form", draft=draft.model_copy(update={"fields": fields, **forgotten}))
