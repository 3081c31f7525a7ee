"""Lists of units as offices keep them are read as they are meant, or refused with the reason."""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from bot.units import COLUMNS, FaultyUnitsError, UnitsFileError, quote_cell
from bot.units.import_plan import UnitImportPlan, plan_import
from bot.units.list_reader import read_list
from handlers.model import NO_UNITS, UnitDirectory
from locales import translator
from tests.support.unit_lists import (
    BODY,
    HEAD,
    encode_tcvn3,
    encode_vni,
    encode_vps,
    encode_windows_1258,
    make_text_file,
    make_workbook,
)

t = translator("vi")
TREE = {"75": ("tỉnh Mẫu", None), "26001": ("phường Một", "75"), "26002": ("xã Hai", "75")}


def planned(data: bytes, stored: UnitDirectory = NO_UNITS) -> UnitImportPlan:
    read = read_list(data)
    return plan_import(read.rows, stored, text=read.notes.text)


def tree(data: bytes) -> dict[str, tuple[str, str | None]]:
    return {code: (unit.name, unit.parent) for code, unit in planned(data).units.units.items()}


def faults(data: bytes, stored: UnitDirectory = NO_UNITS) -> list[str]:
    with pytest.raises(FaultyUnitsError) as refused:
        planned(data, stored)
    return [fault.say(t) for fault in refused.value.faults]


def refusal(data: bytes, sheet: str = "") -> str:
    with pytest.raises(UnitsFileError) as refused:
        read_list(data, sheet)
    return refused.value.say(t)


def numbered() -> list[tuple[object, ...]]:
    return [(at, *row) for at, row in enumerate(BODY, 1)]


def body(encode: Callable[[str], str]) -> list[tuple[object, ...]]:
    return [(code, encode(str(name)), parent) for code, name, parent in BODY]


def shown_in(font: str) -> dict[str, str]:
    return dict.fromkeys(("B2", "B3", "B4"), font)


TITLES = (("UBND TỈNH MẪU", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), ("DANH MỤC ĐƠN VỊ HÀNH CHÍNH",),
          ("(Kèm theo Quyết định số 19/2025/QĐ-TTg ngày 30 tháng 6 năm 2025)",), ())  # fmt: skip
SIGNED = ((), ("Tổng cộng", "3 đơn vị"), (None, None, "Mẫu, ngày 01 tháng 7 năm 2025"),
          ("NGƯỜI LẬP BIỂU", "TM. UBND TỈNH"), ("(Ký, ghi rõ họ tên)",),
          ("Nguyễn Văn An", "Trần Thị Bình"))  # fmt: skip


def two_sheets(book: openpyxl.Workbook, *, hidden: bool = False) -> None:
    extra = book.create_sheet("Ghi chú", 0)
    extra.append(["Danh mục này thay danh mục năm 2024"])
    if hidden:
        old = book.create_sheet("Bản cũ", 0)
        for row in (HEAD, ("99", "tỉnh Cũ", None)):
            old.append(list(row))
        old.sheet_state = "hidden"


