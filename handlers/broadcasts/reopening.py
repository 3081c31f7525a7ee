"""Where "do it now" leads: to what is open, as it was left."""

from markupsafe import Markup

from handlers.broadcasts.owing import still_owed
from handlers.decision import decision
from handlers.page import Answered
from handlers.requests.model import State
from handlers.requests.words import PROCEDURES
from handlers.screen import Here
from handlers.screens.flow import proceed
from handlers.session import Session
from locales import N_

#: Screens of the work itself: one that is open stays open, ticks and all.
_AT_WORK = frozenset({"question", "unit", "former_unit", "certificate", "form", "confirm"})


async def reopened(here: Here) -> Answered:
    """What is under way; else what is still to be registered, a request that came back, the first question.

    Consent comes before all of it.
    """
    if here.session.consented_at is None:
        return Answered(here.session.with_screen("welcome"))
    session = _at_work(here.session) or proceed(here)
    if _under_way(here.with_session(session)):
        return Answered(session)
    if owed := await still_owed(here):
        return Answered(session.with_screen("answer"), notes=(_to_register(here, [PROCEDURES[one] for one in owed]),))
    return await _sent_back(here) or _nothing_owed(here, session)


def _under_way(here: Here) -> bool:
    session = here.session
    begun = bool(session.answers or session.offered)
    return session.draft is not None or (begun and (session.screen != "answer" or decision(here) is None))


async def _sent_back(here: Here) -> Answered | None:
    """The newest request that waits for the person's correction."""
    waiting = [one for one in await here.world.requests.mine() if one.state is State.SENT_BACK]
    return Answered(here.session.with_screen("request", about=waiting[0].code)) if waiting else None


def _nothing_owed(here: Here, session: Session) -> Answered:
    if session.screen != "answer":
        return Answered(session)
    note = here.say(N_("By what you told me, nothing is left to be registered for this certificate."))
    return Answered(session.with_screen("next"), notes=(note,))


def _at_work(session: Session) -> Session | None:
    """The screen of the interview or the request that is open, or was before a short visit to another one."""
    if session.screen in _AT_WORK:
        return session
    return session.to_previous_screen() if session.came_from and session.came_from.screen in _AT_WORK else None


def _to_register(here: Here, owed: list[str]) -> Markup:
    what = ", ".join(map(here.say.t, owed))
    return here.say(N_("Still to be registered: <b>{what}</b>."), what=what)
