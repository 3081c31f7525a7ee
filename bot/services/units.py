"""The use cases of units: plan an import, save a changed tree, give heirs what lies on ended ones, set offices."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.services.request_list import RequestAnnouncer
from bot.store import (
    UNITS_COUNTER,
    UNREADABLE_ERRORS,
    OfficeRepository,
    Query,
    RequestNoticeRepository,
    StatisticsRepository,
    Store,
    UnitRepository,
    to_micros,
)
from bot.store.sealing import sealed_columns
from bot.units.import_plan import UnitImportPlan, plan_import
from bot.units.list_reader import UnitList
from handlers.core import Journal, Reply, Session, Units
from handlers.interview import stopping_step
from handlers.model import (
    Act,
    BurnDown,
    ChosenOffice,
    OfficeDraft,
    Reach,
    Refusal,
    Rights,
    UnitAssignment,
    UnitDirectory,
    UnitHoldings,
    UnitStatistics,
    UnitSuccession,
    Watcher,
    build_burn_down,
    line_units,
    plan_succession,
    roll_up,
    statistics_root,
    unit_of_managing_body,
)
from handlers.offices.service import OfficeService
from rules.calendar import to_vietnam_day
from rules.pack import Pack


@dataclass(frozen=True, slots=True)
class UnitService:
    """Implements ``handlers.core.admin_ports.Units``: decides who may change the tree, and who inherits."""

    units: UnitRepository
    journal: Journal
    now: datetime
    announcer: RequestAnnouncer
    statistics: StatisticsRepository

    async def load_for_update(self) -> UnitDirectory:
        """Lock the counter of changes first, so that others wait."""
        return await self.units.load_for_update()

    async def count_holdings(self) -> Mapping[str, UnitHoldings]:
        """Leave out units on which nothing lies."""
        return await self.units.count_holdings()

    async def find_unassigned(self, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
        """Look each name up once, however many requests carry it."""
        today, units_by_name, found = to_vietnam_day(self.now), dict[str, str | None](), list[UnitAssignment]()
        async for request in self.units.read_unassigned():
            name = request.managing_body
            if name not in units_by_name:
                units_by_name[name] = unit_of_managing_body(units, name, today)
            if unit := units_by_name[name]:
                found.append(UnitAssignment(request.code, request.revision, unit))
        return tuple(found)

    async def keep_list(self, rights: Rights, content: str) -> str | None:
        """Keep a list sealed until it is applied; it is forgotten with all else that waits too long."""
        return await self.units.keep_list(content) if rights.may(Act.MAINTAIN_UNITS) else None

    async def load_list(self, rights: Rights, name: str) -> str | None:
        """Return none where the right has ended meanwhile."""
        return await self.units.load_list(name) if rights.may(Act.MAINTAIN_UNITS) else None

    async def drop_lists(self) -> None:
        """Drop the lists of this person; nobody else's are touched."""
        await self.units.drop_lists()

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[UnitAssignment] = ()
    ) -> Refusal | None:
        """Save the tree, hand on what lies on ended units, place requests and tell of them, in the same transaction."""
        if not rights.may(Act.MAINTAIN_UNITS):
            return Refusal.NOT_YOURS
        await self.units.save(units, changed)
        handed_on, arrived = await self._hand_on(units)
        if placed := [one.code for one in placing if await self.units.assign(one)]:
            arrived.update(await self.announcer.notices.count_unfinished(placed))
        await self.announcer.announce_arrivals(arrived)
        await self.journal.record(rights, Act.MAINTAIN_UNITS, UNITS_COUNTER, count=len(changed | handed_on))
        return None

    async def _hand_on(self, units: UnitDirectory) -> tuple[frozenset[str], Counter[str]]:
        """Give what lies on ended units to their heirs.

        Returns:
            The codes of those units, and the unfinished requests that came to each heir.
        """
        plan = plan_succession(units, await self.count_holdings(), to_vietnam_day(self.now))
        transfers = [(one.unit.code, one.heir.code) for one in plan if one.heir is not None and one.has_transfer]
        formers = frozenset(former for former, _ in transfers)
        left = await self.announcer.notices.count_unfinished_of(formers) if formers else {}
        arrived = Counter[str]()
        for former, successor in transfers:
            await self.units.hand_on(former, successor)
            arrived[successor] += left.get(former, 0)
        return formers, +arrived

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
        """Read what lies below the unit that is looked at, once; what lies out of reach is never read."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        if not reach:
            return UnitStatistics(top), ()
        rows = await self.statistics.read_counts(reach, top, today, now)
        return roll_up(rows, rights.units, top, line_units(rights, top))

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        """Return a curve of zeros where nothing is within reach."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        last = max(start, min(today, until))
        spans = await self.statistics.read_spans(reach, top, start, last) if reach else []
        return build_burn_down(spans, start, until, today)