@pytest.mark.parametrize(
    "data",
    [
        make_workbook(*TITLES, HEAD, *BODY),
        make_workbook(*TITLES, HEAD, *BODY, *SIGNED),
        make_workbook(("STT", *HEAD, "Ghi chú"), *((*row, "") for row in numbered())),
        make_workbook(HEAD, ("(1)", "(2)", "(3)"), *BODY),
        make_workbook(("STT", *HEAD), ("A", "B", "1", "2"), *numbered()),
        make_workbook(HEAD, (), BODY[0], (), *BODY[1:], ()),
        make_workbook((None, *HEAD), *((None, *row) for row in BODY)),
        make_workbook(("MÃ ĐVHC", "TÊN\nĐƠN VỊ", "CẤP\u00a0TRÊN"), *BODY),
        make_workbook(("Ma so", "Ten don vi", "Truc thuoc"), *BODY),
        make_workbook(("Mã đơn vị (5 số)", "Tên đơn vị (*)", "Đơn vị cấp trên / Parent"), *BODY),
        make_workbook(("Code", "Name", "Parent code"), *BODY),
        make_workbook(tuple(unicodedata.normalize("NFD", str(text)) for text in HEAD), *BODY),
        make_workbook(
            ("STT", "Đơn vị", None, "Cấp trên", None),
            (None, "Mã", "Tên", "Mã", "Tên"),
            (1, "75", "tỉnh Mẫu", None, None),
            (2, "26001", "phường Một", "75", "tỉnh Mẫu"),
            (3, "26002", "xã Hai", "75", "tỉnh Mẫu"),
            merged=("A1:A2", "B1:C1", "D1:E1"),
        ),
        make_workbook((*HEAD[:2], "Cấp trên"), BODY[0], ("26001", "phường Một", "Tỉnh Mẫu"),
                 ("26002", "xã Hai", "UBND tỉnh Mẫu")),
        make_workbook(HEAD, BODY[0], BODY[1], ("26002", "xã Hai", None), merged=("C3:C4",)),
        make_workbook((*HEAD[:2], "Tên đơn vị cấp trên"), BODY[0], ("26001", "phường Một", "Tỉnh Mẫu"),
                 ("26002", "xã Hai", None), merged=("C3:C4",)),
        make_workbook(HEAD, *BODY, change=two_sheets),
        make_workbook(HEAD, *BODY, change=lambda book: two_sheets(book, hidden=True)),
        make_workbook(HEAD, *BODY[:2], HEAD, BODY[2]),
        make_workbook(HEAD, (75, "tỉnh Mẫu", None), (26001, "phường Một", 75), (26002, "xã Hai", 75.0)),
        make_workbook(HEAD, ("'75", "tỉnh Mẫu ", None), (" 26001\u00a0", "phường  Một", "’75"),
                 ("２６００２", "xã Hai", "75\u200b")),
        make_workbook(HEAD, *body(encode_tcvn3)),
        make_workbook(tuple(encode_tcvn3(str(text)) for text in HEAD), *body(encode_tcvn3)),
        make_workbook(HEAD, *body(encode_vni), fonts=shown_in("VNI-Times")),
        make_workbook(HEAD, *body(encode_vps), fonts=shown_in("VPS Times")),
        make_text_file(HEAD, *BODY).encode("utf-16"),
        make_text_file(HEAD, *BODY, delimiter="\t").encode("utf-16-le"),
        ("sep=;\r\n" + make_text_file(HEAD, *BODY)).encode("utf-8-sig"),
        ("sep=,\n" + make_text_file(HEAD, *BODY, delimiter=",")).encode(),
        encode_windows_1258(make_text_file(HEAD, *BODY)),
        make_text_file(*((*row, None, None, None) for row in (HEAD, *BODY))).encode(),
        make_text_file(TITLES[0], HEAD, *BODY, *SIGNED, delimiter=",").encode(),
        make_text_file(("Mã\nđơn vị", "Tên", "Cấp trên"), *BODY).encode(),
        unicodedata.normalize("NFD", make_text_file(HEAD, *BODY)).encode(),
        make_text_file(HEAD, *BODY).replace("\r\n", "\r").encode(),
    ],
)  # fmt: skip
def test_a_list_as_an_office_keeps_it_gives_the_tree_it_means(data: bytes) -> None:
    assert tree(data) == TREE


def test_rows_and_columns_that_are_left_out_are_said() -> None:
    notes = read_list(
        make_workbook(*TITLES, ("STT", *HEAD, "Ghi chú"), *((*row, "") for row in numbered()), *SIGNED)
    ).notes
    assert notes.left_out_columns == ("STT", "Ghi chú")
    assert [text for _, text in notes.left_out_rows][:2] == ["Tổng cộng | 3 đơn vị", "Mẫu, ngày 01 tháng 7 năm 2025"]


def test_a_row_without_a_code_is_no_signature_where_no_total_came_before() -> None:
    assert "chưa có mã đơn vị" in faults(make_workbook(HEAD, *BODY, (None, "xã Ba", "75")))[0]
    assert "mã “I. Huyện Mẫu”" in faults(make_workbook(HEAD, ("I. Huyện Mẫu", None, None), *BODY, merged=("A2:C2",)))[0]


