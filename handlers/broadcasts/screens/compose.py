"""A draft written part by part: a new one in one go, a later change each for itself."""

from datetime import date
from typing import Any

from handlers.broadcasts.model import Audience, Broadcast, Draft, Outcome, Plan
from handlers.broadcasts.planning import usual_steps
from handlers.office.broadcast_view import draft_of, opened, reopened, shown, view_of
from handlers.office.broadcast_words import outcome
from handlers.office.holding import rights_of
from handlers.office.rights import Act, Rights
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.session import BroadcastView, Session
from locales import N_

BACK = "back"
#: The parts of a new one, in the order in which they are asked for once it has a title.
_PARTS = ("broadcast_vi", "broadcast_en", "broadcast_whom", "broadcast_buttons")
_OF_CAMPAIGN = ("broadcast_plan", "broadcast_hour", "broadcast_late")
_OF_SINGLE = ("broadcast_start",)


async def begun(here: Here, title: str) -> Answered:
    """A new draft under its title, at first for all whom its author reaches; a campaign for those who have to act."""
    rights, view = await rights_of(here), view_of(here)
    plan = _usual(here, view.deadline) if view.campaign and view.deadline else None
    audience, language = Audience(unit=widest(rights), to_do=plan is not None), here.session.language
    draft = Draft(title=title, plan=plan, deadline=view.deadline, audience=audience, language=language)
    made = await here.world.admin.broadcasts.new(rights, draft)
    if made is None:
        return Answered(shown(here, "broadcasts"), notes=(outcome(here.say, Outcome.NOT_YOURS),))
    view = BroadcastView(name=made.id, revision=made.revision, turned=view.turned, guided=True)
    return Answered(here.session.with_screen(_PARTS[0], broadcast=view))


def _usual(here: Here, deadline: date) -> Plan:
    return Plan(deadline=deadline, steps=usual_steps(deadline, here.world.now))


def widest(rights: Rights) -> str | None:
    """The unit whose people somebody can write to; ``None``: everybody."""
    reach = rights.reach(Act.WRITE_BROADCASTS)
    return None if reach.everything or not reach.units else reach.units[0]


async def rewritten(here: Here, part: str, stay: str | None = None, **changes: Any) -> Answered:
    """The draft with some of it changed, and the part that follows; with ``stay`` the screen of that name."""
    found = await draft_of(here)
    if found is None:
        return Answered(await reopened(here), notes=(outcome(here.say, Outcome.NOT_ALLOWED),))
    became = await _changed(here, found, changes)
    if became is not Outcome.DONE:
        return Answered(await reopened(here), notes=(outcome(here.say, became),))
    there = here.with_session(await _seen_again(here))
    return Answered(shown(there, stay) if stay else await onwards(there, part))


async def _changed(here: Here, found: Broadcast, changes: dict[str, Any]) -> Outcome:
    draft = found.draft.model_copy(update=changes)
    if draft == found.draft:
        return Outcome.DONE
    seen = view_of(here).revision
    revision = -1 if seen is None else seen
    return await here.world.admin.broadcasts.change(await rights_of(here), found.id, revision, draft)


async def _seen_again(here: Here) -> Session:
    """The session with the revision that one's own change made."""
    view, found = view_of(here), await draft_of(here)
    return here.session.with_changes(broadcast=view.model_copy(update={"revision": found.revision if found else None}))


async def onwards(here: Here, part: str) -> Session:
    """The part that follows in a new draft; the whole draft where one part was changed, or none is left."""
    found = await draft_of(here)
    if found is None or not view_of(here).guided:
        return await reopened(here)
    parts = (*_PARTS, *(_OF_CAMPAIGN if found.draft.plan else _OF_SINGLE))
    left = parts[parts.index(part) + 1 :] if part in parts else ()
    return shown(here, left[0]) if left else await opened(here, found.id) or await reopened(here)


def closed(here: Here) -> Page:
    """What is shown where nothing can be changed any more."""
    return Page(here.say(N_("This broadcast cannot be changed any more.")), options=(back_to(here),))


def back_to(here: Here) -> Option:
    """Back to the whole draft."""
    return Option(BACK, here.say.t(N_("Back to the broadcast")), ("quay lai", "back"))


def keep(here: Here, value: str) -> Option:
    """Leave a part as it is."""
    return Option(value, here.say.t(N_("Leave it so")), ("giu nguyen", "bo qua", "tiep", "keep"))
