"""Answers to reminders (do it now, done already, another day), by button or command; the open screen stays as it is."""

from collections.abc import Iterable
from datetime import timedelta

from markupsafe import Markup

from handlers.broadcasts.rendering import BUTTON_LABELS, LATER_DAYS, TYPED_COMMANDS, BroadcastCallback, ButtonAction
from handlers.core import (
    NO,
    NO_SYNONYMS,
    YES,
    YES_SYNONYMS,
    Choice,
    Command,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    current_decision,
    format_day,
    format_weekday,
    registrable_actions,
)
from handlers.interview import to_next_screen
from handlers.model import BroadcastButton, RequestState
from handlers.requests import PROCEDURE_LABELS
from locales import LANGUAGES, N_, translator
from rules.language.spelling import fold
from rules.outcome import Procedure

AGAIN, GO_ON = "again", "continue"
REMINDERS_RESUMED = N_("You will get reminders again. /dungnhan stops them.")


class StopRemindersScreen(OptionsOnlyScreen):
    """Asks for confirmation, because without reminders the person may miss a deadline."""

    async def page(self, here: Context) -> Page:
        """Explain which messages stop and which do not."""
        t = here.say.t
        what = here.say(
            N_(
                "Then I remind you of no deadline any more, not of the end of your certificate either. I still answer"
                " when you write, and tell you what becomes of your requests."
            )
        )
        options = (
            Option(YES, t(N_("Stop the reminders")), (*YES_SYNONYMS, "dung nhan")),
            Option(NO, t(N_("Keep reminding me")), (*NO_SYNONYMS, "van nhan")),
        )
        return Page(here.say(N_("<b>Stop the reminders?</b>")), (what,), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Stop all reminders, including those already queued."""
        if value == NO:
            return HandlerResult(here.session.to_previous_screen(), notes=(here.say(N_("Reminders go on as before.")),))
        withheld = await here.world.reminders.stop()
        note = here.say(N_("Reminders that were on their way and will not come: {number}."), number=withheld)
        return HandlerResult(here.session.with_changes(screen="no_reminders"), notes=(note,) if withheld else ())


class NoRemindersScreen(OptionsOnlyScreen):
    """Tells that reminders are stopped."""

    async def page(self, here: Context) -> Page:
        """Offer to resume them."""
        t = here.say.t
        options = (
            Option(AGAIN, t(N_("Remind me again")), ("nhan lai", "nhac lai", "again")),
            Option(GO_ON, t(N_("Continue")), ("tiep tuc", "continue")),
        )
        return Page(here.say(N_("You get no reminders. /nhanlai takes that back at any time.")), options=options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Return to the screen the person came from."""
        if value == AGAIN:
            await here.world.reminders.resume()
            return HandlerResult(here.session.to_previous_screen(), notes=(here.say(REMINDERS_RESUMED),))
        return HandlerResult(here.session.to_previous_screen())


#: States of requests that count as if there were no request.
_VOID_STATES = frozenset({RequestState.DRAFT, RequestState.REFUSED, RequestState.WITHDRAWN})


async def open_procedures(here: Context) -> tuple[Procedure, ...]:
    """Return the procedures still to be registered, in the order of the decision; empty before a decision."""
    decided = current_decision(here)
    if here.session.consented_at is None or decided is None:
        return ()
    requested = await _requested_procedures(here)
    return tuple(action.procedure for action in registrable_actions(decided) if action.procedure not in requested)


async def _requested_procedures(here: Context) -> frozenset[str]:
    """Return the procedures with a request for the certificate of this interview."""
    read = here.session.certificate
    key = here.session.registered_key or (read.certificate_key if read else None)
    if key is None:
        return frozenset()
    known = [one for one in await here.world.requests.mine() if one.content.certificate_key == key]
    return frozenset(one.content.procedure for one in known if one.state not in _VOID_STATES)


#: Screens of the interview and the request form: if one is open it stays open, including ticks.
_WORK_SCREENS = frozenset(
    {"question", "condition", "unit", "former_unit", "belonging", "certificate", "form", "confirm"}
)


async def resume_open_work(here: Context) -> HandlerResult:
    """Open what the person should do next.

    This is, in this order: consent, the interview or draft under way, procedures still to register, a request that was
    sent back, the first question.
    """
    if here.session.consented_at is None:
        return HandlerResult(here.session.with_screen("welcome"))
    session = to_work_screen(here.session) or to_next_screen(here)
    if _is_under_way(here.with_session(session)):
        return HandlerResult(session)
    if owed := await open_procedures(here):
        return HandlerResult(
            session.with_screen("answer"),
            notes=(_format_open_procedures(here, [PROCEDURE_LABELS[one] for one in owed]),),
        )
    return await _open_returned_request(here) or _resume_without_work(here, session)


def _is_under_way(here: Context) -> bool:
    session = here.session
    begun = bool(session.answers or session.offered)
    return session.draft is not None or (begun and (session.screen != "answer" or current_decision(here) is None))


async def _open_returned_request(here: Context) -> HandlerResult | None:
    """Open the newest request that was sent back for correction."""
    waiting = [one for one in await here.world.requests.mine() if one.state is RequestState.SENT_BACK]
    return HandlerResult(here.session.with_screen("request", about=waiting[0].code)) if waiting else None


def _resume_without_work(here: Context, session: Session) -> HandlerResult:
    if session.screen != "answer":
        return HandlerResult(session)
    note = here.say(N_("By what you told me, nothing is left to be registered for this certificate."))
    return HandlerResult(session.with_screen("next"), notes=(note,))


def to_work_screen(session: Session) -> Session | None:
    """Return the session on the interview or form that is open, or was open before a short visit elsewhere."""
    if session.screen in _WORK_SCREENS:
        return session
    return session.to_previous_screen() if session.came_from and session.came_from.screen in _WORK_SCREENS else None


def _format_open_procedures(here: Context, owed: list[str]) -> Markup:
    what = ", ".join(map(here.say.t, owed))
    return here.say(N_("Still to be registered: <b>{what}</b>."), what=what)


_IN_DAYS = {
    ButtonAction.LATER_1: N_("Tomorrow, {weekday}"),
    ButtonAction.LATER_3: N_("In 3 days, {weekday}"),
    ButtonAction.LATER_7: N_("In a week, {weekday}"),
}

_WEEKEND = (5, 6)
_NEXT_WORKING_DAY = N_("Should no reminders leave on that day, it comes on the next working day.")
#: The labels of the buttons can be typed too, because a button may be missing or have scrolled away.
_ACTION_OF_LABEL = {
    fold(translator(code)(BUTTON_LABELS[one])): ButtonAction(one) for code in LANGUAGES for one in BroadcastButton
}


async def answer_typed_reminder(here: Context, text: str) -> HandlerResult | None:
    """Handle the typed label of a reminder's button; it applies to the latest reminder.

    Return ``None`` for other texts.
    """
    action = _ACTION_OF_LABEL.get(fold(text))
    latest = await here.world.reminders.latest() if action else None
    return await answer_tapped_reminder(here, BroadcastCallback(action, latest)) if action and latest else None


async def answer_tapped_reminder(here: Context, tap: BroadcastCallback) -> HandlerResult:
    """Handle the button of a reminder, which may be weeks old, on any screen."""
    match tap.action:
        case ButtonAction.NOW:
            return await resume_open_work(here)
        case ButtonAction.DONE:
            return await _answer_done(here, tap)
        case ButtonAction.LATER:
            return await _ask_when(here, tap)
        case _:
            return await _answer_later(here, tap)


async def _answer_done(here: Context, tap: BroadcastCallback) -> HandlerResult:
    """Believe the person that the task is done, but mention procedures that the assistant thinks are still open."""
    if not await here.world.reminders.mark_done(tap.broadcast):
        return answer_unknown_reminder(here)
    thanks = here.say(
        N_(
            "Thank you. I will not remind you of this any more. If that was a slip, you can still choose another day"
            " for the reminder."
        )
    )
    back = (ButtonAction.LATER, here.say.t(BUTTON_LABELS[BroadcastButton.LATER]))
    owed = await open_procedures(here)
    if not owed:
        return _reply_beside_page(here, (thanks,), [back], tap)
    what = ", ".join(here.say.t(PROCEDURE_LABELS[one]) for one in owed)
    open_still = here.say(
        N_("By what you told me, a request is still to be registered here: <b>{what}</b>. Shall we do it now?"),
        what=what,
    )
    return _reply_beside_page(
        here, (thanks, open_still), [(ButtonAction.NOW, here.say.t(BUTTON_LABELS[BroadcastButton.NOW])), back], tap
    )


async def _ask_when(here: Context, tap: BroadcastCallback) -> HandlerResult:
    if not await here.world.reminders.has_received(tap.broadcast):
        return answer_unknown_reminder(here)
    t = here.say.t
    days = [(action, here.today + timedelta(days=number)) for action, number in LATER_DAYS.items()]
    offered = [(action, t(_IN_DAYS[action], weekday=format_weekday(t, wanted))) for action, wanted in days]
    return _reply_beside_page(here, (here.say(N_("When shall I remind you again?")),), offered, tap)


async def _answer_later(here: Context, tap: BroadcastCallback) -> HandlerResult:
    wanted = here.today + timedelta(days=LATER_DAYS[tap.action])
    if not await here.world.reminders.postpone(tap.broadcast, wanted):
        return answer_unknown_reminder(here)
    when = here.say(
        N_("Very well: I will remind you again on {weekday}, {day}."),
        weekday=format_weekday(here.say.t, wanted),
        day=format_day(wanted),
    )
    off = here.say(_NEXT_WORKING_DAY) if wanted.weekday() in _WEEKEND else Markup()
    stopped = await here.world.reminders.is_stopped()
    but = here.say(N_("You have stopped reminders, though: /nhanlai lets them come again.")) if stopped else Markup()
    return HandlerResult(here.session, notes=tuple(one for one in (when, off, but) if one), show=False)


def answer_unknown_reminder(here: Context) -> HandlerResult:
    """Tell that no such reminder was sent to this chat."""
    note = here.say(N_("I find no such reminder to you, so nothing was changed. /trogiup shows what I can do."))
    return HandlerResult(here.session, notes=(note,), show=False)


def _reply_beside_page(
    here: Context, notes: tuple[Markup, ...], offered: Iterable[tuple[ButtonAction, str]], tap: BroadcastCallback
) -> HandlerResult:
    """Return notes with buttons for the same reminder; they stay valid whatever is said in between."""
    choices = tuple(Choice(label=label, tap=str(BroadcastCallback(action, tap.broadcast))) for action, label in offered)
    return HandlerResult(here.session, notes=notes, choices=choices, show=False)


_REMINDER_SCREENS = frozenset({"stop_reminders", "no_reminders"})
_LATER = {str(days): action for action, days in LATER_DAYS.items()}


async def stop_reminders(here: Context, _: str) -> HandlerResult:
    """Ask for confirmation before stopping reminders; if they are stopped already, offer to resume them."""
    if await here.world.reminders.is_stopped():
        return HandlerResult(here.session.open_visit("no_reminders"))
    return HandlerResult(here.session.open_visit("stop_reminders"))


async def resume_reminders(here: Context, _: str) -> HandlerResult:
    stopped = await here.world.reminders.is_stopped()
    await here.world.reminders.resume()
    note = REMINDERS_RESUMED if stopped else N_("You get reminders already. /dungnhan stops them.")
    session = here.session.to_previous_screen() if here.session.screen in _REMINDER_SCREENS else here.session
    return HandlerResult(session, notes=(here.say(note),))


async def begin_reminder(here: Context, code: str) -> HandlerResult:
    """Begin with what a reminder is about."""
    return await _run_typed(here, ButtonAction.NOW, code)


async def _run_done(here: Context, code: str) -> HandlerResult:
    return await _run_typed(here, ButtonAction.DONE, code)


async def _run_later(here: Context, argument: str) -> HandlerResult:
    code, _, days = argument.strip().partition(" ")
    if code in _LATER:
        code, days = "", code
    return await _run_typed(here, _LATER.get(days.strip(), ButtonAction.LATER), code)


async def _run_typed(here: Context, action: ButtonAction, code: str) -> HandlerResult:
    """Handle a typed command; without a code it applies to the latest reminder."""
    meant = code.strip() or await here.world.reminders.latest()
    if meant is None:
        return answer_unknown_reminder(here)
    tap = BroadcastCallback.parse(f"bc|{action}|{meant.upper()}")
    if tap:
        return await answer_tapped_reminder(here, tap)
    example = BroadcastCallback(action, "TB-000012").typed_command
    note = here.say(N_("Please type it as it stands in the reminder, with its code: {example}"), example=example)
    return HandlerResult(here.session, notes=(note,), show=False)


#: These commands are in no menu; the reminders themselves name them.
REMINDER_COMMANDS = (
    Command(
        TYPED_COMMANDS[ButtonAction.NOW], N_("begin with what a reminder is about"), begin_reminder, before_consent=True
    ),
    Command(TYPED_COMMANDS[ButtonAction.DONE], N_("what a reminder is about is done"), _run_done, before_consent=True),
    Command(TYPED_COMMANDS[ButtonAction.LATER], N_("remind me on another day"), _run_later, before_consent=True),
)
