"""Codes as they are dictated."""

from datetime import date

import pytest

from handlers.model.request_list import parse_codes

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
