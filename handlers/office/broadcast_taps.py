"""Buttons of the messages that tell an admin how far a broadcast is. They may be older than anything on the screen."""

from handlers.broadcasts.model import Life, Outcome
from handlers.broadcasts.taps import Action, BroadcastTap
from handlers.office.broadcast_moving import told
from handlers.office.broadcast_view import opened, shown, view_of
from handlers.office.holding import rights_of
from handlers.office.rights import Act
from handlers.page import Answered
from handlers.screen import Here
from handlers.session import Session
from locales import N_

_MOVES = {Action.PAUSE: Life.PAUSED, Action.RESUME: Life.RUNNING}


async def admin_tapped(here: Here, tap: BroadcastTap) -> Answered:
    """Pause, go on, pause and ask before calling off, or open it; without a role it is a button of long ago."""
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
        return await _cancelling(here, there)
    return Answered(there)


async def _cancelling(here: Here, there: Session) -> Answered:
    """Ask before it is called off; nothing more leaves while that is thought over."""
    seen, asked = view_of(here), view_of(here.with_session(there))
    if seen.paused and (seen.name, seen.revision) == (asked.name, asked.revision):
        return Answered(shown(here.with_session(there), "broadcast_yes", wish="cancel", paused=True))
    rights, name = await rights_of(here), asked.name or ""
    became = await here.world.admin.broadcasts.move(rights, name, Life.PAUSED)
    if became is not Outcome.DONE:
        return Answered(shown(here.with_session(there), "broadcast_yes", wish="cancel"))
    paused = here.with_session(await opened(here, name) or there)
    note = here.say(N_("It is paused while you decide: nothing more leaves. “No, leave it” lets it go on."))
    return Answered(shown(paused, "broadcast_yes", wish="cancel", paused=True), notes=(note,))


async def _moved(here: Here, broadcast: str, to: Life) -> Answered:
    """Moved as it stands now, and the open screen stays; where it cannot be moved, it is shown as it stands."""
    became = await here.world.admin.broadcasts.move(await rights_of(here), broadcast, to)
    notes = await told(here, became, to)
    if became is Outcome.DONE:
        return Answered(here.session, notes=notes, show=False)
    return Answered(await opened(here, broadcast) or here.session, notes=notes)
