"""The pages of an exported list that comes back: choose the file, look at each change, apply all of them or none."""

from urllib.parse import urlencode

from starlette.responses import Response

from bot.exports.process import read_sheet
from bot.web.desk.filters import to_query
from bot.web.desk.requests import told
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import format_actor
from handlers.admin.imports import SHEET_PROBLEMS, format_line_problem
from handlers.core import Attachment
from handlers.model import MAX_BULK_MOVES, Act, Filter, ImportLine, ImportPlan, ImportSheet
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
    lines = await visit.admin.imports.load_lines(name)
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
    plan = await visit.admin.imports.plan(visit.rights, sheet.lines)
    if not (plan.changes or plan.conflicts or plan.bad or plan.notes_alone):
        return _form_page(visit, _CHANGES_NOTHING)
    name = await visit.admin.imports.save_lines(sheet.lines)
    return visit.to(f"/desk/import?{urlencode({'list': name})}")


async def apply_list(visit: DeskVisit) -> Response:
    """Make all changes as they were seen, or none; or drop the list."""
    name, imports = visit.form.get("list")[:20], visit.admin.imports
    lines = await imports.load_lines(name)
    if lines is None:
        return _form_page(visit, _NONE_WAITS, status=404)
    if visit.form.get("apply") != "1":
        await imports.drop_lines(name)
        return visit.to("/desk/import?done=nothing")
    done = await imports.apply(visit.rights, lines, visit.form.get("mark")[:64])
    if not done.applied:
        return await _plan_page(visit, name, lines, _OVERTAKEN, status=409)
    await imports.drop_lines(name)
    return visit.to(f"/desk/requests?{to_query(Filter(changed_at=visit.now), done='imported')}")


async def _plan_page(
    visit: DeskVisit, name: str, lines: tuple[ImportLine, ...], message: str, *, status: int = 200
) -> Response:
    plan = await visit.admin.imports.plan(visit.rights, lines)
    numbers = {line.code: line.number for line in lines}
    return visit.page(
        "desk_import.html", status=status, told=message, plan=plan, name=name, read=len(lines), most=MAX_BULK_MOVES,
        changes=_changes(visit, plan, numbers), conflicts=await _conflicts(visit, plan), bad=_rejected(visit, plan),
        notes=plan.notes_alone[:_NAMED], named=_NAMED,
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


def _rejected(visit: DeskVisit, plan: ImportPlan) -> list[dict[str, object]]:
    return [
        {"line": one.line.number, "code": one.line.code[:32] or "–", "why": format_line_problem(visit.say, one)}
        for one in plan.bad[:_NAMED]
    ]


IMPORT_ROUTES = (
    DeskRoute("GET", "/desk/import", Act.IMPORT_REQUESTS, show_import),
    DeskRoute("POST", "/desk/import", Act.IMPORT_REQUESTS, take_list, takes=read_list),
    DeskRoute("POST", "/desk/import/apply", Act.IMPORT_REQUESTS, apply_list),
)
