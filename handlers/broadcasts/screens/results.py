"""The results of a broadcast: counts by state and reason, unknown deliveries, and the report as a file."""

from markupsafe import Markup, escape

from handlers.access.current_rights import current_rights
from handlers.broadcasts.admin_text import format_broadcast_heading, format_broadcast_progress
from handlers.broadcasts.notices import format_skip_reasons
from handlers.broadcasts.screens.list import (
    broadcast_view,
    current_broadcast,
    to_broadcast_screen,
    to_current_broadcast,
)
from handlers.broadcasts.text import format_delivery_reason, format_state
from handlers.core.events import MakeReport, ReportMade
from handlers.core.replies import Attachment
from handlers.core.screen import Context, HandlerResult, Option, OptionsOnlyScreen, Page, back_option
from handlers.core.text import join_lines
from handlers.model.broadcast import Broadcast, DeliveryCounts, Recipient
from handlers.model.rights import Act, Rights
from locales import N_

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
