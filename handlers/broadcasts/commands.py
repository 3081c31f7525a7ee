"""Commands about reminders: no more of them, and what is typed where a reminder has no buttons."""

from handlers.broadcasts.answering import answered_reminder, no_such_reminder
from handlers.broadcasts.taps import DAYS, TYPED, Action, BroadcastTap
from handlers.command import Command
from handlers.page import Answered
from handlers.screen import Here
from handlers.screens.reminders import RECEIVED_AGAIN
from locales import N_

_SCREENS = frozenset({"stop_reminders", "no_reminders"})
_LATER = {str(days): action for action, days in DAYS.items()}


async def stop_reminders(here: Here, _: str) -> Answered:
    """Ask before it is done; where it was done already, offer the way back."""
    if await here.world.reminders.is_stopped():
        return Answered(here.session.open_visit("no_reminders"))
    return Answered(here.session.open_visit("stop_reminders"))


async def receive_again(here: Here, _: str) -> Answered:
    """Reminders are wanted again."""
    stopped = await here.world.reminders.is_stopped()
    await here.world.reminders.resume()
    note = RECEIVED_AGAIN if stopped else N_("You get reminders already. /dungnhan stops them.")
    session = here.session.to_previous_screen() if here.session.screen in _SCREENS else here.session
    return Answered(session, notes=(here.say(note),))


async def _now(here: Here, code: str) -> Answered:
    return await _typed(here, Action.NOW, code)


async def _done(here: Here, code: str) -> Answered:
    return await _typed(here, Action.DONE, code)


async def _later(here: Here, argument: str) -> Answered:
    code, _, days = argument.strip().partition(" ")
    if code in _LATER:
        code, days = "", code
    return await _typed(here, _LATER.get(days.strip(), Action.LATER), code)


async def _typed(here: Here, action: Action, code: str) -> Answered:
    """Without a code it is about the latest reminder."""
    meant = code.strip() or await here.world.reminders.latest()
    if meant is None:
        return no_such_reminder(here)
    tap = BroadcastTap.parse(f"bc|{action}|{meant.upper()}")
    if tap:
        return await answered_reminder(here, tap)
    example = BroadcastTap(action, "TB-000012").typed_command
    note = here.say(N_("Please type it as it stands in the reminder, with its code: {example}"), example=example)
    return Answered(here.session, notes=(note,), show=False)


#: In no menu: they stand in the reminders themselves.
REMINDER_COMMANDS = (
    Command(TYPED[Action.NOW], N_("begin with what a reminder is about"), _now, before_consent=True),
    Command(TYPED[Action.DONE], N_("what a reminder is about is done"), _done, before_consent=True),
    Command(TYPED[Action.LATER], N_("remind me on another day"), _later, before_consent=True),
)
