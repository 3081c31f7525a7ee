"""Days as they are typed and as they are written."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from handlers.core.dates import format_day, format_moment, parse_day
from rules.calendar import to_vietnam_day


@pytest.mark.parametrize(
    "typed",
    ["16/11/2026", "16-11-2026", "16.11.2026", "16 11 2026", "16/11/26", "2026-11-16", "het han 16/11/2026 nhe",
     "ngày 16 tháng 11 năm 2026", "ngay 16 thang 11 nam 2026"],
)  # fmt: skip
def test_a_day_is_understood_however_it_is_typed(typed: str) -> None:
    assert parse_day(typed) == date(2026, 11, 16)


@pytest.mark.parametrize(
    "typed", ["", "31/02/2026", "32/1/2026", "16/13/2026", "2026", "99999999", "16/11", "0/0/0000"]
)
def test_a_day_that_does_not_exist_is_not_one(typed: str) -> None:
    assert parse_day(typed) is None


def test_a_day_is_written_as_official_documents_do() -> None:
    assert [format_day(date(2024, 7, 15)), format_day(date(2025, 2, 17)), format_day(date(2025, 5, 8))] == [
        "15/7/2024",
        "17/02/2025",
        "08/5/2025",
    ]


def test_a_moment_is_told_in_vietnamese_time() -> None:
    assert format_moment(datetime(2026, 11, 16, 20, 9, tzinfo=UTC)) == "03:09 17/11/2026"


def test_no_expiry_and_the_first_year_are_told_too() -> None:
    east = timezone(timedelta(hours=14))
    assert format_moment(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) == "23:59 31/12/9999"
    assert format_moment(datetime(1, 1, 1, tzinfo=UTC)) == "07:00 01/01/1"
    assert to_vietnam_day(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) == date(9999, 12, 31)
    assert to_vietnam_day(datetime(1, 1, 1, tzinfo=east)) == date(1, 1, 1)
