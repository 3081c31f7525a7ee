"""Where "do it now" leads: to what is open, as it was left."""

from markupsafe import Markup

from handlers.broadcasts.owing import still_owed
from handlers.decision import decision
from handlers.page import Answered
from handlers.requests.words import PROCEDURES
from handlers.screen import Here
from handlers.screens.flow import proceed
from handlers.session import Session
from locales import N_

#: Screens of the work itself: one that is open stays open, ticks and all.
_AT_WORK = frozenset({"question", "unit", "former_unit", "certificate", "form", "confirm"})


async def reopened(here: Here) -> Answered:
    """The interview at the open question, or at the answer with what is still to be registered; consent comes first."""
    if here.session.consented_at is None:
        return Answered(here.session.at("welcome"))
    session = _at_work(here.session) or proceed(here)
    if session.screen != "answer" or decision(here) is None:
        return Answered(session)
    owed = await still_owed(here)
    if not owed:
        note = here.say(N_("By what you told me, nothing is left to be registered for this certificate."))
        return Answered(session.at("next"), notes=(note,))
    return Answered(session, notes=(_to_register(here, [PROCEDURES[one] for one in owed]),))


def _at_work(session: Session) -> Session | None:
    """The screen of the interview or the request that is open, or was before a short visit to another one."""
    if session.screen in _AT_WORK:
        return session
    return session.back() if session.came_from and session.came_from.screen in _AT_WORK else None


def _to_register(here: Here, owed: list[str]) -> Markup:
    what = ", ".join(map(here.say.t, owed))
    return here.say(N_("Still to be registered: <b>{what}</b>."), what=what)