@pytest.mark.parametrize(
    "code",
    ["KT", "TM", "TL", "T.M", "K.T", "KT-01", "TM-01", "TM.26001", "kt", "T.L", "GIAM-DOC-1", "TONG", "CONG", "NOTE-1"],
)
def test_a_code_that_is_short_for_something_else_is_the_code_of_a_unit(code: str) -> None:
    read = read_list(make_workbook(HEAD, ("T", "tỉnh Mẫu", None), (code, "Phòng Kinh tế", "T"), *SIGNED))
    assert [row.cells["code"] for row in read.rows] == ["T", code]
    assert tree(make_text_file(HEAD, ("T", "tỉnh Mẫu", ""), (code, "Phòng Kinh tế", "T")).encode()) == {
        "T": ("tỉnh Mẫu", None),
        code: ("Phòng Kinh tế", "T"),
    }


@pytest.mark.parametrize("code", ["KT_01", "KT/01", "TM 01", "KT 01", "TL:3", "KT (mới)"])
def test_a_code_that_cannot_be_used_is_a_fault_beside_a_name_and_no_signature(code: str) -> None:
    (fault,) = faults(
        make_workbook((*HEAD, "Ghi chú"), ("T", "tỉnh Mẫu", None), (code, "Phòng Kinh tế", "T", "Ghi chú: mới"))
    )
    assert fault.startswith("Dòng 3: ")
    assert code in fault


@pytest.mark.parametrize(
    "row",
    [
        ("Total", "3 units"), ("Tong-cong", "3 đơn vị"), ("TM. UBND TỈNH", "KT. CHỦ TỊCH"), (None, "TM. UBND TỈNH"),
        (None, None, "KT. CHỦ TỊCH"), ("T/M UBND TỈNH", "NGƯỜI LẬP"), ("T.M", None), ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
    ],
)  # fmt: skip
def test_totals_and_signatures_are_left_out_all_the_same(row: tuple[object, ...]) -> None:
    assert tree(make_workbook(HEAD, *BODY, row)) == TREE


def test_the_heading_of_a_group_is_told_to_have_no_code_and_each_of_them_once() -> None:
    groups = (("I", "HUYỆN MỘT", None), (1, "xã Hai", "26002"), ("II", "HUYỆN HAI", None), (2, "xã Ba", "26003"))
    said = faults(make_workbook(("STT", "Tên", "Mã"), *groups))
    assert said == [
        f"Dòng {line}: dòng này chưa có mã đơn vị. Nếu là dòng nhóm, hãy xóa dòng hoặc điền mã." for line in (2, 4)
    ]


def test_the_sheet_that_was_read_is_said_and_several_lists_are_not_guessed_between() -> None:
    assert read_list(make_workbook(HEAD, *BODY, change=two_sheets)).notes.sheet == "Sheet"

    def twice(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book.worksheets[0]).title = "Xã"

    both = make_workbook(HEAD, *BODY, change=twice)
    assert "“Sheet”, “Xã”" in refusal(both)
    assert len(read_list(both, "xã").rows) == 3
    assert "“Xã”" in refusal(both, "Phường")


def test_a_list_in_a_hidden_sheet_alone_is_refused() -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book.create_sheet("Trang 2")
        book.worksheets[0].sheet_state = "hidden"

    assert "ẩn" in refusal(make_workbook(HEAD, *BODY, change=hide))


def test_units_at_the_top_level_are_told() -> None:
    grouped = make_workbook(HEAD, BODY[0], BODY[1], ("26002", "xã Hai", None))
    assert planned(grouped).tops == ("75", "26002")


def test_a_superior_by_a_name_of_several_is_asked_about() -> None:
    rows = (("1A", "Phòng Nội vụ", None), ("1B", "Phòng Nội vụ", None), ("2", "Tổ Một", "Phòng Nội vụ"))
    (fault,) = faults(make_workbook(HEAD, *rows))
    assert "1A, 1B" in fault


@pytest.mark.parametrize("code", ["00000", "00000;@", "[$-42A]00000", '"" 00000'])
def test_a_number_that_is_shown_with_zeros_is_a_code_with_zeros(code: str) -> None:
    data = make_workbook(HEAD, (1, "tỉnh Mẫu", None), (70, "phường Một", 1),
                    formats={"A2": "00", "A3": code, "C3": "00"})  # fmt: skip
    assert tree(data) == {"01": ("tỉnh Mẫu", None), "00070": ("phường Một", "01")}


