"""When reminders may leave: not at night, and on working days only, by the clocks of Viet Nam."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers.broadcasts.model import Why
from rules.calendar import VIETNAM, vietnamese

_EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Hours:
    """The operator's hours.

    Raises:
        ValueError: no day of the week is left.
    """

    quiet_from: time = time(21, 30)  #: before ``quiet_until``, or after it where the night is between them
    quiet_until: time = time(6, 30)  #: open again; the same as ``quiet_from`` where no hour is quiet
    days: frozenset[int] = frozenset(range(1, 6))  #: 1 is Monday

    def __post_init__(self) -> None:
        if not self.days & _EVERY_DAY:
            raise ValueError("no day of the week is a working day")

    def is_open_at(self, moment: datetime) -> bool:
        """Reminders may leave at an aware moment."""
        return self.closed_reason(moment) is None

    def closed_reason(self, moment: datetime) -> Why | None:
        """``DAY_OFF``, else ``QUIET``; ``None`` while it is open."""
        local = vietnamese(moment)
        if local.isoweekday() not in self.days:
            return Why.DAY_OFF
        return Why.QUIET if self._quiet(local.time()) else None

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself while it is open, else the next at which it opens."""
        if self.is_open_at(moment):
            return moment
        return next(one for one in self._openings(moment) if one > moment and self.is_open_at(one))

    def _quiet(self, at: time) -> bool:
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until

    def _openings(self, moment: datetime) -> Iterator[datetime]:
        """When it could open: as a day begins, and as the quiet hours end."""
        today = vietnamese(moment).date()
        for ahead in range(9):
            day = today + timedelta(days=ahead)
            yield datetime.combine(day, time.min, VIETNAM)
            yield datetime.combine(day, self.quiet_until, VIETNAM)
