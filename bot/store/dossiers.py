"""The repository of dossiers: each is a sealed row of one chat."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers import Query, to_micros
from bot.store.sealing import sealed_columns, unseal_or_none
from handlers.model import DossierRecord, ListedCertificate

#: Prefix of the ids of dossiers.
PREFIX = "HS"


@dataclass(frozen=True, slots=True)
class DossierRepository:
    """Dossiers of the chat that acts, within a transaction; ``handlers.dossier.service`` decides rights."""

    context: StoreContext

    async def kept(self, limit: int) -> tuple[DossierRecord, ...]:
        """Return the dossiers of this chat, the latest changed first; one that cannot be read is left out."""
        (rows,) = await self.context.ask(Query("my_dossiers", {"chat": self.context.chat, "limit": limit}))
        return tuple(record for row in rows if (record := self._record(row)))

    async def get(self, dossier: str) -> DossierRecord | None:
        """Return one dossier of this chat."""
        (rows,) = await self.context.ask(Query("my_dossier", {"chat": self.context.chat, "id": dossier}))
        return self._record(rows[0]) if rows else None

    def _record(self, row: tuple[Any, ...]) -> DossierRecord | None:
        dossier, unit, content, revision = row
        text = unseal_or_none(self.context.keyring, content, sealed_columns.dossier(dossier))
        if text is None:
            return None
        record = DossierRecord.model_validate_json(text)
        return record.model_copy(update={"id": dossier, "unit": unit, "revision": revision})

    async def add(self, record: DossierRecord) -> DossierRecord:
        """Store a new dossier."""
        dossier = await self.context.next_id(PREFIX)
        await self.context.ask(Query("add_dossier", self._row(dossier, record)))
        return record.model_copy(update={"id": dossier, "revision": 1})

    async def change(self, record: DossierRecord) -> DossierRecord | None:
        """Replace a dossier; ``None`` where it was changed meanwhile, or is not this chat's."""
        row = {**self._row(record.id, record), "revision": record.revision}
        (changed,) = await self.context.ask(Query("change_dossier", row))
        return record.model_copy(update={"revision": changed[0][0]}) if changed else None

    def _row(self, dossier: str, record: DossierRecord) -> dict[str, object]:
        context = self.context
        content = context.keyring.seal(record.model_dump_json(), sealed_columns.dossier(dossier))
        now = to_micros(context.now)
        return {"id": dossier, "chat": context.chat, "unit": record.unit, "content": content, "now": now}

    async def give(self, dossier: str, requests: Sequence[str], to: str) -> bool:
        """Give a dossier and its requests to another chat."""
        mine = {"chat": self.context.chat, "to": to}
        now = to_micros(self.context.now)
        (given,) = await self.context.ask(Query("give_dossier", {**mine, "id": dossier, "now": now}))
        if given:
            await self.context.ask(Query("give_requests", {**mine, "codes": json.dumps(list(requests))}))
        return bool(given)

    async def interviewed(self, unit: str, limit: int) -> tuple[ListedCertificate, ...]:
        """Return the certificates that people of a unit, or of one below it, asked about, but for unreadable ones."""
        (rows,) = await self.context.ask(Query("interviewed_certificates", {"unit": unit, "limit": limit}))
        found = []
        for line, (standing, subscriber, not_after) in enumerate(rows):
            name = unseal_or_none(self.context.keyring, subscriber, sealed_columns.subscriber(standing))
            ends = date.fromordinal(not_after) if not_after else None
            found += [ListedCertificate(line=line, name=name, not_after=ends)] if name else []
        return tuple(found)

    async def others_with(self, certificate_key: str) -> list[tuple[str, str, str | None]]:
        """Return chat, channel and language of other people who have a request for a certificate."""
        key = sealed_columns.certificate_id(self.context.keyring, certificate_key)
        wanted = {"certificate_key": key, "chat": self.context.chat}
        (rows,) = await self.context.ask(Query("other_chats_with_certificate", wanted))
        return [(chat, channel, language) for chat, channel, language in rows]
