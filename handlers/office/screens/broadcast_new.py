"""A new broadcast: one message or a campaign, its deadline, its title."""

from dataclasses import replace

from markupsafe import Markup

from handlers.dates import day
from handlers.office.broadcast_drafting import begun
from handlers.office.broadcast_view import listed, shown, view_of
from handlers.office.holding import rights_of
from handlers.office.people_words import ONE_LINE, clean_label
from handlers.office.rights import Act
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.voice import lines
from locales import N_

WHAT_TITLE = N_("A few words by which you find it again, such as: Change of information before 15/12.")
SINGLE, CAMPAIGN, BACK = "single", "campaign", "back"


class Kind(NoText):
    """Told once, or reminded of until a deadline."""

    async def page(self, here: Here) -> Page:
        """The two kinds."""
        say = here.say
        if not (await rights_of(here)).reach(Act.WRITE_BROADCASTS):
            return Page(say(N_("Writing broadcasts is for those who look after a unit.")), options=(_back(here),))
        single = Option(SINGLE, say.t(N_("One message")), ("mot tin", "mot thong bao", "1 tin", "message"))
        campaign = Option(CAMPAIGN, say.t(N_("A campaign until a deadline")), ("chien dich", "co han", "campaign"))
        told = say(
            N_("A campaign reminds several times until a deadline, and each time only those who still have to act.")
        )
        return Page(say(N_("<b>What do you want to send?</b>")), (told,), (single, campaign, _back(here)))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """On to the deadline."""
        if value == BACK:
            return Answered(listed(here))
        return Answered(shown(here, "broadcast_deadline", name=None, revision=None, campaign=value == CAMPAIGN))


class Title:
    """What it is called among those with a role; with it, the draft is made."""

    async def page(self, here: Here) -> Page:
        """The question."""
        say, view = here.say, view_of(here)
        ask = say(N_("<b>What shall it be called?</b> Type a short title; recipients do not see it."))
        deadline = say(N_("Deadline: <b>{day}</b>"), day=day(view.deadline)) if view.deadline else Markup()
        example = say(N_("For example: Change of information before 15/12"))
        back = replace(_back(here), numbered=False)
        return Page(ask, (deadline, example), (back,), exact=True, help=lines(say(ONE_LINE), say(WHAT_TITLE)))

    async def handle_option(self, here: Here, value: str) -> Answered:  # noqa: ARG002 - there is one option
        """Back to the first question."""
        return Answered(shown(here, "broadcast_kind"))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """The draft, and its first part."""
        title = clean_label(text)
        if title is None:
            return Answered(here.session, notes=(here.say(ONE_LINE),))
        return await begun(here, title)


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back")), ("quay lai", "back"))
