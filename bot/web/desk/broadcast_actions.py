"""Do what the page of a broadcast offers: take a list or document, check, try, move, report."""

import asyncio
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import structlog
from starlette.responses import Response

from bot.channels import parse_address
from bot.errors import Forbidden, InputError, OutputError
from bot.exports.broadcast_files import BroadcastDocument, ListedPerson, find_people, read_document, read_people_apart
from bot.pages import attachment_headers
from bot.store import Store
from bot.web.desk.broadcasts import (
    ASKED,
    NO_BROADCAST,
    RESEND,
    TO,
    broadcast_page,
    find_broadcast,
    show_broadcast,
    show_broadcasts,
)
from bot.web.desk.compose import COMPOSE_ROUTES
from bot.web.desk.site import Afterwards, DeskRoute, DeskVisit
from handlers.broadcasts.admin_text import RESULT_MESSAGES
from handlers.broadcasts.screens.detail import PAUSE, REPORT_ELSEWHERE, REPORT_PROBLEMS
from handlers.core import Attachment
from handlers.model import XLSX, Act, ActionResult, Broadcast, BroadcastDraft
from locales import N_
from rules.calendar import to_vietnam_day

if TYPE_CHECKING:
    from bot.exports.broadcast_report import ReportOrder

_log = structlog.get_logger(__name__)

#: Rows of a report that is made while a browser waits.
_MOST_REPORT_ROWS = 20_000
_NO_FILE = N_("Please choose a file first. Nothing was changed.")
_WRONG_LINES = N_("{file}: {count} lines cannot be taken. Nothing was changed. Please mend them and choose it again.")
_NO_DOCUMENT = N_("No file goes along with this broadcast.")


async def check(visit: DeskVisit) -> Response:
    """Let the whole list be checked; the result is shown here and told in the chat."""
    code = str(visit.request.path_params["code"])[:20].upper()
    became = await visit.admin.broadcasts.request_check(visit.rights, code)
    return _to_page(visit, code, "check" if became is ActionResult.DONE else became)


async def send_test(visit: DeskVisit) -> Response:
    """Send the message to the person alone."""
    code = str(visit.request.path_params["code"])[:20].upper()
    sent = await visit.admin.broadcasts.send_test(visit.rights, code)
    return _to_page(visit, code, "to_me" if sent else "not_to_me")


async def move(visit: DeskVisit) -> Response:
    """Approve, start, pause, go on or call off, as it was seen; what cannot be undone is asked first."""
    one, name = await find_broadcast(visit), visit.form.get("act")
    if one is None:
        return visit.sorry(NO_BROADCAST, 404)
    if name not in {*TO, RESEND}:
        return _to_page(visit, one.id, ActionResult.NOT_ALLOWED)
    if name in ASKED and visit.form.get("sure") != "1":
        return visit.to(f"/desk/broadcasts/{one.id}?ask={name}")
    if name == RESEND:
        number = await visit.admin.broadcasts.resend(visit.rights, one.id)
        return _to_page(visit, one.id, "resend" if number else "nothing", number=number)
    typed = visit.form.get("revision")
    seen = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else -1
    revision = None if name == PAUSE else seen  # to stop it never fails for somebody else's change
    became = await visit.admin.broadcasts.move(visit.rights, one.id, TO[name], revision)
    return _to_page(visit, one.id, name if became is ActionResult.DONE else became)


