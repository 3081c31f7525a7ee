"""One request of the list: what is asked for, what became of it, and where it can be moved."""

from markupsafe import Markup

from handlers.doubts import is_doubt
from handlers.office.desk_view import listed, opened, shown, view_of
from handlers.office.holding import labels_of, rights_of
from handlers.office.list_words import MOVES_TO, TYPED, details, overtaken
from handlers.office.model import Filed
from handlers.office.moving import FINAL, NEEDS_REASON, clean_reason, moves_of
from handlers.office.rights import Act, Rights
from handlers.office.screens.desk_all import asked
from handlers.office.screens.desk_final import NO_WAY_BACK
from handlers.office.screens.desk_moves import BAD_REASON, moved
from handlers.page import Answered, Option, Page
from handlers.requests.model import State
from handlers.screen import Here, NoText
from locales import N_

WHAT_REASON = N_(
    "Nothing was changed yet. The reason tells the officer what to put right, such as: “The decision on the new name is"
    " missing.” If there is none yet, choose “Do not change it”."
)
BACK, SEEN, CANCEL = "back", "seen", "cancel"


class DeskRequest(NoText):
    """Moves are offered on what was seen only: where somebody else changed it, that is told first."""

    async def page(self, here: Here) -> Page:
        """The request as rights let it be seen."""
        say, rights = here.say, await rights_of(here)
        filed = await here.world.admin.desk.get(rights, here.session.about or "")
        back = Option(BACK, say.t(N_("Back to the list")), ("quay lai", "back"))
        if filed is None:
            return Page(say(N_("There is no such request within your reach.")), options=(back,))
        title = say(N_("<b>Request {code}</b>"), code=filed.request.code)
        labels = await labels_of(here, rights)
        if filed.revision != view_of(here).revision:
            seen = Option(SEEN, say.t(N_("Go on with it as it is now")), ("tiep tuc", "xem", "go on"))
            return Page(title, (overtaken(say, filed, labels), *details(here, filed, labels)), (seen, back))
        return Page(title, details(here, filed, labels), (*_moves(here, rights, filed), back), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Move it, ask for the reason or a second yes first, or go back."""
        code = here.session.about or ""
        if value in {BACK, SEEN}:
            return Answered((await opened(here, code) if value == SEEN else None) or listed(here))
        to = State(value)
        if to in NEEDS_REASON:
            return Answered(shown(here, "desk_reason", code, moving_to=to))
        if to in FINAL:
            return Answered(shown(here, "desk_final", code, moving_to=to))
        return await moved(here, to, "")


class DeskReason:
    """Why: of one request (``session.about``), or of all that are meant."""

    async def page(self, here: Here) -> Page:
        """The reason, to be typed."""
        say, to = here.say, view_of(here).moving_to or State.SENT_BACK
        what = here.session.about or say(N_("all requests of the list"))
        title = Markup("<b>{}</b> – {}").format(what, say(MOVES_TO[to]))
        ask = say(N_("Why? Please type the reason; the officer reads it as you write it."))
        cancel = Option(CANCEL, say.t(N_("Do not change it")), ("thoi", "huy", "khong doi", "cancel"), numbered=False)
        final = say(NO_WAY_BACK) if to in FINAL else Markup()
        return Page(title, (ask, final), (cancel,), exact=True, help=say(WHAT_REASON))

    async def handle_option(self, here: Here, value: str) -> Answered:  # noqa: ARG002 - there is one option
        """Nothing is changed."""
        code = here.session.about
        return Answered((await opened(here, code) if code else None) or listed(here))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """The reason."""
        if is_doubt(text, prose=True):
            return Answered(here.session, notes=(here.say(WHAT_REASON),))
        reason, to = clean_reason(text), view_of(here).moving_to
        if reason is None or to is None:
            return Answered(here.session, notes=(here.say(BAD_REASON),))
        return await moved(here, to, reason) if here.session.about else Answered(await asked(here, to, reason))


def _moves(here: Here, rights: Rights, filed: Filed) -> list[Option]:
    if not rights.may(Act.CHANGE_REQUESTS, filed.unit):
        return []
    return [Option(to, here.say.t(MOVES_TO[to]), TYPED[to]) for to in moves_of(filed.request.state)]
