"""What a person answers to a reminder: do it now, done already, another day. The open screen stays as it is."""

from collections.abc import Iterable
from datetime import timedelta

from markupsafe import Markup

from handlers.broadcasts.model import Button
from handlers.broadcasts.owing import still_owed
from handlers.broadcasts.rendering import LABELS
from handlers.broadcasts.reopening import reopened
from handlers.broadcasts.taps import DAYS, Action, BroadcastTap
from handlers.dates import day, weekday
from handlers.folding import fold
from handlers.page import Answered
from handlers.replies import Choice
from handlers.requests.words import PROCEDURES
from handlers.screen import Here
from locales import LANGUAGES, N_, translator

_IN_DAYS = {
    Action.LATER_1: N_("Tomorrow, {weekday}"),
    Action.LATER_3: N_("In 3 days, {weekday}"),
    Action.LATER_7: N_("In a week, {weekday}"),
}

_WEEKEND = (5, 6)
_NEXT_WORKING_DAY = N_("Should no reminders leave on that day, it comes on the next working day.")
#: A button's label is typed where there is none to tap, or it has scrolled away.
_TYPED = {fold(translator(code)(LABELS[one])): Action(one) for code in LANGUAGES for one in Button}


async def answered_in_words(here: Here, text: str) -> Answered | None:
    """What a reminder's button says, typed: it is about the latest one; ``None`` for anything else."""
    action = _TYPED.get(fold(text))
    latest = await here.world.reminders.latest() if action else None
    return await answered_reminder(here, BroadcastTap(action, latest)) if action and latest else None


async def answered_reminder(here: Here, tap: BroadcastTap) -> Answered:
    """An answer to a reminder that may be weeks old, whatever screen is open."""
    match tap.action:
        case Action.NOW:
            return await reopened(here)
        case Action.DONE:
            return await _done(here, tap)
        case Action.LATER:
            return await _when(here, tap)
        case _:
            return await _later(here, tap)


async def _done(here: Here, tap: BroadcastTap) -> Answered:
    """Taken at the person's word; what the assistant knows otherwise is said, and left to them."""
    if not await here.world.reminders.mark_done(tap.broadcast):
        return no_such_reminder(here)
    thanks = here.say(
        N_(
            "Thank you. I will not remind you of this any more. If that was a slip, you can still choose another day"
            " for the reminder."
        )
    )
    back = (Action.LATER, here.say.t(LABELS[Button.LATER]))
    owed = await still_owed(here)
    if not owed:
        return _aside(here, (thanks,), [back], tap)
    what = ", ".join(here.say.t(PROCEDURES[one]) for one in owed)
    open_still = here.say(
        N_("By what you told me, a request is still to be registered here: <b>{what}</b>. Shall we do it now?"),
        what=what,
    )
    return _aside(here, (thanks, open_still), [(Action.NOW, here.say.t(LABELS[Button.NOW])), back], tap)


async def _when(here: Here, tap: BroadcastTap) -> Answered:
    if not await here.world.reminders.has_received(tap.broadcast):
        return no_such_reminder(here)
    t = here.say.t
    days = [(action, here.today + timedelta(days=number)) for action, number in DAYS.items()]
    offered = [(action, t(_IN_DAYS[action], weekday=weekday(t, wanted))) for action, wanted in days]
    return _aside(here, (here.say(N_("When shall I remind you again?")),), offered, tap)


async def _later(here: Here, tap: BroadcastTap) -> Answered:
    wanted = here.today + timedelta(days=DAYS[tap.action])
    if not await here.world.reminders.postpone(tap.broadcast, wanted):
        return no_such_reminder(here)
    when = here.say(
        N_("Very well: I will remind you again on {weekday}, {day}."),
        weekday=weekday(here.say.t, wanted),
        day=day(wanted),
    )
    off = here.say(_NEXT_WORKING_DAY) if wanted.weekday() in _WEEKEND else Markup()
    stopped = await here.world.reminders.is_stopped()
    but = here.say(N_("You have stopped reminders, though: /nhanlai lets them come again.")) if stopped else Markup()
    return Answered(here.session, notes=tuple(one for one in (when, off, but) if one), show=False)


def no_such_reminder(here: Here) -> Answered:
    """Said where none such came to this chat."""
    note = here.say(N_("I find no such reminder to you, so nothing was changed. /trogiup shows what I can do."))
    return Answered(here.session, notes=(note,), show=False)


def _aside(here: Here, notes: tuple[Markup, ...], offered: Iterable[tuple[Action, str]], tap: BroadcastTap) -> Answered:
    """Notes with buttons of the same reminder; they are good whatever is said in between."""
    choices = tuple(Choice(label=label, tap=str(BroadcastTap(action, tap.broadcast))) for action, label in offered)
    return Answered(here.session, notes=notes, choices=choices, show=False)
