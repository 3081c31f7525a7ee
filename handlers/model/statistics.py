"""The picture: how many officers of which unit have still to act, and how fast it becomes less.

What is counted is decided here, once. A request that was refused or withdrawn counts as none, and so does a draft,
which nobody has sent yet: its certificate still waits for its officer. Officers and certificates are counted by the
unit that the officer named, requests by that of the managing body they go to, as in the request list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from handlers.model.request import RequestState
from handlers.model.rights import Act, Rights
from handlers.model.unit_directory import UnitDirectory

#: States of a request before it is forwarded, and those that count as no request at all.
REQUESTED_STATES = frozenset({RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK})
UNCOUNTED_STATES = frozenset({RequestState.DRAFT, RequestState.REFUSED, RequestState.WITHDRAWN})
#: Days without a message after which an officer counts as silent.
SILENT_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class UnitStatistics:
    """One line of the picture: a unit with all below it."""

    unit: str | None = None  #: ``None``: what belongs to no unit that is known
    officers: int = 0  #: chats whose unit is known (on the line of no unit: those of whom only something else is)
    certificates: int = 0  #: standings with a last day or a decision
    action_needed: int = 0  #: standings that owe something, without a request of the same chat and certificate
    requested: int = 0  #: requests in ``REQUESTED``
    forwarded: int = 0  #: requests, by their state
    done: int = 0
    expiring_30: int = 0  #: standings whose last day lies within today and today + 30 days, both included
    expiring_60: int = 0  #: these include the ones before
    expiring_90: int = 0
    silent: int = 0  #: officers with something to do or to answer, no request, and no message for ``SILENT_AFTER``

    def __add__(self, other: "UnitStatistics") -> "UnitStatistics":
        """The sum, for the unit of the first."""
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in COUNTED_FIELDS})

    def __bool__(self) -> bool:
        """Whether anything is counted."""
        return any(getattr(self, name) for name in COUNTED_FIELDS)

    @property
    def requests(self) -> int:
        """Requests that count."""
        return self.requested + self.forwarded + self.done

    @property
    def open(self) -> int:
        """What is still to be done, by whomever."""
        return self.action_needed + self.requested + self.forwarded


COUNTED_FIELDS = tuple(field.name for field in fields(UnitStatistics) if field.name != "unit")


@dataclass(frozen=True, slots=True)
class BurnDown:
    """What was still open at the end of each day, and the straight way to nothing at a target."""

    start: date
    until: date  #: the target
    open: tuple[int, ...]  #: of ``start`` and each day after it, up to today or the target

    @property
    def per_day(self) -> float | None:
        """How many a day must be done from now on; ``None`` where the target is reached or past."""
        left = (self.until - self.start).days - (len(self.open) - 1)
        return self.open[-1] / left if left > 0 and self.open else None


#: How far from today a target may lie.
MAX_TARGET_DISTANCE = timedelta(days=5 * 366)


def is_target(until: date, today: date) -> bool:
    """Whether a burn-down towards this day says anything."""
    return abs(until - today) <= MAX_TARGET_DISTANCE


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """So many things were open from a day on, until the day they ended; ``None``: they still are."""

    begun: date
    ended: date | None
    count: int


def statistics_root(rights: Rights, unit: str | None) -> str | None:
    """The unit a picture is of: the one asked for, else the only one within reach; ``None``: all within reach."""
    tops = top_units(rights)
    return unit or (tops[0] if len(tops) == 1 and not rights.reach(Act.SEE_PICTURE).everything else None)


def top_units(rights: Rights) -> tuple[str, ...]:
    """The outermost units within reach."""
    reach, units = rights.reach(Act.SEE_PICTURE), rights.units
    if reach.everything:
        return tuple(unit.code for unit in units.children(None))
    return tuple(
        code for code in reach.units if not any(units.is_within(code, other) for other in reach.units if other != code)
    )


def line_units(rights: Rights, top: str | None) -> tuple[str, ...]:
    """The units that a picture has lines for: those right below; of everything, those below the only top there is."""
    units = rights.units
    if top is None and rights.reach(Act.SEE_PICTURE).everything and (only := only_top(units)):
        return (*(unit.code for unit in units.children(only)), *top_units(rights))
    return tuple(unit.code for unit in units.children(top)) if top else top_units(rights)


def only_top(units: UnitDirectory) -> str | None:
    """The one unit that all others hang below, those aside that are no more."""
    tops = [unit.code for unit in units.children(None) if unit.is_open(None)]
    return tops[0] if len(tops) == 1 and units.children(tops[0]) else None


def is_own_line(units: UnitDirectory, one: UnitStatistics, total: UnitStatistics) -> bool:
    """Whether a line holds what belongs to the unit of the picture itself, not to one below it."""
    return one is not total and one.unit is not None and one.unit == (total.unit or only_top(units))


def has_no_requests_below(units: UnitDirectory, total: UnitStatistics, lines: Iterable[UnitStatistics]) -> bool:
    """Whether every request lies with the unit itself: it is the managing body of those below, who have none."""
    below = [one for one in lines if one.unit and not is_own_line(units, one, total)]
    return bool(total.requests and any(below) and not any(one.requests for one in below))


def roll_up(
    rows: Iterable[UnitStatistics], units: UnitDirectory, top: str | None, below: Sequence[str]
) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
    """Rows of single units summed up the tree: the total, and a line for each unit of ``below``.

    What belongs to ``top`` itself (of ``None``: to no unit that is known) is a line of its own, the last, if there is
    any. Rows that lie elsewhere are left out.
    """
    lines = {code: UnitStatistics(code) for code in (*below, top)}
    for row in rows:
        line = _line_of(row.unit, units, lines)
        if line in lines:
            lines[line] += row
    total = sum(lines.values(), UnitStatistics(top))
    own = lines.pop(top)
    return total, (*lines.values(), *([own] if own else []))


def _line_of(code: str | None, units: UnitDirectory, lines: Mapping[str | None, UnitStatistics]) -> str | None:
    """The line a unit is counted in: its own, or the nearest one above it."""
    while code is not None and code not in lines:
        unit = units.get(code)
        code = unit.parent if unit else None
    return code


def build_burn_down(spans: Iterable[OpenSpan], start: date, until: date, today: date) -> BurnDown:
    """What was open at the end of each day from ``start`` to today, or to the target where that is past."""
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
