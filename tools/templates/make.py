"""Make the Word templates anew: ``python -m bot.exports.templates.make``.

An office that wants another layout edits the .docx files beside this script in Word or LibreOffice and keeps the words
in braces; this script need not be run for that, and running it replaces what was edited.

The columns are those of Mẫu 04, 05 and 06 as a secondary source has them, to be compared with the appendix of Nghị định
68/2024/NĐ-CP; layout and type are the usual ones of administrative documents.
"""

from dataclasses import dataclass
from pathlib import Path

from docx import Document
from docx.shared import Pt

from bot.exports.templates.parts import contact, footer, heading, set_page, signature, title
from bot.exports.templates.table import Column, table

_SUBSCRIBER_CERTIFICATE = "chứng thư chữ ký số chuyên dùng công vụ"
_NAME, _SERIAL = "Tên chứng thư", "Số hiệu chứng thư"
_EMAIL = "Thư điện tử công vụ"
_PERSON = ("Họ và tên", "Số định danh cá nhân", "Ngày cấp", "Nơi cấp", "Chức vụ", "Di động")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One official list."""

    form: str
    asks: str  #: trích yếu
    columns: tuple[Column, ...]
    contact: tuple[str, ...]  #: what the contact person writes by hand
    landscape: bool = True


SHEETS = (
    Sheet(
        "04",
        f"Đề nghị gia hạn, thay đổi nội dung thông tin {_SUBSCRIBER_CERTIFICATE}",
        (
            Column("STT", 13, "{{ row.number }}", centred=True),
            Column(_NAME, 50, "{{ row.certificate_name }}"),
            Column(f"{_SERIAL} (SIM PKI: ghi thêm số điện thoại)", 48, "{{ row.serial }}"),
            Column(f"{_EMAIL} đã đăng ký", 30),
            Column("Thông tin cần thay đổi", 36, "{{ row.changing }}"),
            Column("Thông tin mới", 45, "{{ row.news }}"),
            Column("Gia hạn", 14, "{{ row.extend }}", centred=True),
            Column("TĐTT", 17, "{{ row.change }}", centred=True),
        ),
        (*_PERSON, _EMAIL, "Địa chỉ tiếp nhận"),
    ),
    Sheet(
        "05",
        f"Đề nghị thu hồi {_SUBSCRIBER_CERTIFICATE}",
        (
            Column("STT", 13, "{{ row.number }}", centred=True),
            Column(_NAME, 46, "{{ row.certificate_name }}"),
            Column("Số định danh cá nhân, ngày cấp, nơi cấp (đối với cá nhân)", 35),
            Column("Mã số thuế, mã quan hệ ngân sách (đối với cơ quan, tổ chức)", 33),
            Column(_EMAIL, 26),
            Column(_SERIAL, 48, "{{ row.serial }}"),
            Column("Số hiệu thiết bị lưu khóa bí mật", 22),
            Column("Lý do thu hồi", 29, "{{ row.reason }}"),
        ),
        (*_PERSON, _EMAIL, "Địa chỉ thu hồi"),
    ),
    Sheet(
        "06",
        "Đề nghị khôi phục thiết bị lưu khóa bí mật",
        (
            Column("STT", 13, "{{ row.number }}", centred=True),
            Column("Số hiệu thiết bị lưu khóa bí mật", 32),
            Column(_NAME, 46, "{{ row.certificate_name }}"),
            Column("Cơ quan công tác", 40, "{{ row.works_for }}"),
            Column(_EMAIL, 30),
        ),
        (*_PERSON, "Cơ quan công tác"),
        landscape=False,
    ),
)


def main() -> None:
    """Write every template beside this script."""
    for sheet in SHEETS:
        _write(sheet, Path(__file__).parent / f"mau-{sheet.form}.docx")


def _write(sheet: Sheet, path: Path) -> None:
    document = Document()
    width = set_page(document, landscape=sheet.landscape)
    footer(document, sheet.form)
    heading(document, width)
    title(document, sheet.asks, width)
    table(document, sheet.columns)
    total = document.add_paragraph("Danh sách gồm {{ count }} trường hợp{{ part }}.").paragraph_format
    total.space_before, total.keep_with_next = Pt(4), True
    contact(document, sheet.contact, width)
    signature(document, width)
    document.save(str(path))


if __name__ == "__main__":
    main()
