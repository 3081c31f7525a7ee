"""Times survive being numbers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.encoding import from_micros, to_micros


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_microsecond(when: datetime) -> None:
    assert from_micros(to_micros(when)) == when
    assert from_micros(to_micros(when)).tzinfo is UTC


def test_the_same_moment_elsewhere_is_the_same_number() -> None:
    there = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=7)))

    assert to_micros(there) == to_micros(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        to_micros(datetime(2026, 11, 23))  # noqa: DTZ001  # the mistake in question
