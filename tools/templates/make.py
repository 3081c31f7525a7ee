"""Make the Word templates again: ``python -m tools.templates.make``.

An office that wants another layout edits a copy of the .docx files (``troly forms export``) in Word or LibreOffice and
keeps the words in braces; it does not need this script, which replaces the original layout.

The columns are those of a secondary source, to be compared with the appendix of Nghị định 68/2024/NĐ-CP; of Mẫu 03, 08
and 09 no columns were read at all. Layout and type are the usual ones of administrative documents.
"""

from dataclasses import dataclass
from pathlib import Path

from docx import Document
from docx.shared import Pt

from tools.templates.page import write_page
from tools.templates.parts import (
    Signer,
    add_contact,
    add_footer,
    add_heading,
    add_record_opening,
    add_signatures,
    add_subject,
    add_text,
    save_document,
    set_page,
)
from tools.templates.table import FormColumn, add_table

_TEMPLATES = Path(__file__).resolve().parents[2] / "bot/forms/templates"
_CERTIFICATE = "chứng thư chữ ký số chuyên dùng công vụ"
_DEVICE = "thiết bị lưu khóa bí mật"
_NAME, _SERIAL, _EMAIL = "Tên chứng thư", "Số hiệu chứng thư", "Thư điện tử công vụ"
_HEAD = Signer("NGƯỜI ĐỨNG ĐẦU CƠ QUAN,\nTỔ CHỨC QUẢN LÝ TRỰC TIẾP", "(Ký, ghi rõ họ tên, đóng dấu)")
_PERSON_HEADS = "Số định danh cá nhân, ngày cấp, nơi cấp"
_PERSON = (
    "{{ row.identity_number }}{% if row.identity_issued_on %}, cấp ngày {{ row.identity_issued_on }}{% endif %}"
    "{% if row.identity_issued_by %}, {{ row.identity_issued_by }}{% endif %}"
)
_BODY = (
    "{% if row.tax_code %}MST: {{ row.tax_code }}{% endif %}{% if row.tax_code and row.budget_code %}; {% endif %}"
    "{% if row.budget_code %}QHNS: {{ row.budget_code }}{% endif %}"
)
_CONTACT = (
    ("Họ và tên", "name"),
    ("Chức vụ", "position"),
    ("Di động", "mobile"),
    ("Số định danh cá nhân", "identity_number"),
    ("Ngày cấp", "identity_issued_on"),
    ("Nơi cấp", "identity_issued_by"),
)
_SENT = (*_CONTACT, (_EMAIL, "email"))


@dataclass(frozen=True, slots=True)
class FormSheet:
    """The texts and columns of one form."""

    form: str
    asks: str  #: what is asked for (trích yếu, after "đề nghị"); of a record, what it is about
    columns: tuple[FormColumn, ...]
    contact: tuple[tuple[str, str], ...] = ()  #: labels and fields of whom the provider can reach
    contact_title: str = "Thông tin người liên hệ:"
    landscape: bool = True
    size: int = 11  #: of the table's text, in points
    parties: tuple[str, ...] = ()  #: of a record (biên bản): lines for those who take part
    finds: str = ""  #: of a record: the sentence before its table
    signers: tuple[Signer, ...] = (_HEAD,)


_NUMBER = "{{ row.number }}"


def _column(head: str, width: int, field: str, *, centred: bool = False) -> FormColumn:
    return FormColumn(head, width, f"{{{{ row.{field} }}}}", centred=centred)


_STT = FormColumn("STT", 11, _NUMBER, centred=True)
_GIVEN = (
    _STT,
    _column(_NAME, 48, "name"),
    _column(_SERIAL, 42, "serial"),
    _column(f"Số hiệu {_DEVICE}", 32, "device_number"),
)

