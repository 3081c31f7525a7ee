"""Rows of the request list, with hostile or accidental names."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bot.exports.columns import RowFormatter
from bot.exports.model import ExportJob, ExportMetadata
from handlers.model.exports import ExportForm
from handlers.model.request import Request, RequestState
from handlers.model.request_list import Filter, RequestRow
from handlers.model.rights import Rights
from handlers.model.unit import Unit
from handlers.model.unit_directory import UnitDirectory
from locales import translator
from rules.outcome import Procedure
from tests.support.storing import NOW, content

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


def filed(number: int = 1, procedure: Procedure = Procedure.CHANGE_INFORMATION, /, **changes: Any) -> RequestRow:
    """Return a row; ``changes`` are fields of its content, except unit_of_list, state and note."""
    unit, state = changes.pop("unit_of_list", "75.1"), changes.pop("state", RequestState.SUBMITTED)
    note = changes.pop("note", "")
    told = content(procedure=procedure).model_copy(update=changes)
    request = Request(code=f"YC-2026-{number:06}", state=state, content=told, history=())
    changed = NOW + timedelta(minutes=number)
    return RequestRow(request, number, unit, NOW, changed, revision=number % 3, note=note)


def accepted(requests: Sequence[RequestRow]) -> list[RequestRow]:
    """Return the rows as accepted by an admin."""
    moved = {"state": RequestState.ACCEPTED}
    return [replace(one, request=one.request.model_copy(update=moved)) for one in requests]


def hostile() -> list[RequestRow]:
    """Return one row for each hostile name, and one whose certificate ends before spreadsheets begin."""
    named = [
        filed(number, subscriber=name, certificate_name=name, news={"new_name": name}, note=name)
        for number, name in enumerate(HOSTILE, start=1)
    ]
    return [*named, filed(len(named) + 1, not_after=date(1850, 1, 2))]


def about(
    count: int,
    form: ExportForm = ExportForm.XLSX,
    units: UnitDirectory = UNITS,
    language: str = "vi",
    wanted: Filter = Filter(),  # noqa: B008 - frozen
) -> ExportMetadata:
    """Return the metadata of an export of ``count`` rows."""
    return ExportMetadata(ExportJob(Rights.operator(units), wanted, form, translator(language), NOW), count)


def cells(language: str = "vi") -> RowFormatter:
    """Return the formatter of rows for people."""
    return RowFormatter(translator(language), UNITS)
