"""Asks before the questions begin anew where a danger is on record: about the same certificate it stays on record."""

from handlers.core import (
    NO,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    format_bullets,
    with_answer,
)
from handlers.interview import to_next_certificate, to_next_screen
from handlers.interview.screens.question import format_phrase
from handlers.interview.screens.retraction import SAFETY_VALUES, restored
from locales import N_

SAME, OTHER = "same", "other"
BEGUN_ANEW = N_("We begin anew. Your registered requests are kept.")
#: What is answered again by itself; what happened to a body or person is asked, and compared with what was confirmed.
_ANSWERED = ("token", "key_exposed")


async def begin_anew(here: Context) -> HandlerResult:
    """Begin the questions anew, or ask first about which certificate."""
    if here.session.safety_facts:
        return HandlerResult(here.session.with_screen("restart"))
    return HandlerResult(to_next_certificate(here), notes=(here.say(BEGUN_ANEW),))


class RestartScreen(OptionsOnlyScreen):
    """Shows what was confirmed, and asks which certificate it is about from now on."""

    async def page(self, here: Context) -> Page:
        """Name each danger on record; the safe answer comes first."""
        say, told = here.say, here.session.safety_facts
        dangers = (format_phrase(say, fact, restored(fact, told[fact], {})) for fact in SAFETY_VALUES if fact in told)
        options = (
            Option(SAME, say.t(N_("The same certificate: this stays")), ("chung thu nay", "van chung thu nay", "cu")),
            Option(OTHER, say.t(N_("Another certificate")), ("chung thu khac", "khac", "another")),
            Option(NO, say.t(N_("Do not begin anew")), ("thoi", "khong", "khong lam lai", "quay lai", "no")),
        )
        title = say(N_("<b>Begin anew about which certificate?</b> You have confirmed:"))
        hint = say(N_("If that was wrong, keep the certificate and change it with /xemlai."))
        return Page(title, (format_bullets(dangers), hint), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Begin anew with what must stay, or with nothing, or go on as before."""
        if value == NO:
            return HandlerResult(to_next_screen(here))
        session = _to_same_certificate(here) if value == SAME else to_next_certificate(here)
        return HandlerResult(session, notes=(here.say(BEGUN_ANEW),))


def _to_same_certificate(here: Context) -> Session:
    told = here.session.safety_facts
    session = to_next_certificate(here).with_changes(safety_facts=told)
    for fact in _ANSWERED:
        if values := told.get(fact):
            session = with_answer(session, fact, restored(fact, values, {}), here.world.pack)
    return to_next_screen(here.with_session(session))
