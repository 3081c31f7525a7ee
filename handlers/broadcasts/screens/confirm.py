"""A yes before something that cannot be taken back: messages leave, or never will."""

from dataclasses import dataclass

from handlers.broadcasts.model import Broadcast, Life, Tally
from handlers.office.broadcast_moving import moved, sent_again
from handlers.office.broadcast_view import open_one, reopened, view_of
from handlers.office.broadcast_words import heading
from handlers.office.export_words import number
from handlers.office.holding import rights_of
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from locales import N_

YES, NO = "yes", "no"
#: Wishes whose yes takes something away or tells people twice: the no comes first.
_HARMS = frozenset({"cancel", "resend"})


class Yes(NoText):
    """``view.wish`` is what waits."""

    async def page(self, here: Here) -> Page:
        """What happens then."""
        say, found, wish = here.say, await open_one(here), view_of(here).wish
        no = Option(NO, say.t(N_("No, leave it")), ("khong", "thoi", "no"))
        if found is None or wish is None:
            return Page(say(N_("Nothing was changed.")), options=(no,))
        asked = _question(found, wish)
        tally = await here.world.admin.broadcasts.tally(await rights_of(here), found.id)
        told = say(asked.told, number=number(say, _many(found, tally, wish)))
        yes = Option(YES, say.t(asked.yes), ("dong y", "co", "yes"))
        answers = (no, yes) if wish in _HARMS else (yes, no)
        return Page(say(asked.title), (heading(found), told), answers, exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Do it, or leave it."""
        wish = view_of(here).wish
        if value != YES or wish is None:
            return await _left(here)
        if wish == "resend":
            return await sent_again(here)
        if wish == "approve":
            seen = view_of(here).revision
            return await moved(here, Life.APPROVED, -1 if seen is None else seen)
        return await moved(here, Life.RUNNING if wish == "start" else Life.CANCELLED)


async def _left(here: Here) -> Answered:
    """As it was: what was paused for the question alone goes on, unless somebody moved it meanwhile."""
    if view_of(here).paused:
        return await moved(here, Life.RUNNING, view_of(here).revision)
    return Answered(await reopened(here), notes=(here.say(N_("Nothing was changed.")),))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what a yes does, and the button that says so."""

    title: str
    told: str
    yes: str


_APPROVE = Question(
    N_("<b>Approve it?</b>"),
    N_("Text and recipients cannot be changed afterwards. It leaves at its time, or when you tap “Send”."),
    N_("Yes, approve"),
)
_APPROVE_CAMPAIGN = Question(
    N_("<b>Approve this campaign?</b>"),
    N_("Its text cannot be changed afterwards. It reminds by itself from then on, on the days of its plan."),
    N_("Yes, approve"),
)
_START = Question(
    N_("<b>Send it now?</b>"),
    N_("It goes to {number} people, as fast as the channels allow."),
    N_("Yes, send it"),
)
_CANCEL = Question(
    N_("<b>Call it off?</b>"),
    N_("What was sent stays sent; nobody else gets it. It cannot be begun again."),
    N_("Yes, call it off"),
)
_RESEND = Question(
    N_("<b>Send it to them again?</b>"),
    N_("Of {number} people it is not known whether they got it. Some of them may get it twice."),
    N_("Yes, send it again"),
)
_QUESTIONS = {"start": _START, "cancel": _CANCEL, "resend": _RESEND}


def _question(found: Broadcast, wish: str) -> Question:
    approval = _APPROVE_CAMPAIGN if found.is_campaign else _APPROVE
    return _QUESTIONS.get(wish, approval)


def _many(found: Broadcast, tally: Tally, wish: str) -> int:
    """How many people it is about."""
    return tally.states.get("unknown", 0) if wish == "resend" else tally.open or found.recipients
