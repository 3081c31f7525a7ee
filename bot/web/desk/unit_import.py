"""The import of a list of units on a page: a file, its plan with what was and what would be, and a yes."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from starlette.responses import Response

from bot.pages import attachment_headers
from bot.services.unit_of_work import open_admin_transaction
from bot.services.units import ImportEffects, apply_unit_import, plan_mark, plan_unit_import
from bot.store import Store
from bot.units import FaultyUnitsError, UnitsError, header_of
from bot.units.import_plan import UnitChange, UnitImportPlan, plan_import
from bot.units.list_reader import UnitList
from bot.units.list_worker import decode_list, encode_list, read_apart
from bot.units.plan_text import CHANGE_LABELS, PLACED, format_fate, format_notes, format_plan
from bot.units.rows import write_list
from bot.web.desk.requests import today_of
from bot.web.desk.site import Afterwards, DeskRoute, DeskVisit
from handlers.core import Attachment, capitalize_first, format_day
from handlers.model import WEB, Act, Rights, UnitDirectory
from locales import N_

#: Changes, and faults, on one page.
_SHOWN = 100
_PATH = "/desk/units/import"
_NO_FILE = N_("Please choose a file: an Excel workbook (.xlsx), or CSV.")
_NOT_KEPT = N_("This list is not kept any more. Please choose the file once more.")
_OVERTAKEN = N_("The units have changed since you saw the plan; nothing was changed. The plan stands now as follows.")
_NOTHING = N_("Nothing differs from what is stored; nothing was changed.")


async def _as_it_came(file: Attachment) -> bytes:
    return file.content


async def show_import(visit: DeskVisit) -> Response:
    """Show where a file is chosen."""
    return _form(visit)


def _form(visit: DeskVisit, message: str = "", faults: tuple[str, ...] = (), status: int = 200) -> Response:
    return visit.page(
        "desk_unit_import.html", status=status, told=message, faults=faults[:_SHOWN], faults_total=len(faults),
        known=len(visit.units.units),
    )  # fmt: skip


async def _plan(visit: DeskVisit, read: UnitList) -> tuple[UnitImportPlan, ImportEffects]:
    return await plan_unit_import(visit.admin.units, read, visit.units, today_of(visit))


async def show_plan(visit: DeskVisit) -> Response:
    """Show what the kept list would change."""
    return await _plan_page(visit, "")


async def _plan_page(visit: DeskVisit, message: str, status: int = 200) -> Response:
    t, name = visit.say.t, str(visit.request.path_params["name"])[:20]
    kept = await visit.admin.units.load_list(visit.rights, name)
    read = await asyncio.to_thread(decode_list, kept) if kept else None
    if read is None:
        return _form(visit, t(_NOT_KEPT), status=404)
    try:
        planned, settled = await _plan(visit, read)
    except FaultyUnitsError as error:  # the units have changed since the file was read
        return _form(visit, error.say(t), tuple(fault.say(t) for fault in error.faults), 409)
    at = int(visit.param("at", 6)) if visit.param("at", 6).isdecimal() else 0
    changes = planned.changes
    return visit.page(
        "desk_unit_plan.html", status=status, told=message, name=name, mark=plan_mark(planned, settled),
        counts=[(capitalize_first(t(label)), len(planned.of(kind))) for kind, label in CHANGE_LABELS.items()],
        rows=[_row(visit, visit.units, planned, one) for one in changes[at : at + _SHOWN]], total=len(changes),
        first=at + 1, following=at + _SHOWN if len(changes) > at + _SHOWN else 0,
        differs=bool(changes) or settled.differs, sentences=list(_sentences(visit, read, planned, settled)),
    )  # fmt: skip


def _sentences(visit: DeskVisit, read: UnitList, planned: UnitImportPlan, settled: ImportEffects) -> Iterator[str]:
    t = visit.say.t
    yield from format_notes(read.notes, t)
    yield from (line.strip() for line in format_plan(planned, settled.held, t))
    yield from (" ".join(format_fate(fate, t)) for fate in settled.fates)
    if settled.placing:
        yield t(PLACED, count=len(settled.placing))


def _row(visit: DeskVisit, stored: UnitDirectory, planned: UnitImportPlan, change: UnitChange) -> dict[str, object]:
    t, code = visit.say.t, change.unit.code
    columns = change.columns or ("parent",)
    values = [
        (
            capitalize_first(header_of(column)),
            _value(stored, code, column),
            _value(planned.units, code, column),
        )
        for column in columns
    ]
    return {
        "what": capitalize_first(t(CHANGE_LABELS[change.kind])),
        "kind": change.kind.value,
        "code": code,
        "name": change.unit.name,
        "values": [one for one in values if one[1] or one[2]],
    }


def _value(units: UnitDirectory, code: str, column: str) -> str:
    """Return what a column says of a unit in one of the two trees; empty where it says nothing."""
    unit = units.get(code)
    if unit is None:
        return ""
    if column == "successors":
        return "; ".join(f"{units.name(one.successor)}, {format_day(one.since)}" for one in units.successors(code))
    value = getattr(unit, column)
    if column == "parent":
        return f"{units.name(value)} ({value})" if value else ""
    if column == "closed_on":
        return format_day(value) if value else ""
    return "; ".join(value) if isinstance(value, tuple) else str(value or "")


async def apply(visit: DeskVisit) -> Response:
    """Change the units as the plan said that was seen, or not at all."""
    units, rights, t = visit.admin.units, visit.rights, visit.say.t
    kept = await units.load_list(rights, str(visit.request.path_params["name"])[:20])
    read = await asyncio.to_thread(decode_list, kept) if kept else None
    if read is None:
        return _form(visit, t(_NOT_KEPT), status=404)
    try:
        planned, settled = await plan_unit_import(units, read, await units.load_for_update(), today_of(visit))
    except FaultyUnitsError as error:
        return _form(visit, error.say(t), tuple(fault.say(t) for fault in error.faults), 409)
    if plan_mark(planned, settled) != visit.form.get("mark"):
        return await _plan_page(visit, t(_OVERTAKEN), 409)
    if not await apply_unit_import(units, rights, planned, settled):
        return await _plan_page(visit, t(_NOTHING))
    await units.drop_lists()
    counts = "&".join(f"{kind.value}={len(planned.of(kind))}" for kind in CHANGE_LABELS)
    return visit.to(f"/desk/units?done=imported&{counts}")


async def drop(visit: DeskVisit) -> Response:
    """Forget the list that waits; the units stay as they are."""
    await visit.admin.units.drop_lists()
    return visit.to("/desk/units?done=dropped")


async def download(visit: DeskVisit) -> Response:
    """Answer with the units of today as the list that an import reads: the way back, kept before a change."""
    content = await asyncio.to_thread(write_list, visit.units)
    name = f"don-vi-{today_of(visit).isoformat()}.csv"
    return Response(content, media_type="text/csv; charset=utf-8", headers=attachment_headers(name, len(content)))


@dataclass(frozen=True, slots=True)
class UnitImportPages:
    """The pages of the import; a file is read while no transaction is open."""

    store: Store
    #: One list is read at a time: it may take a hundred times what a page takes.
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def routes(self) -> tuple[DeskRoute, ...]:
        """Return their addresses."""
        act = Act.MAINTAIN_UNITS
        return (
            DeskRoute("GET", "/desk/units/list", act, download),
            DeskRoute("GET", _PATH, act, show_import),
            DeskRoute("POST", _PATH, act, self._take_file, reads=True, takes=_as_it_came),
            DeskRoute("POST", f"{_PATH}/drop", act, drop),
            DeskRoute("GET", f"{_PATH}/{{name}}", act, show_plan),
            DeskRoute("POST", f"{_PATH}/{{name}}", act, apply),
        )

    async def _take_file(self, visit: DeskVisit) -> Response:
        file = visit.form.file
        if file is None or not file.content:
            return _form(visit, visit.say.t(_NO_FILE), status=400)
        return Afterwards(lambda: self._read_file(visit, file.content))

    async def _read_file(self, visit: DeskVisit, content: bytes) -> Response:
        """Read the file in a process apart, and keep the list until its plan is confirmed; one with a fault is not."""
        t = visit.say.t
        try:
            async with self._turn:
                read = await read_apart(content, visit.form.get("sheet").strip()[:100])
            await asyncio.to_thread(plan_import, read.rows, visit.units, text=read.notes.text)
        except FaultyUnitsError as error:
            return _form(visit, error.say(t), tuple(fault.say(t) for fault in error.faults), 400)
        except UnitsError as error:
            return _form(visit, error.say(t), status=400)
        kept = await asyncio.to_thread(encode_list, read)
        async with open_admin_transaction(self.store, visit.now, chat=visit.session.chat, channel=WEB) as at:
            rights = Rights.of(await at.admin.people.mine(), visit.units)
            name = await at.admin.units.keep_list(rights, kept)
            await at.commit()
        return visit.to(f"{_PATH}/{name}")
