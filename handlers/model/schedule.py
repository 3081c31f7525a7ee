"""The schedule of a campaign within the operator's sending hours: when a step is due, and whether it still runs.

Each step is decided exactly once. At any moment at most one step runs, the latest one that is due: it has overtaken
those before it.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from handlers.model.broadcast import CampaignPlan, StateReason
from rules.calendar import VIETNAM, to_vietnam_day, to_vietnam_time

_EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class SendingHours:
    """The hours and days on which the operator allows reminders.

    Raises:
        ValueError: No day of the week is left.
    """

    quiet_from: time = time(21, 30)  #: may be later than ``quiet_until``; then the quiet hours span midnight
    quiet_until: time = time(6, 30)  #: end of the quiet hours; equal to ``quiet_from`` if there are none
    days: frozenset[int] = frozenset(range(1, 6))  #: 1 is Monday

    def __post_init__(self) -> None:
        if not self.days & _EVERY_DAY:
            raise ValueError("no day of the week is a working day")

    def is_open_at(self, moment: datetime) -> bool:
        """Return whether reminders may be sent at an aware moment."""
        return self.closed_reason(moment) is None

    def closed_reason(self, moment: datetime) -> StateReason | None:
        """Return why sending is not allowed at a moment (``DAY_OFF`` before ``QUIET``), or ``None`` if it is."""
        local = to_vietnam_time(moment)
        if local.isoweekday() not in self.days:
            return StateReason.DAY_OFF
        return StateReason.QUIET if self._quiet(local.time()) else None

    def next_open(self, moment: datetime) -> datetime:
        """Return the moment itself if sending is allowed, else the next moment at which it is."""
        if self.is_open_at(moment):
            return moment
        return next(one for one in self._openings(moment) if one > moment and self.is_open_at(one))

    def _quiet(self, at: time) -> bool:
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until

    def _openings(self, moment: datetime) -> Iterator[datetime]:
        """Yield the moments at which sending could become allowed: starts of days, and ends of the quiet hours."""
        today = to_vietnam_time(moment).date()
        for ahead in range(9):
            day = today + timedelta(days=ahead)
            yield datetime.combine(day, time.min, VIETNAM)
            yield datetime.combine(day, self.quiet_until, VIETNAM)


#: Delay up to which a step counts as on time.
PUNCTUAL_WITHIN = timedelta(minutes=15)
#: Greatest delay of a step in a campaign that skips late steps.
GRACE = timedelta(hours=2)
#: Greatest delay of the last step, which no other step overtakes.
LAST_STEP_GRACE = timedelta(days=7)


#: Greatest number of steps of a plan, and their greatest distance from the deadline in days.
MAX_STEPS, MAX_STEP_DAYS = 20, 366
_NUMBERS = re.compile(r"-?\d{1,3}(?:[\s,;]+-?\d{1,3})*")


def parse_steps(text: str) -> tuple[int, ...] | None:
    """Parse typed days such as ``14, 7, 0, -1``: the farthest first; none if they are too many or too far away.

    ``None``: the text is no list of days.
    """
    if not _NUMBERS.fullmatch(text.strip()):
        return None
    days = sorted({int(one) for one in re.findall(r"-?\d+", text)}, reverse=True)
    return () if len(days) > MAX_STEPS or max(map(abs, days)) > MAX_STEP_DAYS else tuple(days)


def default_steps(deadline: date, now: datetime) -> tuple[int, ...]:
    """Return the steps of the default plan that are still to come."""
    plan = CampaignPlan(deadline=deadline)
    return tuple(days for days in plan.steps if _nominal_time(plan, days) > now)


def _nominal_time(plan: CampaignPlan, days: int) -> datetime:
    """Return the time of a step by the plan alone, without regard to the sending hours."""
    return datetime.combine(plan.deadline - timedelta(days=days), plan.at, VIETNAM)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a plan, with its time within the sending hours."""

    name: str  #: days to the deadline, as ``Broadcast.step`` has it
    at: datetime  #: the time of the plan or, if nothing may be sent then, the next time at which it may
    deferred: StateReason | None = None  #: the reason why ``at`` is not the time of the plan


@dataclass(frozen=True, slots=True)
class StepDecision:
    """The decision about a step that is due: run it, or leave it out."""

    step: PlannedStep
    why: StateReason | None = (
        None  #: ``MISSED``: leave it out. Run it otherwise: ``LATE``, ``QUIET``, ``DAY_OFF``, or in time
    )

    @property
    def runs(self) -> bool:
        """Return whether the step is carried out."""
        return self.why is not StateReason.MISSED


@dataclass(frozen=True)
class Timetable:
    """The steps of a plan, placed within the operator's sending hours."""

    plan: CampaignPlan
    hours: SendingHours

    def past_steps(self, now: datetime) -> tuple[int, ...]:
        """Return the steps (in days before the deadline) whose day in Viet Nam is over."""
        return tuple(int(step.name) for step in self.steps if to_vietnam_day(step.at) < to_vietnam_day(now))

    @cached_property
    def steps(self) -> tuple[PlannedStep, ...]:
        """Return all steps in order of time; days off may move several to the same moment."""
        return tuple(self._step(days) for days in sorted(set(self.plan.steps), reverse=True))

    def decisions(self, made: Collection[str], since: date, now: datetime) -> tuple[StepDecision, ...]:
        """Decide each step that is due and not yet made, in order of time.

        Args:
            made: Names of the steps that were already decided.
            since: The day in Viet Nam on which the campaign was written; earlier steps are left out.
            now: The present moment.
        """
        past = [step for step in self.steps if step.at <= now]
        return tuple(
            StepDecision(step, self._why(step, now, overtaken=step is not past[-1] or to_vietnam_day(step.at) < since))
            for step in past
            if step.name not in made
        )

    def is_over(self, made: Collection[str]) -> bool:
        """Return whether every step was decided."""
        return {step.name for step in self.steps} <= set(made)

    def _step(self, days: int) -> PlannedStep:
        """Place a step; one on a day off moves to the plan's time on the next working day."""
        meant = _nominal_time(self.plan, days)
        opens = self.hours.next_open(meant)
        usual = datetime.combine(to_vietnam_day(opens), self.plan.at, VIETNAM)
        waits = usual >= opens and self.hours.is_open_at(usual)
        return PlannedStep(str(days), usual if waits else opens, self.hours.closed_reason(meant))

    def _why(self, step: PlannedStep, now: datetime, *, overtaken: bool) -> StateReason | None:
        late = now - step.at
        if overtaken or late > self._sense(step):
            return StateReason.MISSED
        return StateReason.LATE if late > PUNCTUAL_WITHIN else step.deferred

    def _sense(self, step: PlannedStep) -> timedelta:
        """Return the greatest delay with which a step may still run if nothing has overtaken it."""
        if self.plan.late == "skip":
            return GRACE
        return LAST_STEP_GRACE if step is self.steps[-1] else timedelta.max
