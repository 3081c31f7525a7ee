"""The clockwork of a campaign: when the time of each step is, and what to do about those whose time has come.

A step is decided once: it runs, in time or late, or it is left out. At one look at most one step runs, the latest: it
has overtaken those before it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from handlers.broadcasts.hours import Hours
from handlers.broadcasts.model import Plan, Why
from rules.calendar import VIETNAM, vietnamese_day

#: What counts as in time.
PUNCTUAL = timedelta(minutes=15)
#: How late a step may run in a campaign that leaves out what is late.
GRACE = timedelta(hours=2)
#: How late the last step may run, which nothing overtakes.
LAST_STEP_LASTS = timedelta(days=7)


def usual_steps(deadline: date, now: datetime) -> tuple[int, ...]:
    """Of the steps that every plan has until its author decides otherwise, those whose time is still to come."""
    plan = Plan(deadline=deadline)
    return tuple(days for days in plan.steps if _meant(plan, days) > now)


def _meant(plan: Plan, days: int) -> datetime:
    """The time of a step by the plan alone."""
    return datetime.combine(plan.deadline - timedelta(days=days), plan.at, VIETNAM)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan."""

    name: str  #: days to the deadline, as ``Broadcast.step`` has it
    at: datetime  #: its time of the plan; where that is closed, the next one at which reminders may leave
    deferred: Why | None = None  #: why it is not that of the plan


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about a step whose time has come."""

    step: Step
    why: Why | None = None  #: ``MISSED``: leave it out. Run it otherwise: ``LATE``, ``QUIET``, ``DAY_OFF``, or in time

    @property
    def runs(self) -> bool:
        """It is carried out."""
        return self.why is not Why.MISSED


@dataclass(frozen=True)
class Timetable:
    """A plan within the operator's hours."""

    plan: Plan
    hours: Hours

    def past_steps(self, now: datetime) -> tuple[int, ...]:
        """Steps, in days before the deadline, whose day in Viet Nam is over."""
        return tuple(int(step.name) for step in self.steps if vietnamese_day(step.at) < vietnamese_day(now))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All of them, the first one first; days off may bring several to the same moment."""
        return tuple(self._step(days) for days in sorted(set(self.plan.steps), reverse=True))

    def decisions(self, made: Collection[str], since: date, now: datetime) -> tuple[Decision, ...]:
        """What to do about each step whose time has come and that is not ``made`` yet, the first one first.

        ``since`` is the day in Viet Nam on which the campaign was written: what lies before it is left out.
        """
        past = [step for step in self.steps if step.at <= now]
        return tuple(
            Decision(step, self._why(step, now, overtaken=step is not past[-1] or vietnamese_day(step.at) < since))
            for step in past
            if step.name not in made
        )

    def is_over(self, made: Collection[str]) -> bool:
        """Every step was decided."""
        return {step.name for step in self.steps} <= set(made)

    def next_step(self, now: datetime) -> Step | None:
        """The next step; ``None`` where the time of the last one has come."""
        return next((step for step in self.steps if step.at > now), None)

    def _step(self, days: int) -> Step:
        """What falls on a day off waits for the time of the plan on the next working day."""
        meant = _meant(self.plan, days)
        opens = self.hours.next_open(meant)
        usual = datetime.combine(vietnamese_day(opens), self.plan.at, VIETNAM)
        waits = usual >= opens and self.hours.is_open_at(usual)
        return Step(str(days), usual if waits else opens, self.hours.closed_reason(meant))

    def _why(self, step: Step, now: datetime, *, overtaken: bool) -> Why | None:
        late = now - step.at
        if overtaken or late > self._sense(step):
            return Why.MISSED
        return Why.LATE if late > PUNCTUAL else step.deferred

    def _sense(self, step: Step) -> timedelta:
        """How late a step may run that nothing has overtaken."""
        if self.plan.late == "skip":
            return GRACE
        return LAST_STEP_LASTS if step is self.steps[-1] else timedelta.max
