"""The block of the contact person in one message: by labels, and by how the values look."""

import pytest

from handlers.forms.contact_block import ContactBlock, read_contact_block

ASKED = [
    f"contact_{name}"
    for name in (
        "name", "email", "address", "position", "mobile", "identity_number", "identity_issued_on", "identity_issued_by",
    )
]  # fmt: skip
LAN = {
    "contact_name": "Nguyễn Thị Lan",
    "contact_position": "chuyên viên",
    "contact_mobile": "0912345678",
    "contact_email": "lan.nt@dongnai.gov.vn",
}


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Thị Lan; chuyên viên; 0912 345 678; lan.nt@dongnai.gov.vn",
        "Nguyễn Thị Lan\nchuyên viên\n+84 912.345.678\nlan.nt@dongnai.gov.vn",
        "lan.nt@dongnai.gov.vn; Nguyễn Thị Lan; 0912345678; chuyên viên;",
        "Chức vụ: chuyên viên\nE-mail: lan.nt@dongnai.gov.vn\nHọ tên: Nguyễn Thị Lan\nSĐT: 0912345678",
        "- Họ và tên : Nguyễn Thị Lan\n- chuyên viên\n- Điện thoại: 0912345678\n- lan.nt@dongnai.gov.vn",
    ],
)
def test_values_are_read_in_any_order_with_labels_or_without(text: str) -> None:
    assert read_contact_block(text, ASKED) == ContactBlock(LAN)


def test_the_card_and_the_address_are_told_by_shape_and_label() -> None:
    found = read_contact_block("Lan; 075190012345; 01/02/2021; Bộ Công an; địa chỉ: số 1, xã Nhơn Trạch", ASKED)

    assert found == ContactBlock(
        {
            "contact_name": "Lan",
            "contact_identity_number": "075190012345",
            "contact_identity_issued_on": "01/02/2021",
            "contact_identity_issued_by": "Bộ Công an",
            "contact_address": "số 1, xã Nhơn Trạch",
        }
    )


@pytest.mark.parametrize("text", ["Nguyễn Thị Lan", "", " ; ;\n", "số 1, xã Nhơn Trạch, tỉnh Đồng Nai"])
def test_one_value_answers_the_open_question_alone(text: str) -> None:
    assert read_contact_block(text, ASKED) is None


def test_what_cannot_be_used_is_named_and_what_fits_nowhere_is_counted() -> None:
    found = read_contact_block("Lan; e-mail: lan@gmail.com; di động: 12; 123456", ASKED)

    assert found == ContactBlock({"contact_name": "Lan"}, ("contact_email", "contact_mobile"), 1)


def test_a_field_that_no_form_has_takes_nothing() -> None:
    found = read_contact_block("Lan; chức vụ: văn thư; 0912345678", ["contact_name", "contact_mobile"])

    assert found == ContactBlock({"contact_name": "Lan", "contact_mobile": "0912345678"}, (), 1)
