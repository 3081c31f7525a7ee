"""An exported list read back: exactly what stands there, and never more than the limits."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.certificates import MEBIBYTE, Limits
from bot.exports.list_reader import read_list
from bot.exports.process import read_sheet
from handlers.model import (
    NEEDS_REASON,
    ExportForm,
    ImportChange,
    ImportLine,
    RequestState,
    SheetProblem,
    TableFormat,
    plan_import,
    transitions_from,
)
from locales import translator
from rules.language.spelling import strip_accents
from tests.support.exports import (
    edit_row,
    export_rows,
    export_spreadsheet,
    known_requests,
    make_empty_archive,
    make_list_row,
    read_entry,
    replace_entry,
)
from tests.support.unit_lists import encode_windows_1258

T = translator("vi")
CODE, STATE, DRAFT = T("Request code"), T("State"), T("draft")
HEADING = (CODE, STATE, T("Revision"))
SHEET = "xl/worksheets/sheet1.xml"
GUARDED = ["=1+1", "'=1+1", "''-x", "-x", "'đã đủ", "@a", 'hai\ndòng; và, dấu "nháy"']
REASONS = ["thiếu quyết định", '=HYPERLINK("http://x")', "<b>đậm</b>", "+84 sai", "x" * 300, "7"]


def table(*rows: tuple[object, ...], sheets: int = 1) -> bytes:
    """A spreadsheet of somebody's own making."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"strings_to_formulas": False}) as workbook:
        for _ in range(sheets):
            sheet = workbook.add_worksheet()
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return made.getvalue()


@given(
    st.lists(
        st.tuples(st.sampled_from(RequestState), st.sampled_from(["", *REASONS]), st.integers(0, 10**6)), max_size=8
    )
)
@settings(deadline=None, max_examples=25)
def test_a_list_that_comes_back_as_it_was_changes_nothing(rows: list[tuple[RequestState, str, int]]) -> None:
    there = [make_list_row(at, state, note=note, revision=revision) for at, (state, note, revision) in enumerate(rows)]
    with TemporaryDirectory() as folder:
        sheet = read_list(export_spreadsheet(Path(folder), there))

    plan = plan_import(sheet.lines, known_requests(there))
    assert sheet.trouble is None
    assert len(sheet.lines) == len(there)
    assert (plan.changes, plan.conflicts, plan.bad, plan.notes_alone) == ((), (), (), ())


@given(st.data(), st.sampled_from(["vi", "en"]))
@settings(deadline=None, max_examples=25)
def test_edits_that_are_moves_are_planned_exactly(data: st.DataObject, language: str) -> None:
    there = [
        make_list_row(at, data.draw(st.sampled_from(RequestState)), revision=at)
        for at in range(data.draw(st.integers(1, 8)))
    ]
    edits = {}
    for one in there:
        to = data.draw(st.sampled_from([None, *transitions_from(one.request.state)]))
        if to is not None:
            edits[one.request.code] = (to, data.draw(st.sampled_from(REASONS)) if to in NEEDS_REASON else "")
    shown = [edit_row(one, *edits[one.request.code]) if one.request.code in edits else one for one in there]
    with TemporaryDirectory() as folder:
        sheet = read_list(export_spreadsheet(Path(folder), shown, language))

    plan = plan_import(sheet.lines, known_requests(there))
    before = {one.request.code: one.request.state for one in there}
    assert plan.changes == tuple(ImportChange(code, before[code], to, note) for code, (to, note) in edits.items())
    assert (plan.conflicts, plan.bad) == ((), ())


