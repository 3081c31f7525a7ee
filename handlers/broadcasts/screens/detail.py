"""The screens of one broadcast: its decisions and progress, the actions that its state allows, and its results."""

from collections.abc import Iterator, Mapping

from markupsafe import Markup, escape

from handlers.broadcasts import admin_text as words
from handlers.broadcasts import format_delivery_reason, format_state
from handlers.broadcasts.admin_text import (
    format_audience,
    format_audience_counts,
    format_broadcast_heading,
    format_broadcast_progress,
)
from handlers.broadcasts.notices import format_skip_reasons
from handlers.broadcasts.screens import (
    CHANGEABLE_STATES,
    broadcast_view,
    current_broadcast,
    open_broadcast,
    to_broadcast_list,
    to_broadcast_screen,
    to_current_broadcast,
)
from handlers.broadcasts.screens.confirm import move_broadcast, needs_another_approver, request_check, send_test_message
from handlers.core import (
    Attachment,
    Context,
    HandlerResult,
    MakeReport,
    MarkupTranslator,
    Option,
    OptionsOnlyScreen,
    Page,
    ReportMade,
    Session,
    back_option,
    current_rights,
    format_count,
    holder_labels,
    join_lines,
)
from handlers.model import (
    EXPIRY_CAMPAIGN,
    Act,
    ActionResult,
    Broadcast,
    BroadcastState,
    DeliveryCounts,
    Recipient,
    Rights,
)
from locales import N_

CHECK, APPROVE, START, PAUSE, RESUME, CANCEL = "check", "approve", "start", "pause", "resume", "cancel"
TO_ME, EDIT, PREVIEW, RESULTS, STEPS, LOOK = "to_me", "edit", "preview", "results", "steps", "look"
#: Labels of the actions, and their typed names.
_ACTION_LABELS = {
    CHECK: (N_("Check"), ("kiem tra", "check")),
    APPROVE: (N_("Approve"), ("duyet", "phe duyet", "approve")),
    START: (N_("Send"), ("gui", "bat dau", "start", "send")),
    PAUSE: (N_("Pause"), ("tam dung", "dung", "pause")),
    RESUME: (N_("Go on with it"), ("tiep tuc", "gui tiep", "resume")),
    TO_ME: (N_("Send it to me"), ("gui thu cho toi", "gui thu", "thu", "try")),
    EDIT: (N_("Change it"), ("sua", "edit")),
    CANCEL: (N_("Call it off"), ("huy", "huy bo", "cancel")),
    PREVIEW: (N_("Preview"), ("xem truoc", "preview")),
    RESULTS: (N_("Results"), ("ket qua", "results")),
    STEPS: (N_("Its reminders"), ("cac lan nhac", "lan nhac", "steps")),
    LOOK: (N_("Look again"), ("xem lai", "den dau", "look")),
}
#: Actions by state, the most likely one first.
_ACTIONS_OF_STATE: Mapping[BroadcastState, tuple[str, ...]] = {
    BroadcastState.DRAFT: (CHECK, TO_ME, EDIT, CANCEL),
    BroadcastState.CHECKED: (APPROVE, TO_ME, EDIT, CANCEL),
    BroadcastState.APPROVED: (CANCEL,),
    BroadcastState.SCHEDULED: (START, CANCEL),
    BroadcastState.RUNNING: (PAUSE, CANCEL),
    BroadcastState.PAUSED: (RESUME, CANCEL),
}
#: States in which the progress changes without any action.
_SENDING_STATES = frozenset({BroadcastState.APPROVED, BroadcastState.SCHEDULED, BroadcastState.RUNNING})


