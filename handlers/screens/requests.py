"""My requests: the list, and one of them."""

from handlers.page import Answered, Option, Page
from handlers.requests.drafting import draft_of
from handlers.requests.model import MOVES, Request, State
from handlers.requests.words import history, line, told
from handlers.screen import Here, NoText
from handlers.screens.flow import proceed
from locales import N_

BACK, AMEND, WITHDRAW = "back", "amend", "withdraw"
YES, NO = "yes", "no"
#: Requests on one page; older ones open by typing their code.
SHOWN = 10


class Requests:
    """The list, the newest first."""

    async def page(self, here: Here) -> Page:
        """One button per request."""
        say, mine = here.say, await here.world.requests.mine()
        back = Option(BACK, say.t(N_("Back")), ("quay lai", "back"))
        if not mine:
            return Page(say(N_("You have no requests yet.")), options=(back,))
        older = (say(N_("The {number} newest are shown; type a code to open an older one."), number=SHOWN),)
        options = [Option(request.code, line(say, request)) for request in mine[:SHOWN]]
        return Page(say(N_("<b>Your requests</b>")), older if len(mine) > SHOWN else (), (*options, back))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Open one, or go back."""
        return Answered(proceed(here) if value == BACK else here.session.with_screen("request", about=value))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A code."""
        found = await here.world.requests.get(text.strip().upper())
        return Answered(here.session.with_screen("request", about=found.code)) if found else None


class OneRequest(NoText):
    """One request: its content, what became of it, and what I may still do."""

    async def page(self, here: Here) -> Page:
        """Content, history, buttons the state allows."""
        say, request = here.say, await _about(here)
        back = Option(BACK, say.t(N_("Back to my requests")), ("quay lai", "back"))
        if request is None:
            return Page(say(N_("I do not find this request among yours.")), options=(back,))
        title = say(N_("<b>Request {code}</b>"), code=request.code)
        return Page(title, (told(say, request.content), history(say, request)), (*_options(here, request), back))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Amend, withdraw, or go back."""
        request = await _about(here)
        if value == AMEND and request and (draft := draft_of(request)):
            return Answered(here.session.with_screen("confirm", draft=draft))
        if value == WITHDRAW and request:
            return Answered(here.session.with_screen("withdraw", about=request.code))
        return Answered(here.session.with_screen("requests"))


class Withdraw(NoText):
    """A second yes before a request is withdrawn."""

    async def page(self, here: Here) -> Page:
        """Yes or no."""
        say = here.say
        ask = N_("<b>Withdraw {code}?</b> This cannot be undone; you can register a new one.")
        yes = Option(YES, say.t(N_("Yes, withdraw it")), ("co", "rut", "yes"))
        no = Option(NO, say.t(N_("No, keep it")), ("khong", "thoi", "giu", "no"))
        return Page(say(ask, code=here.session.about), options=(no, yes), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Withdrawn where it still can be; back to the request in any case."""
        code = here.session.about or ""
        there = here.session.with_screen("request", about=code)
        if value != YES:
            return Answered(there)
        moved = await here.world.requests.move(code, State.WITHDRAWN)
        note = N_("The request is withdrawn.") if moved else N_("This request can no longer be withdrawn.")
        return Answered(there, notes=(here.say(note),))


async def _about(here: Here) -> Request | None:
    return await here.world.requests.get(here.session.about or "")


def _options(here: Here, request: Request) -> list[Option]:
    t = here.say.t
    amend = Option(AMEND, t(N_("Change this request")), ("sua", "amend"))
    withdraw = Option(WITHDRAW, t(N_("Withdraw it")), ("rut", "withdraw"))
    may_amend = here.session.consented_at is not None and draft_of(request) is not None
    may_withdraw = State.WITHDRAWN in MOVES[request.state]
    return [*([amend] if may_amend else []), *([withdraw] if may_withdraw else [])]
