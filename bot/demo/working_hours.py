"""Choose times in working hours of the last months in Viet Nam."""

from datetime import UTC, datetime, timedelta
from random import Random

from rules.calendar import VIETNAM, to_vietnam_time

#: The conversations go back so many days, less than the default retention, so that a clean-up keeps them.
DAYS = 150
_OPENS, _HOURS = 8, 9
_WEEKEND = 5
_DESK = 16


class WorkingHours:
    """The working days before a moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        today = now.astimezone(VIETNAM).replace(hour=_OPENS, minute=0, second=0, microsecond=0)
        days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
        self._days = [day for day in days if day.weekday() < _WEEKEND]

    def time_at(self, share: float) -> datetime:
        """Return the moment at this share of all working hours, from 0 to below 1."""
        day, hours = divmod(share * len(self._days) * _HOURS, _HOURS)
        return (self._days[int(day)] + timedelta(hours=hours)).astimezone(UTC)

    def add_working_days(self, moment: datetime, chosen: Random, days: float) -> datetime:
        """Return a moment about so many working days later, in working hours; it may lie in the future."""
        there = moment + timedelta(days=days * chosen.uniform(0.3, 1.7), hours=chosen.uniform(-2, 2))
        there = max(there, moment + timedelta(minutes=10))
        local = there.astimezone(VIETNAM)
        local += timedelta(days=max(0, 7 - local.weekday()) if local.weekday() >= _WEEKEND else 0)
        if not _OPENS <= local.hour < _OPENS + _HOURS:
            local = local.replace(hour=chosen.randrange(14, 16))
        return local.astimezone(UTC)

    def next_desk_hour(self, moment: datetime) -> datetime:
        """Return the next hour at which people with a role work through everything that has come in."""
        local = to_vietnam_time(moment)
        there = local.replace(hour=_DESK, minute=0, second=0, microsecond=0)
        there += timedelta(days=there <= local)
        while there.weekday() >= _WEEKEND:
            there += timedelta(days=1)
        return there.astimezone(UTC)
