"""The use cases of dossiers, over whatever keeps them: who may keep one, what is registered for it, who is told."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.core import Journal, MarkupTranslator, Reply, join_lines
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
from handlers.notices import open_desk_choice
from handlers.requests import PROCEDURE_LABELS
from locales import LANGUAGES, N_

#: Dossiers that are listed.
MOST_KEPT = 10
#: Certificates of the interview register that are offered for a dossier.
MOST_INTERVIEWED = 400
#: Chat, channel and language of somebody who is told.
Addressee = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True)
class DossierService(ABC):
    """Implements ``handlers.core.admin_ports.Dossiers``; a subclass keeps the dossiers of the chat that acts."""

    journal: Journal

    @property
    @abstractmethod
    def chat(self) -> str:
        """Return the id of the chat that acts."""

    @abstractmethod
    async def _latest(self, limit: int) -> Sequence[DossierRecord]:
        """Return the dossiers of this chat, the latest changed first."""

    @abstractmethod
    async def _find(self, dossier: str) -> DossierRecord | None:
        """Return one dossier of this chat."""

    @abstractmethod
    async def _keep(self, record: DossierRecord) -> DossierRecord | None:
        """Add a dossier without an id, or replace one of this chat; ``None`` where its revision is another now."""

    @abstractmethod
    async def _register(self, content: RequestContent) -> str | None:
        """Register a request of this chat and return its code; ``None`` where one for the same is open."""

    @abstractmethod
    async def _others_with(self, certificate_key: str) -> Sequence[Addressee]:
        """Return other people who have a request for a certificate."""

    @abstractmethod
    async def _interviewed(self, unit: str, limit: int) -> tuple[ListedCertificate, ...]:
        """Return the certificates that people of a unit, or of one below it, asked about."""

    @abstractmethod
    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        """Return the roles in whose scope a unit lies, the nearest first."""

    @abstractmethod
    async def _give(self, record: DossierRecord, to: str) -> bool:
        """Give a dossier of this chat and its requests to another chat."""

    @abstractmethod
    async def _queue(self, to: Addressee, origin: str, said: Reply) -> None:
        """Queue a notice; the same origin again changes nothing."""

    async def kept(self, rights: Rights) -> tuple[DossierRecord, ...]:
        """Leave out what has come out of reach."""
        found = await self._latest(MOST_KEPT) if rights.reach(Act.MAKE_DOSSIERS) else ()
        return tuple(one for one in found if rights.may(Act.MAKE_DOSSIERS, one.unit))

    async def get(self, rights: Rights, dossier: str) -> DossierRecord | None:
        """Ask for the right to its unit."""
        found = await self._find(dossier)
        return found if found and rights.may(Act.MAKE_DOSSIERS, found.unit) else None

    async def save(self, rights: Rights, record: DossierRecord) -> DossierRecord | None:
        """Write a row of the journal for a new one and for each that is made."""
        if not rights.may(Act.MAKE_DOSSIERS, record.unit):
            return None
        before = await self._find(record.id) if record.id else None
        if record.id and before is None:
            return None
        saved = await self._keep(record)
        if saved and (before is None or saved.version != before.version):
            act = "dossier_begin" if before is None else "dossier_make"
            await self.journal.record(rights, act, saved.id, unit=saved.unit, count=len(saved.sources))
        return saved

    async def register(self, rights: Rights, dossier: str, contents: Sequence[RequestContent]) -> tuple[str, ...]:
        """Tell of all of them at once."""
        found, made = await self.get(rights, dossier), dict[str, RequestContent]()
        for content in contents if found else ():
            if (code := await self._register(content)) is not None:
                made[code] = content
        if found and made:
            codes = tuple(made)
            await self.journal.record(rights, "dossier_register", dossier, unit=found.unit, count=len(codes))
            await self._tell_watchers(found, codes)
            await self._tell_people(made)
        return tuple(made)

    async def _tell_watchers(self, record: DossierRecord, codes: Sequence[str]) -> None:
        watchers = await self._watchers(record.unit)
        for chat, (held, *_) in select_watchers(watchers, self.chat, NoticeTiming.AT_ONCE).items():
            said = format_registered(held.language or LANGUAGES[0], len(codes), codes[0], codes[-1])
            await self._queue((chat, held.channel, held.language), f"dossier:{record.id}:{codes[0]}:{chat}", said)

    async def _tell_people(self, made: Mapping[str, RequestContent]) -> None:
        for code, content in made.items():
            for to in await self._others_with(content.certificate_key):
                chat, _, language = to
                said = format_registered_for_you(language or LANGUAGES[0], content)
                await self._queue(to, f"dossier:{code}:{chat}", said)

    async def interviewed(self, rights: Rights, unit: str) -> tuple[ListedCertificate, ...]:
        """Ask for both rights."""
        if not (rights.may(Act.MAKE_DOSSIERS, unit) and rights.may(Act.SEE_PERSONAL, unit)):
            return ()
        return await self._interviewed(unit, MOST_INTERVIEWED)

    async def receivers(self, rights: Rights, dossier: str) -> tuple[Grant, ...]:
        """Read who stands above the unit of the dossier."""
        found = await self.get(rights, dossier)
        return tuple(one.grant for one in await self._receivers(found)) if found else ()

    async def _receivers(self, record: DossierRecord) -> list[Watcher]:
        return select_receivers(await self._watchers(record.unit), self.chat)

    async def hand_over(self, rights: Rights, dossier: str, grant: str | None = None) -> RequestOffice | None:
        """Choose the nearest admin who is not this person, or the named one."""
        found = await self.get(rights, dossier)
        if found is None:
            return None
        to = next((one for one in await self._receivers(found) if grant in (None, one.grant.id)), None)
        if to is None or not await self._give(found, to.chat):
            return None
        await self.journal.record(rights, "dossier_hand_over", f"{dossier} {to.grant.id}", unit=found.unit)
        said = format_given(to.language or LANGUAGES[0], dossier, len(found.sources))
        await self._queue((to.chat, to.channel, to.language), f"dossier:{dossier}:{found.revision}:given", said)
        return RequestOffice(to.grant.role, to.grant.unit)


def format_registered(language: str, count: int, first: str, last: str) -> Reply:
    """Format the one notice to those in whose scope the requests of a dossier are."""
    say = MarkupTranslator(language)
    told = say(
        N_("A dossier of a whole unit brought <b>{count}</b> requests: {first} to {last}."),
        count=count,
        first=first,
        last=last,
    )
    return Reply(paragraphs=(str(told),), choices=(open_desk_choice(say),))


def format_registered_for_you(language: str, content: RequestContent) -> Reply:
    """Format the notice to a person whose certificate stands in a dossier."""
    say = MarkupTranslator(language)
    told = say(
        N_("Your unit ({unit}) has registered a request for the certificate you asked me about: <b>{procedure}</b>."),
        unit=content.unit,
        procedure=say.t(PROCEDURE_LABELS[content.procedure]),
    )
    ask = say(N_("If that is not right, please tell your focal officer. Your own requests: /yeucau"))
    return Reply(paragraphs=(str(join_lines(told, ask)),))


def format_given(language: str, dossier: str, count: int) -> Reply:
    """Format the notice to an admin who was given a dossier."""
    say = MarkupTranslator(language)
    told = N_(
        "A focal officer has handed you the dossier <b>{dossier}</b> of {count} certificates, with its requests:"
        " /donvi {dossier}"
    )
    return Reply(paragraphs=(str(say(told, dossier=dossier, count=count)),))
