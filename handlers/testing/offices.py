"""Receiving offices in memory: each was set for one unit, or for everybody."""

from dataclasses import dataclass, replace

from handlers.model import (
    OFFICE_PREFIX,
    Act,
    AuditAction,
    ChosenOffice,
    NoticeTiming,
    OfficeDraft,
    OfficeOutcome,
    OfficeResult,
    Rights,
    find_taken,
    select_watchers,
)
from handlers.offices import find_fault, format_office_changed, format_office_scope
from handlers.requests.notices import format_acting_office
from handlers.testing.request_list import find_watchers
from handlers.testing.tables import MemoryContext, MemoryJournal
from locales import translator
from rules.calendar import to_vietnam_day

_ACT = Act.CHANGE_OFFICES
OFFICES_COUNTER = "offices"


@dataclass(frozen=True, slots=True)
class MemoryOffices:
    """Implements ``handlers.core.ports.ReceivingOffices``."""

    acting: MemoryContext
    journal: MemoryJournal

    def _all(self) -> list[ChosenOffice]:
        return sorted(self.acting.tables.offices.values(), key=lambda one: (one.changed_at, one.office.id))

    async def chosen(self, rights: Rights) -> tuple[ChosenOffice, ...]:
        """Show those within reach, and those of the units above."""
        reach = rights.reach(_ACT)
        above = {unit.code for top in reach.units for unit in rights.units.ancestors(top)}
        units: set[str | None] = {None, *above} if reach else set()
        within = self.acting.tables.is_within
        return tuple(one for one in self._all() if within(reach, one.unit) or one.unit in units)

    async def add(self, rights: Rights, unit: str | None, draft: OfficeDraft) -> OfficeResult:
        """Ask for the right to the unit, which must be open."""
        if not rights.may(_ACT, unit):
            return OfficeResult(OfficeOutcome.NOT_YOURS)
        known = rights.units.get(unit) if unit else None
        if unit and (known is None or not known.is_open(to_vietnam_day(self.acting.now))):
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if fault := find_fault(draft):
            return OfficeResult(fault)
        if taken := find_taken(self._all(), unit, draft):
            return OfficeResult(OfficeOutcome.TAKEN, taken)
        office = draft.to_office(self.acting.next_id(OFFICE_PREFIX), unit)
        made = ChosenOffice(office, 1, rights.actor, self.acting.now)
        return await self._keep(rights, AuditAction.SET_OFFICE, made)

    async def change(self, rights: Rights, office: str, revision: int, draft: OfficeDraft) -> OfficeResult:
        """Compare revisions; the day of a check alone is news to nobody."""
        before = self._within(rights, office)
        if before is None:
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if before.revision != revision:
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        if fault := find_fault(draft, [before.office]):
            return OfficeResult(fault, before)
        if taken := find_taken(self._all(), before.unit, draft, office):
            return OfficeResult(OfficeOutcome.TAKEN, taken)
        now, fresh = self.acting.now, draft.to_office(office, before.unit)
        changed = replace(before, office=fresh, revision=revision + 1, by=rights.actor, changed_at=now)
        act = AuditAction.CONFIRM_OFFICE if changed.says_the_same(before) else AuditAction.SET_OFFICE
        return await self._keep(rights, act, changed)

    async def withdraw(self, rights: Rights, office: str, revision: int) -> OfficeResult:
        """Compare revisions."""
        before = self._within(rights, office)
        if before is None:
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if before.revision != revision:
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        self.acting.tables.next_number(OFFICES_COUNTER)
        del self.acting.tables.offices[office]
        await self._tell(rights, AuditAction.WITHDRAW_OFFICE, before)
        return OfficeResult(OfficeOutcome.WITHDRAWN)

    def _within(self, rights: Rights, office: str) -> ChosenOffice | None:
        found = self.acting.tables.offices.get(office)
        return found if found and self.acting.tables.is_within(rights.reach(_ACT), found.unit) else None

    async def _keep(self, rights: Rights, act: AuditAction, office: ChosenOffice) -> OfficeResult:
        self.acting.tables.next_number(OFFICES_COUNTER)
        self.acting.tables.offices[office.office.id] = office
        await self._tell(rights, act, office)
        return OfficeResult(OfficeOutcome.SAVED, office)

    async def _tell(self, rights: Rights, act: AuditAction, changed: ChosenOffice) -> None:
        """Add a row to the journal, and tell others in whose scope it is, each once."""
        acting, unit, office = self.acting, changed.unit, changed.office
        await self.journal.record(rights, act, office.id, unit=unit)
        if act is AuditAction.CONFIRM_OFFICE:
            return
        withdrawn = act is AuditAction.WITHDRAW_OFFICE
        watchers = find_watchers(acting, unit)
        for chat in (chat for timing in NoticeTiming for chat in select_watchers(watchers, acting.chat, timing)):
            language = acting.language(chat)
            scope = format_office_scope(translator(language), rights.units, unit)
            by = format_acting_office(language, rights, unit)
            said = format_office_changed(language, scope, office, by, withdrawn=withdrawn)
            acting.queue(chat, f"office:{office.id}:{changed.revision}:{acting.now.isoformat()}:{chat}", said)
