"""Rows of the request list, and the exported list as a spreadsheet that somebody has edited."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from bot.exports.export import open_writer
from bot.exports.model import ExportJob, ExportMetadata
from handlers.model.exports import ExportForm
from handlers.model.imports import CurrentRequest
from handlers.model.request import Request, RequestState
from handlers.model.request_list import Filter, RequestRow
from locales import translator
from tests.support.office import OPERATOR
from tests.support.storing import NOW, content


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
