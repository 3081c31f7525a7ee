"""Days as people in Viet Nam count them."""

from datetime import UTC, date, datetime, timedelta, timezone

#: Viet Nam keeps UTC+7 all year.
VIETNAM = timezone(timedelta(hours=7), "ICT")


def vietnamese_day(moment: datetime) -> date:
    """The calendar day of an aware moment, in Viet Nam; a naive moment is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(VIETNAM).date()
