"""The clockwork of a campaign."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.model import (
    GRACE,
    CampaignPlan,
    PlannedStep,
    SendingHours,
    StateReason,
    StepDecision,
    Timetable,
    default_steps,
)
from rules.calendar import VIETNAM

EVERY_DAY = SendingHours(days=frozenset(range(1, 8)))
LONG_AGO = date(2026, 1, 1)
#: A Wednesday.
DEADLINE = date(2026, 12, 30)


def on(month: int, day: int, hour: int = 8, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=VIETNAM)


def decided(table: Timetable, now: datetime, made: tuple[str, ...] = (), since: date = LONG_AGO) -> list[str]:
    """Such as "14 late", "30 missed", "7"."""
    return [f"{one.step.name} {one.why or ''}".strip() for one in table.decisions(made, since, now)]


def test_steps_are_days_before_the_deadline_at_the_time_of_the_plan() -> None:
    table = Timetable(CampaignPlan(deadline=DEADLINE, steps=(-1, 7, 30, 7, 0)), EVERY_DAY)
    assert [(step.name, step.at) for step in table.steps] == [
        ("30", on(11, 30)),
        ("7", on(12, 23)),
        ("0", on(12, 30)),
        ("-1", on(12, 31)),
    ]


@pytest.mark.parametrize(
    ("now", "steps"),
    [
        (on(12, 20, 9), (7, 3, 1, 0, -1)),
        (on(12, 23, 8, 29), (7, 3, 1, 0, -1)),
        (on(12, 23, 9), (3, 1, 0, -1)),
        (on(12, 30, 23), (-1,)),
    ],
)
def test_the_usual_steps_are_those_still_to_come(now: datetime, steps: tuple[int, ...]) -> None:
    assert default_steps(DEADLINE, now) == steps


def test_a_step_is_over_when_its_day_is() -> None:
    table = Timetable(
        CampaignPlan(deadline=date(2026, 12, 28), steps=(30, 8, 0)), SendingHours()
    )  # 20 December is a Sunday
    assert table.past_steps(on(12, 21, 23)) == (30,)
    assert table.past_steps(on(12, 22, 0)) == (30, 8)


@pytest.mark.parametrize(
    ("at", "moment", "why"),
    [
        (time(8, 30), on(12, 28), StateReason.DAY_OFF),  # a Sunday: on Monday, at the same time
        (time(5), on(12, 28, 6, 30), StateReason.DAY_OFF),
        (time(23), on(12, 28, 6, 30), StateReason.DAY_OFF),
    ],
)
def test_a_step_on_a_day_off_waits_for_the_next_working_day(at: time, moment: datetime, why: StateReason) -> None:
    (step,) = Timetable(CampaignPlan(deadline=date(2026, 12, 27), steps=(0,), at=at), SendingHours()).steps
    assert step == PlannedStep("0", moment, why)


def test_a_step_in_the_quiet_hours_waits_for_their_end() -> None:
    (step,) = Timetable(CampaignPlan(deadline=DEADLINE, steps=(0,), at=time(22)), SendingHours()).steps
    assert step == PlannedStep("0", on(12, 31, 6, 30), StateReason.QUIET)


def test_a_step_runs_when_its_time_has_come_and_not_before() -> None:
    table = Timetable(CampaignPlan(deadline=DEADLINE, steps=(14, 7)), EVERY_DAY)
    assert decided(table, on(12, 16, 8, 29)) == []
    assert decided(table, on(12, 16)) == ["14"]
    assert decided(table, on(12, 16), made=("14",)) == []


def test_a_missed_step_runs_late_until_the_next_one_overtakes_it() -> None:
    table = Timetable(CampaignPlan(deadline=DEADLINE, steps=(14, 7, 3)), EVERY_DAY)
    assert decided(table, on(12, 22)) == ["14 late"]
    assert decided(table, on(12, 23)) == ["14 missed", "7"]
    assert decided(table, on(12, 29)) == ["14 missed", "7 missed", "3 late"]


def test_a_campaign_may_leave_out_what_is_late() -> None:
    table = Timetable(CampaignPlan(deadline=DEADLINE, steps=(14, 7), late="skip"), EVERY_DAY)
    assert decided(table, on(12, 16) + GRACE) == ["14 late"]
    assert decided(table, on(12, 16) + GRACE + timedelta(seconds=1)) == ["14 missed"]


def test_the_last_step_does_not_run_when_nobody_remembers_the_deadline() -> None:
    table = Timetable(CampaignPlan(deadline=DEADLINE, steps=(0,)), EVERY_DAY)
    assert decided(table, on(12, 31)) == ["0 late"]
    assert decided(table, on(12, 31) + timedelta(days=7)) == ["0 missed"]


def test_what_lies_before_the_campaign_was_written_is_left_out() -> None:
    table = Timetable(CampaignPlan(deadline=DEADLINE, steps=(30, 14, 7)), EVERY_DAY)
    assert decided(table, on(12, 17), since=date(2026, 12, 17)) == ["30 missed", "14 missed"]
    assert decided(table, on(12, 16, 9), since=date(2026, 12, 16)) == ["30 missed", "14 late"]


def test_nobody_gets_two_steps_on_one_day_because_of_a_day_off() -> None:
    table = Timetable(CampaignPlan(deadline=date(2026, 12, 28), steps=(2, 1, 0)), SendingHours())
    assert decided(table, on(12, 28)) == ["2 missed", "1 missed", "0"]


def test_the_plan_is_over_when_every_step_was_decided() -> None:
    table = Timetable(CampaignPlan(deadline=DEADLINE, steps=(7, 0)), EVERY_DAY)
    assert not table.is_over({"7"})
    assert table.is_over({"7", "0", "later:2026-12-24"})


_plans = st.builds(
    CampaignPlan,
    deadline=st.dates(date(2026, 12, 1), date(2026, 12, 31)),
    steps=st.lists(st.integers(-5, 40), min_size=1, max_size=8).map(tuple),
    at=st.times(),
    late=st.sampled_from(["run", "skip"]),
)
_hours = st.builds(SendingHours, st.times(), st.times(), st.frozensets(st.integers(1, 7), min_size=1))
_wakes = st.lists(st.datetimes(datetime(2026, 10, 1), datetime(2027, 2, 1), timezones=st.just(UTC)), max_size=12)  # noqa: DTZ001 - hypothesis adds the zone
_END = datetime(2027, 3, 1, tzinfo=UTC)


@given(_plans, _hours, _wakes)
def test_whenever_it_looks_and_however_the_clock_is_set_each_step_is_decided_once(
    plan: CampaignPlan, hours: SendingHours, wakes: list[datetime]
) -> None:
    table, made = Timetable(plan, hours), list[str]()
    for now in [*wakes, _END]:
        looked = table.decisions(made, LONG_AGO, now)
        assert all(one.step.at <= now for one in looked)
        assert sum(one.runs for one in looked) <= 1
        made += [one.step.name for one in looked]
    assert len(made) == len(set(made))
    assert table.is_over(made)


@given(_plans, _hours)
def test_steps_keep_their_order_and_leave_when_it_is_open(plan: CampaignPlan, hours: SendingHours) -> None:
    moments = [step.at for step in Timetable(plan, hours).steps]
    assert moments == sorted(moments)
    assert all(map(hours.is_open_at, moments))


@given(_plans)
def test_who_looks_in_time_misses_nothing(plan: CampaignPlan) -> None:
    table, made = Timetable(plan, EVERY_DAY), list[StepDecision]()
    for step in table.steps:
        made += table.decisions([one.step.name for one in made], LONG_AGO, step.at)
    assert all(one.runs for one in made)
    assert [one.step for one in made] == list(table.steps)


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


_moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(_hours, _moments, st.floats(0, 1))
def test_it_opens_at_the_first_moment_that_is_open(hours: SendingHours, moment: datetime, share: float) -> None:
    opens = hours.next_open(moment)
    between = moment + (opens - moment) * share
    assert opens >= moment
    assert hours.is_open_at(opens)
    assert hours.is_open_at(between) == (between >= opens)
    assert opens - moment <= timedelta(days=8)
