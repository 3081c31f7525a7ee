"""Buttons of the messages that tell an admin how far a broadcast is. They may be older than anything on the screen."""

from handlers.broadcasts.model import Life, Outcome
from handlers.broadcasts.taps import Action, BroadcastTap
from handlers.office.broadcast_moving import told
from handlers.office.broadcast_view import opened, shown
from handlers.office.holding import rights_of
from handlers.office.rights import Act
from handlers.page import Answered
from handlers.screen import Here
from locales import N_

_MOVES = {Action.PAUSE: Life.PAUSED, Action.RESUME: Life.RUNNING}


async def admin_tapped(here: Here, tap: BroadcastTap) -> Answered:
    """Pause or go on at once, ask before calling off, or open it; without a role it is a button of long ago."""
    rights = await rights_of(here)
    if not rights.reach(Act.SEE_BROADCASTS):
        note = here.say(N_("That button belongs to an earlier step. The present question:"))
        return Answered(here.session, notes=(note,))
    if tap.action in _MOVES:
        return await _moved(here, tap.broadcast, _MOVES[tap.action])
    there = await opened(here, tap.broadcast)
    if there is None:
        return Answered(here.session, notes=(here.say(N_("There is no such broadcast within your reach.")),))
    if tap.action is Action.CANCEL and rights.reach(Act.WRITE_BROADCASTS):
        return Answered(shown(here.then(there), "broadcast_yes", wish="cancel"))
    return Answered(there)


async def _moved(here: Here, broadcast: str, to: Life) -> Answered:
    """Moved as it stands now, and the open screen stays; where it cannot be moved, it is shown as it stands."""
    became = await here.world.admin.broadcasts.move(await rights_of(here), broadcast, to)
    notes = await told(here, became, to)
    if became is Outcome.DONE:
        return Answered(here.session, notes=notes, show=False)
    return Answered(await opened(here, broadcast) or here.session, notes=notes)
