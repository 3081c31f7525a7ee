"""Times as both databases keep them: whole microseconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stored(moment: datetime) -> int:
    """An aware moment as a number; a naive one is a TypeError."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """The number as an aware moment in UTC."""
    return _EPOCH + number * _MICROSECOND
