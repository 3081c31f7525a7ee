"""What is done to a broadcast on its page: checked, tried, moved, sent once more, reported."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import structlog
from starlette.responses import Response

from bot.errors import Forbidden, OutputError
from bot.pages import attachment_headers
from bot.store import Store
from bot.web.desk.broadcast_files import FILE_ROUTES
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
from handlers.broadcasts.screens.detail import PAUSE, REPORT_ELSEWHERE, REPORT_PROBLEMS
from handlers.model import XLSX, Act, ActionResult
from rules.calendar import to_vietnam_day

if TYPE_CHECKING:
    from bot.exports.broadcast_report import ReportOrder

_log = structlog.get_logger(__name__)

#: Rows of a report that is made while a browser waits.
_MOST_REPORT_ROWS = 20_000


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
            *FILE_ROUTES,
            DeskRoute("GET", "/desk/broadcasts/{code}", see, show_broadcast),
            DeskRoute("POST", "/desk/broadcasts/{code}/check", write, check),
            DeskRoute("POST", "/desk/broadcasts/{code}/test", write, send_test),
            DeskRoute("POST", "/desk/broadcasts/{code}/move", write, move),
            DeskRoute("POST", "/desk/broadcasts/{code}/report", see, self._make_report, reads=True),
        )

    async def _make_report(self, visit: DeskVisit) -> Response:
        """Answer with a spreadsheet of all recipients and what became of each, once this transaction is closed."""
        from bot.exports.broadcast_report import ReportOrder  # noqa: PLC0415 - a service imports it at its start (``bot.app``)

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
        return Afterwards(lambda: self._written(visit, order))

    async def _written(self, visit: DeskVisit, order: "ReportOrder") -> Response:
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
