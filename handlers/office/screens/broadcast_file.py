"""A broadcast's report as a file: asked for on a button, made after that turn, handed over in the next."""

from handlers.broadcasts.model import Broadcast
from handlers.broadcasts.report_words import life
from handlers.events import MakeReport, ReportMade
from handlers.office.broadcast_view import view_of
from handlers.office.broadcast_words import heading
from handlers.office.holding import rights_of
from handlers.page import Answered, Option
from handlers.replies import Attachment
from handlers.screen import Here
from handlers.voice import lines
from locales import N_

FILE = "file"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FAILED = N_("The file could not be made. Please ask for it once more in a moment.")
_NOT_YOURS = N_("This broadcast is not within your reach any more, so there is no file.")
_ELSEWHERE = N_("For a file with every recipient: <b>troly broadcast report {code}</b>")
TROUBLES = {
    "no_files": N_("This channel sends no files."),
    "too_much": N_("There are too many recipients for a file in a chat."),
    "not_yours": _NOT_YOURS,
    "failed": _FAILED,
}
#: What the command line can still do.
_WRITTEN_ELSEWHERE = {"no_files", "too_much"}


def file_option(here: Here) -> Option:
    """The button that asks for it."""
    return Option(FILE, here.say.t(N_("Get the Excel file")), ("nhan tep", "tep excel", "excel", "file"))


def file_asked(here: Here) -> Answered:
    """The report of the open broadcast is made after this turn, outside its transaction."""
    soon = here.say(N_("I am making the file; it comes right away."))
    wanted = MakeReport(broadcast=view_of(here).name or "", language=here.session.language)
    return Answered(here.session, notes=(soon,), again=(wanted,), show=False)


async def report_arrived(here: Here, event: MakeReport | ReportMade) -> Answered:
    """The file, or why there is none; one that nobody made counts as failed."""
    if isinstance(event, MakeReport) or event.content is None:
        trouble = event.trouble if isinstance(event, ReportMade) else None
        return _without(here, event.broadcast, trouble or "failed")
    found = await _still_theirs(here, event)
    return _handed_over(here, event, found, event.content) if found else _without(here, event.broadcast, "not_yours")


async def _still_theirs(here: Here, event: ReportMade) -> Broadcast | None:
    """The broadcast, where every role is still held by which its names were read."""
    rights = await rights_of(here)
    if not event.roles <= {grant.id for grant in rights.grants}:
        return None
    return await here.world.admin.broadcasts.get(rights, event.broadcast)


def _handed_over(here: Here, event: ReportMade, found: Broadcast, content: bytes) -> Answered:
    say = here.say
    told = say(N_("Rows: <b>{count}</b>. Stands at: <b>{state}</b>"), count=event.rows, state=life(say.t, found))
    file = Attachment.of(f"{found.id}-{here.today.isoformat()}.xlsx", XLSX, content)
    return Answered(here.session, notes=(lines(heading(found), told),), attachments=(file,), show=False)


def _without(here: Here, code: str, trouble: str) -> Answered:
    elsewhere = (here.say(_ELSEWHERE, code=code),) if trouble in _WRITTEN_ELSEWHERE else ()
    return Answered(here.session, notes=(here.say(TROUBLES[trouble]), *elsewhere), show=False)
