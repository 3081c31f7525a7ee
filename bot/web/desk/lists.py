"""The pages of lists: an export that is ordered and fetched, and a list that comes back with its changes."""

from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from bot.exports.process import read_sheet
from bot.pages import attachment_headers
from bot.store import SESSION_AGE, PageExport
from bot.web.desk.filters import parse_filter, to_query
from bot.web.desk.requests import today_of, told
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import format_actor
from handlers.admin import format_filter
from handlers.admin.exports import format_export_cancelled, format_export_queued
from handlers.admin.imports import SHEET_PROBLEMS, format_line_problem
from handlers.core import Attachment, capitalize_first, format_size, strip_markup
from handlers.model import (
    EXPORT_FORM_LABELS,
    MAX_BULK_MOVES,
    OPEN_LIST,
    Act,
    ExportForm,
    ExportOrder,
    Filter,
    ImportLine,
    ImportPlan,
    ImportSheet,
)
from handlers.requests import STATE_LABELS
from locales import N_

#: Rows of each kind that the page names; more are counted.
_NAMED = 500
_NO_FILE = N_("Please choose the file first.")
_NONE_WAITS = N_("No list waits here any more.")
_CHANGES_NOTHING = N_("The list changes nothing.")
_OVERTAKEN = N_("Something has changed since you saw the list; nothing was applied. It stands now as follows.")


async def read_list(file: Attachment) -> ImportSheet:
    """Read a list in a process of its own."""
    return await read_sheet(file.content)


async def show_import(visit: DeskVisit) -> Response:
    """Show where to drop a file, or what the list that waits would change."""
    name = visit.param("list", 20)
    if not name:
        return _form_page(visit, told(visit))
    lines = await visit.admin.lists.load_lines(name)
    if lines is None:
        return _form_page(visit, _NONE_WAITS, status=404)
    return await _plan_page(visit, name, lines, "")


def _form_page(visit: DeskVisit, message: str, *, status: int = 200) -> Response:
    return visit.page("desk_import.html", status=status, told=message, plan=None)


async def take_list(visit: DeskVisit) -> Response:
    """Keep the lines of a file until they are applied or dropped; nothing is changed yet."""
    sheet: ImportSheet | None = visit.read
    if sheet is None:
        return _form_page(visit, _NO_FILE, status=400)
    if sheet.trouble is not None:
        return _form_page(visit, SHEET_PROBLEMS[sheet.trouble], status=400)
    plan = await visit.admin.lists.plan(visit.rights, sheet.lines)
    if not (plan.changes or plan.conflicts or plan.bad or plan.notes_alone):
        return _form_page(visit, _CHANGES_NOTHING)
    name = await visit.admin.lists.save_lines(sheet.lines)
    return visit.to(f"/desk/import?{urlencode({'list': name})}")


async def apply_list(visit: DeskVisit) -> Response:
    """Make all changes as they were seen, or none; or drop the list."""
    name, imports = visit.form.get("list")[:20], visit.admin.lists
    lines = await imports.load_lines(name)
    if lines is None:
        return _form_page(visit, _NONE_WAITS, status=404)
    if visit.form.get("apply") != "1":
        await imports.drop_lines()
        return visit.to("/desk/import?done=nothing")
    done = await imports.apply(visit.rights, lines, visit.form.get("mark")[:64])
    if not done.applied:
        return await _plan_page(visit, name, lines, _OVERTAKEN, status=409)
    await imports.drop_lines()
    return visit.to(f"/desk/requests?{to_query(Filter(changed_at=visit.now), done='imported')}")


async def _plan_page(
    visit: DeskVisit, name: str, lines: tuple[ImportLine, ...], message: str, *, status: int = 200
) -> Response:
    plan = await visit.admin.lists.plan(visit.rights, lines)
    numbers = {line.code: line.number for line in lines}
    return visit.page(
        "desk_import.html", status=status, told=message, plan=plan, name=name, read=len(lines), most=MAX_BULK_MOVES,
        changes=_changes(visit, plan, numbers), conflicts=await _conflicts(visit, plan),
        bad=_format_rejected(visit, plan), notes=plan.notes_alone[:_NAMED], named=_NAMED,
    )  # fmt: skip


def _changes(visit: DeskVisit, plan: ImportPlan, numbers: dict[str, int]) -> list[dict[str, object]]:
    t = visit.say.t
    return [
        {
            "line": numbers[one.code],
            "code": one.code,
            "before": t(STATE_LABELS[one.before]),
            "was": one.before.value,
            "after": t(STATE_LABELS[one.to]),
            "is": one.to.value,
            "note": one.note,
        }
        for one in plan.changes[:_NAMED]
    ]


async def _conflicts(visit: DeskVisit, plan: ImportPlan) -> list[dict[str, object]]:
    labels, t = (await visit.labels() if plan.conflicts else {}), visit.say.t
    return [
        {
            "line": one.line.number,
            "code": one.line.code,
            "wanted": t(STATE_LABELS[one.line.state]) if one.line.state else one.line.word,
            "now": t(STATE_LABELS[one.now.state]),
            "is": one.now.state.value,
            "who": format_actor(t, one.now.actor, labels),
            "at": one.now.changed_at,
        }
        for one in plan.conflicts[:_NAMED]
    ]


def _format_rejected(visit: DeskVisit, plan: ImportPlan) -> list[dict[str, object]]:
    return [
        {"line": one.line.number, "code": one.line.code[:32] or "–", "why": format_line_problem(visit.say, one)}
        for one in plan.bad[:_NAMED]
    ]


IMPORT_ROUTES = (
    DeskRoute("GET", "/desk/import", Act.IMPORT_REQUESTS, show_import),
    DeskRoute("POST", "/desk/import", Act.IMPORT_REQUESTS, take_list, takes=read_list),
    DeskRoute("POST", "/desk/import/apply", Act.IMPORT_REQUESTS, apply_list),
)


_GONE = N_("This file can no longer be fetched: order the export again.")
_UNREADABLE = N_("The export could not be written. Please order it again.")


async def show_exports(visit: DeskVisit) -> Response:
    """Show the export under way, the files of the last one, and the kinds of file that the list can be had as."""
    read = parse_filter(visit.request.url.query, visit.units, today_of(visit))
    if visit.param("marked") and not read.wanted.codes:
        return visit.to(f"/desk/requests?{to_query(OPEN_LIST, done='none_marked')}")
    rights, t, latest = visit.rights, visit.say.t, await visit.downloads.latest()
    said = "" if visit.param("done", 20) == "ordered" else told(visit)  # the progress says so
    in_chat, running = await visit.admin.lists.running(), latest if latest and latest.is_open else None
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
        started = await visit.admin.lists.start(visit.rights, order, total, said)
    return visit.to(f"/desk/exports?done={'ordered' if started else 'busy'}")


async def cancel_export(visit: DeskVisit) -> Response:
    """Call the export off; nothing of it is sent."""
    ended = await visit.downloads.cancel(visit.rights)
    ended = ended or await visit.admin.lists.cancel(visit.rights, format_export_cancelled(visit.say))
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