@given(
    st.lists(
        st.tuples(st.sampled_from(RequestState), st.sampled_from(["", *GUARDED]), st.integers(0, 10**6)), max_size=8
    ),
    st.sampled_from([ExportForm.CSV, ExportForm.JSONL]),
    st.sampled_from(["vi", "en"]),
)
@settings(deadline=None, max_examples=50)
def test_a_text_list_that_comes_back_as_it_was_changes_nothing(
    rows: list[tuple[RequestState, str, int]], form: ExportForm, language: str
) -> None:
    there = [make_list_row(at, state, note=note, revision=revision) for at, (state, note, revision) in enumerate(rows)]
    with TemporaryDirectory() as folder:
        data = export_rows(Path(folder), there, form, language)
        sheet = read_list(data)

    if not there and form is ExportForm.JSONL:
        return  # no line says what it is
    assert sheet.trouble is None
    assert [line.note for line in sheet.lines] == [note.strip() for _, note, _ in rows]
    plan = plan_import(sheet.lines, known_requests(there))
    assert (plan.changes, plan.conflicts, plan.bad, plan.notes_alone) == ((), (), (), ())


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: text.encode("utf-16"),  # as "Unicode Text"
        lambda text: text.replace(",", ";").encode(),
        lambda text: ("sep=;\n" + text.replace(",", ";")).encode("utf-8-sig"),
        lambda text: text.replace(",", "\t").encode("utf-16-le"),
        encode_windows_1258,
        lambda text: ("Danh sách tháng 7,,,\n,,,\n" + text).encode(),
    ],
)
def test_a_text_list_that_another_program_saved_says_the_same(saved: Callable[[str], bytes]) -> None:
    text = f"{CODE},{STATE},{T('Note')},{T('Revision')}\r\nYC-1,{T('accepted')},đã đủ giấy tờ,3\r\n"

    (line,) = read_list(saved(text)).lines
    assert (line.code, line.state, line.note, line.revision) == ("YC-1", RequestState.ACCEPTED, "đã đủ giấy tờ", 3)


def test_notes_whose_letters_were_lost_are_refused() -> None:
    text = f"{CODE},{STATE},{T('Note')}\nYC-1,{DRAFT},Thăng\n"
    assert read_list(encode_windows_1258(text)).lines[0].note == "Thăng"
    lost = b"Request code,State,Note\nYC-1,Accepted,thi?u gi?y t\xea\n"
    assert read_list(lost).trouble is SheetProblem.LETTERS_LOST


def test_official_lists_and_the_table_of_19_columns_say_what_to_send() -> None:
    there = [make_list_row(1, RequestState.ACCEPTED, revision=1)]
    with TemporaryDirectory() as folder:
        assert read_list(export_rows(Path(folder), there, ExportForm.DOCX)).trouble is SheetProblem.OFFICIAL
        assert read_list(export_rows(Path(folder), there, ExportForm.IMPORT19)).trouble is SheetProblem.NOT_A_LIST
        archive = replace_entry(replace_entry(make_empty_archive(), "index.txt", b"x"), "a.docx", b"x")
    assert read_list(archive).trouble is SheetProblem.OFFICIAL


@pytest.mark.parametrize(
    "data", [b'{"name": "x"}', b'[{"code": 1}]', b'{"code": "YC-1", "state"', b"[" * 100_000 + b"1"]
)
def test_json_that_is_no_list_is_named(data: bytes) -> None:
    assert read_list(data).trouble in {TableFormat.JSON, SheetProblem.NOT_A_LIST}


def test_a_text_list_of_too_many_rows_or_cells_is_refused() -> None:
    head = b"Request code,State\n"
    assert read_list(head + b"YC-1,Draft\n" * 30, most_rows=29).trouble is SheetProblem.TOO_MANY_ROWS
    assert read_list(b'{"code":"YC-1","state":"draft"}\n' * 30, most_rows=29).trouble is SheetProblem.TOO_MANY_ROWS
    assert read_list(head + b"YC-1,Draft" + b",x" * 16_384).trouble is SheetProblem.TOO_MANY_ROWS
    assert read_list(head + b'"' + b"x" * 10_000_000 + b'",Draft\n').trouble is SheetProblem.BROKEN


def test_columns_may_stand_in_any_order_under_a_title_and_others_are_ignored() -> None:
    data = table(
        ("Danh sách yêu cầu tháng 11",),
        ("Ghi chú thêm", STATE.upper(), strip_accents(CODE), "Revision"),
        ("của tôi", f" {T('accepted')} ", "yc-2026-000001", 4),
        ("", "", "", ""),
        ("", "Accepted", "YC-2026-000002", "5"),
    )

    assert read_list(data).lines == (
        ImportLine(number=3, code="YC-2026-000001", state=RequestState.ACCEPTED, revision=4),
        ImportLine(number=5, code="YC-2026-000002", state=RequestState.ACCEPTED, revision=5),
    )


