"""Moving the open request, and what became of it."""

from collections.abc import Mapping

from markupsafe import Markup

from handlers.office.desk_view import listed, opened, view_of
from handlers.office.holding import labels_of, rights_of
from handlers.office.list_words import overtaken
from handlers.office.model import Move, Moved
from handlers.office.move_words import not_from_here
from handlers.page import Answered
from handlers.requests.model import State
from handlers.requests.words import STATES
from handlers.screen import Here
from locales import N_

BAD_REASON = N_("Please write the reason in 1 to 500 characters, without any personal number (CCCD).")


async def moved(here: Here, to: State, note: str) -> Answered:
    """Move the open request as it was seen, and show it as it stands then."""
    code, revision = here.session.about or "", view_of(here).revision
    seen = -1 if revision is None else revision
    rights = await rights_of(here)
    done = await here.world.admin.desk.move(rights, code, to, seen, note)
    told = _outcome(here, code, done, await labels_of(here, rights))
    return Answered(await opened(here, code) or listed(here), notes=(told,))


def _outcome(here: Here, code: str, done: Moved, labels: Mapping[str, str]) -> Markup:
    say, filed = here.say, done.filed
    if done.outcome is Move.MOVED and filed:
        state = say(STATES[filed.request.state])
        return say(N_("{code} now stands at: <b>{state}</b>. Its officer is told."), code=code, state=state)
    if done.outcome is Move.OVERTAKEN and filed:
        return overtaken(say, filed, labels)
    if done.outcome is Move.NO_REASON:
        return say(BAD_REASON)
    if done.outcome is Move.NOT_ALLOWED and filed:
        return Markup("{}: {}.").format(code, not_from_here(say.t, filed.request.state))
    return say(N_("There is no such request that your role lets you change."))
