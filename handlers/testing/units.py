"""The tree of units in memory, the receiving offices set for them, and counts of what there is to do."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from handlers.core import Reply
from handlers.model import (
    OFFICE_PREFIX,
    REQUESTED_STATES,
    SILENT_AFTER,
    UNCOUNTED_STATES,
    Act,
    BurnDown,
    ChosenOffice,
    OfficeDraft,
    OpenSpan,
    Reach,
    Refusal,
    RequestState,
    Rights,
    UnitAssignment,
    UnitDirectory,
    UnitHoldings,
    UnitStatistics,
    Watcher,
    build_burn_down,
    line_units,
    plan_succession,
    roll_up,
    statistics_root,
    unit_of_managing_body,
)
from handlers.offices.service import OfficeService
from handlers.testing.request_list import MemoryAnnouncer, assign_unit, find_watchers
from handlers.testing.tables import MemoryContext, MemoryJournal, RequestRecord, StatusRecord, TaskRecord
from rules.calendar import to_vietnam_day

UNITS_COUNTER = "units"
UNITS_TASK = "units"


@dataclass(frozen=True, slots=True)
class MemoryUnits:
    """Implements ``handlers.core.admin_ports.Units``."""

    acting: MemoryContext
    journal: MemoryJournal

    async def load_for_update(self) -> UnitDirectory:
        """Show them as they are."""
        self.acting.tables.next_number(UNITS_COUNTER)
        return self.acting.tables.units

    async def count_holdings(self) -> Mapping[str, UnitHoldings]:
        """Count rows by their unit."""
        counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for what, units in self._holdings().items():
            for unit in units:
                if unit is not None:
                    counted[unit][what] += 1
        return {unit: UnitHoldings(**numbers) for unit, numbers in counted.items()}

    def _holdings(self) -> Mapping[str, Iterable[str | None]]:
        tables, now = self.acting.tables, self.acting.now
        return {
            "requests": [one.unit for one in tables.requests.values()],
            "officers": [one.unit for one in tables.chats.values()],
            "certificates": [one.status.unit for one in tables.statuses.values()],
            "roles": [one.grant.unit for one in tables.grants.values() if one.ended_at is None],
            "invitations": [one.unit for one in tables.invitations.values() if one.is_open(now)],
        }

    async def find_unassigned(self, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
        """Look each managing body up by its name."""
        return tuple(self._find_unassigned(units))

    def _find_unassigned(self, units: UnitDirectory) -> Iterator[UnitAssignment]:
        today = to_vietnam_day(self.acting.now)
        homeless = (one for one in self.acting.tables.requests.values() if one.unit is None)
        for known in sorted(homeless, key=lambda one: one.number):
            if unit := unit_of_managing_body(units, known.content.unit, today):
                yield UnitAssignment(known.code, known.revision, unit)

    async def keep_list(self, rights: Rights, content: str) -> str | None:
        """Put it in the place of earlier ones."""
        if not rights.may(Act.MAINTAIN_UNITS):
            return None
        acting, name = self.acting, self.acting.next_id("DV")
        await self.drop_lists()
        acting.tables.tasks[name] = TaskRecord(name, acting.chat, UNITS_TASK, acting.now, content=content)
        return name

    async def load_list(self, rights: Rights, name: str) -> str | None:
        """Return one's own."""
        kept = self.acting.tables.tasks.get(name)
        if kept is None or (kept.chat, kept.kind) != (self.acting.chat, UNITS_TASK):
            return None
        return kept.content if rights.may(Act.MAINTAIN_UNITS) else None

    async def drop_lists(self) -> None:
        """Forget one's own."""
        tasks, chat = self.acting.tables.tasks, self.acting.chat
        for name in [name for name, one in tasks.items() if (one.chat, one.kind) == (chat, UNITS_TASK)]:
            del tasks[name]

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[UnitAssignment] = ()
    ) -> Refusal | None:
        """Keep the tree, and give what lies on ended units to their heirs."""
        if not rights.may(Act.MAINTAIN_UNITS):
            return Refusal.NOT_YOURS
        tables = self.acting.tables
        tables.units = units
        before = {code: known.unit for code, known in tables.requests.items()}
        moved = await self._transfer(units)
        placed = [one for one in placing if (known := tables.requests.get(one.code)) and known.revision == one.revision]
        for one in placed:
            assign_unit(self.acting, tables.requests[one.code], one.unit)
        arrived = [code for code, known in tables.requests.items() if known.unit != before[code]]
        MemoryAnnouncer(self.acting).announce_arrivals(arrived)
        await self.journal.record(rights, Act.MAINTAIN_UNITS, UNITS_COUNTER, count=len(changed | moved))
        return None

    async def _transfer(self, units: UnitDirectory) -> frozenset[str]:
        """Move what ended units held, and return the codes of those from which something went to an heir."""
        found = plan_succession(units, await self.count_holdings(), to_vietnam_day(self.acting.now))
        moving = {one.unit.code: one.heir.code for one in found if one.has_transfer and one.heir}
        tables = self.acting.tables
        for code, request in tables.requests.items():
            if request.unit in moving:
                tables.requests[code] = replace(request, unit=moving[request.unit])
        for chat, person in tables.chats.items():
            if person.unit in moving:
                tables.chats[chat] = replace(person, unit=moving[person.unit])
        for place, known in tables.statuses.items():
            if known.status.unit in moving:
                status = known.status.model_copy(update={"unit": moving[known.status.unit]})
                tables.statuses[place] = replace(known, status=status)
        return frozenset(moving)

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
        """Count row by row, and sum them up the tree."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        if not reach:
            return UnitStatistics(top), ()
        counted: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
        for place, name in self._count_units(today, now):
            counted[place][name] += 1
        rows = [UnitStatistics(place, **numbers) for place, numbers in counted.items() if self._near(reach, place)]
        return roll_up(rows, rights.units, top, line_units(rights, top))

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        """Follow what was open from day to day."""
        top, reach = statistics_root(rights, unit), rights.reach(Act.SEE_PICTURE)
        spans = [
            span for place, span in self._spans() if reach and self._near(reach, place) and self._below(top, place)
        ]
        return build_burn_down(spans, start, until, today)

    def _near(self, reach: Reach, unit: str | None) -> bool:
        return self.acting.tables.is_within(reach, unit)

    def _below(self, top: str | None, unit: str | None) -> bool:
        return top is None or (unit is not None and self.acting.tables.units.is_within(unit, top))

    def _count_units(self, today: date, now: datetime) -> Iterator[tuple[str | None, str]]:
        """Yield the unit and the column of everything that counts."""
        tables = self.acting.tables
        unplaced = {one.chat for one in tables.statuses.values() if one.status.unit is None}
        silent = self._silent(now)
        for chat in tables.chats.values():
            if chat.unit is not None or chat.id in unplaced:
                yield chat.unit, "officers"
            if chat.id in silent:
                yield chat.unit, "silent"
        for known in tables.statuses.values():
            yield from ((known.status.unit, name) for name in self._columns(known, today))
        for request in tables.requests.values():
            if request.state in _COUNTED_STATES:
                yield request.unit, _COUNTED_STATES[request.state]

    def _columns(self, known: StatusRecord, today: date) -> Iterator[str]:
        ends, status = known.status.not_after, known.status
        if ends is not None or status.owed is not None:
            yield "certificates"
        for days in _EXPIRING:
            if ends is not None and today <= ends <= today + timedelta(days=days):
                yield f"expiring_{days}"
        if status.owed and not self._requests_for(known):
            yield "action_needed"

    def _silent(self, now: datetime) -> set[str]:
        """Return chats with something to do or to answer, no request that counts, and no message for long."""
        tables = self.acting.tables
        asked = {one.chat for one in tables.requests.values() if one.state not in UNCOUNTED_STATES}
        owing = {one.chat for one in tables.statuses.values() if one.status.owed is None or one.status.owed}
        return {chat for chat in owing - asked if tables.chats[chat].last_contact_at < now - SILENT_AFTER}

    def _requests_for(self, known: StatusRecord) -> list[RequestRecord]:
        """List the requests of the same person for the same certificate that count."""
        key = known.status.certificate_key
        mine = (one for one in self.acting.tables.requests.values() if one.chat == known.chat and key is not None)
        return [one for one in mine if one.content.certificate_key == key and one.state not in UNCOUNTED_STATES]

    def _spans(self) -> Iterator[tuple[str | None, OpenSpan]]:
        tables = self.acting.tables
        for known in tables.statuses.values():
            if known.status.owed:
                asked = min((one.registered_at for one in self._requests_for(known)), default=None)
                yield known.status.unit, _to_span(known.known_at, asked)
        for request in tables.requests.values():
            if request.state not in UNCOUNTED_STATES:
                yield request.unit, _to_span(request.registered_at, request.ended_at)


_EXPIRING = (30, 60, 90)
_COUNTED_STATES = {
    **dict.fromkeys(REQUESTED_STATES, "requested"),
    RequestState.FORWARDED: "forwarded",
    RequestState.DONE: "done",
}


def _to_span(begun: datetime, ended: datetime | None) -> OpenSpan:
    return OpenSpan(to_vietnam_day(begun), to_vietnam_day(ended) if ended else None, 1)


OFFICES_COUNTER = "offices"


@dataclass(frozen=True, slots=True)
class MemoryOffices(OfficeService):
    """Keeps them in the tables of a context; nobody else changes one meanwhile."""

    acting: MemoryContext

    @property
    def chat(self) -> str:
        return self.acting.chat

    @property
    def now(self) -> datetime:
        return self.acting.now

    async def _hold(self) -> None:
        """Hold nobody: each turn of these tables ends before the next one begins."""

    async def _within(self, reach: Reach) -> Sequence[ChosenOffice]:
        tables = self.acting.tables
        return [one for one in tables.offices.values() if tables.is_within(reach, one.unit)]

    async def _of_units(self, units: Iterable[str]) -> Sequence[ChosenOffice]:
        wanted = {None, *units}
        return [one for one in self.acting.tables.offices.values() if one.unit in wanted]

    async def _add(self, unit: str | None, draft: OfficeDraft, actor: str) -> ChosenOffice:
        office = draft.to_office(self.acting.next_id(OFFICE_PREFIX), unit)
        return self._keep(ChosenOffice(office, 1, actor, self.acting.now))

    async def _change(self, before: ChosenOffice, draft: OfficeDraft, actor: str, reach: Reach) -> ChosenOffice | None:
        del reach  # it was read within it
        fresh = draft.to_office(before.office.id, before.unit)
        now = self.acting.now
        return self._keep(replace(before, office=fresh, revision=before.revision + 1, by=actor, changed_at=now))

    def _keep(self, office: ChosenOffice) -> ChosenOffice:
        self.acting.tables.next_number(OFFICES_COUNTER)
        self.acting.tables.offices[office.office.id] = office
        return office

    async def _remove(self, before: ChosenOffice, reach: Reach) -> bool:
        del reach
        self.acting.tables.next_number(OFFICES_COUNTER)
        return self.acting.tables.offices.pop(before.office.id, None) is not None

    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        return find_watchers(self.acting, unit)

    async def _queue(self, to: Watcher, origin: str, said: Reply) -> None:
        self.acting.queue(to.chat, origin, said)