def test_a_superior_shown_with_fewer_zeros_is_the_unit_of_that_number() -> None:
    data = make_workbook(HEAD, (1, "tỉnh Mẫu", None), (70, "phường Một", 1),
                    formats={"A2": "00000", "A3": "00000", "C3": "00"})  # fmt: skip
    assert tree(data) == {"00001": ("tỉnh Mẫu", None), "00070": ("phường Một", "00001")}
    assert [(one.said, one.code) for one in planned(data).resolved] == [("01", "00001")]


def test_zeros_that_may_be_lost_are_told_and_text_is_believed() -> None:
    assert planned(make_workbook(HEAD, (1, "tỉnh Mẫu", None), (70, "xã A", 1), (26740, "xã B", 1))).lengths == {
        1: 1,
        2: 1,
        5: 1,
    }
    assert planned(
        make_text_file(HEAD, ("79", "tỉnh Mẫu", None), ("70", "xã A", "79"), ("26740", "xã B", "79")).encode()
    ).lengths
    assert planned(make_workbook(HEAD, *BODY)).lengths is None
    assert planned(make_workbook(HEAD, ("00070", "xã A", None), ("7", "xã B", None))).lengths is None


@pytest.mark.parametrize("code", [70.5, "7E+01", "70.0", "1,5", date(2025, 2, 1), 1e16, -7])
def test_a_code_that_a_spreadsheet_spoilt_is_refused(code: object) -> None:
    (fault,) = faults(make_workbook(HEAD, (code, "xã A", None)))
    assert fault.startswith("Dòng 2: ")
    assert "mã “" in fault


CLOSED = ("Mã đơn vị", "Tên", "Ngừng từ ngày")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("7/1/2025", date(2025, 1, 7)),
        ("01/7/2025", date(2025, 7, 1)),
        ("1.7.2025", date(2025, 7, 1)),
        ("01-07-2025", date(2025, 7, 1)),
        ("2025-07-01 00:00:00", date(2025, 7, 1)),
        ("ngày 01 tháng 7 năm 2025", date(2025, 7, 1)),
        (date(2025, 7, 1), date(2025, 7, 1)),
        (datetime(2025, 7, 1, 8, 30), date(2025, 7, 1)),  # noqa: DTZ001 - a cell has no zone
        (45839, date(2025, 7, 1)),
    ],
)
def test_a_day_is_understood_as_in_viet_nam_and_the_plan_says_how(written: object, day: date) -> None:
    made = planned(
        make_workbook(CLOSED, ("A", "xã A", written), formats={"C2": "m/d/yyyy"} if isinstance(written, date) else {})
    )
    assert made.units.units["A"].closed_on == day
    assert [(one.day, one.rows) for one in made.days] == [(day, 1)]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("7/1/25", "bốn chữ số"),
        ("31/02/2025", "31/02/2025"),
        ("7/13/2025", "7/13/2025"),
        ("tháng 7/2025", "tháng 7/2025"),
        ("2025", "2025"),
        (3, "“3”"),
        ("01/7/2025 hoặc 01/8/2025", "hoặc"),
    ],
)
def test_a_day_that_is_none_is_named_by_its_row(written: object, said: str) -> None:
    (fault,) = faults(make_workbook(CLOSED, ("A", "xã A", written)))
    assert fault.startswith("Dòng 2: ")
    assert said in fault


BEFORE = planned(make_text_file(HEAD, ("79", "Thành phố Mẫu", None), ("26740", "Phường Cũ Bến", "79")).encode()).units
AFTER = make_text_file(HEAD, ("79", "Thành phố Mẫu", None), ("26740", "Phường Mới Gòn", "79")).encode()


def test_a_code_used_again_keeps_the_old_name_as_a_former_one() -> None:
    made = planned(AFTER, BEFORE)
    assert [(one.code, one.before, one.after) for one in made.renames] == [("26740", "Phường Cũ Bến", "Phường Mới Gòn")]
    assert [found.unit.code for found in made.units.find("phuong cu ben")] == ["26740"]
    again = planned(AFTER, made.units)
    assert (again.changes, again.renames) == ((), ())


