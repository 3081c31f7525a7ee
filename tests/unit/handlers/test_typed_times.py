"""Times of a day as people type them, alone and with a day."""

from datetime import UTC, datetime, time

import pytest

from handlers.core.dates import parse_moment, parse_time

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
