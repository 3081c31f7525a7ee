"""What is typed into the fields of official forms is checked, and an error shows a value that is right."""

import re
from datetime import date

import pytest

from handlers.forms.fields import FORM_FIELDS, find_contradiction
from handlers.requests import clean_email
from locales import translator

TODAY = date(2026, 11, 23)
RIGHT = (
    ("tax_code", "0000000017", "0000000017"),
    ("tax_code", " 0000 0000 17 ", "0000000017"),
    ("tax_code", "0000000017-001", "0000000017-001"),
    ("tax_code", "0000000017001", "0000000017-001"),
    ("budget_code", "1000000", "1000000"),
    ("budget_code", "1.000.000", "1000000"),
    ("device_number", "0123ab4567", "0123AB4567"),
    ("device_number", "01 23 45 67", "01234567"),
    ("mobile", "0900000000", "0900000000"),
    ("mobile", "+84 900.000.000", "0900000000"),
    ("mobile", "(090) 000-0000", "0900000000"),
    ("identity_number", "000123456789", "000123456789"),
    ("identity_number", "000 123 456 789", "000123456789"),
    ("contact_identity_number", "000.123.456.789", "000123456789"),
    ("birthday", "1/2/1980", "01/02/1980"),
    ("identity_issued_on", "ngày 5 tháng 7 năm 2021", "05/07/2021"),
    ("identity_issued_by", "Bộ Công an", "Bộ Công an"),
    ("contact_name", "Nguyễn  Thị\tMẫu", "Nguyễn Thị Mẫu"),
)
WRONG = (
    ("tax_code", "0000000018"),  # the check digit
    ("tax_code", "00000000170"),
    ("tax_code", "0000000017-01"),
    ("tax_code", "٠٠٠٠٠٠٠٠١٧"),  # digits of another script
    ("budget_code", "100000"),
    ("budget_code", "abcdefg"),
    ("device_number", "token"),
    ("device_number", "số 12"),
    ("device_number", "1" * 41),
    ("device_number", "000123456789"),  # the number of a card
    ("mobile", "090000000"),
    ("mobile", "0200000000"),
    ("mobile", "+1 900 000 000"),
    ("identity_number", "00012345678"),
    ("identity_number", "012345678"),  # nine digits: the old card
    ("identity_number", "111111111111"),
    ("identity_number", "000123456789 là của tôi"),
    ("birthday", "31/02/1980"),
    ("birthday", "năm 1980"),
    ("identity_issued_on", "hôm qua"),
    ("contact_name", "000123456789"),  # a personal number stands in no other field
    ("reason", "theo CCCD 000123456789"),
    ("address", "\u202e12"),
    ("contact_address", "vanthu@mau.gov.vn"),
)
MAILBOXES = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.com.vn", "yahoo.co.uk", "ymail.com", "hotmail.com",
    "hotmail.fr", "outlook.com", "outlook.com.vn", "live.com", "msn.com", "icloud.com", "me.com", "aol.com", "gmx.net",
    "proton.me", "protonmail.com", "zoho.com", "yandex.ru", "mail.ru", "mail.com", "qq.com", "163.com", "vnn.vn",
    "hcm.vnn.vn", "fpt.vn",
)  # fmt: skip


@pytest.mark.parametrize(("name", "typed", "value"), RIGHT)
def test_a_right_value_is_taken_in_one_way_of_writing(name: str, typed: str, value: str) -> None:
    assert FORM_FIELDS[name].clean(typed) == value


@pytest.mark.parametrize(("name", "typed"), WRONG)
def test_a_wrong_value_is_not_taken(name: str, typed: str) -> None:
    assert FORM_FIELDS[name].clean(typed) is None


@pytest.mark.parametrize("domain", MAILBOXES)
def test_an_address_of_a_private_mailbox_is_not_taken(domain: str) -> None:
    assert clean_email(f"vanthu@{domain}") is None
    assert clean_email(f"VanThu@{domain.upper()} ") is None


@pytest.mark.parametrize(
    "address",
    ["vanthu@mau.gov.vn", "a.b@mail.mau.gov.vn", "thu@live.mau.gov.vn", "bv@benhvienmau.vn", "truong@mau.edu.vn"],
)
def test_an_official_address_is_taken(address: str) -> None:
    assert clean_email(address) == address


@pytest.mark.parametrize("text", ["a@b", "a b@mau.gov.vn", "tên@mau.gov.vn", "<b>@mau.gov.vn", "a@mau..gov.vn"])
def test_what_is_no_address_is_not_taken(text: str) -> None:
    assert clean_email(text) is None


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", ["tax_code", "budget_code", "mobile", "identity_number", "birthday", "email"])
def test_an_error_shows_a_right_value(name: str, language: str) -> None:
    field = FORM_FIELDS[name]
    shown = re.findall(r"[\w.@/-]*\d[\w/-]*|[\w.]+@[\w.]+\w", translator(language)(field.wrong))
    accepted = [example for example in shown if field.clean(example)]
    assert accepted, shown


def test_the_shown_tax_codes_are_both_right() -> None:
    wrong = FORM_FIELDS["tax_code"].wrong
    assert all(FORM_FIELDS["tax_code"].clean(code) for code in re.findall(r"\d{10}(?:-\d{3})?", wrong))


@pytest.mark.parametrize(
    ("name", "value", "others", "found"),
    [
        ("birthday", "24/11/2011", {}, True),  # fourteen
        ("birthday", "23/11/2011", {}, False),
        ("birthday", "01/01/1900", {}, True),
        ("identity_issued_on", "24/11/2026", {}, True),  # tomorrow
        ("identity_issued_on", "23/11/2026", {}, False),
        ("identity_issued_on", "01/01/1979", {"birthday": "01/01/1980"}, True),
        ("contact_identity_issued_on", "01/01/1979", {"birthday": "01/01/1980"}, False),  # another person's birthday
        ("mobile", "0900000000", {}, False),
    ],
)
def test_a_day_that_cannot_be_is_asked_again(name: str, value: str, others: dict[str, str], found: bool) -> None:
    assert (find_contradiction(name, value, others, TODAY) is not None) == found
