"""Times and days in Viet Nam."""

from datetime import UTC, date, datetime, timedelta, timezone

#: Viet Nam keeps UTC+7 all year.
VIETNAM = timezone(timedelta(hours=7), "ICT")
_FIRST, _LAST = datetime.min.replace(tzinfo=VIETNAM), datetime.max.replace(tzinfo=VIETNAM)


def to_vietnam_time(moment: datetime) -> datetime:
    """Convert a moment to Vietnamese time; a naive moment is taken as UTC.

    A moment beyond Python's calendar becomes its last one: "no expiry" is the last second of the year 9999 in UTC (RFC
    5280, 4.1.2.5), which in Viet Nam lies in the year 10000.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(VIETNAM)
    except OverflowError:
        return _FIRST if aware.year == _FIRST.year else _LAST


def to_vietnam_day(moment: datetime) -> date:
    """Return the day in Viet Nam of a moment; a naive moment is taken as UTC."""
    return to_vietnam_time(moment).date()
