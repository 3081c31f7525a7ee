"""A second yes before one request comes to an end that cannot be undone."""

from handlers.office.desk_view import listed, opened, view_of
from handlers.office.screens.desk_moves import moved
from handlers.page import Answered, Option, Page
from handlers.requests.words import STATES
from handlers.screen import Here, NoText
from locales import N_

YES, NO = "yes", "no"
NO_WAY_BACK = N_("It cannot be changed back afterwards.")


class DeskFinal(NoText):
    """Move the open request to an end (``view.moving_to``), or leave it as it is."""

    async def page(self, here: Here) -> Page:
        """Which request, and to what."""
        say, to = here.say, view_of(here).moving_to
        no = Option(NO, say.t(N_("No, change nothing")), ("khong", "thoi", "no"))
        if to is None:
            return Page(say(N_("Nothing was changed.")), options=(no,))
        title = say(N_("<b>Move {code} to “{state}”?</b>"), code=here.session.about or "", state=say(STATES[to]))
        yes = Option(YES, say.t(N_("Yes, change it")), ("dong y", "co", "chuyen", "co chuyen", "yes"))
        return Page(title, (say(NO_WAY_BACK),), (yes, no), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Move it, or show it again."""
        to = view_of(here).moving_to
        if value == YES and to is not None:
            return await moved(here, to, "")
        note = here.say(N_("Nothing was changed."))
        return Answered(await opened(here, here.session.about or "") or listed(here), notes=(note,))
