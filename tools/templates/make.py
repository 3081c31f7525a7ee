"""Make the Word templates again: ``python -m tools.templates.make``.

An office that wants another layout edits the .docx files in ``bot/exports/templates`` in Word or LibreOffice and keeps
the words in braces; it does not need this script, which replaces edited files by the original layout.

The columns are those of Mẫu 04, 05 and 06 in a secondary source, to be compared with the appendix of Nghị định
68/2024/NĐ-CP; layout and type are the usual ones of administrative documents.
"""

from dataclasses import dataclass
from pathlib import Path

from docx import Document
from docx.shared import Pt

from tools.templates.parts import add_contact, add_footer, add_heading, add_signature, add_title, set_page
from tools.templates.table import FormColumn, add_table

_TEMPLATES = Path(__file__).resolve().parents[2] / "bot/exports/templates"
_SUBSCRIBER_CERTIFICATE = "chứng thư chữ ký số chuyên dùng công vụ"
_NAME, _SERIAL = "Tên chứng thư", "Số hiệu chứng thư"
_EMAIL = "Thư điện tử công vụ"
_PERSON = ("Họ và tên", "Số định danh cá nhân", "Ngày cấp", "Nơi cấp", "Chức vụ", "Di động")


@dataclass(frozen=True, slots=True)
class FormSheet:
    """The texts and columns of one official list."""

    form: str
    asks: str  #: the subject line (trích yếu)
    columns: tuple[FormColumn, ...]
    contact: tuple[str, ...]  #: labels for what the contact person writes by hand
    landscape: bool = True


FORM_SHEETS = (
    FormSheet(
        "04",
        f"Đề nghị gia hạn, thay đổi nội dung thông tin {_SUBSCRIBER_CERTIFICATE}",
        (
            FormColumn("STT", 13, "{{ row.number }}", centred=True),
            FormColumn(_NAME, 46, "{{ row.certificate_name }}"),
            FormColumn(f"{_SERIAL} (SIM PKI: ghi thêm số điện thoại)", 43, "{{ row.serial }}"),
            FormColumn(f"{_EMAIL} đã đăng ký", 34, "{{ row.email }}"),
            FormColumn("Thông tin cần thay đổi", 42, "{{ row.changing }}"),
            FormColumn("Thông tin mới", 44, "{{ row.news }}"),
            FormColumn("Gia hạn", 14, "{{ row.extend }}", centred=True),
            FormColumn("TĐTT", 17, "{{ row.change }}", centred=True),
        ),
        (*_PERSON, _EMAIL, "Địa chỉ tiếp nhận"),
    ),
    FormSheet(
        "05",
        f"Đề nghị thu hồi {_SUBSCRIBER_CERTIFICATE}",
        (
            FormColumn("STT", 13, "{{ row.number }}", centred=True),
            FormColumn(_NAME, 42, "{{ row.certificate_name }}"),
            FormColumn("Số định danh cá nhân, ngày cấp, nơi cấp (đối với cá nhân)", 35),
            FormColumn("Mã số thuế, mã quan hệ ngân sách (đối với cơ quan, tổ chức)", 34),
            FormColumn(_EMAIL, 32, "{{ row.email }}"),
            FormColumn(_SERIAL, 43, "{{ row.serial }}"),
            FormColumn("Số hiệu thiết bị lưu khóa bí mật", 20),
            FormColumn("Lý do thu hồi", 34, "{{ row.reason }}"),
        ),
        (*_PERSON, _EMAIL, "Địa chỉ thu hồi"),
    ),
    FormSheet(
        "06",
        "Đề nghị khôi phục thiết bị lưu khóa bí mật",
        (
            FormColumn("STT", 13, "{{ row.number }}", centred=True),
            FormColumn("Số hiệu thiết bị lưu khóa bí mật", 30),
            FormColumn(_NAME, 46, "{{ row.certificate_name }}"),
            FormColumn("Cơ quan công tác", 38, "{{ row.works_for }}"),
            FormColumn(_EMAIL, 34, "{{ row.email }}"),
        ),
        (*_PERSON, "Cơ quan công tác"),
        landscape=False,
    ),
)


def main() -> None:
    """Write every template into ``bot/exports/templates``."""
    for sheet in FORM_SHEETS:
        _write_template(sheet, _TEMPLATES / f"mau-{sheet.form}.docx")


def _write_template(sheet: FormSheet, path: Path) -> None:
    document = Document()
    width = set_page(document, landscape=sheet.landscape)
    add_footer(document, sheet.form)
    add_heading(document, width)
    add_title(document, sheet.asks, width)
    add_table(document, sheet.columns)
    total = document.add_paragraph("Danh sách gồm {{ count }} trường hợp{{ part }}.").paragraph_format
    total.space_before, total.keep_with_next = Pt(4), True
    add_contact(document, sheet.contact, width)
    add_signature(document, width)
    document.save(str(path))


if __name__ == "__main__":
    main()