#: A conversation has stopped where nothing was written for so long.
SILENCE = timedelta(days=1)
_PAGE = 500


async def count_stops(store: Store, pack: Pack, now: datetime, silence: timedelta = SILENCE) -> Mapping[str, int]:
    """Count the conversations that have stopped, by their step; a session that cannot be read is left out.

    Raises:
        StoreError: the store cannot be used.
    """
    counts: Counter[str] = Counter()
    page = {"after": "", "before": to_micros(now - silence), "limit": _PAGE}
    while rows := (await store.driver.look(Query("sessions_page", page)))[0]:
        for chat, sealed in rows:
            try:
                session = Session.load(store.keyring.unseal(sealed, sealed_columns.session(chat)))
                counts[stopping_step(session, pack, to_vietnam_day(now))] += 1
            except (*UNREADABLE_ERRORS, ValueError):
                continue
        page["after"] = rows[-1][0]
    return counts


@dataclass(frozen=True, slots=True)
class StoredOffices(OfficeService):
    """The offices that a transaction reaches."""

    offices: OfficeRepository
    notices: RequestNoticeRepository

    @property
    def chat(self) -> str:
        return self.notices.context.chat

    @property
    def now(self) -> datetime:
        return self.notices.context.now

    async def _hold(self) -> None:
        await self.offices.hold()

    async def _within(self, reach: Reach) -> Sequence[ChosenOffice]:
        return await self.offices.within(reach)

    async def _of_units(self, units: Iterable[str]) -> Sequence[ChosenOffice]:
        return await self.offices.of_units(units)

    async def _add(self, unit: str | None, draft: OfficeDraft, actor: str) -> ChosenOffice:
        return await self.offices.add(unit, draft, actor)

    async def _change(self, before: ChosenOffice, draft: OfficeDraft, actor: str, reach: Reach) -> ChosenOffice | None:
        return await self.offices.change(before, draft, actor, reach)

    async def _remove(self, before: ChosenOffice, reach: Reach) -> bool:
        return await self.offices.withdraw(before, reach)

    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        return await self.notices.watchers(unit)

    async def _queue(self, to: Watcher, origin: str, said: Reply) -> None:
        await self.notices.queue(to, origin, said)


@dataclass(frozen=True, slots=True)
class ImportEffects:
    """The effects of an import beside the units themselves."""

    fates: tuple[UnitSuccession, ...]
    placing: tuple[UnitAssignment, ...]
    held: Mapping[str, UnitHoldings]  #: the requests, people and roles on each unit

    @property
    def differs(self) -> bool:
        """Return whether anything moves."""
        return bool(self.placing) or any(fate.has_transfer for fate in self.fates)


async def plan_unit_import(
    book: Units, read: UnitList, stored: UnitDirectory, today: date
) -> tuple[UnitImportPlan, ImportEffects]:
    """Plan an import; nothing is written.

    Args:
        book: the units of a transaction.
        read: the list.
        stored: the units as they are now.
        today: the day in Viet Nam.

    Raises:
        FaultyUnitsError: rows are wrong; all faults of the file are named.
    """
    planned = plan_import(read.rows, stored, text=read.notes.text)
    held = await book.count_holdings()
    fates = plan_succession(planned.units, held, today)
    return planned, ImportEffects(fates, await book.find_unassigned(planned.units), held)


async def apply_unit_import(book: Units, rights: Rights, planned: UnitImportPlan, settled: ImportEffects) -> bool:
    """Store what was planned; false where nothing differs, or the rights do not allow it: nothing is written then."""
    if not (planned.changes or settled.differs):
        return False
    changed = frozenset(change.unit.code for change in planned.changes)
    refused: Refusal | None = await book.save(rights, planned.units, changed, settled.placing)
    return refused is None


def plan_mark(planned: UnitImportPlan, settled: ImportEffects) -> str:
    """Return a mark of all that an import changes: another plan has another one."""
    moves = [(fate.unit.code, fate.heir.code if fate.heir else "") for fate in settled.fates if fate.has_transfer]
    placed = [(one.code, one.unit) for one in settled.placing]
    told = repr((planned.changes, [planned.units.successors(one.unit.code) for one in planned.changes], moves, placed))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
