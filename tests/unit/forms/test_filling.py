"""Filled forms, read as Word reads them."""

import re
import zipfile
from datetime import date
from io import BytesIO

import pytest
from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Mm

from bot.forms import CELL_DOTS, fill_form, make_forms, make_page
from handlers.core import PrintedPart
from handlers.model import CONTACT_FIELDS, DOCX, FORM_COLUMNS, OPTIONAL_FIELDS, Form, FormContent, FormField
from locales import translator
from tests.support.exports import HOSTILE
from tests.support.forms import make_form

T = translator("vi")
ASKS = {
    Form.PERSON: "V/v đề nghị cấp chứng thư chữ ký số chuyên dùng công vụ cho cá nhân",
    Form.ORGANISATION: "V/v đề nghị cấp chứng thư chữ ký số chuyên dùng công vụ cho cơ quan, tổ chức",
    Form.DEVICE: "V/v đề nghị cấp chứng thư chữ ký số chuyên dùng công vụ cho thiết bị, dịch vụ, phần mềm",
    Form.CHANGE: "V/v đề nghị gia hạn, thay đổi nội dung thông tin chứng thư chữ ký số chuyên dùng công vụ",
    Form.REVOKE: "V/v đề nghị thu hồi chứng thư chữ ký số chuyên dùng công vụ",
    Form.RESTORE: "V/v đề nghị khôi phục thiết bị lưu khóa bí mật",
}
RECORDS = {
    Form.HANDOVER: "Về việc bàn giao thiết bị lưu khóa bí mật",
    Form.LOSS: "Về việc thiết bị lưu khóa bí mật bị thất lạc",
}


def opened(content: FormContent) -> DocumentType:
    return Document(BytesIO(fill_form(content, templates=None)))


def rows_of(document: DocumentType) -> list[list[str]]:
    """The rows between heading and signature, without their head."""
    return [[cell.text for cell in row.cells] for row in document.tables[1].rows[1:]]


def text_of(document: DocumentType) -> str:
    """Everything that is said, outside the footer."""
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*cells, *(paragraph.text for paragraph in document.paragraphs)])


@pytest.mark.parametrize("form", list(Form))
def test_every_form_has_the_heading_of_a_state_document(form: Form) -> None:
    left, right = (cell.text.split("\n") for cell in opened(make_form(form)).tables[0].rows[0].cells)

    assert left[:2] == ["ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI", "ỦY BAN NHÂN DÂN XÃ MẪU"]
    assert "Số: ........../.........." in left
    assert right[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    assert right[-1] == "Xã Mẫu, ngày 05 tháng 12 năm 2026"


@pytest.mark.parametrize(
    ("body", "heading"),
    [
        ("UBND xã Mẫu", "ỦY BAN NHÂN DÂN XÃ MẪU"),
        ("Văn phòng HĐND và UBND", "VĂN PHÒNG HỘI ĐỒNG NHÂN DÂN VÀ ỦY BAN NHÂN DÂN"),
        ("Ủy ban nhân dân xã Mẫu", "ỦY BAN NHÂN DÂN XÃ MẪU"), ("Trung tâm XUBNDX", "TRUNG TÂM XUBNDX"),
    ],
)  # fmt: skip
def test_the_name_of_the_body_is_written_out_in_the_heading(body: str, heading: str) -> None:
    document = opened(make_form(Form.REVOKE, body=body))

    assert document.tables[0].cell(0, 0).text.split("\n")[1] == heading
    assert f"{body} đề nghị" in text_of(document)


@pytest.mark.parametrize(("form", "asks"), ASKS.items())
def test_a_request_says_what_it_is_about_to_whom_and_who_signs(form: Form, asks: str) -> None:
    document = opened(make_form(form))
    told = text_of(document)

    assert asks in document.tables[0].cell(0, 0).text
    assert "Kính gửi: Cục Chứng thực số và Bảo mật thông tin" in told
    assert f"Ủy ban nhân dân xã Mẫu {asks.removeprefix('V/v ')} như sau:" in told
    assert "NGƯỜI ĐỨNG ĐẦU CƠ QUAN, TỔ CHỨC QUẢN LÝ TRỰC TIẾP" in " ".join(told.split("\n"))
    assert "Nơi nhận:" in told


@pytest.mark.parametrize(("form", "about"), RECORDS.items())
def test_a_record_has_its_title_and_two_signatures(form: Form, about: str) -> None:
    document = opened(make_form(form))
    told = text_of(document)

    assert "BIÊN BẢN" in told
    assert about in told
    assert "Hôm nay, ngày 05 tháng 12 năm 2026, tại Xã Mẫu, chúng tôi gồm:" in told
    assert [cell.text.count("(Ký") for cell in document.tables[2].rows[0].cells] == [1, 1]


@pytest.mark.parametrize("form", list(Form))
def test_the_layout_says_that_it_is_a_draft_and_of_which_form(form: Form) -> None:
    footer = opened(make_form(form)).sections[0].footer.paragraphs[0].text

    assert footer.startswith(f"Mẫu {form} – Dự thảo")
    assert "đối chiếu bố cục với Phụ lục Nghị định số 68/2024/NĐ-CP" in footer
    assert ("chưa đọc được mẫu gốc" in footer) == (form in {Form.DEVICE, Form.HANDOVER, Form.LOSS})


@pytest.mark.parametrize("form", list(Form))
def test_the_page_is_a4_in_times_new_roman_with_the_margins_of_official_papers(form: Form) -> None:
    document = opened(make_form(form))
    section = document.sections[0]

    assert {round(Mm(210).mm), round(Mm(297).mm)} == {round(section.page_width.mm), round(section.page_height.mm)}
    edges = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(edge.mm) for edge in edges] == [20, 20, 30, 15]
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert document.styles["Normal"].font.size.pt == 13


