"""Receiving offices in memory; who may do what is in ``handlers.offices.service``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from handlers.core import Reply
from handlers.model import OFFICE_PREFIX, ChosenOffice, OfficeDraft, Reach, Watcher
from handlers.offices.service import OfficeService
from handlers.testing.request_list import find_watchers
from handlers.testing.tables import MemoryContext

OFFICES_COUNTER = "offices"


@dataclass(frozen=True, slots=True)
class MemoryOffices(OfficeService):
    """Keeps them in the tables of a context; nobody else changes one meanwhile."""

    acting: MemoryContext

    @property
    def chat(self) -> str:
        return self.acting.chat

    @property
    def now(self) -> datetime:
        return self.acting.now

    async def _hold(self) -> None:
        """Hold nobody: each turn of these tables ends before the next one begins."""

    async def _within(self, reach: Reach) -> Sequence[ChosenOffice]:
        tables = self.acting.tables
        return [one for one in tables.offices.values() if tables.is_within(reach, one.unit)]

    async def _of_units(self, units: Iterable[str]) -> Sequence[ChosenOffice]:
        wanted = {None, *units}
        return [one for one in self.acting.tables.offices.values() if one.unit in wanted]

    async def _add(self, unit: str | None, draft: OfficeDraft, actor: str) -> ChosenOffice:
        office = draft.to_office(self.acting.next_id(OFFICE_PREFIX), unit)
        return self._keep(ChosenOffice(office, 1, actor, self.acting.now))

    async def _change(self, before: ChosenOffice, draft: OfficeDraft, actor: str, reach: Reach) -> ChosenOffice | None:
        del reach  # it was read within it
        fresh = draft.to_office(before.office.id, before.unit)
        now = self.acting.now
        return self._keep(replace(before, office=fresh, revision=before.revision + 1, by=actor, changed_at=now))

    def _keep(self, office: ChosenOffice) -> ChosenOffice:
        self.acting.tables.next_number(OFFICES_COUNTER)
        self.acting.tables.offices[office.office.id] = office
        return office

    async def _remove(self, before: ChosenOffice, reach: Reach) -> bool:
        del reach
        self.acting.tables.next_number(OFFICES_COUNTER)
        return self.acting.tables.offices.pop(before.office.id, None) is not None

    async def _watchers(self, unit: str | None) -> Sequence[Watcher]:
        return find_watchers(self.acting, unit)

    async def _queue(self, to: Watcher, origin: str, said: Reply) -> None:
        self.acting.queue(to.chat, origin, said)