def test_a_list_with_a_column_of_former_names_does_not_forget_the_old_one() -> None:
    with_column = make_text_file((*HEAD, "Tên cũ"), ("26740", "Phường Mới Gòn", "79", "Phường Xưa")).encode()
    first = planned(with_column, BEFORE).units
    assert first.units["26740"].former_names == ("Phường Cũ Bến", "Phường Xưa")
    assert planned(with_column, first).changes == ()
    none = make_text_file((*HEAD, "Tên cũ"), ("26740", "Phường Mới Gòn", "79", "không")).encode()
    assert planned(none, first).units.units["26740"].former_names == ()


def test_a_name_that_goes_to_another_code_is_told() -> None:
    moved = make_text_file(HEAD, ("26740", "Phường Mới Gòn", "79"), ("26999", "Phường Cũ Bến", "79")).encode()
    (rename,) = planned(moved, BEFORE).renames
    assert rename.elsewhere == ("26999",)


def test_a_name_written_otherwise_is_a_rename_but_no_former_name() -> None:
    made = planned(make_text_file(HEAD, ("26740", "phường Cũ  Bến", "79")).encode(), BEFORE)
    assert made.units.units["26740"].former_names == ()
    assert len(made.renames) == 1


def test_unknown_headings_are_named_beside_the_known_ones() -> None:
    (fault,) = faults("Mã xã,Tên xã,Mã TP,Màu\n1,a,2,đỏ\n".encode())
    for part in ("“Mã TP”, “Màu”", "mã đơn vị; tên; mã đơn vị cấp trên", "căn cứ"):
        assert part in fault
    said = refusal("xanh,đỏ\n1,a\n".encode())
    assert "xanh; đỏ" in said
    assert "mã đơn vị; tên; mã đơn vị cấp trên" in said


def test_two_columns_of_one_meaning_are_asked_about() -> None:
    (fault,) = faults(make_workbook(("Mã", "Mã đơn vị", "Tên"), ("1", "2", "xã A")))
    assert "“Mã”, “Mã đơn vị”" in fault


def test_letters_that_cannot_be_read_are_named_by_their_rows() -> None:
    (fault,) = faults(make_workbook(HEAD, BODY[0], ("26001", "ph??ng M?t", "75")))
    assert fault.startswith("Dòng 3: ")
    assert "ph??ng M?t" in fault


def test_converted_names_are_told_with_examples() -> None:
    notes = read_list(make_workbook(HEAD, *body(encode_tcvn3))).notes
    assert notes.charset == "TCVN3 (ABC)"
    assert notes.converted == 3
    assert notes.examples[0] == (2, "tØnh MÉu", "tỉnh Mẫu")


def test_an_apostrophe_that_guards_a_formula_is_no_part_of_a_name() -> None:
    assert tree(make_text_file(HEAD, ("A", "'-Tổ Một", None)).encode()) == {"A": ("-Tổ Một", None)}


def test_one_name_in_an_old_csv_is_read_by_what_the_headings_are_written_in() -> None:
    assert tree(encode_windows_1258(make_text_file(HEAD, ("A", "xã Thăng", None)))) == {"A": ("xã Thăng", None)}
    assert "có thể đọc" in faults(make_text_file(("code", "name"), ("A", "Thãng")).encode("cp1252"))[0]


def test_headings_whose_letters_were_lost_say_how_to_save_the_file() -> None:
    assert "CSV UTF-8" in refusal("Mã ??n v?;Tên\nA;xã A\n".encode("cp1252"))


def test_every_heading_stands_in_the_documentation() -> None:
    documented = (Path(__file__).resolve().parents[3] / "docs" / "units.md").read_text(encoding="utf-8")
    assert [headings[0] for headings in COLUMNS.values() if f"| {headings[0]} |" not in documented] == []


def test_a_foreign_name_in_a_list_in_unicode_is_taken_as_it_stands() -> None:
    names = tree(make_workbook(HEAD, *BODY, ("26009", "CÔNG TY TNHH MÜLLER", "75")))
    assert names["26009"] == ("CÔNG TY TNHH MÜLLER", "75")


def test_what_cannot_be_printed_of_an_example_is_shown_by_its_number() -> None:
    before = encode_tcvn3("phường Mộc")
    assert "\u00ad" in before
    assert quote_cell(before) == before.replace("\u00ad", "[U+00AD]")
    assert quote_cell("a\x1b[2J") == "a[U+001B][2J"
