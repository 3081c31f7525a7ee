"""Codes as they are dictated."""

from datetime import date

import pytest

from handlers.model import clean_reason, has_personal_number, parse_codes
from handlers.requests import FIELDS, clean_line

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("said", ["303", "000303", "yc 303", "YC-303", " yc303 "])
def test_the_last_digits_mean_this_year_or_the_last(said: str) -> None:
    assert parse_codes(said, TODAY) == ("YC-2026-000303", "YC-2025-000303")


@pytest.mark.parametrize("said", ["YC-2024-000303", "yc 2024 303", "2024-303"])
def test_with_a_year_there_is_one_code(said: str) -> None:
    assert parse_codes(said, TODAY) == ("YC-2024-000303",)


@pytest.mark.parametrize("said", ["", "yc", "an 303", "303 an", "075012345678", "-", "YC-2026-000303x", "5402DD8A"])
def test_anything_else_is_no_code(said: str) -> None:
    assert parse_codes(said, TODAY) == ()


@pytest.mark.parametrize(
    "number",
    [
        "079201012345",  # CCCD
        "079 201 012 345",  # in groups of three, as on the card
        "079.201.012.345",
        "0792 0101 2345",
        "079 201 012\u00a0345",  # a blank that breaks no line
        "\u200b079201\u200b012345",  # with what cannot be seen in it
        "250123456",  # CMND
        "250 123 456",
        "250.123.456",
        "12 079201012345",  # behind another number
    ],
)
def test_neither_a_field_nor_a_reason_takes_a_personal_number(number: str) -> None:
    text = f"Nguyễn Văn An {number}"
    assert clean_line(text) is None
    assert clean_reason(text) is None
    assert all(FIELDS[name].clean(text) is None for name in ("subscriber", "unit", "new_name", "new_address"))


@pytest.mark.parametrize(
    "text",
    [
        "Số 1 đường 25/8, khu 3",
        "Quyết định 1234/QĐ-UBND ngày 01.07.2026",
        "YC-2026-000123",
        "0251 3822 501",  # ten digits: a telephone
        "75580955FC81D6A7",
    ],
)
def test_other_numbers_are_no_personal_number(text: str) -> None:
    assert not has_personal_number(text)
