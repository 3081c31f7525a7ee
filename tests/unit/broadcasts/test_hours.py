"""When reminders may leave."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.model.broadcast import StateReason
from handlers.model.schedule import SendingHours
from rules.calendar import VIETNAM

WEEKDAYS = SendingHours()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Viet Nam; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("moment", "why", "opens"),
    [
        (at(23, 6, 29), StateReason.QUIET, at(23, 6, 30)),
        (at(23, 6, 30), None, at(23, 6, 30)),
        (at(23, 21, 29), None, at(23, 21, 29)),
        (at(23, 21, 30), StateReason.QUIET, at(24, 6, 30)),
        # Friday night: the weekend follows
        (at(27, 22), StateReason.QUIET, at(30, 6, 30)),
        (at(28, 10), StateReason.DAY_OFF, at(30, 6, 30)),
        (at(29, 23), StateReason.DAY_OFF, at(30, 6, 30)),
    ],
)
def test_nothing_leaves_at_night_nor_on_a_day_off(moment: datetime, why: StateReason | None, opens: datetime) -> None:
    assert (WEEKDAYS.closed_reason(moment), WEEKDAYS.next_open(moment)) == (why, opens)


def test_the_clocks_are_those_of_viet_nam_wherever_the_machine_is() -> None:
    assert WEEKDAYS.closed_reason(datetime(2026, 11, 22, 23, 29, tzinfo=UTC)) is StateReason.QUIET
    assert WEEKDAYS.is_open_at(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = SendingHours(time(11, 30), time(13))
    assert [noon.is_open_at(at(23, hour)) for hour in (3, 11, 12, 13, 23)] == [True, True, False, True, True]


def test_where_the_quiet_hours_end_as_they_begin_there_are_none() -> None:
    assert SendingHours(time(8), time(8)).is_open_at(at(23, 8))


def test_hours_without_any_day_are_refused() -> None:
    with pytest.raises(ValueError, match="no day of the week"):
        SendingHours(days=frozenset({0, 8}))


_hours = st.builds(SendingHours, st.times(), st.times(), st.frozensets(st.integers(1, 7), min_size=1))
_moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(_hours, _moments, st.floats(0, 1))
def test_it_opens_at_the_first_moment_that_is_open(hours: SendingHours, moment: datetime, share: float) -> None:
    opens = hours.next_open(moment)
    between = moment + (opens - moment) * share
    assert opens >= moment
    assert hours.is_open_at(opens)
    assert hours.is_open_at(between) == (between >= opens)
    assert opens - moment <= timedelta(days=8)
