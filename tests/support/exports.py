"""Rows of the request list, with hostile or accidental names."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from bot.exports import ExportJob, ExportMetadata, RowFormatter
from bot.exports.export import open_writer
from bot.messages import Chat
from bot.store import Store
from handlers.model import (
    CurrentRequest,
    ExportForm,
    Filter,
    ImportLine,
    ImportPlan,
    ImportResult,
    Request,
    RequestRow,
    RequestState,
    Rights,
    Role,
    Unit,
    UnitDirectory,
)
from locales import translator
from rules.outcome import Procedure
from tests.support.people import OPERATOR, admin_transaction, grant_role
from tests.support.store import NOW, claim_next_turn, make_content, open_chat, open_turn

UNITS = UnitDirectory.of(
    [Unit("75", "Ủy ban nhân dân tỉnh Đồng Nai"), Unit("75.1", "Ủy ban nhân dân xã Nhơn Trạch", "75")]
)
FORMULA = '=HYPERLINK("http://example.invalid","bấm vào đây")'
#: Names: a formula, a tag, an address, signs that begin formulas, 300 letters, a right-to-left override, control
#: characters, half a character.
HOSTILE = (
    FORMULA,
    "<b>Đậm</b> & <w:p/>",
    "http://example.invalid/x",
    "+1-1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "{{ 7*7 }}{% raw %}",
    "Đ" * 300,
    "\u202egnart \u2066nờưT\u2069",
    "dòng một\ndòng hai",
    "khoảng\x00trắng\x07\r",
    "nửa \ud800 chữ \uffff",
    "\"nháy\", phẩy; 'đơn'",
    "_x0041_",
)


def make_row(number: int = 1, procedure: Procedure = Procedure.CHANGE_INFORMATION, /, **changes: Any) -> RequestRow:
    """Return a row; ``changes`` are fields of its content, except unit_of_list, state and note."""
    unit, state = changes.pop("unit_of_list", "75.1"), changes.pop("state", RequestState.SUBMITTED)
    note = changes.pop("note", "")
    told = make_content(procedure=procedure).model_copy(update=changes)
    request = Request(code=f"YC-2026-{number:06}", state=state, content=told, history=())
    changed = NOW + timedelta(minutes=number)
    return RequestRow(request, number, unit, NOW, changed, revision=number % 3, note=note)


def accept_rows(requests: Sequence[RequestRow]) -> list[RequestRow]:
    """Return the rows as accepted by an admin."""
    moved = {"state": RequestState.ACCEPTED}
    return [replace(one, request=one.request.model_copy(update=moved)) for one in requests]


def make_hostile_rows() -> list[RequestRow]:
    """Return one row for each hostile name, and one whose certificate ends before spreadsheets begin."""
    named = [
        make_row(number, subscriber=name, certificate_name=name, news={"new_name": name}, note=name)
        for number, name in enumerate(HOSTILE, start=1)
    ]
    return [*named, make_row(len(named) + 1, not_after=date(1850, 1, 2))]


def make_metadata(
    count: int,
    form: ExportForm = ExportForm.XLSX,
    units: UnitDirectory = UNITS,
    language: str = "vi",
    wanted: Filter = Filter(),  # noqa: B008 - frozen
) -> ExportMetadata:
    """Return the metadata of an export of ``count`` rows."""
    return ExportMetadata(ExportJob(Rights.operator(units), wanted, form, translator(language), NOW), count)


def make_formatter(language: str = "vi") -> RowFormatter:
    """Return the formatter of rows for people."""
    return RowFormatter(translator(language), UNITS)


#: Address of the admin of Nhơn Trạch.
IMPORTER = "admin of Nhơn Trạch"
REASON = "thiếu quyết định sáp nhập"


def make_list_row(
    number: int, state: RequestState = RequestState.SUBMITTED, *, revision: int = 0, note: str = ""
) -> RequestRow:
    """Return a row of the request list."""
    request = Request(code=f"YC-2026-{number:06}", state=state, content=make_content(), history=())
    return RequestRow(request, number, "DN.NT", NOW, NOW, revision, note=note)


def edit_row(one: RequestRow, state: RequestState, note: str = "") -> RequestRow:
    """Return a row whose state and note were edited in the spreadsheet."""
    return replace(one, request=one.request.model_copy(update={"state": state}), note=note)


def export_spreadsheet(folder: Path, rows: Sequence[RequestRow], language: str = "vi") -> bytes:
    """Return the list as exported for Excel."""
    return export_rows(folder, rows, ExportForm.XLSX, language)


def export_rows(folder: Path, rows: Sequence[RequestRow], form: ExportForm, language: str = "vi") -> bytes:
    """Return the list as exported in a form."""
    path = folder / f"list.{'xlsx' if form is ExportForm.IMPORT19 else form.value}"
    about = ExportMetadata(ExportJob(OPERATOR, Filter(), form, translator(language), NOW), len(rows))
    writer = open_writer(form, path, about)
    writer.add(rows)
    writer.finish()
    return path.read_bytes()


def make_empty_archive() -> bytes:
    """Return a ZIP file without entries."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w"):
        pass
    return made.getvalue()


def known_requests(rows: Sequence[RequestRow]) -> dict[str, CurrentRequest]:
    """Return these requests as the store knows them."""
    return {
        one.request.code: CurrentRequest(
            one.request.state, one.revision, NOW, note=one.note, moves=((0, one.request.state),)
        )
        for one in rows
    }


def replace_entry(data: bytes, name: str, content: bytes) -> bytes:
    """Return a spreadsheet with one entry of its ZIP replaced."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, content)
    return made.getvalue()


def read_entry(data: bytes, name: str) -> bytes:
    """Return one entry of the ZIP of a spreadsheet."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name)


async def register_four(store: Store) -> Chat:
    """Register three requests of Nhơn Trạch and one of Đại Phước, all of one person, and give Nhơn Trạch an admin."""
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        for number, code in enumerate(("DN.NT", "DN.NT", "DN.NT", "DN.DP")):
            await unit.requests.register(make_content(f"{number}").model_copy(update={"unit_code": code}))
        await unit.finish("{}", [])
    await grant_role(store, IMPORTER, Role.ADMIN, "DN.NT")
    return chat


async def list_requests(store: Store, held: Rights = OPERATOR) -> list[RequestRow]:
    """Return all requests within reach, the oldest first."""
    async with admin_transaction(store) as at:
        return list(reversed(await at.admin.desk.page(held, Filter(), 100)))


async def list_lines(store: Store, *states: RequestState | None, note: str = "") -> list[ImportLine]:
    """Return the whole list as it stands, with the states of the first ones changed."""
    return [
        ImportLine(
            number=at + 2,
            code=one.request.code,
            state=(states[at] if at < len(states) else None) or one.request.state,
            note=note if at < len(states) and states[at] else one.note,
            revision=one.revision,
        )
        for at, one in enumerate(await list_requests(store))
    ]


async def plan_import(store: Store, held: Rights, given_lines: Sequence[ImportLine]) -> ImportPlan:
    """Return what these lines would change."""
    async with admin_transaction(store) as at:
        return await at.admin.lists.plan(held, given_lines)


async def apply_import(store: Store, held: Rights, given_lines: Sequence[ImportLine], seen: ImportPlan) -> ImportResult:
    """Apply these lines, if that still is what was seen."""
    async with admin_transaction(store) as at:
        return await at.admin.lists.apply(held, given_lines, seen.mark)


def states_of(found: Sequence[RequestRow]) -> list[RequestState]:
    """Return the state of each row."""
    return [one.request.state for one in found]