def _to_page(visit: DeskVisit, code: str, done: str, **further: object) -> Response:
    return visit.to(f"/desk/broadcasts/{code}?{urlencode({'done': done, **further})}")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A file that cannot be used."""

    error: InputError


async def read_list(file: Attachment) -> tuple[ListedPerson, ...] | _Refused:
    """Read a list of people in a process of its own, before any transaction opens."""
    try:
        return await read_people_apart(file.content, file.name[:100])
    except InputError as error:
        return _Refused(error)


async def read_file(file: Attachment) -> BroadcastDocument | _Refused:
    """Look whether a file is one that is sent along."""
    try:
        return read_document(file.name, file.content, file.name[:100])
    except InputError as error:
        return _Refused(error)


async def set_people(visit: DeskVisit) -> Response:
    """Send it to the people of a list alone, or to all within its other conditions again."""
    one = await find_broadcast(visit)
    if one is None:
        return visit.sorry(NO_BROADCAST, 404)
    if visit.form.get("remove") == "1":
        return await _change_draft(visit, one, _with_people(one, None), "no_people")
    read = visit.read
    if read is None or isinstance(read, _Refused):
        return await _say(visit, one, _format_refusal(visit, read))
    found = await find_people(visit.admin, visit.rights, read, parse_address)
    if found.wrong:
        file = visit.form.file.name[:100] if visit.form.file else ""
        message = visit.say.t(_WRONG_LINES, file=file, count=len(found.wrong))
        return await _say(visit, one, message, found.tell_wrong(visit.say.t))
    return await _change_draft(visit, one, _with_people(one, found.chats), "people")


def _with_people(one: Broadcast, chats: tuple[str, ...] | None) -> BroadcastDraft:
    audience = one.draft.audience.model_copy(update={"chats": chats})
    return one.draft.model_copy(update={"audience": audience})


async def set_document(visit: DeskVisit) -> Response:
    """Let a document go along, another one, or none."""
    one = await find_broadcast(visit)
    if one is None:
        return visit.sorry(NO_BROADCAST, 404)
    if visit.form.get("remove") == "1":
        return await _change_draft(visit, one, one.draft.model_copy(update={"document": None}), "no_document")
    read = visit.read
    if read is None or isinstance(read, _Refused):
        return await _say(visit, one, _format_refusal(visit, read))
    draft = one.draft.model_copy(update={"document": read.name, "document_type": read.media_type})
    return await _change_draft(visit, one, draft, "document", read.content)


async def show_document(visit: DeskVisit) -> Response:
    """Hand over what goes along: nobody approves a file unseen."""
    found = await visit.admin.broadcasts.document(visit.rights, str(visit.request.path_params["code"])[:20].upper())
    if found is None:
        return visit.sorry(_NO_DOCUMENT, 404)
    headers = attachment_headers(found.name, len(found.content))
    return Response(found.content, media_type="application/octet-stream", headers=headers)


def _format_refusal(visit: DeskVisit, read: _Refused | None) -> str:
    return read.error.say(visit.say.t) if read else visit.say.t(_NO_FILE)


async def _say(visit: DeskVisit, one: Broadcast, message: str, lines: list[str] | None = None) -> Response:
    return await broadcast_page(visit, one, message, "", status=400, wrong_lines=lines or [])


async def _change_draft(
    visit: DeskVisit, one: Broadcast, draft: BroadcastDraft, done: str, document: bytes | None = None
) -> Response:
    typed = visit.form.get("revision")
    revision = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else -1
    became = await visit.admin.broadcasts.change(visit.rights, one.id, revision, draft, document)
    if became is ActionResult.NOT_YOURS:
        return visit.sorry(RESULT_MESSAGES[became], 403)
    return visit.to(f"/desk/broadcasts/{one.id}?done={done if became is ActionResult.DONE else became}")


@dataclass(frozen=True, slots=True)
class BroadcastPages:
    """The pages of broadcasts; a report is written in a folder of its own."""

    store: Store
    folder: Path

    def routes(self) -> tuple[DeskRoute, ...]:
        """Return their addresses."""
        see, write = Act.SEE_BROADCASTS, Act.WRITE_BROADCASTS
        return (
            DeskRoute("GET", "/desk/broadcasts", see, show_broadcasts),
            *COMPOSE_ROUTES,
            DeskRoute("GET", "/desk/broadcasts/{code}/document", see, show_document),
            DeskRoute("POST", "/desk/broadcasts/{code}/document", write, set_document, takes=read_file),
            DeskRoute("POST", "/desk/broadcasts/{code}/people", write, set_people, takes=read_list),
            DeskRoute("GET", "/desk/broadcasts/{code}", see, show_broadcast),
            DeskRoute("POST", "/desk/broadcasts/{code}/check", write, check),
            DeskRoute("POST", "/desk/broadcasts/{code}/test", write, send_test),
            DeskRoute("POST", "/desk/broadcasts/{code}/move", write, move),
            DeskRoute("POST", "/desk/broadcasts/{code}/report", see, self._make_report, reads=True),
        )

    async def _make_report(self, visit: DeskVisit) -> Response:
        """Answer with a spreadsheet of all recipients and what became of each, once this transaction is closed."""
        await asyncio.to_thread(import_module, "bot.exports.broadcast_report")
        from bot.exports.broadcast_report import ReportOrder  # noqa: PLC0415 - heavy: loaded where a report is made

        one, rights, broadcasts = await find_broadcast(visit), visit.rights, visit.admin.broadcasts
        if one is None:
            return visit.sorry(NO_BROADCAST, 404)
        steps = await broadcasts.steps(rights, one.id)
        chat, channel = visit.session.chat, visit.session.channel
        order = ReportOrder(rights, one, steps, visit.say.t, visit.now, chat=chat, channel=channel)
        rows = sum([(await broadcasts.tally(rights, source.id)).total for source in order.sources])
        if rows > _MOST_REPORT_ROWS:
            elsewhere = visit.say(REPORT_ELSEWHERE, code=one.id)
            message = f"{visit.say.t(REPORT_PROBLEMS['too_much'])} {elsewhere.striptags()}"
            return await broadcast_page(visit, one, message, "", status=413)
        return Afterwards(lambda: self._write_report(visit, order))

    async def _write_report(self, visit: DeskVisit, order: "ReportOrder") -> Response:
        from bot.exports.broadcast_report import make_report_bytes  # noqa: PLC0415 - as above

        try:
            content, _ = await make_report_bytes(self.store, order, self.folder)
        except Forbidden:
            return visit.sorry(REPORT_PROBLEMS["not_yours"], 403)
        except OutputError as error:
            _log.error("report_not_made", error=type(error).__name__)
            return visit.sorry(REPORT_PROBLEMS["failed"], 503)
        name = f"{order.broadcast.id}-{to_vietnam_day(order.now).isoformat()}.xlsx"
        return Response(content, media_type=XLSX, headers=attachment_headers(name, len(content)))
