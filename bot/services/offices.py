"""Receiving offices over the repositories of one transaction; who may do what is in ``handlers.offices.service``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store import OfficeRepository, RequestNoticeRepository
from handlers.core import Reply
from handlers.model import ChosenOffice, OfficeDraft, Reach, Watcher
from handlers.offices.service import OfficeService


@dataclass(frozen=True, slots=True)
class StoredOffices(OfficeService):
    """The offices that a transaction reaches."""

    offices: OfficeRepository
    notices: RequestNoticeRepository

    @property
    def chat(self) -> str:
        return self.notices.context.chat

    @property
    def now(self) -> datetime:
        return self.notices.context.now

    async def _hold(self) -> None:
        await self.offices.hold()

    async def _within(self, reach: Reach) -> Sequence[ChosenOffice]:
        return await self.offices.within(reach)

    async def _of_units(self, units: Iterable[str]) -> Sequence[ChosenOffice]:
        return await self.offices.of_units(units)

    async def _add(self, unit: str | None, draft: OfficeDraft, actor: str) -> ChosenOffice:
        return await self.offices.add(unit, draft, actor)

    async def _change(self, before: ChosenOffice, draft: OfficeDraft, actor: str, reach: Reach) -> ChosenOffice | None:
        return await self.offices.change(before, draft, actor, reach)

    async def _remove(self, before: ChosenOffice, reach: Reach) -> bool:
        return await self.offices.withdraw(before, reach)

    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        return await self.notices.watchers(unit)

    async def _queue(self, to: Watcher, origin: str, said: Reply) -> None:
        await self.notices.queue(to, origin, said)
