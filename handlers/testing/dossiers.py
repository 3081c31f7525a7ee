"""Dossiers of whole units in memory: each belongs to one chat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.core import Reply
from handlers.dossier.service import Addressee, DossierService
from handlers.model import DossierRecord, ListedCertificate, RequestContent, Watcher
from handlers.testing.person import MemoryOwnRequests
from handlers.testing.request_list import find_watchers
from handlers.testing.tables import DossierRow, MemoryContext


@dataclass(frozen=True, slots=True)
class MemoryDossiers(DossierService):
    """The dossiers of the chat that acts."""

    acting: MemoryContext

    @property
    def chat(self) -> str:
        return self.acting.chat

    async def _latest(self, limit: int) -> Sequence[DossierRecord]:
        mine = [row for row in self.acting.tables.dossiers.values() if row.chat == self.chat]
        latest = sorted(mine, key=lambda row: (row.changed_at, row.record.id), reverse=True)
        return [row.record for row in latest[:limit]]

    async def _find(self, dossier: str) -> DossierRecord | None:
        row = self.acting.tables.dossiers.get(dossier)
        return row.record if row is not None and row.chat == self.chat else None

    async def _keep(self, record: DossierRecord) -> DossierRecord | None:
        acting = self.acting
        before = acting.tables.dossiers.get(record.id)
        if before is not None and before.record.revision != record.revision:
            return None
        saved = record.model_copy(update={"id": record.id or acting.next_id("HS"), "revision": record.revision + 1})
        created = before.created_at if before else acting.now
        acting.tables.dossiers[saved.id] = DossierRow(acting.chat, saved, created, acting.now)
        return saved

    async def _register(self, content: RequestContent) -> str | None:
        requests = MemoryOwnRequests(self.acting)
        known = await requests.open_for(content.certificate_key, content.procedure)
        return requests.add(content) if known is None else None

    async def _others_with(self, certificate_key: str) -> Sequence[Addressee]:
        tables = self.acting.tables
        same = {one.chat for one in tables.requests.values() if one.content.certificate_key == certificate_key}
        others = [tables.chats[chat] for chat in sorted(same - {self.chat})]
        reached = [one for one in others if one.erased_at is None and one.blocked_at is None]
        return [(one.id, one.channel, one.language) for one in reached]

    async def _interviewed(self, unit: str, limit: int) -> tuple[ListedCertificate, ...]:
        units = self.acting.tables.units
        asked = [one.status for one in self.acting.tables.statuses.values()]
        known = [one for one in asked if one.subscriber and one.unit and units.is_within(one.unit, unit)]
        return tuple(
            ListedCertificate(line=line, name=one.subscriber or "", not_after=one.not_after)
            for line, one in enumerate(known[:limit])
        )

    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        return find_watchers(self.acting, unit)

    async def _give(self, record: DossierRecord, to: str) -> bool:
        tables, row = self.acting.tables, self.acting.tables.dossiers[record.id]
        moved = row.record.model_copy(update={"revision": row.record.revision + 1})
        tables.dossiers[record.id] = replace(row, chat=to, record=moved, changed_at=self.acting.now)
        given = {code for code in record.requests if code in tables.requests}
        tables.requests |= {code: replace(tables.requests[code], chat=to) for code in given}
        return True

    async def _queue(self, to: Addressee, origin: str, said: Reply) -> None:
        chat, _, _ = to
        self.acting.queue(chat, origin, said)
