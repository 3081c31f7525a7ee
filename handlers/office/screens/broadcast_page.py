"""One broadcast: all that was decided on one screen, and what can be done with it as it stands."""

from markupsafe import Markup

from handlers.broadcasts.model import Broadcast, Life
from handlers.office import broadcast_words as words
from handlers.office.audience_words import counted, in_words
from handlers.office.broadcast_moving import check_asked, moved, tried
from handlers.office.broadcast_view import OPEN_TO_CHANGE, listed, open_one, opened, reopened, shown
from handlers.office.export_words import number
from handlers.office.holding import labels_of, rights_of
from handlers.office.rights import Act, Rights
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.session import Session
from locales import N_

CHECK, APPROVE, PAUSE, RESUME, TO_ME, LOOK, BACK = "check", "approve", "pause", "resume", "to_me", "look", "back"
START, CANCEL = "start", "cancel"
#: Buttons that lead to another screen.
WAYS = {
    "preview": "broadcast_preview",
    "edit": "broadcast_edit",
    "results": "broadcast_results",
    "steps": "broadcast_steps",
}
#: Where messages of it are or were under way.
_UNDER_WAY = frozenset({Life.RUNNING, Life.PAUSED, Life.FINISHED, Life.CANCELLED})


class OneBroadcast(NoText):
    """As it stands at this moment."""

    async def page(self, here: Here) -> Page:
        """What it says, to whom, when; how far it is."""
        say, found, rights = here.say, await open_one(here), await rights_of(here)
        if found is None:
            return Page(say(N_("There is no such broadcast within your reach.")), options=(_back(here),))
        standing = words.standing(say, found, await labels_of(here, rights))
        about = say(N_("Recipients: {audience}"), audience=in_words(found.draft.audience, here.world.units, say.t))
        open_still = found.state in OPEN_TO_CHANGE
        more = await _drafted(here, rights, found) if open_still else await _far(here, rights, found)
        told = (standing, words.when(say, found.draft), about, *more)
        return Page(words.heading(found), tuple(one for one in told if one), _options(here, rights, found), exact=True)

    async def chosen(self, here: Here, value: str) -> Answered:
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
    checked = await broadcasts.checked(rights, found.id)
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


def _options(here: Here, rights: Rights, found: Broadcast) -> tuple[Option, ...]:
    writes = rights.may(Act.WRITE_BROADCASTS, found.unit)
    approves = rights.may(Act.APPROVE_BROADCASTS, found.unit)
    offered = [*(_of_writer(here, found) if writes else []), *_of_anybody(here, found)]
    approve = Option(APPROVE, here.say.t(N_("Approve")), ("duyet", "phe duyet", "approve"))
    first = [approve] if approves and found.state is Life.CHECKED and not found.checking else []
    return (*first, *offered, _back(here))


def _of_writer(here: Here, found: Broadcast) -> list[Option]:
    """What may be done as it stands, the next step first."""
    t, state = here.say.t, found.state
    check = Option(CHECK, t(N_("Check")), ("kiem tra", "check"))
    start = Option(START, t(N_("Send")), ("gui", "bat dau", "start", "send"))
    pause = Option(PAUSE, t(N_("Pause")), ("tam dung", "dung", "pause"))
    resume = Option(RESUME, t(N_("Go on")), ("tiep tuc", "gui tiep", "resume"))
    try_it = Option(TO_ME, t(N_("Send it to me")), ("gui thu cho toi", "gui thu", "thu", "try"))
    edit = Option("edit", t(N_("Change it")), ("sua", "edit"))
    cancel = Option(CANCEL, t(N_("Call it off")), ("huy", "huy bo", "cancel"))
    writing = [*([] if found.checking else [check]), try_it, edit, cancel]
    offered = {
        Life.DRAFT: writing,
        Life.CHECKED: writing[1 if not found.checking else 0 :],
        Life.APPROVED: [cancel],
        Life.SCHEDULED: [start, cancel],
        Life.RUNNING: [pause, cancel],
        Life.PAUSED: [resume, cancel],
    }
    return offered.get(state, [])


def _of_anybody(here: Here, found: Broadcast) -> list[Option]:
    t, moving = here.say.t, found.checking or found.state in {Life.APPROVED, Life.SCHEDULED, Life.RUNNING}
    preview = Option("preview", t(N_("Preview")), ("xem truoc", "preview"))
    results = Option("results", t(N_("What became of it")), ("ket qua", "results"))
    steps = Option("steps", t(N_("Its reminders")), ("cac lan nhac", "lan nhac", "steps"))
    look = Option(LOOK, t(N_("Look again")), ("xem lai", "den dau", "look"))
    behind = steps if found.is_campaign else results
    return [
        preview,
        *([behind] if found.state in _UNDER_WAY or found.is_campaign else []),
        *([look] if moving else []),
    ]


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back to the list")), ("quay lai", "back"))
