"""The use cases of receiving offices, over whatever keeps them: who may set one, and who is told."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.core import Journal, Reply
from handlers.model import (
    Act,
    AuditAction,
    ChosenOffice,
    NoticeTiming,
    OfficeDraft,
    OfficeOutcome,
    OfficeResult,
    Reach,
    Rights,
    Watcher,
    find_taken,
    select_watchers,
)
from handlers.notices import format_acting_office
from handlers.offices import find_fault, format_office_changed, format_office_scope
from locales import LANGUAGES, translator
from rules.calendar import to_vietnam_day

_ACT = Act.CHANGE_OFFICES


@dataclass(frozen=True, slots=True)
class OfficeService(ABC):
    """Implements ``handlers.core.admin_ports.ReceivingOffices``; a subclass keeps the offices."""

    journal: Journal

    @property
    @abstractmethod
    def chat(self) -> str:
        """Return the id of the chat that acts."""

    @property
    @abstractmethod
    def now(self) -> datetime:
        """Return the moment of the transaction."""

    @abstractmethod
    async def _hold(self) -> None:
        """Let everybody else who changes an office wait until the transaction ends, and note that one changes."""

    @abstractmethod
    async def _within(self, reach: Reach) -> Sequence[ChosenOffice]:
        """Return the offices of the units within reach, and those for everybody where all is."""

    @abstractmethod
    async def _of_units(self, units: Iterable[str]) -> Sequence[ChosenOffice]:
        """Return the offices of these very units, and those for everybody."""

    @abstractmethod
    async def _add(self, unit: str | None, draft: OfficeDraft, actor: str) -> ChosenOffice:
        """Keep a new office."""

    @abstractmethod
    async def _change(self, before: ChosenOffice, draft: OfficeDraft, actor: str, reach: Reach) -> ChosenOffice | None:
        """Replace an office; ``None`` where its revision is another now, or it is out of reach."""

    @abstractmethod
    async def _remove(self, before: ChosenOffice, reach: Reach) -> bool:
        """Remove an office; false where its revision is another now, or it is out of reach."""

    @abstractmethod
    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        """Return the roles in whose scope a unit lies, the nearest first."""

    @abstractmethod
    async def _queue(self, to: Watcher, origin: str, said: Reply) -> None:
        """Queue a notice; the same origin again changes nothing."""

    async def chosen(self, rights: Rights) -> tuple[ChosenOffice, ...]:
        """Read those within reach, and those of the units above."""
        reach = rights.reach(_ACT)
        found = {one.office.id: one for one in await self._within(reach)}
        if reach and not reach.everything:
            above = {unit.code for top in reach.units for unit in rights.units.ancestors(top)}
            found |= {one.office.id: one for one in await self._of_units(above)}
        return tuple(sorted(found.values(), key=lambda one: (one.changed_at, one.office.id)))

    async def add(self, rights: Rights, unit: str | None, draft: OfficeDraft) -> OfficeResult:
        """Ask for the right to the unit, which must be open."""
        if not rights.may(_ACT, unit):
            return OfficeResult(OfficeOutcome.NOT_YOURS)
        known = rights.units.get(unit) if unit else None
        if unit and (known is None or not known.is_open(to_vietnam_day(self.now))):
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if fault := find_fault(draft):
            return OfficeResult(fault)
        await self._hold()
        if taken := find_taken(await self._beside(unit), unit, draft):
            return OfficeResult(OfficeOutcome.TAKEN, taken)
        made = await self._add(unit, draft, rights.actor)
        await self._tell(rights, AuditAction.SET_OFFICE, made)
        return OfficeResult(OfficeOutcome.SAVED, made)

    async def change(self, rights: Rights, office: str, revision: int, draft: OfficeDraft) -> OfficeResult:
        """Compare revisions; the day of a check alone is news to nobody."""
        await self._hold()
        before = await self._find(rights, office)
        if before is None:
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if before.revision != revision:
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        if fault := find_fault(draft, [before.office]):
            return OfficeResult(fault, before)
        if taken := find_taken(await self._beside(before.unit), before.unit, draft, office):
            return OfficeResult(OfficeOutcome.TAKEN, taken)
        changed = await self._change(before, draft, rights.actor, rights.reach(_ACT))
        if changed is None:
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        act = AuditAction.CONFIRM_OFFICE if changed.says_the_same(before) else AuditAction.SET_OFFICE
        await self._tell(rights, act, changed)
        return OfficeResult(OfficeOutcome.SAVED, changed)

    async def withdraw(self, rights: Rights, office: str, revision: int) -> OfficeResult:
        """Compare revisions."""
        await self._hold()
        before = await self._find(rights, office)
        if before is None:
            return OfficeResult(OfficeOutcome.UNKNOWN)
        if before.revision != revision or not await self._remove(before, rights.reach(_ACT)):
            return OfficeResult(OfficeOutcome.OVERTAKEN, before)
        await self._tell(rights, AuditAction.WITHDRAW_OFFICE, before)
        return OfficeResult(OfficeOutcome.WITHDRAWN)

    async def _beside(self, unit: str | None) -> Sequence[ChosenOffice]:
        return await self._of_units([unit] if unit else [])

    async def _find(self, rights: Rights, office: str) -> ChosenOffice | None:
        return next((one for one in await self._within(rights.reach(_ACT)) if one.office.id == office), None)

    async def _tell(self, rights: Rights, act: AuditAction, changed: ChosenOffice) -> None:
        """Add a row to the journal, and tell others in whose scope it is, each once."""
        unit, office = changed.unit, changed.office
        await self.journal.record(rights, act, office.id, unit=unit)
        if act is AuditAction.CONFIRM_OFFICE:
            return
        withdrawn = act is AuditAction.WITHDRAW_OFFICE
        watchers = await self._watchers(unit)
        for timing in NoticeTiming:
            for chat, held in select_watchers(watchers, self.chat, timing).items():
                language = held[0].language or LANGUAGES[0]
                scope = format_office_scope(translator(language), rights.units, unit)
                by = format_acting_office(language, rights, unit)
                said = format_office_changed(language, scope, office, by, withdrawn=withdrawn)
                origin = f"office:{office.id}:{changed.revision}:{self.now.isoformat()}:{chat}"
                await self._queue(held[0], origin, said)
