"""One broadcast: all that was decided on one screen, and what can be done with it as it stands."""

from markupsafe import Markup

from handlers.broadcasts.model import Broadcast, Life, Outcome
from handlers.office import broadcast_words as words
from handlers.office.audience_words import counted, in_words
from handlers.office.broadcast_moving import check_asked, moved, tried, waits_for_another
from handlers.office.broadcast_view import OPEN_TO_CHANGE, listed, open_one, opened, reopened, shown
from handlers.office.export_words import number
from handlers.office.holding import labels_of, rights_of
from handlers.office.rights import Act, Rights
from handlers.office.screens.broadcast_offers import (
    APPROVE,
    BACK,
    CANCEL,
    CHECK,
    EDIT,
    LOOK,
    PAUSE,
    PREVIEW,
    RESULTS,
    RESUME,
    START,
    STEPS,
    TO_ME,
    offered,
)
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.session import Session
from locales import N_

#: Buttons that lead to another screen.
WAYS = {
    PREVIEW: "broadcast_preview",
    EDIT: "broadcast_edit",
    RESULTS: "broadcast_results",
    STEPS: "broadcast_steps",
}
#: Where messages of it are or were under way.
_UNDER_WAY = frozenset({Life.RUNNING, Life.PAUSED, Life.FINISHED, Life.CANCELLED})


class OneBroadcast(NoText):
    """As it stands at this moment."""

    async def page(self, here: Here) -> Page:
        """What it says, to whom, when; how far it is."""
        say, found, rights = here.say, await open_one(here), await rights_of(here)
        if found is None:
            back = Option(BACK, say.t(N_("Back to the list")), ("quay lai", "back"))
            return Page(say(N_("There is no such broadcast within your reach.")), options=(back,))
        standing = words.standing(say, found, await labels_of(here, rights))
        about = say(N_("Recipients: {audience}"), audience=in_words(found.draft.audience, here.world.units, say.t))
        open_still = found.state in OPEN_TO_CHANGE
        more = await _drafted(here, rights, found) if open_still else await _far(here, rights, found)
        waits = await waits_for_another(here, rights, found)
        who = (
            (words.outcome(say, Outcome.SECOND_PERSON), await words.second_person(here, rights, found)) if waits else ()
        )
        told = (standing, words.when(say, found), about, *more, *who)
        steps = bool(await here.world.admin.broadcasts.steps(rights, found.id)) and not open_still
        options = offered(say, rights, found, steps=steps, waits_for_another=waits)
        return Page(words.heading(found), tuple(one for one in told if one), options, exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Check, try, approve, start, pause, go on, call off; or look at a part of it."""
        if value in WAYS:
            return Answered(shown(here, WAYS[value]))
        if value in {APPROVE, START, CANCEL}:
            return Answered(shown(here, "broadcast_yes", wish=value))
        if value in {CHECK, TO_ME}:
            return await (check_asked(here) if value == CHECK else tried(here))
        if value in {PAUSE, RESUME}:
            return await moved(here, Life.PAUSED if value == PAUSE else Life.RUNNING)
        return Answered(await reopened(here) if value == LOOK else await _left(here))


async def _left(here: Here) -> Session:
    """From a step back to its campaign, else to the list."""
    found = await open_one(here)
    campaign = await opened(here, found.parent, "broadcast_steps") if found else None
    return campaign or listed(here)


async def _drafted(here: Here, rights: Rights, found: Broadcast) -> tuple[Markup, ...]:
    """The text, how many it reaches at this moment, and what the last check found."""
    say, broadcasts = here.say, here.world.admin.broadcasts
    writes = rights.may(Act.WRITE_BROADCASTS, found.unit)
    many = counted(say, await broadcasts.count(rights, found.draft.audience)) if writes else Markup()
    checked = await broadcasts.last_check(rights, found.id)
    findings = words.findings(say, checked) if checked and not found.checking else ()
    return (many, words.buttons(say, found.draft), *words.texts(say, found.draft), *findings)


async def _far(here: Here, rights: Rights, found: Broadcast) -> tuple[Markup, ...]:
    """How far it is; of a campaign, what its steps are at."""
    say = here.say
    if found.is_campaign:
        return (words.buttons(say, found.draft),)
    if found.state not in _UNDER_WAY:
        return (say(N_("Recipients by the last check: {number}"), number=number(say, found.recipients)),)
    tally = await here.world.admin.broadcasts.tally(rights, found.id)
    return (words.progress(say, tally),) if tally.total else ()
