"""The message as the first recipients would get it."""

from collections.abc import Iterator

from markupsafe import Markup, escape

from handlers.broadcasts.model import Recipient
from handlers.office.broadcast_view import open_one, reopened
from handlers.office.holding import rights_of
from handlers.page import Answered, Option, Page
from handlers.replies import Reply
from handlers.screen import Here, NoText
from locales import N_

BACK = "back"
#: Recipients that are shown.
SHOWN = 3


class Preview(NoText):
    """With the real values of each."""

    async def page(self, here: Here) -> Page:
        """One after the other, with their buttons."""
        say, found = here.say, await open_one(here)
        back = Option(BACK, say.t(N_("Back to the broadcast")), ("quay lai", "back"))
        if found is None:
            return Page(say(N_("There is no such broadcast within your reach.")), options=(back,))
        sample = await here.world.admin.broadcasts.sample(await rights_of(here), found.id, SHOWN)
        title = say(N_("<b>As the first recipients will see it</b>"))
        nobody = say(N_("There is nobody yet who would get it, or it has no text."))
        told = tuple(part for each in sample for part in _shown(here, *each))
        return Page(title, told or (nobody,), (back,))

    async def handle_option(self, here: Here, value: str) -> Answered:  # noqa: ARG002 - there is one option
        """Back."""
        return Answered(await reopened(here))


def _shown(here: Here, to: Recipient, reply: Reply) -> Iterator[Markup]:
    """Who it is, the message, its buttons."""
    whose = " · ".join(part for part in (to.code, to.name, here.world.units.name(to.unit) if to.unit else None) if part)
    yield Markup("<b>— {} —</b>").format(whose)
    yield from (Markup(text) for text in reply.paragraphs)  # noqa: S704 - rendered by the template, values escaped
    if reply.choices:
        yield escape(" ".join(f"[{choice.label}]" for choice in reply.choices))
