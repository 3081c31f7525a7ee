"""What became of a broadcast: how many are in which state, and of whom it is not known."""

from markupsafe import Markup, escape

from handlers.broadcasts.model import Broadcast, Recipient, Tally
from handlers.broadcasts.progress_words import skipped
from handlers.broadcasts.report_words import reason
from handlers.office.broadcast_view import open_one, reopened, shown
from handlers.office.broadcast_words import heading, progress
from handlers.office.holding import rights_of
from handlers.office.rights import Act, Rights
from handlers.office.screens.broadcast_file import FILE, file_asked, file_option
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.voice import lines
from locales import N_

RESEND, LOOK, BACK = "resend", "look", "back"
UNKNOWN = "unknown"
#: People named one by one.
NAMED = 20


class Results(NoText):
    """By state and reason."""

    async def page(self, here: Here) -> Page:
        """All rows, counted; those unknown by code."""
        say, found, rights = here.say, await open_one(here), await rights_of(here)
        if found is None:
            return Page(say(N_("There is no such broadcast within your reach.")), options=(_back(here),))
        tally = await here.world.admin.broadcasts.tally(rights, found.id)
        if not tally.total:
            return Page(heading(found), (say(N_("Nobody is on its list yet.")),), _options(here, rights, found, tally))
        because = skipped(say, tally)
        why = lines(say(N_("Of these, with a reason:")), because) if because else Markup()
        told = (progress(say, tally), why, *await _unknown(here, rights, found, tally))
        return Page(heading(found), told, _options(here, rights, found, tally), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Send again what is unknown, count anew, have the file, or go back."""
        if value == FILE:
            return file_asked(here)
        if value == RESEND:
            return Answered(shown(here, "broadcast_yes", wish="resend"))
        return Answered(here.session if value == LOOK else await reopened(here))


async def _unknown(here: Here, rights: Rights, found: Broadcast, tally: Tally) -> tuple[Markup, ...]:
    """Of whom it is not known whether they got it."""
    if not tally.states.get(UNKNOWN):
        return ()
    people = await here.world.admin.broadcasts.recipients(rights, found.id, NAMED, state=UNKNOWN)
    more = tally.states[UNKNOWN] - len(people)
    rest = here.say(N_("and {number} more"), number=more) if more > 0 else Markup()
    head = here.say(N_("Perhaps sent, perhaps not; never sent again unless you say so:"))
    return (lines(head, *(escape(f"• {_person(here, one)}") for one in people), rest),)


def _person(here: Here, one: Recipient) -> str:
    why = reason(here.say.t, one.reason)
    return " · ".join(part for part in (one.code, one.name, why) if part)


def _options(here: Here, rights: Rights, found: Broadcast, tally: Tally) -> tuple[Option, ...]:
    t = here.say.t
    resend = Option(RESEND, t(N_("Send again to those unknown")), ("gui lai", "resend"))
    look = Option(LOOK, t(N_("Look again")), ("xem lai", "look"))
    again = tally.states.get(UNKNOWN) and rights.may(Act.WRITE_BROADCASTS, found.unit)
    file = (file_option(here),) if tally.total else ()
    return (*([resend] if again else []), *([look] if tally.open else []), *file, _back(here))


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back to the broadcast")), ("quay lai", "back"))
