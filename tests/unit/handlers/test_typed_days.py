"""Days that narrow the list, as they are typed."""

from datetime import date

import pytest

from handlers.typed_days import TypedDays, typed_days

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)


@pytest.mark.parametrize("between", ["-", "–", "đến", "den", "tới", "toi"])
@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("day", ["01/12/2026", "1-12-2026", "1.12.26", "2026-12-01", "ngày 1 tháng 12 năm 2026"])
def test_two_days_are_a_span_with_and_without_blanks(between: str, blank: str, day: str) -> None:
    assert typed_days(f"{day}{blank}{between}{blank}31/12/2026") == TypedDays((FIRST, LAST))


def test_a_single_day_is_both_and_two_may_stand_in_any_order() -> None:
    assert typed_days(" 1/12/2026 ") == TypedDays((FIRST, FIRST))
    assert typed_days("từ 31/12/2026 tới 01/12/2026") == TypedDays((FIRST, LAST))


@pytest.mark.parametrize(
    "typed", ["", "hôm qua", "01/12/2026 - ", "01/12/2026 - nay", "01/12/2026 - 31/12/2026 - 1/1/2027", "1/12", "-"]
)
def test_a_text_with_anything_else_in_it_is_refused(typed: str) -> None:
    assert typed_days(typed) is None


@pytest.mark.parametrize("typed", ["32/13/2026", "01/12/2026-32/13/2026", "32/13/2026 đến 31/12/2026"])
def test_a_day_that_there_is_not_is_named(typed: str) -> None:
    assert typed_days(typed) == TypedDays(wrong="32/13/2026")
