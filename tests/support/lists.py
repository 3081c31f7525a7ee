"""Requests of a list, and the list as a spreadsheet that somebody has edited."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from bot.exports.about import About
from bot.exports.model import Form, Order
from bot.exports.writers import writer_of
from handlers.office.importing import Known
from handlers.office.model import Filed, Filter
from handlers.requests.model import Request, State
from locales import translator
from tests.support.office import OPERATOR
from tests.support.storing import NOW, content


def filed(number: int, state: State = State.SUBMITTED, *, revision: int = 0, note: str = "") -> Filed:
    """A request of the list."""
    request = Request(code=f"YC-2026-{number:06}", state=state, content=content(), history=())
    return Filed(request, number, "DN.NT", NOW, NOW, revision, note=note)


def edited(one: Filed, state: State, note: str = "") -> Filed:
    """A row whose state and note somebody has changed in the spreadsheet."""
    return replace(one, request=one.request.model_copy(update={"state": state}), note=note)


def spreadsheet(folder: Path, rows: Sequence[Filed], language: str = "vi") -> bytes:
    """The list as it is exported for Excel."""
    return exported(folder, rows, Form.XLSX, language)


def exported(folder: Path, rows: Sequence[Filed], form: Form, language: str = "vi") -> bytes:
    """The list as it is exported in a form."""
    path = folder / f"list.{'xlsx' if form is Form.IMPORT19 else form.value}"
    about = About(Order(OPERATOR, Filter(), form, translator(language), NOW), len(rows))
    writer = writer_of(form, path, about)
    writer.add(rows)
    writer.finish()
    return path.read_bytes()


def empty_archive() -> bytes:
    """A ZIP file without entries."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w"):
        pass
    return made.getvalue()


def known(rows: Sequence[Filed]) -> dict[str, Known]:
    """What the store knows of these requests."""
    return {
        one.request.code: Known(one.request.state, one.revision, NOW, note=one.note, moves=((0, one.request.state),))
        for one in rows
    }


def with_entry(data: bytes, name: str, content: bytes) -> bytes:
    """A spreadsheet one of whose entries says something else."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, content)
    return made.getvalue()


def entry(data: bytes, name: str) -> bytes:
    """An entry of a spreadsheet."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name)
