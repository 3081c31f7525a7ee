"""The pages of exports: an order that is fetched here, or sent to the conversation; how far it is, its files."""

from markupsafe import Markup
from starlette.responses import Response

from bot.pages import attachment_headers
from bot.store import SESSION_AGE, PageExport
from bot.web.desk.filters import parse_filter, to_query
from bot.web.desk.requests import today_of, told
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.admin import format_filter
from handlers.admin.exports import format_export_cancelled, format_export_queued
from handlers.core import capitalize_first, format_size, strip_markup
from handlers.model import EXPORT_FORM_LABELS, OPEN_LIST, Act, ExportForm, ExportOrder
from locales import N_

_GONE = N_("This file can no longer be fetched: order the export again.")
_UNREADABLE = N_("The export could not be written. Please order it again.")


async def show_exports(visit: DeskVisit) -> Response:
    """Show the export under way, the files of the last one, and the kinds of file that the list can be had as."""
    read = parse_filter(visit.request.url.query, visit.units, today_of(visit))
    if visit.param("marked") and not read.wanted.codes:
        return visit.to(f"/desk/requests?{to_query(OPEN_LIST, done='none_marked')}")
    rights, t, latest = visit.rights, visit.say.t, await visit.downloads.latest()
    said = "" if visit.param("done", 20) == "ordered" else told(visit)  # the progress says so
    in_chat, running = await visit.admin.exports.running(), latest if latest and latest.is_open else None
    files = [
        {"number": one.number, "name": one.facts.name, "size": format_size(visit.say, one.facts.size)}
        for one in await visit.downloads.files(rights)
    ]
    return visit.page(
        "desk_exports.html", running=running or in_chat, to_chat=running is None, files=files, latest=latest,
        total=await visit.admin.desk.count(rights, read.wanted, Act.EXPORT_REQUESTS), query=to_query(read.wanted),
        masked=rights.reach(Act.SEE_PERSONAL) != rights.reach(Act.EXPORT_REQUESTS), said=_outcome(visit, latest),
        until=latest.changed_at + SESSION_AGE if latest else None, told=said,
        wanted=format_filter(latest.order.wanted, visit.units, t) if latest and latest.order else "",
        filter=format_filter(read.wanted, visit.units, t), may_import=bool(rights.reach(Act.IMPORT_REQUESTS)),
        forms=[(one.value, capitalize_first(t(label))) for one, label in EXPORT_FORM_LABELS.items()],
    )  # fmt: skip


def _outcome(visit: DeskVisit, latest: PageExport | None) -> list[str]:
    """Return what is said of an export that has ended, without the list of its files."""
    if latest is None or latest.state not in {"done", "failed"}:
        return []
    if latest.order is None or not (latest.order.told or latest.state == "done"):
        return [visit.say.t(_UNREADABLE)]
    return [strip_markup(Markup(said)).partition("\n")[0] for said in latest.order.told]  # noqa: S704 - our own words


async def order_export(visit: DeskVisit) -> Response:
    """Order an export: to be fetched here, or to arrive in the person's conversation as if ordered there."""
    read, form = parse_filter(visit.form.get("query"), visit.units, today_of(visit)), visit.form.get("kind")
    if form not in set(ExportForm) or read.unread:
        return visit.to("/desk/exports?done=nothing")
    total = await visit.admin.desk.count(visit.rights, read.wanted, Act.EXPORT_REQUESTS)
    if not total:
        return visit.to("/desk/exports?done=nothing")
    language = "en" if visit.say.language == "en" else "vi"
    order = ExportOrder(wanted=read.wanted, form=ExportForm(form), language=language)
    if visit.form.get("to") == "page":
        started = await visit.downloads.start(visit.rights, order, total)
    else:
        said = format_export_queued(visit.say, order.form, total)
        started = await visit.admin.exports.start(visit.rights, order, total, said)
    return visit.to(f"/desk/exports?done={'ordered' if started else 'busy'}")


async def cancel_export(visit: DeskVisit) -> Response:
    """Call the export off; nothing of it is sent."""
    ended = await visit.downloads.cancel(visit.rights)
    ended = ended or await visit.admin.exports.cancel(visit.rights, format_export_cancelled(visit.say))
    return visit.to(f"/desk/exports?done={'called_off' if ended else 'nothing'}")


async def fetch_file(visit: DeskVisit) -> Response:
    """Hand a file of the last export over, as often as it is asked for while it is kept."""
    task, number = str(visit.request.path_params["task"])[:20].upper(), visit.request.path_params["number"]
    found = await visit.downloads.fetch(visit.rights, task, number)
    if found is None:
        return visit.sorry(_GONE, 404)
    facts, content = found
    headers = attachment_headers(facts.name, len(content))
    return Response(content, media_type="application/octet-stream", headers=headers)


EXPORT_ROUTES = (
    DeskRoute("GET", "/desk/exports", Act.EXPORT_REQUESTS, show_exports),
    DeskRoute("POST", "/desk/exports", Act.EXPORT_REQUESTS, order_export, in_chat=True),
    DeskRoute("POST", "/desk/exports/cancel", Act.EXPORT_REQUESTS, cancel_export, in_chat=True),
    DeskRoute("GET", "/desk/exports/{task}/{number:int}", Act.EXPORT_REQUESTS, fetch_file),
)
