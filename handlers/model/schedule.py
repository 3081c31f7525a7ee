"""The clockwork of a campaign: when the time of each step is, and what to do about those whose time has come.

A step is decided once: it runs, in time or late, or it is left out. At one look at most one step runs, the latest: it
has overtaken those before it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from handlers.model.broadcast import CampaignPlan, StateReason
from rules.calendar import VIETNAM, to_vietnam_day, to_vietnam_time

_EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class SendingHours:
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

    def closed_reason(self, moment: datetime) -> StateReason | None:
        """``DAY_OFF``, else ``QUIET``; ``None`` while it is open."""
        local = to_vietnam_time(moment)
        if local.isoweekday() not in self.days:
            return StateReason.DAY_OFF
        return StateReason.QUIET if self._quiet(local.time()) else None

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
        today = to_vietnam_time(moment).date()
        for ahead in range(9):
            day = today + timedelta(days=ahead)
            yield datetime.combine(day, time.min, VIETNAM)
            yield datetime.combine(day, self.quiet_until, VIETNAM)


#: What counts as in time.
PUNCTUAL_WITHIN = timedelta(minutes=15)
#: How late a step may run in a campaign that leaves out what is late.
GRACE = timedelta(hours=2)
#: How late the last step may run, which nothing overtakes.
LAST_STEP_GRACE = timedelta(days=7)


def default_steps(deadline: date, now: datetime) -> tuple[int, ...]:
    """Of the steps that every plan has until its author decides otherwise, those whose time is still to come."""
    plan = CampaignPlan(deadline=deadline)
    return tuple(days for days in plan.steps if _nominal_time(plan, days) > now)


def _nominal_time(plan: CampaignPlan, days: int) -> datetime:
    """The time of a step by the plan alone."""
    return datetime.combine(plan.deadline - timedelta(days=days), plan.at, VIETNAM)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a plan."""

    name: str  #: days to the deadline, as ``Broadcast.step`` has it
    at: datetime  #: its time of the plan; where that is closed, the next one at which reminders may leave
    deferred: StateReason | None = None  #: why it is not that of the plan


@dataclass(frozen=True, slots=True)
class StepDecision:
    """What to do about a step whose time has come."""

    step: PlannedStep
    why: StateReason | None = (
        None  #: ``MISSED``: leave it out. Run it otherwise: ``LATE``, ``QUIET``, ``DAY_OFF``, or in time
    )

    @property
    def runs(self) -> bool:
        """It is carried out."""
        return self.why is not StateReason.MISSED


@dataclass(frozen=True)
class Timetable:
    """A plan within the operator's hours."""

    plan: CampaignPlan
    hours: SendingHours

    def past_steps(self, now: datetime) -> tuple[int, ...]:
        """Steps, in days before the deadline, whose day in Viet Nam is over."""
        return tuple(int(step.name) for step in self.steps if to_vietnam_day(step.at) < to_vietnam_day(now))

    @cached_property
    def steps(self) -> tuple[PlannedStep, ...]:
        """All of them, the first one first; days off may bring several to the same moment."""
        return tuple(self._step(days) for days in sorted(set(self.plan.steps), reverse=True))

    def decisions(self, made: Collection[str], since: date, now: datetime) -> tuple[StepDecision, ...]:
        """What to do about each step whose time has come and that is not ``made`` yet, the first one first.

        ``since`` is the day in Viet Nam on which the campaign was written: what lies before it is left out.
        """
        past = [step for step in self.steps if step.at <= now]
        return tuple(
            StepDecision(step, self._why(step, now, overtaken=step is not past[-1] or to_vietnam_day(step.at) < since))
            for step in past
            if step.name not in made
        )

    def is_over(self, made: Collection[str]) -> bool:
        """Every step was decided."""
        return {step.name for step in self.steps} <= set(made)

    def next_step(self, now: datetime) -> PlannedStep | None:
        """The next step; ``None`` where the time of the last one has come."""
        return next((step for step in self.steps if step.at > now), None)

    def _step(self, days: int) -> PlannedStep:
        """What falls on a day off waits for the time of the plan on the next working day."""
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
        """How late a step may run that nothing has overtaken."""
        if self.plan.late == "skip":
            return GRACE
        return LAST_STEP_GRACE if step is self.steps[-1] else timedelta.max