def action_options(
    say: MarkupTranslator, rights: Rights, found: Broadcast, *, steps: bool, waits_for_another: bool = False
) -> tuple[Option, ...]:
    """Return the buttons.

    Args:
        say: The translator.
        rights: The person's rights.
        found: The broadcast.
        steps: Whether it has made other broadcasts.
        waits_for_another: Whether somebody else has to approve it.
    """
    to_do = (one for one in _action_values(rights, found) if one != APPROVE or not waits_for_another)
    values = (*to_do, *_view_values(found, steps=steps))
    buttons = tuple(Option(value, say.t(_ACTION_LABELS[value][0]), _ACTION_LABELS[value][1]) for value in values)
    back = N_("Back to its campaign") if found.parent else N_("Back to the list")
    return (*buttons, back_option(say.t, back))


def _action_values(rights: Rights, found: Broadcast) -> Iterator[str]:
    for value in _ACTIONS_OF_STATE.get(found.state, ()):
        act = Act.APPROVE_BROADCASTS if value == APPROVE else Act.WRITE_BROADCASTS
        waits = found.checking and value in {CHECK, APPROVE}
        always_there = found.id == EXPIRY_CAMPAIGN and value == CANCEL
        of_campaign = found.parent is not None and value == EDIT
        if rights.may(act, found.unit) and not (waits or always_there or of_campaign):
            yield value


def _view_values(found: Broadcast, *, steps: bool) -> Iterator[str]:
    yield PREVIEW
    if steps or found.is_campaign:
        yield STEPS
    if (
        not found.is_campaign
        and found.id != EXPIRY_CAMPAIGN
        and found.state not in {*CHANGEABLE_STATES, BroadcastState.APPROVED}
    ):
        yield RESULTS
    if found.checking or found.state in _SENDING_STATES:
        yield LOOK


#: Buttons that open another screen.
LINKED_SCREENS = {
    PREVIEW: "broadcast_preview",
    EDIT: "broadcast_edit",
    RESULTS: "broadcast_results",
    STEPS: "broadcast_steps",
}
#: States in which messages are or were being sent.
_STARTED_STATES = frozenset(
    {BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.FINISHED, BroadcastState.CANCELLED}
)


