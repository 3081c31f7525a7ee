"""Actions on a broadcast, and the confirmation before those that cannot be undone."""

from dataclasses import dataclass

from markupsafe import Markup

from handlers.broadcasts import format_checked_costs
from handlers.broadcasts.admin_text import format_approved, format_broadcast_heading, format_result
from handlers.broadcasts.rendering import BroadcastCallback, ButtonAction
from handlers.broadcasts.screens import (
    broadcast_view,
    current_broadcast,
    open_broadcast,
    to_broadcast_screen,
    to_current_broadcast,
)
from handlers.core import (
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    current_rights,
    format_count,
)
from handlers.model import Act, ActionResult, Broadcast, BroadcastState, DeliveryCounts, Rights
from locales import N_


async def move_broadcast(here: Context, to: BroadcastState, revision: int | None = None) -> HandlerResult:
    """Move the open broadcast and show it again; with a revision, only if it is still the one that was seen."""
    name, rights = broadcast_view(here).name or "", await current_rights(here)
    became = await here.world.admin.broadcasts.move(rights, name, to, revision)
    return HandlerResult(await to_current_broadcast(here), notes=await format_move_result(here, became, to))


async def format_move_result(
    here: Context, became: ActionResult, to: BroadcastState | None = None
) -> tuple[Markup, ...]:
    """Format the result of an action on the open broadcast."""
    said, found = format_result(here.say, became, to), await current_broadcast(here)
    return (
        format_approved(here.say, found)
        if found and became is ActionResult.DONE and to is BroadcastState.APPROVED
        else said,
    )


async def needs_another_approver(here: Context, rights: Rights, found: Broadcast) -> bool:
    """Return whether the broadcast waits for approval, but must be approved by somebody else."""
    if (
        found.state is not BroadcastState.CHECKED
        or found.checking
        or not rights.may(Act.APPROVE_BROADCASTS, found.unit)
    ):
        return False
    return await here.world.admin.broadcasts.needs_second_person(rights, found.id)


async def request_check(here: Context) -> HandlerResult:
    """Order a check of the whole list."""
    name = broadcast_view(here).name or ""
    became = await here.world.admin.broadcasts.request_check(await current_rights(here), name)
    if became is not ActionResult.DONE:
        return HandlerResult(await to_current_broadcast(here), notes=await format_move_result(here, became))
    note = here.say(N_("The whole list is being checked; the result comes here as a message."))
    return HandlerResult(await to_current_broadcast(here), notes=(note,))


async def send_test_message(here: Context) -> HandlerResult:
    """Send the message to this chat only, as a test."""
    sent = await here.world.admin.broadcasts.send_test(await current_rights(here), broadcast_view(here).name or "")
    yes = N_("It comes to you alone, with the values of the first recipient.")
    no = N_("It cannot be sent to you just now. Please look whether it has a text.")
    return HandlerResult(await to_current_broadcast(here), notes=(here.say(yes if sent else no),))


async def resend_unknown(here: Context) -> HandlerResult:
    """Send again to all recipients whose result is unknown."""
    rights, name = await current_rights(here), broadcast_view(here).name or ""
    many = await here.world.admin.broadcasts.resend(rights, name)
    done = here.say(N_("It is sent again to {number} people."), number=format_count(here.say, many))
    none = here.say(N_("Nothing was sent again."))
    return HandlerResult(await to_current_broadcast(here), notes=(done if many else none,))


YES, NO = "yes", "no"
#: Actions that take something away or reach people twice: their "no" comes first.
_RISKY_WISHES = frozenset({"cancel", "resend"})


