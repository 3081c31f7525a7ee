"""After a request is registered: the next certificate, or the end."""

from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.flow import another
from locales import N_

ANOTHER, REQUESTS, ANSWER = "another", "requests", "answer"


class After(NoText):
    """One conversation may register several requests: an absorbed body, then its officers."""

    async def page(self, here: Here) -> Page:
        """What can be done now."""
        t = here.say.t
        options = (
            Option(ANOTHER, t(N_("Take up another certificate")), ("chung thu khac", "tiep tuc", "another")),
            Option(REQUESTS, t(N_("My requests")), ("yeu cau cua toi", "yeu cau", "requests")),
            Option(ANSWER, t(N_("Show the answer again")), ("xem lai cau tra loi", "answer")),
        )
        return Page(here.say(N_("<b>What next?</b>")), options=options)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """There."""
        if value == ANOTHER:
            return Answered(another(here))
        return Answered(here.session.with_screen(value))
