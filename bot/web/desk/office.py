"""The pages of exports: what the list can be had as, and the one under way."""

from starlette.responses import Response

from bot.web.desk.filters import parse_filter, to_query
from bot.web.desk.requests import today_of, told
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.admin import format_filter
from handlers.admin.exports import format_export_cancelled, format_export_queued
from handlers.core import capitalize_first
from handlers.model import EXPORT_FORM_LABELS, Act, ExportForm, ExportOrder


async def show_exports(visit: DeskVisit) -> Response:
    """Show the export under way, or the kinds of file that the list can be had as."""
    read = parse_filter(visit.request.url.query, visit.units, today_of(visit))
    running = await visit.admin.exports.running()
    total = await visit.admin.desk.count(visit.rights, read.wanted, Act.EXPORT_REQUESTS)
    t = visit.say.t
    masked = visit.rights.reach(Act.SEE_PERSONAL) != visit.rights.reach(Act.EXPORT_REQUESTS)
    return visit.page(
        "desk_exports.html", running=running, total=total, query=to_query(read.wanted), masked=masked,
        filter=format_filter(read.wanted, visit.units, t), told=told(visit),
        forms=[(one.value, capitalize_first(t(label))) for one, label in EXPORT_FORM_LABELS.items()],
    )  # fmt: skip


async def order_export(visit: DeskVisit) -> Response:
    """Order an export; its file arrives in the person's conversation, as if it had been ordered there."""
    read, form = parse_filter(visit.form.get("query"), visit.units, today_of(visit)), visit.form.get("kind")
    if form not in set(ExportForm) or read.unread:
        return visit.to("/desk/exports?done=nothing")
    total = await visit.admin.desk.count(visit.rights, read.wanted, Act.EXPORT_REQUESTS)
    language = "en" if visit.say.language == "en" else "vi"
    order = ExportOrder(wanted=read.wanted, form=ExportForm(form), language=language)
    said = format_export_queued(visit.say, order.form, total)
    started = await visit.admin.exports.start(visit.rights, order, total, said) if total else None
    return visit.to(f"/desk/exports?done={'ordered' if started else 'busy' if total else 'nothing'}")


async def cancel_export(visit: DeskVisit) -> Response:
    """Call the export off; nothing of it is sent."""
    ended = await visit.admin.exports.cancel(visit.rights, format_export_cancelled(visit.say))
    return visit.to(f"/desk/exports?done={'called_off' if ended else 'nothing'}")


OFFICE_ROUTES = (
    DeskRoute("GET", "/desk/exports", Act.EXPORT_REQUESTS, show_exports),
    DeskRoute("POST", "/desk/exports", Act.EXPORT_REQUESTS, order_export, in_chat=True),
    DeskRoute("POST", "/desk/exports/cancel", Act.EXPORT_REQUESTS, cancel_export, in_chat=True),
)
