"""The spreadsheet, read back."""

import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from bot.exports import COLUMNS, ExportMetadata
from bot.exports.xlsx import LONGEST_TEXT, XlsxWriter, truncate_text
from handlers.model import Grant, RequestRow, RequestState, Rights, Role
from tests.support.exports import FORMULA, HOSTILE, UNITS, make_formatter, make_hostile_rows, make_metadata, make_row


def written(folder: Path, requests: list[RequestRow], **options: int) -> Path:
    path = folder / "list.xlsx"
    writer = XlsxWriter(path, make_formatter(), make_metadata(len(requests)), **options)
    writer.add(requests)
    writer.finish()
    return path


def sheet(path: Path, name: str = "Danh sách") -> list[list[object]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()


def xml(path: Path, part: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(part).decode()


def column(key: str) -> int:
    return [one.key for one in COLUMNS].index(key)


def test_every_request_is_a_row_under_vietnamese_headings(tmp_path: Path) -> None:
    head, *rows = sheet(written(tmp_path, make_hostile_rows()))

    assert head[:3] == ["Mã yêu cầu", "Trạng thái", "Ghi chú"]
    assert [row[0] for row in rows] == [one.request.code for one in make_hostile_rows()]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, make_hostile_rows())

    found = [row[column("subscriber")] for row in sheet(path)[1:]]
    assert found[:6] == list(HOSTILE[:6])
    assert found[8] == "Đ" * 300
    assert found[10] == "dòng một\ndòng hai"
    assert found[14] == "_x0041_"
    assert "<f>" not in xml(path, "xl/worksheets/sheet1.xml")
    assert "hyperlink" not in xml(path, "xl/worksheets/sheet1.xml").lower().replace(FORMULA.lower()[:12], "")


def test_what_no_xml_may_hold_and_what_fools_a_reader_is_replaced(tmp_path: Path) -> None:
    found = [row[column("subscriber")] for row in sheet(written(tmp_path, make_hostile_rows()))[1:]]

    assert found[9] == "\ufffdgnart \ufffdnờưT\ufffd"
    assert found[11] == "khoảng\ufffdtrắng\ufffd\ufffd"
    assert found[12] == "nửa \ufffd chữ \ufffd"


def test_days_and_moments_are_dates_in_vietnamese_time(tmp_path: Path) -> None:
    row = sheet(written(tmp_path, [make_row()]))[1]

    assert row[column("not_after")] == date(2026, 11, 16)
    assert row[column("registered_at")] == datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - a cell has no zone
    assert row[column("revision")] == 1


def test_a_day_that_no_spreadsheet_counts_is_text(tmp_path: Path) -> None:
    assert sheet(written(tmp_path, make_hostile_rows()))[-1][column("not_after")] == "1850-01-02"


@pytest.mark.parametrize(("text", "kept"), [("a" * 40_000, LONGEST_TEXT), ("😀" * 40_000, LONGEST_TEXT // 2)])
def test_no_text_is_longer_than_a_cell_holds(text: str, kept: int, tmp_path: Path) -> None:
    assert len(truncate_text(text)) == kept
    assert len(str(sheet(written(tmp_path, [make_row(subscriber=text)]))[1][column("subscriber")])) == kept


def test_the_state_is_chosen_from_a_list_and_the_heading_stays_and_filters(tmp_path: Path) -> None:
    inside = xml(written(tmp_path, make_hostile_rows()), "xl/worksheets/sheet1.xml")

    assert '<dataValidation type="list"' in inside
    assert 'sqref="B2:B17"' in inside
    assert 'topLeftCell="B2"' in inside
    assert '<autoFilter ref="A1:AD17"/>' in inside


def test_a_full_sheet_goes_on_in_another(tmp_path: Path) -> None:
    path = written(tmp_path, [make_row(number) for number in range(1, 6)], most_rows=3)

    assert [len(sheet(path, name)) - 1 for name in ("Danh sách", "Danh sách 2", "Danh sách 3")] == [2, 2, 1]


def test_the_summary_counts_by_state_procedure_and_unit_with_a_chart_each(tmp_path: Path) -> None:
    path = written(tmp_path, [make_row(1), make_row(2, state=RequestState.DONE), make_row(3, unit_of_list=None)])

    counted = {row[0]: row[1] for row in sheet(path, "Tổng hợp") if row[0]}
    assert counted["đã ghi nhận"] == 2
    assert counted["thay đổi nội dung thông tin chứng thư"] == 3
    assert counted["Ủy ban nhân dân xã Nhơn Trạch"] == 2
    assert counted["(chưa rõ đơn vị)"] == 1
    with zipfile.ZipFile(path) as archive:
        assert len([name for name in archive.namelist() if name.startswith("xl/charts/chart")]) == 3


def test_the_information_says_what_was_asked_for_by_whom_and_that_it_is_no_dossier(tmp_path: Path) -> None:
    told = {row[0]: row[1] for row in sheet(written(tmp_path, [make_row()]), "Thông tin")}

    assert told["Số yêu cầu trong tệp"] == "1"
    assert told["Thời điểm xuất"] == "09:00 23/11/2026"
    assert str(told["Chương trình"]).startswith("troly ")
    assert "không phải hồ sơ" in str(told["Lưu ý"])


def test_whoever_exported_is_named_by_the_code_of_their_role() -> None:
    grant = Grant("QT-000007", Role.ADMIN, "DN.NT", label="Nguyễn Văn An")
    order = replace(make_metadata(1).order, rights=Rights.of([grant], UNITS))

    by = [dict(told.lines())["Người xuất (vai trò)"] for told in (ExportMetadata(order, 1), make_metadata(1))]
    assert by == ["quản trị viên QT-000007", "người vận hành"]


def test_an_export_of_nothing_is_a_spreadsheet_too(tmp_path: Path) -> None:
    assert len(sheet(written(tmp_path, []))) == 1


def test_abandoning_closes_the_rows_file(tmp_path: Path) -> None:
    writer = XlsxWriter(tmp_path / "list.xlsx", make_formatter(), make_metadata(1))
    writer.add([make_row()])

    writer.abandon()

    assert not (tmp_path / "list.xlsx").exists()


def test_what_can_be_read_on_one_page_is_printed_and_the_rest_stands_beside_it(tmp_path: Path) -> None:
    workbook = xml(written(tmp_path, make_hostile_rows()), "xl/workbook.xml")

    printed = [one.key for one in COLUMNS if one.printed]
    assert "'Danh sách'!$A$1:$H$17" in workbook
    assert printed == [one.key for one in COLUMNS[:8]]
    assert {"revision", "channel", "pack", "unit_code"}.isdisjoint(printed)


@pytest.mark.parametrize(
    ("channel", "words"),
    [("telegram", "Telegram"), ("zalo", "Zalo"), ("terminal", "cửa sổ lệnh (troly chat)"), ("x", "x")],
)
def test_the_channel_is_in_words(channel: str, words: str, tmp_path: Path) -> None:
    assert sheet(written(tmp_path, [make_row(channel=channel)]))[1][column("channel")] == words


def test_the_information_counts_what_is_in_the_file_not_what_was_meant(tmp_path: Path) -> None:
    writer = XlsxWriter(tmp_path / "list.xlsx", make_formatter(), make_metadata(304))
    writer.add([make_row(1), make_row(2)])
    writer.finish()

    assert ["Số yêu cầu trong tệp", "2"] in sheet(tmp_path / "list.xlsx", "Thông tin")
