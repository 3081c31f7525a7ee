"""The spreadsheet of 19 columns."""

from pathlib import Path

from python_calamine import CalamineWorkbook

from bot.exports.import19 import IMPORT19_COLUMNS, Import19Writer
from handlers.model.request import RequestState
from handlers.model.request_list import RequestRow
from rules.facts import Subject
from rules.outcome import Procedure
from tests.support.filing import FORMULA, about, accepted, filed
from tests.support.storing import SERIAL

PERSON = {"subject": Subject.INDIVIDUAL, "subscriber": "Nguyễn Văn An"}


def sheets(folder: Path, *requests: RequestRow) -> list[list[list[object]]]:
    path = folder / "list.xlsx"
    writer = Import19Writer(path, about(len(requests)))
    writer.add(accepted(requests))
    writer.finish()
    book = CalamineWorkbook.from_path(path)
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def test_it_has_19_columns_and_the_number_comes_first(tmp_path: Path) -> None:
    listed, _ = sheets(tmp_path)

    assert len(IMPORT19_COLUMNS) == 19
    assert listed[0] == [title for title, _ in IMPORT19_COLUMNS]
    assert listed[0][0] == "STT"


def test_only_persons_with_a_new_certificate_or_a_change_are_in_it(tmp_path: Path) -> None:
    listed, _ = sheets(
        tmp_path,
        filed(1),
        filed(2, Procedure.REVOKE, **PERSON),
        filed(3, Procedure.ISSUE_NEW, **PERSON),
        filed(4, **PERSON),
    )

    assert [row[:2] for row in listed[1:]] == [[1, "Nguyễn Văn An"], [2, "Nguyễn Văn An"]]


def test_what_is_known_is_filled_in_and_the_rest_is_blank_personal_numbers_always(tmp_path: Path) -> None:
    listed, _ = sheets(tmp_path, filed(1, **PERSON, news={"new_email": "an@dongnai.gov.vn"}))

    row = dict(zip(listed[0], listed[1], strict=False))
    assert {title: cell for title, cell in row.items() if cell != ""} == {
        "STT": 1,
        "Họ tên": "Nguyễn Văn An",
        "E-mail": "an@dongnai.gov.vn",
        "Tổ chức cấp 1": "Ủy ban nhân dân tỉnh Đồng Nai",
        "Tổ chức cấp 2": "Ủy ban nhân dân xã Nhơn Trạch",
        "Serial CTS cũ": SERIAL,
    }


def test_a_body_outside_the_tree_stands_alone_and_hostile_names_stay_text(tmp_path: Path) -> None:
    listed, _ = sheets(tmp_path, filed(1, unit_of_list=None, unit="Sở Y tế", **{**PERSON, "subscriber": FORMULA}))

    row = dict(zip(listed[0], listed[1], strict=False))
    assert row["Tổ chức cấp 1"] == "Sở Y tế"
    assert row["Họ tên"] == FORMULA


def test_it_says_that_it_is_reported_practice_of_18_named_fields(tmp_path: Path) -> None:
    _, information = sheets(tmp_path, filed(1))

    told = " ".join(str(row[1]) for row in information)
    assert "cần đối chiếu" in told
    assert "18 trường cho 19 cột" in told
    assert "1 yêu cầu khác không thuộc loại danh sách này." in told
    assert information[2] == ["Số yêu cầu trong tệp", "0"]


def test_only_accepted_requests_are_sent_on(tmp_path: Path) -> None:
    writer = Import19Writer(tmp_path / "list.xlsx", about(8))
    writer.add([filed(number, state=state, **PERSON) for number, state in enumerate(RequestState, start=1)])
    writer.finish()

    book = CalamineWorkbook.from_path(tmp_path / "list.xlsx")
    assert len(book.get_sheet_by_name("Danh sách").to_python()) == 2
    told = " ".join(str(row[1]) for row in book.get_sheet_by_name("Thông tin").to_python())
    assert "Danh sách gửi đi chỉ gồm yêu cầu ở trạng thái: đã tiếp nhận." in told
    assert writer.remarks.states == {state: 1 for state in RequestState if state is not RequestState.ACCEPTED}


def test_a_new_certificate_has_no_old_serial_number_to_fill_in(tmp_path: Path) -> None:
    writer = Import19Writer(tmp_path / "list.xlsx", about(2))
    writer.add(accepted([filed(1, Procedure.ISSUE_NEW, serial=None, **PERSON), filed(2, serial=None, **PERSON)]))
    writer.finish()

    assert writer.remarks.serials == 1
