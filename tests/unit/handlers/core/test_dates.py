"""Days as they are typed and as they are written."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from handlers.core import (
    DayRange,
    format_day,
    format_moment,
    parse_coming_day,
    parse_day,
    parse_day_range,
    parse_moment,
    parse_time,
)
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


USUAL = time(8, 30)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("8h30", time(8, 30)),
        ("08:05", time(8, 5)),
        ("8 giờ 30 phút", time(8, 30)),
        ("20 gio", time(20)),
        ("14", time(14)),
        ("24h", None),
        ("8h61", None),
        ("sáng mai", None),
        ("8h30 sáng", None),
    ],
)
def test_a_time_alone(text: str, meant: time | None) -> None:
    assert parse_time(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("08h30 01/12/2026", datetime(2026, 12, 1, 1, 30, tzinfo=UTC)),
        ("8h 01/12/2026", datetime(2026, 12, 1, 1, 0, tzinfo=UTC)),
        ("ngày 1 tháng 12 năm 2026 lúc 14:05", datetime(2026, 12, 1, 7, 5, tzinfo=UTC)),
        ("01/12/2026", datetime(2026, 12, 1, 1, 30, tzinfo=UTC)),
        ("25h 01/12/2026", None),
        ("8h 31/02/2027", None),
        ("8h 01/12/2026 - 05/12/2026", None),
        ("8h", None),
        ("mai", None),
    ],
)
def test_a_day_with_a_time(text: str, meant: datetime | None) -> None:
    assert parse_moment(text, USUAL) == meant


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("15/12", date(2026, 12, 15)),
        ("ngày 29-11", date(2026, 11, 29)),  # today is still to come
        ("28.11", date(2027, 11, 28)),
        ("15/12/2028", date(2028, 12, 15)),
    ],
)
def test_a_coming_day_without_a_year_is_the_next_one(typed: str, day: date) -> None:
    assert parse_coming_day(typed, date(2026, 11, 29)) == DayRange((day, day))


@pytest.mark.parametrize(("typed", "wrong"), [("31/11", "31/11/2026"), ("15/13", "15/13/2026")])
def test_a_coming_day_that_does_not_exist_is_told(typed: str, wrong: str) -> None:
    assert parse_coming_day(typed, date(2026, 11, 29)) == DayRange(wrong=wrong)


def test_a_version_number_or_a_sentence_is_no_coming_day() -> None:
    assert parse_coming_day("1.2.3", date(2026, 11, 29)) is None
    assert parse_coming_day("trước 15/12 nhé", date(2026, 11, 29)) is None
