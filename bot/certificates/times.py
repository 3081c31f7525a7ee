"""The moments of a certificate's validity (RFC 5280, 4.1.2.5), also where they are written more loosely than it asks.

Seconds may be missing, fractions of them are dropped, and a moment may be told by its distance from UTC: all of that is
BER (ITU-T X.680, 46 and 47). A time without a zone is taken as UTC.
"""

import re
from datetime import UTC, datetime, timedelta

from bot.certificates.der import GENERALIZED_TIME, UTC_TIME, Element, string
from bot.certificates.errors import MalformedError

_LOOSE = {
    UTC_TIME: re.compile(
        rb"(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
        rb"(?P<zone>Z|[+-]\d{4})?"
    ),
    GENERALIZED_TIME: re.compile(
        rb"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})(?:(?P<minute>\d{2})"
        rb"(?:(?P<second>\d{2})(?:[.,]\d+)?)?)?(?P<zone>Z|[+-]\d{2}(?:\d{2})?)?"
    ),
}
_FIELDS = ("year", "month", "day", "hour", "minute", "second")
#: Years of two digits: 1950 to 2049.
_PIVOT = 50


def moment(element: Element) -> datetime:
    """Decode UTCTime or GeneralizedTime, in UTC.

    Raises:
        MalformedError: it is neither, or there is no such moment in the calendar.
    """
    tag = element[0] & ~0x20
    match = _LOOSE[tag].fullmatch(string(element)) if tag in _LOOSE else None
    if match is None:
        raise MalformedError
    year, month, day, hour, minute, second = (int(match[field] or 0) for field in _FIELDS)
    if tag == UTC_TIME:
        year += 1900 if year >= _PIVOT else 2000
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _distance(match["zone"])
    except (ValueError, OverflowError) as error:
        raise MalformedError from error


def _distance(zone: bytes | None) -> timedelta:
    if zone is None or zone == b"Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:5] or 0)
    distance = timedelta(hours=hours, minutes=minutes)
    return -distance if zone[:1] == b"-" else distance
