"""The repository of units: the tree, read and written as a whole, what lies on it, and counts of that."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import structlog

from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Rows, RunQueries, to_micros
from bot.store.requests import assign_unit, unseal_without_decision
from bot.store.sealing import read_or_none, sealed_columns
from handlers.model import (
    NO_UNITS,
    InterviewStatus,
    Succession,
    SuccessionKind,
    Unit,
    UnitAssignment,
    UnitDirectory,
    UnitHoldings,
)


@dataclass(frozen=True, slots=True)
class NestedSet:
    """The place of a unit in a walk of the tree."""

    place: int  #: superiors first
    last: int  #: place of the last unit below it; its own where there is none


def to_nested_sets(units: UnitDirectory) -> dict[str, NestedSet]:
    """Return the place of every unit, in the order of the walk; the tree has no circle."""
    first: dict[str, int] = {}
    waiting = [unit.code for unit in reversed(units.children(None))]
    while waiting:
        code = waiting.pop()
        first[code] = len(first) + 1
        waiting.extend(unit.code for unit in reversed(units.children(code)))
    last = dict(first)
    for code in reversed(first):
        parent = units.units[code].parent
        if parent is not None:
            last[parent] = max(last[parent], last[code])
    return {code: NestedSet(place, last[code]) for code, place in first.items()}


#: Requests read at a time.
PLACING_BATCH = 500


_log = structlog.get_logger(__name__)


async def read_units(ask: RunQueries) -> UnitDirectory:
    """Read all units, as one moment has them."""
    units, names, successions = await ask(Query("all_units"), Query("all_unit_names"), Query("all_successions"))
    if not units:
        return NO_UNITS
    known = _names_of(names)
    return UnitDirectory.of(
        (
            Unit(code, name, parent, known[code, "alias"], known[code, "former"], _to_day(closed))
            for code, name, parent, closed in units
        ),
        (
            Succession(former, successor, SuccessionKind(became), day, source)
            for former, successor, became, since, source in successions
            if (day := _to_day(since))
        ),
    )


@dataclass(frozen=True, slots=True)
class UnitReader:
    """The register of units, to be read. Every method raises StoreError."""

    driver: Driver

    async def version(self) -> int:
        """Return a number that changes with every import of units."""
        (rows,) = await self.driver.run(Query("units_version"))
        return int(rows[0][0]) if rows else 0

    async def read(self) -> UnitDirectory:
        """Return all units as they are now."""
        return await read_units(self.driver.run)


def _names_of(rows: Rows) -> defaultdict[tuple[str, str], tuple[str, ...]]:
    found: defaultdict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    for unit, name, kind in rows:
        found[unit, kind] += (name,)
    return found


def _to_day(number: int | None) -> date | None:
    """Return ``None`` for a day beyond all days: a damaged row must not keep all units from being read."""
    try:
        return None if number is None else date.fromordinal(number)
    except (ValueError, OverflowError, TypeError):
        _log.error("unit_day_unreadable", number=number)
        return None


#: The name of the counter that grows with every import: by it others notice that they must read the units anew.
UNITS_COUNTER = "units"
#: Statements of one batch: a whole country's units in one would hold the database's thread too long.
_BATCH = 1_000


class UnassignedRequest(NamedTuple):
    """A request of no unit, as it was seen."""

    code: str
    revision: int
    managing_body: str  #: as the officer typed it; empty where the request cannot be read, which stays where it is


UNITS_TASK, _LIST_PREFIX = "units", "DV"  #: kind of a task that holds a list of units, and prefix of its id


@dataclass(frozen=True, slots=True)
class UnitRepository:
    """The tree of units, and what lies on it; ``bot.services.units`` decides who may change it."""

    context: StoreContext

    async def load_for_update(self) -> UnitDirectory:
        """Read all units; others who would change them wait until this transaction ends."""
        await self.context.ask(Query("next_number", {"name": UNITS_COUNTER}))
        return await read_units(self.context.ask)

    async def count_holdings(self) -> dict[str, UnitHoldings]:
        """Count what lies on each unit, by its code; units on which nothing lies are not named."""
        (rows,) = await self.context.ask(Query("held_by_units", {"now": to_micros(self.context.now)}))
        counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for unit, what, number in rows:
            counts[unit][what] = number
        return {unit: UnitHoldings(**numbers) for unit, numbers in counts.items()}

    async def read_unassigned(self) -> AsyncIterator[UnassignedRequest]:
        """Read the requests of no unit page by page, in the order of registration."""
        after = 0
        while True:
            (rows,) = await self.context.ask(Query("homeless_requests", {"after": after, "limit": PLACING_BATCH}))
            if not rows:
                return
            for code, _, revision, sealed in rows:
                yield UnassignedRequest(code, revision, _read_managing_body(self.context, code, sealed))
            after = rows[-1][1]

    async def save(self, units: UnitDirectory, changed: frozenset[str]) -> None:
        """Give every unit its place anew, and write names and successions of those that changed."""
        calls = list(_unit_queries(units, changed))
        for start in range(0, len(calls), _BATCH):
            await self.context.ask(*calls[start : start + _BATCH])

    async def hand_on(self, former: str, successor: str) -> None:
        """Give requests, officers and certificates of a unit to another; what a request says stays as it was sent."""
        units = {"former": former, "successor": successor}
        calls = Query("hand_on_requests", units), Query("hand_on_officers", units), Query("hand_on_standings", units)
        await self.context.ask(*calls)

    async def keep_list(self, content: str) -> str:
        """Seal a list in place of all that wait in this chat, as a task that no worker takes; return its id."""
        context, name = self.context, await self.context.next_id(_LIST_PREFIX)
        spec = context.keyring.seal(content, sealed_columns.task(name))
        row = {"id": name, "chat": context.chat, "kind": UNITS_TASK, "spec": spec, "progress": None, "total": 0}
        await self.drop_lists()
        await context.ask(Query("add_task", {**row, "now": to_micros(context.now)}))
        return name

    async def load_list(self, name: str) -> str | None:
        """Open a list that waits in this chat; ``None`` where there is none, or it cannot be read any more."""
        keyring, place, chat = self.context.keyring, sealed_columns.task(name), self.context.chat
        (rows,) = await self.context.ask(Query("task_spec", {"id": name, "chat": chat, "kind": UNITS_TASK}))
        return read_or_none(keyring, place, lambda: keyring.unseal(rows[0][0], place)) if rows else None

    async def drop_lists(self) -> None:
        """Drop all lists that wait in this chat."""
        await self.context.ask(Query("drop_imports", {"chat": self.context.chat, "kind": UNITS_TASK}))

    async def assign(self, assignment: UnitAssignment) -> bool:
        """Place a request; false where it is no longer as it was seen."""
        return await assign_unit(self.context, assignment.code, assignment.revision, assignment.unit)


def _read_managing_body(context: StoreContext, code: str, sealed: bytes) -> str:
    keyring = context.keyring
    found = read_or_none(keyring, sealed_columns.content(code), lambda: unseal_without_decision(keyring, code, sealed))
    return found.unit if found else ""


def _unit_queries(units: UnitDirectory, changed: frozenset[str]) -> Iterator[Query]:
    """Write superiors before those below them, and all units before what refers to them."""
    for code, place in to_nested_sets(units).items():
        yield Query("keep_unit", _unit_row(units.units[code], place))
    for code in sorted(changed):
        yield Query("drop_unit_names", {"code": code})
        yield Query("drop_successions", {"code": code})
        yield from _name_queries(units.units[code])
        yield from (Query("keep_succession", _succession_row(step)) for step in units.successors(code))


def _unit_row(unit: Unit, place: NestedSet) -> dict[str, object]:
    closed = unit.closed_on.toordinal() if unit.closed_on else None
    return {
        "code": unit.code,
        "parent": unit.parent,
        "name": unit.name,
        "closed_on": closed,
        "place": place.place,
        "last": place.last,
    }


def _name_queries(unit: Unit) -> Iterator[Query]:
    for kind, names in (("alias", unit.aliases), ("former", unit.former_names)):
        for name in names:
            yield Query("keep_unit_name", {"code": unit.code, "name": name, "kind": kind})


def _succession_row(step: Succession) -> dict[str, object]:
    return {
        "former": step.former,
        "successor": step.successor,
        "became": step.became.value,
        "since": step.since.toordinal(),
        "source": step.source,
    }


@dataclass(frozen=True, slots=True)
class StoredInterviewRegister:
    """The register of units and certificates, to which the interview in one chat adds."""

    context: StoreContext

    async def save_status(self, standing: InterviewStatus) -> None:
        """Replace what was known of this interview, and of its certificate."""
        context = self.context
        row = self._row(standing)
        calls = [Query("belong_to", {"chat": context.chat, "unit": standing.unit}), Query("keep_standing", row)]
        if standing.certificate_key:
            calls.append(Query("drop_older_standings", row))
        await context.ask(*calls)

    def _row(self, standing: InterviewStatus) -> dict[str, object]:
        keyring, chat = self.context.keyring, self.context.chat
        row_id = sealed_columns.standing_id(chat, standing.interview)
        key, name, owed = standing.certificate_key, standing.subscriber, standing.owed
        return {
            "id": row_id,
            "chat": chat,
            "unit": standing.unit,
            "certificate_key": sealed_columns.certificate_id(keyring, key) if key else None,
            "not_after": standing.not_after.toordinal() if standing.not_after else None,
            "owed": None if owed is None else ",".join(owed),
            "subscriber": keyring.seal(name, sealed_columns.subscriber(row_id)) if name else None,
            "now": to_micros(self.context.now),
        }
