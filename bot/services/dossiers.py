"""Dossiers over the repositories of one transaction; who may do what is in ``handlers.dossier.service``."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import NOTICE
from bot.store import (
    DossierRepository,
    OutboxMessage,
    OutboxRecipient,
    RequestNoticeRepository,
    StoredOwnRequests,
    message_query,
)
from handlers.core import Reply
from handlers.dossier.service import Addressee, DossierService
from handlers.model import DossierRecord, ListedCertificate, RequestContent, Watcher


@dataclass(frozen=True, slots=True)
class StoredDossiers(DossierService):
    """The dossiers of the chat of a transaction."""

    dossiers: DossierRepository
    requests: StoredOwnRequests
    notices: RequestNoticeRepository

    @property
    def chat(self) -> str:
        return self.dossiers.context.chat

    async def _latest(self, limit: int) -> Sequence[DossierRecord]:
        return await self.dossiers.kept(limit)

    async def _find(self, dossier: str) -> DossierRecord | None:
        return await self.dossiers.get(dossier)

    async def _keep(self, record: DossierRecord) -> DossierRecord | None:
        return await (self.dossiers.change(record) if record.id else self.dossiers.add(record))

    async def _register(self, content: RequestContent) -> str | None:
        if await self.requests.open_for(content.certificate_key, content.procedure) is not None:
            return None
        return (await self.requests.register(content)).code

    async def _others_with(self, certificate_key: str) -> Sequence[Addressee]:
        return await self.dossiers.others_with(certificate_key)

    async def _interviewed(self, unit: str, limit: int) -> tuple[ListedCertificate, ...]:
        return await self.dossiers.interviewed(unit, limit)

    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        return await self.notices.watchers(unit)

    async def _give(self, record: DossierRecord, to: str) -> bool:
        return await self.dossiers.give(record.id, record.requests, to)

    async def _queue(self, to: Addressee, origin: str, said: Reply) -> None:
        chat, channel, _ = to
        message, context = OutboxMessage(OutboxRecipient(chat, channel), origin, said, NOTICE), self.dossiers.context
        await context.ask(message_query(context.keyring, message, context.now))
