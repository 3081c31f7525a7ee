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


ANNOUNCED = ASKED[:5]
CLERK = {
    "contact_name": "Tran Thi B",
    "contact_email": "b@daiphuoc.gov.vn",
    "contact_address": "Ap 1 xa Dai Phuoc",
    "contact_position": "Van thu",
    "contact_mobile": "0901234567",
}


@pytest.mark.parametrize(
    "text",
    [
        "Tran Thi B; b@daiphuoc.gov.vn; Ap 1 xa Dai Phuoc; Van thu; 0901234567",
        "Tran Thi B\nb@daiphuoc.gov.vn\nAp 1 xa Dai Phuoc\nVan thu\n0901234567",
        "Tran Thi B; b@daiphuoc.gov.vn; Van thu; Ap 1 xa Dai Phuoc; 0901234567",
        "Tran Thi B; 0901234567; Ap 1 xa Dai Phuoc; Van thu; b@daiphuoc.gov.vn",
    ],
)
def test_an_address_is_never_taken_for_a_position(text: str) -> None:
    assert read_contact_block(text, ASKED, ANNOUNCED) == ContactBlock(CLERK)


def test_as_many_values_as_were_announced_are_taken_in_the_announced_order() -> None:
    found = read_contact_block("Lan; lan@dongnai.gov.vn; UBND xã Mẫu; Văn thư; 0901234567", ASKED, ANNOUNCED)

    assert found is not None
    assert (found.values["contact_address"], found.values["contact_position"]) == ("UBND xã Mẫu", "Văn thư")


def test_in_the_announced_order_a_value_that_its_field_refuses_is_named() -> None:
    found = read_contact_block("Lan; lan@gmail.com; UBND xã Mẫu; Văn thư; 09012", ASKED, ANNOUNCED)

    assert found == ContactBlock(
        {"contact_name": "Lan", "contact_address": "UBND xã Mẫu", "contact_position": "Văn thư"},
        ("contact_email", "contact_mobile"),
    )


@pytest.mark.parametrize("name", ["Dương Văn Tám", "Tô Thị Lan", "Ngô Thị Sáu", "Lỗ Văn Khu"])
def test_a_surname_is_no_address(name: str) -> None:
    found = read_contact_block(f"{name}; văn thư", ASKED, ANNOUNCED)

    assert found == ContactBlock({"contact_name": name, "contact_position": "văn thư"})
