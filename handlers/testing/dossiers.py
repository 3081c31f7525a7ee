"""Dossiers of whole units in memory: each belongs to one chat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.dossier.notices import format_given, format_registered, format_registered_for_you
from handlers.model import (
    Act,
    DossierRecord,
    Grant,
    ListedCertificate,
    NoticeTiming,
    RequestContent,
    RequestOffice,
    Rights,
    Watcher,
    select_receivers,
    select_watchers,
)
from handlers.testing.person import MemoryOwnRequests
from handlers.testing.request_list import find_watchers
from handlers.testing.tables import DossierRow, MemoryContext, MemoryJournal

_MOST_KEPT = 10


@dataclass(frozen=True, slots=True)
class MemoryDossiers:
    """Implements ``handlers.core.ports.Dossiers``."""

    acting: MemoryContext
    journal: MemoryJournal

    def _mine(self) -> list[DossierRow]:
        mine = [row for row in self.acting.tables.dossiers.values() if row.chat == self.acting.chat]
        return sorted(mine, key=lambda row: (row.changed_at, row.record.id), reverse=True)

    async def kept(self, rights: Rights) -> tuple[DossierRecord, ...]:
        """Leave out what has come out of reach."""
        found = [row.record for row in self._mine()[:_MOST_KEPT]] if rights.reach(Act.MAKE_DOSSIERS) else []
        return tuple(one for one in found if rights.may(Act.MAKE_DOSSIERS, one.unit))

    async def get(self, rights: Rights, dossier: str) -> DossierRecord | None:
        """Ask for the right to its unit."""
        row = self.acting.tables.dossiers.get(dossier)
        mine = row is not None and row.chat == self.acting.chat and rights.may(Act.MAKE_DOSSIERS, row.record.unit)
        return row.record if row is not None and mine else None

    async def save(self, rights: Rights, record: DossierRecord) -> DossierRecord | None:
        """Compare revisions."""
        acting = self.acting
        if not rights.may(Act.MAKE_DOSSIERS, record.unit):
            return None
        before = acting.tables.dossiers.get(record.id)
        if record.id and (before is None or before.chat != acting.chat or before.record.revision != record.revision):
            return None
        saved = record.model_copy(update={"id": record.id or acting.next_id("HS"), "revision": record.revision + 1})
        created = before.created_at if before else acting.now
        acting.tables.dossiers[saved.id] = DossierRow(acting.chat, saved, created, acting.now)
        if before is None or saved.version != before.record.version:
            act = "dossier_begin" if before is None else "dossier_make"
            await self.journal.record(rights, act, saved.id, unit=saved.unit, count=len(saved.sources))
        return saved

    async def register(self, rights: Rights, dossier: str, contents: Sequence[RequestContent]) -> tuple[str, ...]:
        """Tell of all of them at once."""
        found, acting = await self.get(rights, dossier), self.acting
        if found is None:
            return ()
        requests, made = MemoryOwnRequests(acting), dict[str, RequestContent]()
        for content in contents:
            if await requests.open_for(content.certificate_key, content.procedure) is None:
                made[requests.add(content)] = content
        if codes := tuple(made):
            await self.journal.record(rights, "dossier_register", dossier, unit=found.unit, count=len(codes))
            watchers = select_watchers(find_watchers(acting, found.unit), acting.chat, NoticeTiming.AT_ONCE)
            for chat in watchers:
                said = format_registered(acting.language(chat), len(codes), codes[0], codes[-1])
                acting.queue(chat, f"dossier:{found.id}:{codes[0]}:{chat}", said)
            self._tell_people(made)
        return codes

    def _tell_people(self, made: dict[str, RequestContent]) -> None:
        acting = self.acting
        for code, content in made.items():
            same = (one for one in acting.tables.requests.values() if one.chat != acting.chat)
            for chat in {one.chat for one in same if one.content.certificate_key == content.certificate_key}:
                said = format_registered_for_you(acting.language(chat), content)
                acting.queue(chat, f"dossier:{code}:{chat}", said)

    async def interviewed(self, rights: Rights, unit: str) -> tuple[ListedCertificate, ...]:
        """Ask for both rights."""
        if not (rights.may(Act.MAKE_DOSSIERS, unit) and rights.may(Act.SEE_PERSONAL, unit)):
            return ()
        units = self.acting.tables.units
        asked = (one.status for one in self.acting.tables.statuses.values())
        return tuple(
            ListedCertificate(line=line, name=one.subscriber, not_after=one.not_after)
            for line, one in enumerate(asked)
            if one.subscriber and one.unit and units.is_within(one.unit, unit)
        )

    async def receivers(self, rights: Rights, dossier: str) -> tuple[Grant, ...]:
        """Read who stands above the unit of the dossier."""
        found = await self.get(rights, dossier)
        return tuple(one.grant for one in self._receivers(found)) if found else ()

    def _receivers(self, record: DossierRecord) -> list[Watcher]:
        return select_receivers(find_watchers(self.acting, record.unit), self.acting.chat)

    async def hand_over(self, rights: Rights, dossier: str, grant: str | None = None) -> RequestOffice | None:
        """Choose the nearest admin who is not this person, or the named one."""
        found, acting = await self.get(rights, dossier), self.acting
        those = self._receivers(found) if found else []
        to = next((one for one in those if grant in (None, one.grant.id)), None)
        if found is None or to is None:
            return None
        row, tables = acting.tables.dossiers[dossier], acting.tables
        moved = row.record.model_copy(update={"revision": row.record.revision + 1})
        tables.dossiers[dossier] = replace(row, chat=to.chat, record=moved, changed_at=acting.now)
        given = {code for code in found.requests if code in tables.requests}
        tables.requests |= {code: replace(tables.requests[code], chat=to.chat) for code in given}
        await self.journal.record(rights, "dossier_hand_over", f"{dossier} {to.grant.id}", unit=found.unit)
        said = format_given(acting.language(to.chat), dossier, len(found.sources))
        acting.queue(to.chat, f"dossier:{dossier}:{found.revision}:given", said)
        return RequestOffice(to.grant.role, to.grant.unit)
