"""The tree of units, changed as a whole."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from bot.store.context import StoreContext
from bot.store.drivers.base import Driver, Query, Rows, RunQueries
from bot.store.encoding import to_micros, unseal_content, unseal_without_decision
from bot.store.journal import StoredJournal
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import read_or_none
from handlers.model.request_list import InterviewStatus, Refusal
from handlers.model.rights import Act, Rights
from handlers.model.succession import (
    UnitAssignment,
    UnitHoldings,
    UnitSuccession,
    plan_succession,
    unit_of_managing_body,
)
from handlers.model.unit import Succession, SuccessionKind, Unit
from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from rules.calendar import to_vietnam_day


async def held_by_unit(acting: StoreContext) -> dict[str, UnitHoldings]:
    """By the code of the unit; units on which nothing lies are not named."""
    (rows,) = await acting.ask(Query("held_by_units", {"now": to_micros(acting.now)}))
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for unit, what, number in rows:
        counts[unit][what] = number
    return {unit: UnitHoldings(**numbers) for unit, numbers in counts.items()}


async def transfer_unit(acting: StoreContext, fate: UnitSuccession) -> None:
    """Requests, officers and the register of an ended unit to its heir; what a request says stays as it was sent."""
    if fate.heir:
        units = {"former": fate.unit.code, "successor": fate.heir.code}
        calls = Query("hand_on_requests", units), Query("hand_on_officers", units), Query("hand_on_standings", units)
        await acting.ask(*calls)


@dataclass(frozen=True, slots=True)
class NestedSet:
    """Where a unit stands in a walk of the tree."""

    place: int  #: superiors first
    last: int  #: place of the last unit below it; its own where there is none


def to_nested_sets(units: UnitDirectory) -> dict[str, NestedSet]:
    """The place of every unit, in the order of the walk; the tree has no circle."""
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


async def assign_unit(acting: StoreContext, code: str, revision: int, unit: str) -> bool:
    """Place a request that is as it was seen; false where it is not any more.

    The unit stands in the sealed content as well, so that an amendment by the officer keeps it. What the officer
    called the managing body stays.
    """
    (rows,) = await acting.ask(Query("sealed_request", {"code": code}))
    if not rows:
        return False
    sealed = rows[0][0]
    found = read_or_none(
        acting.keyring, sealed_columns.content(code), lambda: unseal_content(acting.keyring, code, sealed)
    )
    if found is not None:  # one that cannot be read is placed, and stays as it is
        content = found.model_copy(update={"unit_code": unit})
        sealed = acting.keyring.seal(content.model_dump_json(), sealed_columns.content(code))
    row = {"code": code, "revision": revision, "unit": unit, "content": sealed}
    (changed,) = await acting.ask(Query("place_request", row))
    return bool(changed)


async def find_unassigned(acting: StoreContext, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
    """Requests of no unit whose managing body goes by the name of one; each name is looked up once."""
    today, homes, found, after = to_vietnam_day(acting.now), dict[str, str | None](), list[UnitAssignment](), 0
    while True:
        (rows,) = await acting.ask(Query("homeless_requests", {"after": after, "limit": PLACING_BATCH}))
        if not rows:
            return tuple(found)
        for code, _, revision, sealed in rows:
            name = _read_managing_body(acting, code, sealed)
            if name not in homes:
                homes[name] = unit_of_managing_body(units, name, today)
            if unit := homes[name]:
                found.append(UnitAssignment(code, revision, unit))
        after = rows[-1][1]


def _read_managing_body(acting: StoreContext, code: str, sealed: bytes) -> str:
    """As it was typed; nothing where the request cannot be read, which stays where it is."""
    keyring = acting.keyring
    found = read_or_none(keyring, sealed_columns.content(code), lambda: unseal_without_decision(keyring, code, sealed))
    return found.unit if found else ""


_log = structlog.get_logger(__name__)


async def read_units(ask: RunQueries) -> UnitDirectory:
    """All units, as one moment has them."""
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
    """One that is beyond all days is not known: a damaged row must not keep all units from being read."""
    try:
        return None if number is None else date.fromordinal(number)
    except (ValueError, OverflowError, TypeError):
        _log.error("unit_day_unreadable", number=number)
        return None


#: Of the counter that grows with every import: by it others notice that they must read the units anew.
UNITS_COUNTER = "units"
#: Statements of one batch: a whole country's units in one would hold the database's thread too long.
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class StoredUnits:
    """Implements ``handlers.core.ports.Units``."""

    acting: StoreContext
    journal: StoredJournal

    async def load_for_update(self) -> UnitDirectory:
        """All units; the counter, which is moved first, keeps others waiting."""
        await self.acting.ask(Query("next_number", {"name": UNITS_COUNTER}))
        return await read_units(self.acting.ask)

    async def count_holdings(self) -> Mapping[str, UnitHoldings]:
        """What lies on each unit."""
        return await held_by_unit(self.acting)

    async def find_unassigned(self, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
        """Requests of no unit whose managing body is one of these units."""
        return await find_unassigned(self.acting, units)

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[UnitAssignment] = ()
    ) -> Refusal | None:
        """Every unit gets its place anew; names and successions are written where they changed.

        What lies on ended units is given to their heirs in the same transaction.
        """
        if not rights.may(Act.MAINTAIN_UNITS):
            return Refusal.NOT_YOURS
        calls = list(_unit_queries(units, changed))
        for start in range(0, len(calls), _BATCH):
            await self.acting.ask(*calls[start : start + _BATCH])
        moved = await self._hand_on(units)
        for one in placing:
            await assign_unit(self.acting, one.code, one.revision, one.unit)
        await self.journal.record(rights, Act.MAINTAIN_UNITS, UNITS_COUNTER, count=len(changed | moved))
        return None

    async def _hand_on(self, units: UnitDirectory) -> frozenset[str]:
        """What lies on ended units goes to their heirs; the codes of those units."""
        found = plan_succession(units, await self.count_holdings(), to_vietnam_day(self.acting.now))
        moving = [fate for fate in found if fate.has_transfer]
        for fate in moving:
            await transfer_unit(self.acting, fate)
        return frozenset(fate.unit.code for fate in moving)


def _unit_queries(units: UnitDirectory, changed: frozenset[str]) -> Iterator[Query]:
    """Superiors before those below them, and all units before what refers to them."""
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
    """Implements ``handlers.core.ports.InterviewRegister``."""

    acting: StoreContext

    async def save_status(self, standing: InterviewStatus) -> None:
        """Where an interview stands now."""
        acting = self.acting
        row = self._row(standing)
        calls = [Query("belong_to", {"chat": acting.chat, "unit": standing.unit}), Query("keep_standing", row)]
        if standing.certificate_key:
            calls.append(Query("drop_older_standings", row))
        await acting.ask(*calls)

    def _row(self, standing: InterviewStatus) -> dict[str, object]:
        keyring, chat = self.acting.keyring, self.acting.chat
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
            "now": to_micros(self.acting.now),
        }
