"""Statistics: how many officers and certificates of each unit still need action, and how fast the number falls.

All rules of counting are here. A refused, withdrawn or draft request counts as no request: its certificate still waits
for its officer. Officers and certificates count for the unit that the officer named, requests for the unit of their
managing body, as in the request list.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from handlers.model.requests import RequestState
from handlers.model.rights import Act, Rights
from handlers.model.unit_directory import UnitDirectory
from rules.language.spelling import in_order
from rules.outcome import Procedure

#: States of a request that was sent but not yet forwarded, and states that count as no request.
REQUESTED_STATES = frozenset({RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK})
UNCOUNTED_STATES = frozenset({RequestState.DRAFT, RequestState.REFUSED, RequestState.WITHDRAWN})
#: Time without a message after which an officer counts as silent.
SILENT_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class UnitStatistics:
    """One line of the statistics: a unit with everything below it."""

    unit: str | None = None  #: ``None``: everything that belongs to no known unit
    officers: int = 0  #: chats with a known unit (on the line of no unit: chats of which only other facts are known)
    certificates: int = 0  #: interview statuses with a last day or a decision
    action_needed: int = 0  #: interview statuses that owe something, without a request of the same chat and certificate
    requested: int = 0  #: requests in ``REQUESTED_STATES``
    forwarded: int = 0  #: requests in this state
    done: int = 0
    expiring_30: int = 0  #: interview statuses whose last day is between today and today + 30 days, both included
    expiring_60: int = 0  #: these include the ones before
    expiring_90: int = 0
    silent: int = 0  #: officers with something to do or to answer, no request, and no message for ``SILENT_AFTER``

    def __add__(self, other: "UnitStatistics") -> "UnitStatistics":
        """Add the counts of two lines; the sum keeps the unit of the first."""
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in COUNTED_FIELDS})

    def __bool__(self) -> bool:
        """Return whether anything is counted."""
        return any(getattr(self, name) for name in COUNTED_FIELDS)

    @property
    def requests(self) -> int:
        """Return the number of requests that count."""
        return self.requested + self.forwarded + self.done

    @property
    def open(self) -> int:
        """Return the number of things still to be done, whoever must do them."""
        return self.action_needed + self.requested + self.forwarded


COUNTED_FIELDS = tuple(field.name for field in fields(UnitStatistics) if field.name != "unit")


@dataclass(frozen=True, slots=True)
class BurnDown:
    """The number still open at the end of each day, for comparison with a straight line to zero on the target day."""

    start: date
    until: date  #: the target
    open: tuple[int, ...]  #: numbers for ``start`` and each day after it, up to today or the target

    @property
    def per_day(self) -> float | None:
        """Return how many must be done each day from now on, or ``None`` if the target day is reached or past."""
        left = (self.until - self.start).days - (len(self.open) - 1)
        return self.open[-1] / left if left > 0 and self.open else None


#: Greatest distance of a target day from today.
MAX_TARGET_DISTANCE = timedelta(days=5 * 366)


def is_target(until: date, today: date) -> bool:
    """Return whether a burn-down to this day makes sense: it is at most ``MAX_TARGET_DISTANCE`` away."""
    return abs(until - today) <= MAX_TARGET_DISTANCE


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """A number of things that were open from one day until the day they ended (``None``: they are still open)."""

    begun: date
    ended: date | None
    count: int


def statistics_root(rights: Rights, unit: str | None) -> str | None:
    """Return the unit to show: the one asked for, else the only one within reach.

    ``None`` for everything within reach.
    """
    tops = top_units(rights)
    return unit or (tops[0] if len(tops) == 1 and not rights.reach(Act.SEE_PICTURE).everything else None)


def top_units(rights: Rights) -> tuple[str, ...]:
    """Return the outermost units within reach."""
    reach, units = rights.reach(Act.SEE_PICTURE), rights.units
    if reach.everything:
        return tuple(unit.code for unit in units.children(None))
    outer = (
        code for code in reach.units if not any(units.is_within(code, other) for other in reach.units if other != code)
    )
    return tuple(sorted(outer, key=lambda code: in_order(units.name(code))))


def line_units(rights: Rights, top: str | None) -> tuple[str, ...]:
    """Return the units that get a line: those right below ``top``, or below the only unit at the top of the tree."""
    units = rights.units
    if top is None and rights.reach(Act.SEE_PICTURE).everything and (only := only_top(units)):
        return (*(unit.code for unit in units.children(only)), *top_units(rights))
    return tuple(unit.code for unit in units.children(top)) if top else top_units(rights)


def only_top(units: UnitDirectory) -> str | None:
    """Return the one open unit at the top of the tree, if there is exactly one and it has units below it."""
    tops = [unit.code for unit in units.children(None) if unit.is_open(None)]
    return tops[0] if len(tops) == 1 and units.children(tops[0]) else None


def is_own_line(units: UnitDirectory, one: UnitStatistics, total: UnitStatistics) -> bool:
    """Return whether a line counts what belongs to the shown unit itself, not to one below it."""
    return one is not total and one.unit is not None and one.unit == (total.unit or only_top(units))


def has_no_requests_below(units: UnitDirectory, total: UnitStatistics, lines: Iterable[UnitStatistics]) -> bool:
    """Return whether all requests belong to the unit itself: it is the managing body of the units below it."""
    below = [one for one in lines if one.unit and not is_own_line(units, one, total)]
    return bool(total.requests and any(below) and not any(one.requests for one in below))


def roll_up(
    rows: Iterable[UnitStatistics], units: UnitDirectory, top: str | None, below: Sequence[str]
) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
    """Sum up the rows of single units along the tree.

    Args:
        rows: Counts of single units; rows outside of ``top`` and ``below`` are left out.
        units: The tree.
        top: The unit to total; with ``None`` everything.
        below: The units that get a line each.

    Returns:
        The total and the lines. What belongs to ``top`` itself (or, for ``None``, to no known unit) is the last line,
        if there is any.
    """
    counts: dict[str | None, Counter[str]] = {code: Counter() for code in (*below, top)}
    for row in rows:
        line = _line_of(row.unit, units, counts)
        if line in counts:
            counts[line].update({name: number for name in COUNTED_FIELDS if (number := getattr(row, name))})
    lines = {code: UnitStatistics(code, **counted) for code, counted in counts.items()}
    total = sum(lines.values(), UnitStatistics(top))
    own = lines.pop(top)
    return total, (*lines.values(), *([own] if own else []))


def _line_of(code: str | None, units: UnitDirectory, lines: Mapping[str | None, object]) -> str | None:
    """Return the unit whose line counts this one: itself, or the nearest one above it."""
    while code is not None and code not in lines:
        unit = units.get(code)
        code = unit.parent if unit else None
    return code


def build_burn_down(spans: Iterable[OpenSpan], start: date, until: date, today: date) -> BurnDown:
    """Count what was open at the end of each day from ``start`` to today, or to ``until`` if that is earlier."""
    last = max(start, min(today, until))
    change = [0] * ((last - start).days + 2)
    for span in spans:
        begun, ended = max(span.begun, start), span.ended or date.max
        if begun < ended and begun <= last:
            change[(begun - start).days] += span.count
            change[(min(ended, last + timedelta(days=1)) - start).days] -= span.count
    left, count = [], 0
    for one in change[:-1]:
        count += one
        left.append(count)
    return BurnDown(start, until, tuple(left))


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bar(_Model):
    """One bar of a bar chart."""

    label: str
    values: tuple[int, ...]  #: in the order of the chart's series


class BarChart(_Model):
    """A chart of stacked bars, one for each unit."""

    kind: Literal["bars"] = "bars"
    title: str
    note: str  #: the text below: the moment, and what was left out
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    axis: str = ""  #: the unit of the figures
    nothing: str  #: the text to show if there is no bar


class BurnChart(_Model):
    """A burn-down chart: the number still open each day, and the straight line to zero on the target day."""

    kind: Literal["burn_down"] = "burn_down"
    title: str
    note: str
    start: date
    until: date
    open: tuple[int, ...]  #: numbers for ``start`` and each day after it
    open_label: str
    ideal_label: str
    until_label: str


Chart = Annotated[BarChart | BurnChart, Field(discriminator="kind")]


class InterviewStatus(BaseModel):
    """The status of one interview: the certificate, its last day, and the procedures that are still owed for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interview: int
    unit: str | None = None
    certificate_key: str | None = None  #: a ``RequestContent.certificate_key``
    subscriber: str | None = None
    not_after: date | None = None
    owed: tuple[Procedure, ...] | None = None  #: ``None``: not decided yet; empty: nothing to register
