"""Contents of official forms, complete and made up."""

from datetime import date

from handlers.model import CONTACT_FIELDS, FORM_COLUMNS, Form, FormContent, FormField

_PERSON_VALUES = {
    FormField.NAME: "Nguyễn Thị Mẫu",
    FormField.BIRTHDAY: "01/02/1980",
    FormField.IDENTITY_NUMBER: "000000000000",
    FormField.IDENTITY_ISSUED_ON: "01/01/2022",
    FormField.IDENTITY_ISSUED_BY: "Nơi cấp (mẫu)",
    FormField.EMAIL: "nguyenthimau@mau.gov.vn",
    FormField.WORKPLACE: "Ủy ban nhân dân xã Mẫu",
    FormField.PROVINCE: "Đồng Nai",
    FormField.POSITION: "Công chức Văn phòng",
    FormField.MOBILE: "0900000000",
    FormField.OLD_SERIAL: "",
    FormField.SIM: "",
    FormField.ADDRESS: "Số 1, đường Mẫu, xã Mẫu, tỉnh Đồng Nai",
    FormField.TAX_CODE: "",
    FormField.BUDGET_CODE: "",
    FormField.SERIAL: "75580955FC81D6A7",
    FormField.DEVICE_NUMBER: "0123456789",
    FormField.OLD_VALUE: "Cơ quan, tổ chức công tác: Ủy ban nhân dân xã Mẫu Cũ",
    FormField.NEW_VALUE: "Ủy ban nhân dân xã Mẫu",
    FormField.EXTEND: "X",
    FormField.CHANGE: "X",
    FormField.REASON: "nghỉ hưu",
}
_BODY_VALUES = {
    **_PERSON_VALUES,
    FormField.NAME: "Trường Mầm non Mẫu",
    FormField.IDENTITY_NUMBER: "",
    FormField.IDENTITY_ISSUED_ON: "",
    FormField.IDENTITY_ISSUED_BY: "",
    FormField.TAX_CODE: "0000000000",
    FormField.BUDGET_CODE: "0000000",
    FormField.REASON: "sáp nhập thành cơ quan mới",
}
_OF_BODIES = frozenset({Form.ORGANISATION})


def make_form(form: Form, rows: int = 1, /, *, name: str = "", body: str = "Ủy ban nhân dân xã Mẫu") -> FormContent:
    """Return a complete form; persons and bodies take turns in its rows, except where a form is of one kind.

    Args:
        form: The form.
        rows: The number of its rows.
        name: Stands in every row and in the contact block instead of the made-up names.
        body: The managing body.
    """
    columns, contact = FORM_COLUMNS[form], CONTACT_FIELDS.get(form, ())
    kinds = (
        (_BODY_VALUES,)
        if form in _OF_BODIES
        else (_PERSON_VALUES,)
        if form is Form.PERSON
        else (_PERSON_VALUES, _BODY_VALUES)
    )
    named = {FormField.NAME: name} if name else {}
    made = ({**{field: kinds[at % len(kinds)][field] for field in columns}, **named} for at in range(rows))
    return FormContent(
        form=form,
        body=body,
        superior="Ủy ban nhân dân tỉnh Đồng Nai",
        recipient="Cục Chứng thực số và Bảo mật thông tin",
        place="Xã Mẫu",
        day=date(2026, 12, 5),
        rows=tuple(made),
        contact={**{field: _PERSON_VALUES[field] for field in contact}, **named},
    )