@pytest.mark.parametrize("form", list(Form))
def test_every_known_field_stands_in_the_row_and_in_the_contact_block(form: Form) -> None:
    content = make_form(form, 2)
    document = opened(content)

    for number, (row, shown) in enumerate(zip(content.rows, rows_of(document), strict=True), start=1):
        assert shown[0] == str(number)
        assert [field for field in FORM_COLUMNS[form] if row[field] and row[field] not in " ".join(shown)] == []
    told = text_of(document)
    assert [field for field in CONTACT_FIELDS.get(form, ()) if f": {content.contact[field]}" not in told] == []
    assert "..........." not in re.sub(r"Số: \.+/\.+", "", told) or form in RECORDS


@pytest.mark.parametrize("form", list(Form))
def test_an_empty_form_is_dots_to_fill_by_hand(form: Form) -> None:
    document = opened(FormContent(form=form, rows=({},)))
    (row,) = rows_of(document)

    assert row[1:].count("") == sum(field in OPTIONAL_FIELDS for field in FORM_COLUMNS[form])
    assert all(CELL_DOTS in cell for cell in row[1:] if cell)
    assert "ngày ..... tháng ..... năm ......." in text_of(document)


@pytest.mark.parametrize("form", list(Form))
def test_what_is_said_to_be_missing_is_what_is_dotted(form: Form) -> None:
    whole = make_form(form)
    fields = [field for field in FORM_COLUMNS[form] if field not in OPTIONAL_FIELDS and whole.rows[0][field]]

    assert list(whole.missing()) == []
    for field in fields:
        row = {name: text for name, text in whole.rows[0].items() if name is not field}
        without = whole.model_copy(update={"rows": (row,)})
        assert list(without.missing()) == [(0, field)]
        assert sum(cell.count(CELL_DOTS) for cell in rows_of(opened(without))[0]) == 1


def test_a_field_that_does_not_apply_leaves_no_dots() -> None:
    person, body = rows_of(opened(make_form(Form.REVOKE, 2)))

    assert person[2:4] == ["000000000000, cấp ngày 01/01/2022, Nơi cấp (mẫu)", ""]
    assert body[2:4] == ["", "MST: 0000000000; QHNS: 0000000"]


def test_form_05_has_the_serials_of_certificate_and_device() -> None:
    (row,) = rows_of(opened(make_form(Form.REVOKE)))

    assert row[5:] == ["75580955FC81D6A7", "0123456789", "nghỉ hưu"]


@pytest.mark.parametrize(("extend", "change"), [("X", ""), ("", "X"), ("X", "X")])
def test_form_04_ticks_extension_change_or_both(extend: str, change: str) -> None:
    content = make_form(Form.CHANGE)
    row = {**content.rows[0], FormField.EXTEND: extend, FormField.CHANGE: change}

    assert rows_of(opened(content.model_copy(update={"rows": (row,)})))[0][-2:] == [extend, change]


@pytest.mark.parametrize("form", [form for form in Form if FormField.IDENTITY_NUMBER not in FORM_COLUMNS[form]])
def test_an_identity_number_stands_in_no_row_of_a_form_without_that_column(form: Form) -> None:
    content = make_form(form)
    row = {**content.rows[0], FormField.IDENTITY_NUMBER: "000000000012"}

    assert "000000000012" not in text_of(opened(content.model_copy(update={"rows": (row,)})))


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 1, 9), "ngày 09 tháng 01 năm 2026"),
        (date(2026, 2, 28), "ngày 28 tháng 02 năm 2026"),
        (date(2026, 3, 1), "ngày 01 tháng 3 năm 2026"),
    ],
)
def test_days_below_ten_and_the_first_two_months_begin_with_a_nought(day: date, shown: str) -> None:
    assert shown in text_of(opened(make_form(Form.REVOKE).model_copy(update={"day": day})))


