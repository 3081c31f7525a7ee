"""Days that narrow the list, as they are typed."""

from datetime import date

import pytest

from handlers.core.dates import DayRange, parse_day_range

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)


@pytest.mark.parametrize("between", ["-", "–", "đến", "den", "tới", "toi"])
@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("day", ["01/12/2026", "1-12-2026", "1.12.26", "2026-12-01", "ngày 1 tháng 12 năm 2026"])
def test_two_days_are_a_span_with_and_without_blanks(between: str, blank: str, day: str) -> None:
    assert parse_day_range(f"{day}{blank}{between}{blank}31/12/2026") == DayRange((FIRST, LAST))


def test_a_single_day_is_both_and_two_may_stand_in_any_order() -> None:
    assert parse_day_range(" 1/12/2026 ") == DayRange((FIRST, FIRST))
    assert parse_day_range("từ 31/12/2026 tới 01/12/2026") == DayRange((FIRST, LAST))


@pytest.mark.parametrize(
    "typed", ["", "hôm qua", "01/12/2026 - ", "01/12/2026 - nay", "01/12/2026 - 31/12/2026 - 1/1/2027", "1/12", "-"]
)
def test_a_text_with_anything_else_in_it_is_refused(typed: str) -> None:
    assert parse_day_range(typed) is None


@pytest.mark.parametrize("typed", ["32/13/2026", "01/12/2026-32/13/2026", "32/13/2026 đến 31/12/2026"])
def test_a_day_that_there_is_not_is_named(typed: str) -> None:
    assert parse_day_range(typed) == DayRange(wrong="32/13/2026")
