"""A yes before something that cannot be taken back: messages leave, or never will."""

from markupsafe import Markup

from handlers.broadcasts.model import Broadcast, Life
from handlers.office.broadcast_moving import moved, sent_again
from handlers.office.broadcast_view import open_one, reopened, view_of
from handlers.office.broadcast_words import heading
from handlers.office.export_words import number
from handlers.office.holding import rights_of
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from locales import N_

YES, NO = "yes", "no"


class Yes(NoText):
    """``view.wish`` is what waits."""

    async def page(self, here: Here) -> Page:
        """What happens then."""
        say, found, wish = here.say, await open_one(here), view_of(here).wish
        no = Option(NO, say.t(N_("No, leave it")), ("khong", "thoi", "no"))
        if found is None or wish is None:
            return Page(say(N_("Nothing was changed.")), options=(no,))
        title, told, label = await _asked(here, found)
        yes = Option(YES, label, ("dong y", "co", "dung", "yes"))
        return Page(title, (heading(found), told), (yes, no), exact=True)

    async def chosen(self, here: Here, value: str) -> Answered:
        """Do it, or leave it."""
        wish = view_of(here).wish
        if value != YES or wish is None:
            return Answered(await reopened(here), notes=(here.say(N_("Nothing was changed.")),))
        if wish == "resend":
            return await sent_again(here)
        return await moved(here, Life.RUNNING if wish == "start" else Life.CANCELLED)


async def _asked(here: Here, found: Broadcast) -> tuple[Markup, Markup, str]:
    """The question, what a yes does, and the button that says so."""
    say = here.say
    tally = await here.world.admin.broadcasts.tally(await rights_of(here), found.id)
    match view_of(here).wish:
        case "start" if found.is_campaign:
            told = N_("It reminds by itself from now on, on the days of its plan.")
            return say(N_("<b>Begin this campaign?</b>")), say(told), say.t(N_("Yes, begin"))
        case "start":
            many = number(say, tally.open or found.recipients)
            told = say(N_("It goes to {number} people, as fast as the channels allow."), number=many)
            return say(N_("<b>Send it now?</b>")), told, say.t(N_("Yes, send it"))
        case "resend":
            many = number(say, tally.states.get("unknown", 0))
            told = say(
                N_("Of {number} people it is not known whether they got it. Some of them may get it twice."),
                number=many,
            )
            return say(N_("<b>Send it to them again?</b>")), told, say.t(N_("Yes, send it again"))
        case _:
            told = say(N_("What was sent stays sent; nobody else gets it. It cannot be begun again."))
            return say(N_("<b>Call it off?</b>")), told, say.t(N_("Yes, call it off"))
