"""Rows of the request list, the exported list as a spreadsheet that somebody has edited, and its way back."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from bot.exports.export import open_writer
from bot.exports.model import ExportJob, ExportMetadata
from bot.messages import Chat
from bot.store.store import Store
from handlers.model.exports import ExportForm
from handlers.model.imports import CurrentRequest, ImportLine, ImportPlan, ImportResult
from handlers.model.request import Request, RequestState
from handlers.model.request_list import Filter, RequestRow
from handlers.model.rights import Rights, Role
from locales import translator
from tests.support.office import OPERATOR, given, office
from tests.support.opening import open_turn
from tests.support.storing import NOW, content, next_turn, one_chat

#: Address of the admin of Nhơn Trạch.
IMPORTER = "admin of Nhơn Trạch"
REASON = "thiếu quyết định sáp nhập"


def filed(
    number: int, state: RequestState = RequestState.SUBMITTED, *, revision: int = 0, note: str = ""
) -> RequestRow:
    """Return a row of the request list."""
    request = Request(code=f"YC-2026-{number:06}", state=state, content=content(), history=())
    return RequestRow(request, number, "DN.NT", NOW, NOW, revision, note=note)


def edited(one: RequestRow, state: RequestState, note: str = "") -> RequestRow:
    """Return a row whose state and note were edited in the spreadsheet."""
    return replace(one, request=one.request.model_copy(update={"state": state}), note=note)


def spreadsheet(folder: Path, rows: Sequence[RequestRow], language: str = "vi") -> bytes:
    """Return the list as exported for Excel."""
    return exported(folder, rows, ExportForm.XLSX, language)


def exported(folder: Path, rows: Sequence[RequestRow], form: ExportForm, language: str = "vi") -> bytes:
    """Return the list as exported in a form."""
    path = folder / f"list.{'xlsx' if form is ExportForm.IMPORT19 else form.value}"
    about = ExportMetadata(ExportJob(OPERATOR, Filter(), form, translator(language), NOW), len(rows))
    writer = open_writer(form, path, about)
    writer.add(rows)
    writer.finish()
    return path.read_bytes()


def empty_archive() -> bytes:
    """Return a ZIP file without entries."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w"):
        pass
    return made.getvalue()


def known(rows: Sequence[RequestRow]) -> dict[str, CurrentRequest]:
    """Return these requests as the store knows them."""
    return {
        one.request.code: CurrentRequest(
            one.request.state, one.revision, NOW, note=one.note, moves=((0, one.request.state),)
        )
        for one in rows
    }


def with_entry(data: bytes, name: str, content: bytes) -> bytes:
    """Return a spreadsheet with one entry of its ZIP replaced."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, content)
    return made.getvalue()


def entry(data: bytes, name: str) -> bytes:
    """Return one entry of the ZIP of a spreadsheet."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name)


async def register_four(store: Store) -> Chat:
    """Register three requests of Nhơn Trạch and one of Đại Phước, all of one person, and give Nhơn Trạch an admin."""
    chat = await one_chat(store)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        for number, code in enumerate(("DN.NT", "DN.NT", "DN.NT", "DN.DP")):
            await unit.requests.register(content(f"{number}").model_copy(update={"unit_code": code}))
        await unit.finish("{}", [])
    await given(store, IMPORTER, Role.ADMIN, "DN.NT")
    return chat


async def list_requests(store: Store, held: Rights = OPERATOR) -> list[RequestRow]:
    """Return all requests within reach, the oldest first."""
    async with office(store) as at:
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
    async with office(store) as at:
        return await at.admin.imports.plan(held, given_lines)


async def apply_import(store: Store, held: Rights, given_lines: Sequence[ImportLine], seen: ImportPlan) -> ImportResult:
    """Apply these lines, if that still is what was seen."""
    async with office(store) as at:
        return await at.admin.imports.apply(held, given_lines, seen.mark)


def states_of(found: Sequence[RequestRow]) -> list[RequestState]:
    """Return the state of each row."""
    return [one.request.state for one in found]
