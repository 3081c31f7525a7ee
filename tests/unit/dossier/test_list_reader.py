"""Lists of certificates as offices keep them: titles above, headings in any order and language, columns with ticks."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import openpyxl
import pytest

from bot.dossier.list_reader import ListReading, meaning_of, read_certificate_list
from bot.dossier.overview import write_list_template
from handlers.model import ListedCertificate
from rules.facts import Subject
from tests.support.unit_lists import Cells, encode_tcvn3, encode_vni


def workbook(*rows: Cells) -> bytes:
    book, packed = openpyxl.Workbook(), BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(packed)
    return packed.getvalue()


def row(data: bytes) -> ListedCertificate:
    (found,) = read_certificate_list(data).rows
    return found


def test_headings_in_any_order_below_titles_are_found() -> None:
    found = row(
        workbook(
            ("ỦY BAN NHÂN DÂN XÃ MẪU",),
            ("Danh sách chứng thư năm 2026",),
            (),
            ("TT", "Ghi chú", "Ngày hết hạn", "Họ và tên", "E-mail", "Số hiệu chứng thư", "Số hiệu thiết bị"),
            ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"),
            (
                1,
                "nghỉ hưu",
                date(2027, 5, 1),
                "Nguyễn Văn Mẫu",
                "mau@dongnai.gov.vn",
                "75 58 09 55 FC 81 D6 A7",
                "AB12",
            ),
            ("", "", "", "Tổng cộng: 1", "", "", ""),
            ("", "", "", "Người lập biểu", "", "", ""),
        )
    )

    assert found == ListedCertificate(
        line=6, name="Nguyễn Văn Mẫu", serial="75580955FC81D6A7", not_after=date(2027, 5, 1),
        email="mau@dongnai.gov.vn", device_number="AB12", subject=Subject.INDIVIDUAL, note="nghỉ hưu",
        sayings=("nghỉ hưu",),
    )  # fmt: skip
    assert found.facts["events"] == ["left_state_service"]


def test_english_headings_and_columns_with_ticks_are_read_from_csv() -> None:
    data = "Name;Serial number;Expiry;Retired;Lost token\r\nTrần Thị B;0A02;31/12/2027;x;no\r\n".encode("utf-8-sig")

    assert (row(data).not_after, row(data).sayings) == (date(2027, 12, 31), ("đã nghỉ hưu",))
    assert row(data).facts == {"subject": "individual", "events": ["left_state_service"]}


@pytest.mark.parametrize(
    ("heading", "facts"),
    [
        ("Mất token", {"token": "lost"}),
        ("Chuyển công tác", {"events": ["moved_within_state"]}),
        ("Từ trần", {"events": ["deceased"]}),
        ("Khóa token", {"token": "locked"}),
        ("Hỏng token", {"token": "damaged"}),
        ("Lộ khóa", {"key_exposed": True}),
        ("Chưa có chứng thư", {"certificate": {"issuer": "none"}}),
    ],
)
def test_every_heading_that_tells_something_is_understood(heading: str, facts: dict[str, object]) -> None:
    found = row(workbook(("Tên", "Số hiệu", heading), ("Trần Thị B", "0A02", "X")))

    assert found.facts == {"subject": "individual", **facts}


def test_a_cell_that_cannot_be_used_is_told_and_counts_for_nothing() -> None:
    found = row(workbook(("Tên", "Số hiệu", "Hết hạn", "Nghỉ hưu"), ("Trần Thị B", "7.5E+15", "cuối năm", "01/7/2025")))

    assert (found.serial, found.not_after, found.sayings) == ("", None, ())
    assert found.unread == ("7.5E+15", "cuối năm", "01/7/2025")


@pytest.mark.parametrize("encoded", [encode_tcvn3, encode_vni])
def test_letters_of_a_legacy_font_are_restored_though_the_cells_no_longer_name_it(
    encoded: Callable[[str], str],
) -> None:
    names = ("Nguyễn Thị Hường", "Trần Văn Đức", "Lê Hoàng Yến")
    listed = [(encoded(name), f"0A0{number}", encoded("nghỉ hưu")) for number, name in enumerate(names)]

    read = read_certificate_list(workbook(("Tên", "Số hiệu", "Ghi chú"), *listed)).rows

    assert [(one.name, one.note) for one in read] == [(name, "nghỉ hưu") for name in names]


def test_the_template_that_is_written_is_understood_whole() -> None:
    book = openpyxl.load_workbook(BytesIO(write_list_template()))
    headings = [cell.value for cell in book.active[4]]
    book.active.append([1, "Trần Thị B", "0A02", "31/12/2027", "b@dongnai.gov.vn", "Cá nhân", "AB", "", "x"])
    packed = BytesIO()
    book.save(packed)

    read = read_certificate_list(packed.getvalue())
    assert read.left_out == ("STT",)
    assert read.rows[0].facts == {"subject": "individual", "events": ["left_state_service"]}
    assert len(headings) == len(set(headings)) == 16


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04 broken", b"a;b;c\r\n1;2;3\r\n", workbook(("Tên",), ("A",)), b"\x00\x01\x02", b"%PDF-1.7"],
)
def test_what_is_no_list_says_so(data: bytes) -> None:
    found = read_certificate_list(data)

    assert (found.rows, bool(found.trouble)) == ((), True)


def test_markup_and_formulas_in_a_cell_are_text() -> None:
    found = row(workbook(("Tên", "Số hiệu", "Ghi chú"), ("<b>{{ x }}</b> \u202egnuht", "0A02", "'=1+1")))

    assert (found.name.startswith("<b>{{ x }}</b>"), found.facts.get("events")) == (True, None)


def test_a_hidden_sheet_is_not_read() -> None:
    book = openpyxl.load_workbook(BytesIO(workbook(("Tên", "Số hiệu"), ("A B", "0A02"))))
    book.create_sheet("khác")
    book.worksheets[0].sheet_state = "hidden"
    packed = BytesIO()
    book.save(packed)

    assert isinstance(read_certificate_list(packed.getvalue()), ListReading)
    assert read_certificate_list(packed.getvalue()).rows == ()


#: A quantity, a bank account, a locked account, a staff number, an identity card, a birthday, a headmaster.
_OTHER_THINGS = ("SL", "Số TK", "Khóa TK", "Mất TK", "Mã CB", "Mã cán bộ", "CC", "SN", "HT", "Mã loại")


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        *(("Họ tên CB", "name"), ("Tên CTS", "name"), ("CB", "name"), ("Mã số seri", "serial"), ("SN CTS", "serial")),
        *(("SN token", "device_number"), ("Email CV", "email"), ("ĐV", "left out")),
        *((other, None) for other in _OTHER_THINGS),
    ],
)
def test_a_short_form_is_written_out_where_it_can_mean_nothing_else(heading: str, meaning: str | None) -> None:
    assert meaning_of(heading) == meaning


def test_headings_with_short_forms_on_a_later_sheet_are_understood() -> None:
    book, packed = openpyxl.load_workbook(BytesIO(workbook(["Xem trang sau"]))), BytesIO()
    sheet = book.create_sheet("DS")
    for cells in (["TT", "Họ tên CB", "Mã số seri", "Hết hạn", "Mail"], [1, "Lê Thị Lan", "54010109BBEE", "1/2/2027"]):
        sheet.append(cells)
    book.save(packed)

    found = row(packed.getvalue())
    assert (found.name, found.serial, found.not_after) == ("Lê Thị Lan", "54010109BBEE", date(2027, 2, 1))