class BroadcastConfirmScreen(OptionsOnlyScreen):
    """Asks for confirmation of the action ``view.wish``."""

    async def page(self, here: Context) -> Page:
        """Show what the action will do."""
        say, found, wish = here.say, await current_broadcast(here), broadcast_view(here).wish
        no = Option(NO, say.t(N_("No, leave it")), ("khong", "thoi", "no"))
        if found is None or wish is None:
            return Page(say(N_("Nothing was changed.")), options=(no,))
        asked, rights, broadcasts = question_for(found, wish), await current_rights(here), here.world.admin.broadcasts
        tally = await broadcasts.tally(rights, found.id)
        told = say(asked.told, number=format_count(say, count_affected(found, tally, wish)))
        yes = Option(YES, say.t(asked.yes), ("dong y", "co", "yes"))
        answers = (no, yes) if wish in _RISKY_WISHES else (yes, no)
        checked = await broadcasts.last_check(rights, found.id) if wish == "approve" else None
        costs = format_checked_costs(say, checked)
        return Page(say(asked.title), (format_broadcast_heading(found), *costs, told), answers, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Carry out the action, or leave the broadcast as it was."""
        wish = broadcast_view(here).wish
        if value != YES or wish is None:
            return await _leave_as_it_was(here)
        if wish == "resend":
            return await resend_unknown(here)
        if wish == "approve":
            seen = broadcast_view(here).revision
            return await move_broadcast(here, BroadcastState.APPROVED, -1 if seen is None else seen)
        return await move_broadcast(here, BroadcastState.RUNNING if wish == "start" else BroadcastState.CANCELLED)


async def _leave_as_it_was(here: Context) -> HandlerResult:
    """Cancel the action; a broadcast that was paused for the question goes on, unless somebody else has moved it."""
    if broadcast_view(here).paused:
        return await move_broadcast(here, BroadcastState.RUNNING, broadcast_view(here).revision)
    return HandlerResult(await to_current_broadcast(here), notes=(here.say(N_("Nothing was changed.")),))


@dataclass(frozen=True, slots=True)
class ConfirmQuestion:
    """A question, the effect of a yes, and the label of the button for it."""

    title: str
    told: str
    yes: str


_APPROVE = ConfirmQuestion(
    N_("<b>Approve it?</b>"),
    N_("Text and recipients cannot be changed afterwards. It leaves at its time, or when you tap “Send”."),
    N_("Yes, approve"),
)
_APPROVE_CAMPAIGN = ConfirmQuestion(
    N_("<b>Approve this campaign?</b>"),
    N_("Its text cannot be changed afterwards. It reminds by itself from then on, on the days of its plan."),
    N_("Yes, approve"),
)
_START = ConfirmQuestion(
    N_("<b>Send it now?</b>"),
    N_("It goes to {number} people, as fast as the channels allow."),
    N_("Yes, send it"),
)
_CANCEL = ConfirmQuestion(
    N_("<b>Call it off?</b>"),
    N_("What was sent stays sent; nobody else gets it. It cannot be begun again."),
    N_("Yes, call it off"),
)
_RESEND = ConfirmQuestion(
    N_("<b>Send it to them again?</b>"),
    N_("Of {number} people it is not known whether they got it. Some of them may get it twice."),
    N_("Yes, send it again"),
)
_QUESTIONS = {"start": _START, "cancel": _CANCEL, "resend": _RESEND}


def question_for(found: Broadcast, wish: str) -> ConfirmQuestion:
    """Return the question before an action: to approve, start, cancel or resend."""
    approval = _APPROVE_CAMPAIGN if found.is_campaign else _APPROVE
    return _QUESTIONS.get(wish, approval)


def count_affected(found: Broadcast, tally: DeliveryCounts, wish: str) -> int:
    """Return the number of people that the action concerns."""
    return tally.states.get("unknown", 0) if wish == "resend" else tally.open or found.recipients


_STATE_OF_ACTION = {ButtonAction.PAUSE: BroadcastState.PAUSED, ButtonAction.RESUME: BroadcastState.RUNNING}


async def handle_admin_button(here: Context, tap: BroadcastCallback) -> HandlerResult:
    """Handle a button of a notice: pause, resume, open, or pause and ask before cancelling.

    For a person without a role it is treated as an outdated button.
    """
    rights = await current_rights(here)
    if not rights.reach(Act.SEE_BROADCASTS):
        note = here.say(N_("That button belongs to an earlier step. The present question:"))
        return HandlerResult(here.session, notes=(note,))
    if tap.action in _STATE_OF_ACTION:
        return await _move_at_once(here, tap.broadcast, _STATE_OF_ACTION[tap.action])
    there = await open_broadcast(here, tap.broadcast)
    if there is None:
        return HandlerResult(here.session, notes=(here.say(N_("There is no such broadcast within your reach.")),))
    if tap.action is ButtonAction.CANCEL and rights.reach(Act.WRITE_BROADCASTS):
        return await _ask_before_cancel(here, there)
    return HandlerResult(there)


async def _ask_before_cancel(here: Context, there: Session) -> HandlerResult:
    """Pause the broadcast and ask before cancelling it, so that nothing is sent meanwhile."""
    seen, asked = broadcast_view(here), broadcast_view(here.with_session(there))
    if seen.paused and (seen.name, seen.revision) == (asked.name, asked.revision):
        return HandlerResult(to_broadcast_screen(here.with_session(there), "broadcast_yes", wish="cancel", paused=True))
    rights, name = await current_rights(here), asked.name or ""
    became = await here.world.admin.broadcasts.move(rights, name, BroadcastState.PAUSED)
    if became is not ActionResult.DONE:
        return HandlerResult(to_broadcast_screen(here.with_session(there), "broadcast_yes", wish="cancel"))
    paused = here.with_session(await open_broadcast(here, name) or there)
    note = here.say(N_("It is paused while you decide: nothing more leaves. “No, leave it” lets it go on."))
    return HandlerResult(to_broadcast_screen(paused, "broadcast_yes", wish="cancel", paused=True), notes=(note,))


async def _move_at_once(here: Context, broadcast: str, to: BroadcastState) -> HandlerResult:
    """Move a broadcast at once and keep the open screen; if it cannot be moved, show it."""
    became = await here.world.admin.broadcasts.move(await current_rights(here), broadcast, to)
    notes = await format_move_result(here, became, to)
    if became is ActionResult.DONE:
        return HandlerResult(here.session, notes=notes, show=False)
    return HandlerResult(await open_broadcast(here, broadcast) or here.session, notes=notes)
