"""The use cases of receiving offices: who may set one, which may stand beside each other, and who is told."""

from dataclasses import dataclass

from bot.store import OfficeRepository, RequestNoticeRepository, to_micros
from handlers.core import Journal
from handlers.model import (
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
from locales import LANGUAGES, translator
from rules.calendar import to_vietnam_day

_ACT = Act.CHANGE_OFFICES


@dataclass(frozen=True, slots=True)
class OfficeService:
    """Implements ``handlers.core.ports.ReceivingOffices``."""

    offices: OfficeRepository
    notices: RequestNoticeRepository
    journal: Journal

    async def chosen(self, rights: Rights) -> tuple[ChosenOffice, ...]:
        """Read those within reach, and those of the units above."""
        reach = rights.reach(_ACT)
        found = {one.office.id: one for one in await self.offices.within(reach)}
        if reach and not reach.everything:
            above = {unit.code for top in reach.units for unit in rights.units.ancestors(top)}
            found |= {one.office.id: one for one in await self.offices.of_units(above)}
        return tuple(sorted(found.values(), key=lambda one: (one.changed_at, one.office.id)))

    async def add(self, rights: Rights, unit: str | None, draft: OfficeDraft) -> OfficeResult:
        """Ask for the right to the unit, which must be open."""
        if not rights.may(_ACT, unit):
            return OfficeResult(OfficeOutcome.NOT_YOURS)
        known = rights.units.get(unit) if unit else None
        if unit and (known is None or not known.is_open(to_vietnam_day(self.notices.context.now))):
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if fault := find_fault(draft):
            return OfficeResult(fault)
        await self.offices.hold()
        if taken := find_taken(await self._beside(unit), unit, draft):
            return OfficeResult(OfficeOutcome.TAKEN, taken)
        made = await self.offices.add(unit, draft, rights.actor)
        await self._tell(rights, AuditAction.SET_OFFICE, made)
        return OfficeResult(OfficeOutcome.SAVED, made)

    async def change(self, rights: Rights, office: str, revision: int, draft: OfficeDraft) -> OfficeResult:
        """Compare revisions; the day of a check alone is news to nobody."""
        await self.offices.hold()
        before = await self._within(rights, office)
        if before is None:
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if before.revision != revision:
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        if fault := find_fault(draft, [before.office]):
            return OfficeResult(fault, before)
        if taken := find_taken(await self._beside(before.unit), before.unit, draft, office):
            return OfficeResult(OfficeOutcome.TAKEN, taken)
        changed = await self.offices.change(before, draft, rights.actor, rights.reach(_ACT))
        if changed is None:
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        act = AuditAction.CONFIRM_OFFICE if changed.says_the_same(before) else AuditAction.SET_OFFICE
        await self._tell(rights, act, changed)
        return OfficeResult(OfficeOutcome.SAVED, changed)

    async def withdraw(self, rights: Rights, office: str, revision: int) -> OfficeResult:
        """Compare revisions."""
        await self.offices.hold()
        before = await self._within(rights, office)
        if before is None:
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if before.revision != revision or not await self.offices.withdraw(before, rights.reach(_ACT)):
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        await self._tell(rights, AuditAction.WITHDRAW_OFFICE, before)
        return OfficeResult(OfficeOutcome.WITHDRAWN)

    async def _beside(self, unit: str | None) -> tuple[ChosenOffice, ...]:
        return await self.offices.of_units([unit] if unit else [])

    async def _within(self, rights: Rights, office: str) -> ChosenOffice | None:
        found = await self.offices.within(rights.reach(_ACT))
        return next((one for one in found if one.office.id == office), None)

    async def _tell(self, rights: Rights, act: AuditAction, changed: ChosenOffice) -> None:
        """Add a row to the journal, and tell others in whose scope it is, each once."""
        unit, office = changed.unit, changed.office
        await self.journal.record(rights, act, office.id, unit=unit)
        if act is AuditAction.CONFIRM_OFFICE:
            return
        withdrawn = act is AuditAction.WITHDRAW_OFFICE
        watchers = await self.notices.watchers(unit)
        for timing in NoticeTiming:
            for chat, held in select_watchers(watchers, self.notices.context.chat, timing).items():
                language = held[0].language or LANGUAGES[0]
                scope = format_office_scope(translator(language), rights.units, unit)
                by = format_acting_office(language, rights, unit)
                said = format_office_changed(language, scope, office, by, withdrawn=withdrawn)
                origin = f"office:{office.id}:{changed.revision}:{to_micros(self.notices.context.now)}:{chat}"
                await self.notices.queue(held[0], origin, said)