FORM_SHEETS = (
    FormSheet(
        "01",
        f"cấp {_CERTIFICATE} cho cá nhân",
        (
            FormColumn("STT", 9, _NUMBER, centred=True),
            _column("Họ và tên", 30, "name"),
            _column("Ngày sinh", 20, "birthday", centred=True),
            FormColumn(_PERSON_HEADS, 31, _PERSON),
            _column(_EMAIL, 34, "email"),
            _column("Cơ quan, tổ chức công tác", 30, "workplace"),
            _column("Tỉnh, thành phố", 19, "province"),
            _column("Chức vụ", 20, "position"),
            _column("Di động", 22, "mobile"),
            _column("Số hiệu chứng thư cũ (nếu có)", 23, "old_serial"),
            _column("SIM PKI", 14, "sim"),
        ),
        (*_SENT, ("Địa chỉ tiếp nhận", "address")),
        size=10,
    ),
    FormSheet(
        "02",
        f"cấp {_CERTIFICATE} cho cơ quan, tổ chức",
        (
            _STT,
            _column("Tên cơ quan, tổ chức", 60, "name"),
            _column("Địa chỉ", 60, "address"),
            _column("Mã số thuế", 29, "tax_code", centred=True),
            _column("Mã quan hệ ngân sách", 24, "budget_code", centred=True),
            _column("Tỉnh, thành phố", 26, "province"),
            _column(_EMAIL, 42, "email"),
        ),
        (*_SENT, ("Địa chỉ tiếp nhận", "address")),
    ),
    FormSheet(
        "03",
        f"cấp {_CERTIFICATE} cho thiết bị, dịch vụ, phần mềm",
        (
            _STT,
            _column("Tên thiết bị, dịch vụ, phần mềm", 50, "name"),
            _column("Cơ quan, tổ chức sở hữu hoặc quản lý", 46, "workplace"),
            _column("Tỉnh, thành phố", 22, "province"),
            _column(_EMAIL, 36, "email"),
        ),
        landscape=False,
    ),
    FormSheet(
        "04",
        f"gia hạn, thay đổi nội dung thông tin {_CERTIFICATE}",
        (
            _STT,
            _column(_NAME, 42, "name"),
            _column(f"{_SERIAL} (SIM PKI: ghi thêm số điện thoại)", 46, "serial"),
            _column(f"{_EMAIL} đã đăng ký", 36, "email"),
            _column("Thông tin cần thay đổi", 43, "old_value"),
            _column("Thông tin mới", 44, "new_value"),
            _column("Gia hạn", 14, "extend", centred=True),
            _column("TĐTT", 16, "change", centred=True),
        ),
        (*_SENT, ("Địa chỉ tiếp nhận", "address")),
    ),
    FormSheet(
        "05",
        f"thu hồi {_CERTIFICATE}",
        (
            _STT,
            _column(_NAME, 40, "name"),
            FormColumn(f"{_PERSON_HEADS} (đối với cá nhân)", 34, _PERSON),
            FormColumn("Mã số thuế, mã quan hệ ngân sách (đối với cơ quan, tổ chức)", 33, _BODY),
            _column(_EMAIL, 36, "email"),
            _column(_SERIAL, 41, "serial"),
            _column(f"Số hiệu {_DEVICE}", 25, "device_number"),
            _column("Lý do thu hồi", 32, "reason"),
        ),
        (*_SENT, ("Địa chỉ thu hồi", "address")),
        contact_title="Thông tin đầu mối phối hợp:",
    ),
    FormSheet(
        "06",
        f"khôi phục {_DEVICE}",
        (
            _STT,
            _column(f"Số hiệu {_DEVICE}", 32, "device_number"),
            _column(_NAME, 44, "name"),
            _column("Cơ quan công tác", 42, "workplace"),
            _column(_EMAIL, 36, "email"),
        ),
        (*_CONTACT, ("Cơ quan công tác", "workplace")),
        landscape=False,
    ),
    FormSheet(
        "08",
        f"bàn giao {_DEVICE}",
        (*_GIVEN, _column("Lý do bàn giao", 32, "reason")),
        landscape=False,
        parties=(
            "1. Bên giao: \t",
            "Người đại diện: \t Chức vụ: \t",
            "2. Bên nhận: \t",
            "Người đại diện: \t Chức vụ: \t",
        ),
        finds=f"Hai bên bàn giao {_DEVICE} của các {_CERTIFICATE} sau đây:",
        signers=(Signer("ĐẠI DIỆN BÊN GIAO"), Signer("ĐẠI DIỆN BÊN NHẬN")),
    ),
    FormSheet(
        "09",
        f"{_DEVICE} bị thất lạc",
        (*_GIVEN, _column("Lý do, hoàn cảnh thất lạc", 32, "reason")),
        landscape=False,
        parties=(
            "1. Người quản lý, sử dụng thiết bị: \t",
            "Chức vụ: \t Cơ quan công tác: \t",
            "2. Cơ quan, tổ chức quản lý trực tiếp: {{ body_name }}",
            "Người đại diện: \t Chức vụ: \t",
        ),
        finds=f"Cùng lập biên bản về việc {_DEVICE} của các {_CERTIFICATE} sau đây bị thất lạc:",
        signers=(Signer("NGƯỜI QUẢN LÝ,\nSỬ DỤNG THIẾT BỊ"), _HEAD),
    ),
)


def main() -> None:
    """Write every template into ``bot/forms/templates``."""
    _TEMPLATES.mkdir(exist_ok=True)
    for sheet in FORM_SHEETS:
        _write_template(sheet, _TEMPLATES / f"mau-{sheet.form}.docx")
    write_page(_TEMPLATES / "trang-in.docx")
    write_page(_TEMPLATES / "viec-tiep-theo.docx", dense=True)


def _write_template(sheet: FormSheet, path: Path) -> None:
    document = Document()
    width = set_page(document, landscape=sheet.landscape)
    add_footer(document, sheet.form)
    add_heading(document, width, "" if sheet.parties else f"V/v đề nghị {sheet.asks}")
    if sheet.parties:
        add_record_opening(document, f"Về việc {sheet.asks}", sheet.parties, sheet.finds, width)
    else:
        add_subject(document, f"{{{{ body_name }}}} đề nghị {sheet.asks} như sau:")
    add_table(document, sheet.columns, sheet.size)
    total = document.add_paragraph("Danh sách gồm {{ count }} trường hợp{{ part }}.").paragraph_format
    total.space_before, total.keep_with_next = Pt(3), True
    if sheet.parties:
        copies = "Biên bản được lập thành ..... bản, mỗi bên giữ ..... bản."
        add_text(document.add_paragraph(), copies, centred=False).paragraph_format.keep_with_next = True
    if sheet.contact:
        add_contact(document, sheet.contact_title, sheet.contact, width)
    add_signatures(document, sheet.signers, width)
    save_document(document, path)


if __name__ == "__main__":
    main()
