"""Times survive being numbers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.moments import moment, stored


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_microsecond(when: datetime) -> None:
    assert moment(stored(when)) == when
    assert moment(stored(when)).tzinfo is UTC


def test_the_same_moment_elsewhere_is_the_same_number() -> None:
    there = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=7)))

    assert stored(there) == stored(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        stored(datetime(2026, 11, 23))  # noqa: DTZ001  # the mistake in question