def test_a_word_that_names_no_state_is_kept_in_part() -> None:
    data = table(HEADING, ("YC-1", "xong rồi", "1"), ("YC-2", "x" * 300, "1"), ("YC-3", DRAFT, "1"))

    assert [(line.state is None, line.word) for line in read_list(data).lines] == [
        (True, "xong rồi"),
        (True, "x" * 40),
        (False, ""),
    ]


@pytest.mark.parametrize("revision", ["", "ba", "-1", "4.5", "9" * 40, "٤"])
def test_a_revision_that_is_no_number_is_none(revision: str) -> None:
    data = table(HEADING, ("YC-1", DRAFT, revision))

    assert read_list(data).lines[0].revision is None


def test_a_formula_counts_with_what_it_shows() -> None:
    made = BytesIO()
    with xlsxwriter.Workbook(made) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, (CODE, STATE))
        sheet.write_formula(1, 0, '=HYPERLINK("http://x","y")', None, "YC-1")
        sheet.write_formula(1, 1, "='[http://evil/x.xlsx]S'!A1", None, "accepted")

    assert read_list(made.getvalue()).lines == (ImportLine(number=2, code="YC-1", state=RequestState.ACCEPTED),)


def test_lists_on_several_sheets_are_one() -> None:
    data = table((CODE, STATE), ("YC-1", DRAFT), sheets=2)

    assert [line.code for line in read_list(data).lines] == ["YC-1", "YC-1"]


@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        (lambda: b"", SheetProblem.EMPTY),
        (lambda: b"PK\x03\x04 xl/workbook.xml", SheetProblem.BROKEN),
        (lambda: table(("Họ tên", "Lương"), ("x", 1)), SheetProblem.NOT_A_LIST),
        (table, SheetProblem.NOT_A_LIST),
        (lambda: replace_entry(table(), "xl/workbook.xml", b"<workbook"), SheetProblem.BROKEN),
        (lambda: replace_entry(table((CODE, STATE)), SHEET, b"<worksheet><sheetData><row>"), SheetProblem.BROKEN),
        (lambda: replace_entry(table(), "bomb", bytes(201 * MEBIBYTE)), SheetProblem.TOO_MUCH_UNPACKED),
    ],
)
def test_what_is_no_list_gives_a_typed_trouble(make: Callable[[], bytes], trouble: SheetProblem) -> None:
    assert read_list(make()).trouble is trouble


def test_rows_entries_and_bytes_beyond_the_limits_are_refused() -> None:
    rows = ((CODE, STATE), *((f"YC-{at}", DRAFT) for at in range(30)))

    assert read_list(table(*rows), most_rows=29).trouble is SheetProblem.TOO_MANY_ROWS
    assert read_list(table(*rows), Limits(entries=5)).trouble is SheetProblem.TOO_MUCH_UNPACKED
    assert read_list(table(*rows), Limits(unpacked=1000)).trouble is SheetProblem.TOO_MUCH_UNPACKED


async def test_what_is_no_spreadsheet_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent")

    assert (await read_sheet(b"%PDF-1.7")).trouble is TableFormat.PDF
    assert (await read_sheet(table())).trouble is SheetProblem.UNAVAILABLE


@pytest.mark.fresh_interpreter
async def test_the_process_reads_what_the_function_reads() -> None:
    data = table(HEADING, ("YC-1", DRAFT, 3))

    assert await read_sheet(data) == read_list(data)


@pytest.mark.fresh_interpreter
async def test_a_sheet_that_claims_a_cell_at_its_far_end_takes_no_memory_of_ours() -> None:
    far = read_entry(table((CODE, STATE)), SHEET).replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    data = replace_entry(table((CODE, STATE)), SHEET, far)

    assert (await read_sheet(data)).trouble in {SheetProblem.TOO_MUCH_MEMORY, SheetProblem.BROKEN}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"])
def test_a_sign_inside_a_text_of_json_ends_no_line(sign: str, end: str) -> None:
    rows = [
        json.dumps({"code": f"A{at}", "state": "draft", "note": f"hai{sign}dòng"}, ensure_ascii=False) for at in "12"
    ]
    sheet = read_list(end.join([*rows, ""]).encode())
    assert sheet.trouble is None
    assert [(line.number, line.note) for line in sheet.lines] == [(1, f"hai{sign}dòng"), (2, f"hai{sign}dòng")]