@pytest.mark.parametrize(
    "name", [*HOSTILE, "{_{ 7*7 }_} {_% x %_}", "]]> &amp; &#x41;", "<w:t/></w:p>", "$1 \\g<0> %s {0}"]
)
@pytest.mark.parametrize("form", [Form.CHANGE, Form.REVOKE, Form.LOSS])
def test_hostile_names_are_text_everywhere(form: Form, name: str) -> None:
    content = make_form(form, name=name, body=name)
    document = opened(content)
    expected = "".join(
        letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in name.replace("\t", " ")
    )
    expected = expected.replace("\uffff", "\ufffd")

    assert rows_of(document)[0][1] == expected
    assert expected.upper() in document.tables[0].cell(0, 0).text


def test_a_row_is_never_cut_and_its_head_is_on_every_page() -> None:
    with zipfile.ZipFile(BytesIO(fill_form(make_form(Form.CHANGE, 30), templates=None))) as archive:
        document = archive.read("word/document.xml").decode()

    assert document.count("<w:tblHeader/>") == 1
    assert document.count("<w:cantSplit/>") >= 31


def test_the_last_two_rows_stay_with_the_signature() -> None:
    rows = opened(make_form(Form.CHANGE, 5)).tables[1].rows[1:]

    held = [all(cell.paragraphs[0].paragraph_format.keep_with_next for cell in row.cells) for row in rows]
    assert held == [False, False, False, True, True]


@pytest.mark.parametrize("form", list(Form))
def test_a_form_of_500_rows_has_them_all(form: Form) -> None:
    with zipfile.ZipFile(BytesIO(fill_form(make_form(form, 500), templates=None))) as archive:
        document = archive.read("word/document.xml").decode()

    assert all(f">{number}</w:t>" in document for number in range(1, 501))
    assert document.count("<w:cantSplit/>") > 500


def test_a_dossier_is_its_forms_in_order_and_the_next_steps_at_the_end() -> None:
    contents = [make_form(Form.CHANGE), make_form(Form.REVOKE), make_form(Form.REVOKE), make_form(Form.LOSS)]
    steps = [PrintedPart(style="title", text="Việc tiếp theo"), PrintedPart(style="text", text="Ai ký? <b> {{ x }}")]

    made = make_forms(contents, steps, templates=None, t=T, pdf=False)

    assert [(file.name, file.form) for file in made] == [
        ("mau-04-gia-han-thay-doi-thong-tin-uy-ban-nhan-dan-xa-mau.docx", Form.CHANGE),
        ("mau-05-thu-hoi-uy-ban-nhan-dan-xa-mau.docx", Form.REVOKE),
        ("mau-05-thu-hoi-uy-ban-nhan-dan-xa-mau-2.docx", Form.REVOKE),
        ("mau-09-mat-thiet-bi-uy-ban-nhan-dan-xa-mau.docx", Form.LOSS),
        ("viec-tiep-theo.docx", None),
    ]
    assert {file.media_type for file in made} == {DOCX}
    page = [paragraph.text for paragraph in Document(BytesIO(made[-1].content)).paragraphs if paragraph.text]
    assert page == ["Việc tiếp theo", "Ai ký? <b> {{ x }}"]


def test_without_next_steps_there_is_no_page() -> None:
    assert [file.form for file in make_forms([make_form(Form.RESTORE)], [], templates=None, t=T, pdf=False)] == ["06"]


@pytest.mark.parametrize(
    "body", ["../../etc/passwd", "CON", "a" * 300, "\u202eexe.doc\x00", "", "統一 УБНД", "x\ny/z\\w:*?"]
)
def test_the_name_of_a_file_is_safe_whatever_the_body_is_called(body: str) -> None:
    (made,) = make_forms([make_form(Form.RESTORE, body=body)], [], templates=None, t=T, pdf=False)

    assert re.fullmatch(r"mau-06-khoi-phuc[a-z0-9-]{0,61}\.docx", made.name)


def test_the_name_of_a_file_never_names_a_person() -> None:
    (made,) = make_forms([make_form(Form.PERSON)], [], templates=None, t=T, pdf=False)

    assert "nguyen" not in made.name


def test_a_page_has_the_looks_of_its_parts() -> None:
    parts = [PrintedPart(style=style, text=style) for style in ("title", "heading", "lead", "text", "small")]  # type: ignore[arg-type]
    (made,) = make_page("Trang", parts, templates=None, pdf=False)

    shown = Document(BytesIO(made.content)).paragraphs
    looks = [(one.text, one.runs[0].bold, one.runs[0].italic) for one in shown if one.text]
    assert [text for text, _, _ in looks] == ["title", "heading", "lead", "text", "small"]
    assert [bold for _, bold, _ in looks] == [True, True, True, False, False]
    assert looks[-1][2] is True