class BroadcastScreen(OptionsOnlyScreen):
    """Shows the broadcast as it stands at this moment."""

    async def page(self, here: Context) -> Page:
        """Show state, schedule, audience, text or progress, and the possible actions."""
        say, found, rights = here.say, await current_broadcast(here), await current_rights(here)
        if found is None:
            back = back_option(say.t, N_("Back to the list"))
            return Page(say(N_("There is no such broadcast within your reach.")), options=(back,))
        standing = words.format_authorship(say, found, await holder_labels(here, rights))
        about = say(
            N_("Recipients: {audience}"), audience=format_audience(found.draft.audience, here.world.units, say.t)
        )
        open_still = found.state in CHANGEABLE_STATES
        more = (
            await _format_draft(here, rights, found)
            if open_still
            else await _format_broadcast_so_far(here, rights, found)
        )
        waits = await needs_another_approver(here, rights, found)
        who = (
            (
                words.format_result(say, ActionResult.SECOND_PERSON),
                await words.format_possible_approvers(here, rights, found),
            )
            if waits
            else ()
        )
        told = (standing, words.format_schedule(say, found), about, *more, *who)
        steps = bool(await here.world.admin.broadcasts.steps(rights, found.id)) and not open_still
        options = action_options(say, rights, found, steps=steps, waits_for_another=waits)
        return Page(words.format_broadcast_heading(found), tuple(one for one in told if one), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Carry out an action, ask for its confirmation, or open another screen."""
        if value in LINKED_SCREENS:
            return HandlerResult(to_broadcast_screen(here, LINKED_SCREENS[value]))
        if value in {APPROVE, START, CANCEL}:
            return HandlerResult(to_broadcast_screen(here, "broadcast_yes", wish=value))
        if value in {CHECK, TO_ME}:
            return await (request_check(here) if value == CHECK else send_test_message(here))
        if value in {PAUSE, RESUME}:
            return await move_broadcast(here, BroadcastState.PAUSED if value == PAUSE else BroadcastState.RUNNING)
        return HandlerResult(await to_current_broadcast(here) if value == LOOK else await _to_parent(here))


async def _to_parent(here: Context) -> Session:
    """Return from a step to its campaign, else to the list."""
    found = await current_broadcast(here)
    campaign = await open_broadcast(here, found.parent, "broadcast_steps") if found else None
    return campaign or to_broadcast_list(here)


async def _format_draft(here: Context, rights: Rights, found: Broadcast) -> tuple[Markup, ...]:
    """Format the texts, the number of people reached at this moment, and the last check."""
    say, broadcasts = here.say, here.world.admin.broadcasts
    writes = rights.may(Act.WRITE_BROADCASTS, found.unit)
    many = format_audience_counts(say, await broadcasts.count(rights, found.draft.audience)) if writes else Markup()
    checked = await broadcasts.last_check(rights, found.id)
    findings = words.format_check_report(say, checked) if checked and not found.checking else ()
    return (many, words.format_buttons(say, found.draft), *words.format_texts(say, found.draft), *findings)


async def _format_broadcast_so_far(here: Context, rights: Rights, found: Broadcast) -> tuple[Markup, ...]:
    """Format the progress; a campaign has none of its own."""
    say = here.say
    if found.is_campaign:
        return (words.format_buttons(say, found.draft),)
    if found.state not in _STARTED_STATES:
        return (say(N_("Recipients by the last check: {number}"), number=format_count(say, found.recipients)),)
    tally = await here.world.admin.broadcasts.tally(rights, found.id)
    return (words.format_broadcast_progress(say, tally),) if tally.total else ()


FILE = "file"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FAILED = N_("The file could not be made. Please ask for it once more in a moment.")
_NOT_YOURS = N_("This broadcast is not within your reach any more, so there is no file.")
_ELSEWHERE = N_("For a file with every recipient: <b>troly broadcast report {code}</b>")
REPORT_PROBLEMS = {
    "no_files": N_("This channel sends no files."),
    "too_much": N_("There are too many recipients for a file in a chat."),
    "not_yours": _NOT_YOURS,
    "failed": _FAILED,
}
#: Problems for which the command line can still write the report.
_WRITTEN_ELSEWHERE = {"no_files", "too_much"}


def report_option(here: Context) -> Option:
    """Return the button that orders the report."""
    return Option(FILE, here.say.t(N_("Get the Excel file")), ("nhan tep", "tep excel", "excel", "file"))


def request_report(here: Context) -> HandlerResult:
    """Order the report of the open broadcast; it is made after this turn, outside its transaction."""
    soon = here.say(N_("I am making the file; it comes right away."))
    wanted = MakeReport(broadcast=broadcast_view(here).name or "", language=here.session.language)
    return HandlerResult(here.session, notes=(soon,), again=(wanted,), show=False)


async def handle_report(here: Context, event: MakeReport | ReportMade) -> HandlerResult:
    """Send the report or tell why there is none; an order that nobody carried out counts as failed."""
    if isinstance(event, MakeReport) or event.content is None:
        trouble = event.trouble if isinstance(event, ReportMade) else None
        return _report_not_delivered(here, event.broadcast, trouble or "failed")
    found = await _current_broadcast_of_report(here, event)
    return (
        _deliver_report(here, event, found, event.content)
        if found
        else _report_not_delivered(here, event.broadcast, "not_yours")
    )


async def _current_broadcast_of_report(here: Context, event: ReportMade) -> Broadcast | None:
    """Return the broadcast only if the person still holds every role by which the names in the report were read."""
    rights = await current_rights(here)
    if not event.roles <= {grant.id for grant in rights.grants}:
        return None
    return await here.world.admin.broadcasts.get(rights, event.broadcast)


def _deliver_report(here: Context, event: ReportMade, found: Broadcast, content: bytes) -> HandlerResult:
    say = here.say
    told = say(
        N_("Rows: <b>{count}</b>. Stands at: <b>{state}</b>"), count=event.rows, state=format_state(say.t, found)
    )
    file = Attachment.of(f"{found.id}-{here.today.isoformat()}.xlsx", XLSX, content)
    return HandlerResult(
        here.session, notes=(join_lines(format_broadcast_heading(found), told),), attachments=(file,), show=False
    )


def _report_not_delivered(here: Context, code: str, trouble: str) -> HandlerResult:
    elsewhere = (here.say(_ELSEWHERE, code=code),) if trouble in _WRITTEN_ELSEWHERE else ()
    return HandlerResult(here.session, notes=(here.say(REPORT_PROBLEMS[trouble]), *elsewhere), show=False)


RESEND, LOOK_AGAIN = "resend", "look"
UNKNOWN = "unknown"
#: People named one by one.
NAMED = 20


class BroadcastResultsScreen(OptionsOnlyScreen):
    """Shows the number of recipients by state and reason."""

    async def page(self, here: Context) -> Page:
        """Show the counts, and the people whose delivery is unknown."""
        say, found, rights = here.say, await current_broadcast(here), await current_rights(here)
        if found is None:
            return Page(say(N_("There is no such broadcast within your reach.")), options=(_back_option(here),))
        tally = await here.world.admin.broadcasts.tally(rights, found.id)
        if not tally.total:
            return Page(
                format_broadcast_heading(found),
                (say(N_("Nobody is on its list yet.")),),
                _result_options(here, rights, found, tally),
            )
        because = format_skip_reasons(say, tally)
        why = join_lines(say(N_("Of these, with a reason:")), because) if because else Markup()
        told = (
            format_broadcast_progress(say, tally),
            why,
            *await _format_unknown_recipients(here, rights, found, tally),
        )
        return Page(format_broadcast_heading(found), told, _result_options(here, rights, found, tally), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Send again to the unknown ones, refresh, order the report, or go back."""
        if value == FILE:
            return request_report(here)
        if value == RESEND:
            return HandlerResult(to_broadcast_screen(here, "broadcast_yes", wish="resend"))
        return HandlerResult(here.session if value == LOOK_AGAIN else await to_current_broadcast(here))


async def _format_unknown_recipients(
    here: Context, rights: Rights, found: Broadcast, tally: DeliveryCounts
) -> tuple[Markup, ...]:
    """Name the people whose delivery is unknown."""
    if not tally.states.get(UNKNOWN):
        return ()
    people = await here.world.admin.broadcasts.recipients(rights, found.id, NAMED, state=UNKNOWN)
    more = tally.states[UNKNOWN] - len(people)
    rest = here.say(N_("and {number} more"), number=more) if more > 0 else Markup()
    head = here.say(N_("Perhaps sent, perhaps not; never sent again unless you say so:"))
    return (join_lines(head, *(escape(f"• {_format_recipient(here, one)}") for one in people), rest),)


def _format_recipient(here: Context, one: Recipient) -> str:
    why = format_delivery_reason(here.say.t, one.reason)
    return " · ".join(part for part in (one.code, one.name, why) if part)


def _result_options(here: Context, rights: Rights, found: Broadcast, tally: DeliveryCounts) -> tuple[Option, ...]:
    t = here.say.t
    resend = Option(RESEND, t(N_("Send again to those unknown")), ("gui lai", "resend"))
    look = Option(LOOK_AGAIN, t(N_("Look again")), ("xem lai", "look"))
    again = tally.states.get(UNKNOWN) and rights.may(Act.WRITE_BROADCASTS, found.unit)
    file = (report_option(here),) if tally.total else ()
    return (*([resend] if again else []), *([look] if tally.open else []), *file, _back_option(here))


def _back_option(here: Context) -> Option:
    return back_option(here.say.t, N_("Back to the broadcast"))
