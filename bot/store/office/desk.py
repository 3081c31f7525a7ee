"""The request list."""

from dataclasses import dataclass

from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from handlers.office.model import Filed, Filter, Moved, MovedAll
from handlers.office.rights import Rights
from handlers.requests.model import State


@dataclass(frozen=True, slots=True)
class StoredDesk:
    """Implements ``handlers.ports.Desk``."""

    acting: Acting
    journal: StoredJournal

    async def count(self, rights: Rights, wanted: Filter) -> int:
        raise NotImplementedError

    async def page(self, rights: Rights, wanted: Filter, limit: int, before: int | None = None) -> tuple[Filed, ...]:
        raise NotImplementedError

    async def get(self, rights: Rights, code: str) -> Filed | None:
        raise NotImplementedError

    async def move(self, rights: Rights, code: str, to: State, revision: int, note: str = "") -> Moved:
        raise NotImplementedError

    async def move_all(self, rights: Rights, wanted: Filter, to: State, note: str = "") -> MovedAll:
        raise NotImplementedError
