"""The answer: what to do, in which order, with which form, why, and what is not certain."""

from handlers.decision import decision, headline, in_plain_words, registrable, told
from handlers.page import Answered, Option, Page
from handlers.requests.model import Request
from handlers.screen import Here, NoText
from handlers.screens.flow import another, proceed
from handlers.session import Draft
from locales import N_
from rules.outcome import Decided

REGISTER, REVIEW, ANOTHER, AGAIN, GO_ON = "register", "review", "another", "again", "continue"


class Answer(NoText):
    """Shown when nothing more can change the decision."""

    async def page(self, here: Here) -> Page:
        """The decision in words, and what can be done from here."""
        decided = decision(here)
        if decided is None:
            go_on = Option(GO_ON, here.say.t(N_("Continue")), ("tiep tuc", "continue"))
            return Page(here.say(N_("The rules have changed meanwhile; there is something more to ask.")), (), (go_on,))
        brief = here.say(N_("<b>What would you like to do now?</b>"))
        return Page(
            headline(here.say, decided), tuple(told(here, decided)), tuple(_options(here, decided)), brief=brief
        )

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Register, review, or take up another certificate."""
        decided = decision(here)
        if value == REGISTER and decided is not None:
            return await _register(here, decided)
        if value == REVIEW:
            return Answered(here.session.with_screen("review"))
        if value == ANOTHER:
            return Answered(another(here), notes=(here.say(N_("Let us take up the next certificate.")),))
        return Answered(proceed(here))


def _options(here: Here, decided: Decided) -> list[Option]:
    t = here.say.t
    register = Option(REGISTER, t(N_("Register the request")), ("dang ky", "dang ky yeu cau", "register"))
    return [
        *([register] if registrable(decided) else []),
        Option(REVIEW, t(N_("Review or change my answers")), ("xem lai", "sua", "review")),
        Option(ANOTHER, t(N_("Take up another certificate")), ("chung thu khac", "another")),
        Option(AGAIN, t(N_("Show the answer again")), ("xem lai cau tra loi", "doc lai", "again")),
    ]


async def _register(here: Here, decided: Decided) -> Answered:
    """Begin a draft; where all of it was asked for already, show the open request instead."""
    known = await _open_requests(here, decided)
    if known and len(known) == len(registrable(decided)):
        note = here.say(N_("This is already registered; here is the open request."))
        return Answered(here.session.with_screen("request", about=known[0].code), notes=(note,))
    open_draft = here.session.draft if here.session.draft and not here.session.draft.code else None
    begun = open_draft or here.session.set_aside or Draft()
    draft = Draft(answer=in_plain_words(here, decided), fields=begun.fields, unit_code=begun.unit_code)
    return Answered(proceed(here.with_session(here.session.with_changes(draft=draft, set_aside=None))))


async def _open_requests(here: Here, decided: Decided) -> list[Request]:
    certificate = here.session.certificate
    if certificate is None:
        return []
    found = [await here.world.requests.open_for(certificate.certificate_key, a.procedure) for a in registrable(decided)]
    return [request for request in found if request is not None]
