"""The answer to the interview, and the screen after a request was registered."""

from handlers.core import (
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    RequestDraft,
    current_decision,
    format_decision,
    format_decision_plain,
    format_headline,
    registrable_actions,
)
from handlers.interview import to_next_certificate, to_next_screen
from handlers.model import Request
from locales import N_
from rules.outcome import Decided

REGISTER, REVIEW, ANOTHER, AGAIN, GO_ON = "register", "review", "another", "again", "continue"


class AnswerScreen(OptionsOnlyScreen):
    """Shows the decision once nothing more can change it."""

    async def page(self, here: Context) -> Page:
        """Show the decision; if the rules changed so that a question is open again, show the way there."""
        decided = current_decision(here)
        if decided is None:
            go_on = Option(GO_ON, here.say.t(N_("Continue")), ("tiep tuc", "continue"))
            return Page(here.say(N_("The rules have changed meanwhile; there is something more to ask.")), (), (go_on,))
        brief = here.say(N_("<b>What would you like to do now?</b>"))
        return Page(
            format_headline(here.say, decided),
            tuple(format_decision(here, decided)),
            tuple(_answer_options(here, decided)),
            brief=brief,
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Register requests, review the answers, or take up another certificate."""
        decided = current_decision(here)
        if value == REGISTER and decided is not None:
            return await _begin_draft(here, decided)
        if value == REVIEW:
            return HandlerResult(here.session.with_screen("review"))
        if value == ANOTHER:
            return HandlerResult(
                to_next_certificate(here), notes=(here.say(N_("Let us take up the next certificate.")),)
            )
        return HandlerResult(to_next_screen(here))


def _answer_options(here: Context, decided: Decided) -> list[Option]:
    t = here.say.t
    register = Option(REGISTER, t(N_("Register the request")), ("dang ky", "dang ky yeu cau", "register"))
    return [
        *([register] if registrable_actions(decided) else []),
        Option(REVIEW, t(N_("Review or change my answers")), ("xem lai", "sua", "review")),
        Option(ANOTHER, t(N_("Take up another certificate")), ("chung thu khac", "another")),
        Option(AGAIN, t(N_("Show the answer again")), ("xem lai cau tra loi", "doc lai", "again")),
    ]


async def _begin_draft(here: Context, decided: Decided) -> HandlerResult:
    """Begin a draft; if every action has an open request for this certificate already, show that instead."""
    known = await _find_open_requests(here, decided)
    if known and len(known) == len(registrable_actions(decided)):
        note = here.say(N_("This is already registered; here is the open request."))
        return HandlerResult(here.session.with_screen("request", about=known[0].code), notes=(note,))
    open_draft = here.session.draft if here.session.draft and not here.session.draft.code else None
    begun = open_draft or here.session.set_aside or RequestDraft()
    draft = RequestDraft(answer=format_decision_plain(here, decided), fields=begun.fields, unit_code=begun.unit_code)
    return HandlerResult(to_next_screen(here.with_session(here.session.with_changes(draft=draft, set_aside=None))))


async def _find_open_requests(here: Context, decided: Decided) -> list[Request]:
    certificate = here.session.certificate
    if certificate is None:
        return []
    found = [
        await here.world.requests.open_for(certificate.certificate_key, a.procedure)
        for a in registrable_actions(decided)
    ]
    return [request for request in found if request is not None]


ANOTHER, REQUESTS, ANSWER = "another", "requests", "answer"


class NextStepScreen(OptionsOnlyScreen):
    """Offers the next certificate: one conversation may cover an absorbed body and then its officers."""

    async def page(self, here: Context) -> Page:
        """Show what can be done after a registration."""
        t = here.say.t
        options = (
            Option(ANOTHER, t(N_("Take up another certificate")), ("chung thu khac", "tiep tuc", "another")),
            Option(REQUESTS, t(N_("My requests")), ("yeu cau cua toi", "yeu cau", "requests")),
            Option(ANSWER, t(N_("Show the answer again")), ("xem lai cau tra loi", "answer")),
        )
        return Page(here.say(N_("<b>What next?</b>")), options=options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open what was chosen; the values are names of screens, except for another certificate."""
        if value == ANOTHER:
            return HandlerResult(to_next_certificate(here))
        return HandlerResult(here.session.with_screen(value))
