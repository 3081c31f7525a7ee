"""The use cases of dossiers: who may keep one, what is registered for it and who is told, and to whom it is given."""

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
from handlers.core import Journal, Reply
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
from locales import LANGUAGES

#: Dossiers that are listed.
MOST_KEPT = 10
#: Certificates of the interview register that are offered for a dossier.
MOST_INTERVIEWED = 400


@dataclass(frozen=True, slots=True)
class DossierService:
    """Implements ``handlers.core.ports.Dossiers``."""

    dossiers: DossierRepository
    requests: StoredOwnRequests
    notices: RequestNoticeRepository
    journal: Journal

    async def kept(self, rights: Rights) -> tuple[DossierRecord, ...]:
        """Leave out what has come out of reach."""
        found = await self.dossiers.kept(MOST_KEPT) if rights.reach(Act.MAKE_DOSSIERS) else ()
        return tuple(one for one in found if rights.may(Act.MAKE_DOSSIERS, one.unit))

    async def get(self, rights: Rights, dossier: str) -> DossierRecord | None:
        """Ask for the right to its unit."""
        found = await self.dossiers.get(dossier)
        return found if found and rights.may(Act.MAKE_DOSSIERS, found.unit) else None

    async def save(self, rights: Rights, record: DossierRecord) -> DossierRecord | None:
        """Write a row of the journal for a new one and for each that is made."""
        if not rights.may(Act.MAKE_DOSSIERS, record.unit):
            return None
        before = await self.dossiers.get(record.id) if record.id else None
        if record.id and before is None:
            return None
        saved = await (self.dossiers.change(record) if record.id else self.dossiers.add(record))
        if saved and (before is None or saved.version != before.version):
            act = "dossier_begin" if before is None else "dossier_make"
            await self.journal.record(rights, act, saved.id, unit=saved.unit, count=len(saved.sources))
        return saved

    async def register(self, rights: Rights, dossier: str, contents: Sequence[RequestContent]) -> tuple[str, ...]:
        """Tell of all of them at once."""
        found = await self.get(rights, dossier)
        if found is None:
            return ()
        made = [
            ((await self.requests.register(content)).code, content)
            for content in contents
            if await self.requests.open_for(content.certificate_key, content.procedure) is None
        ]
        codes = tuple(code for code, _ in made)
        if codes:
            await self.journal.record(rights, "dossier_register", dossier, unit=found.unit, count=len(codes))
            await self._tell_watchers(found, codes)
            await self._tell_people(made)
        return codes

    async def _tell_watchers(self, record: DossierRecord, codes: Sequence[str]) -> None:
        watchers = await self.notices.watchers(record.unit)
        for chat, held in select_watchers(watchers, self.notices.context.chat, NoticeTiming.AT_ONCE).items():
            said = format_registered(held[0].language or LANGUAGES[0], len(codes), codes[0], codes[-1])
            await self.notices.queue(held[0], f"dossier:{record.id}:{codes[0]}:{chat}", said)

    async def _tell_people(self, made: Sequence[tuple[str, RequestContent]]) -> None:
        for code, content in made:
            for chat, channel, language in await self.dossiers.others_with(content.certificate_key):
                said = format_registered_for_you(language or LANGUAGES[0], content)
                await self._queue(OutboxRecipient(chat, channel), f"dossier:{code}:{chat}", said)

    async def _queue(self, to: OutboxRecipient, origin: str, said: Reply) -> None:
        context = self.notices.context
        await context.ask(message_query(context.keyring, OutboxMessage(to, origin, said, NOTICE), context.now))

    async def interviewed(self, rights: Rights, unit: str) -> tuple[ListedCertificate, ...]:
        """Ask for both rights."""
        if not (rights.may(Act.MAKE_DOSSIERS, unit) and rights.may(Act.SEE_PERSONAL, unit)):
            return ()
        return await self.dossiers.interviewed(unit, MOST_INTERVIEWED)

    async def receivers(self, rights: Rights, dossier: str) -> tuple[Grant, ...]:
        """Read who stands above the unit of the dossier."""
        found = await self.get(rights, dossier)
        return tuple(one.grant for one in await self._receivers(found)) if found else ()

    async def _receivers(self, record: DossierRecord) -> list[Watcher]:
        return select_receivers(await self.notices.watchers(record.unit), self.notices.context.chat)

    async def hand_over(self, rights: Rights, dossier: str, grant: str | None = None) -> RequestOffice | None:
        """Choose the nearest admin who is not this person, or the named one."""
        found = await self.get(rights, dossier)
        if found is None:
            return None
        to = next((one for one in await self._receivers(found) if grant in (None, one.grant.id)), None)
        if to is None or not await self.dossiers.give(dossier, found.requests, to.chat):
            return None
        await self.journal.record(rights, "dossier_hand_over", f"{dossier} {to.grant.id}", unit=found.unit)
        said = format_given(to.language or LANGUAGES[0], dossier, len(found.sources))
        await self.notices.queue(to, f"dossier:{dossier}:{found.revision}:given", said)
        return RequestOffice(to.grant.role, to.grant.unit)
