"""Broadcasts within the rights of the one who asks: what every part of the service begins with."""

from dataclasses import dataclass
from typing import Self

from bot.services.journal import JournalService
from bot.store.broadcasts.repository import BroadcastRepository, ProvenBroadcast
from bot.store.context import StoreContext
from handlers.model.broadcast import ActionResult, Broadcast
from handlers.model.rights import Act, Rights


@dataclass(frozen=True, slots=True)
class BroadcastAccess:
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: reading."""

    context: StoreContext
    journal: JournalService
    broadcasts: BroadcastRepository

    @classmethod
    def of(cls, context: StoreContext, journal: JournalService) -> Self:
        """Build it over the repositories of a transaction."""
        return cls(context, journal, BroadcastRepository(context))

    async def get(self, rights: Rights, name: str) -> Broadcast | None:
        """One that cannot be read is not there; that is noted for the owners."""
        found = await self.find(rights, name)
        return found.broadcast if found else None

    async def latest(self, rights: Rights, limit: int, before: str | None = None) -> tuple[Broadcast, ...]:
        """A broadcast that cannot be read is left out."""
        return await self.broadcasts.latest(rights.reach(Act.SEE_BROADCASTS), limit, before)

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """Each step has a unit of its own: that of its parent when it was made."""
        return await self.broadcasts.steps(name, rights.reach(Act.SEE_BROADCASTS))

    async def find(self, rights: Rights, name: str) -> ProvenBroadcast | None:
        """Return one that may be seen, with what proves who wrote it."""
        return await self.broadcasts.get(name, rights.reach(Act.SEE_BROADCASTS))

    async def find_for(self, rights: Rights, act: Act, name: str) -> ProvenBroadcast | ActionResult:
        """Return one that an act may be done to, or why it may not."""
        found = await self.find(rights, name)
        if found is None:
            return ActionResult.UNKNOWN
        return found if rights.may(act, found.broadcast.unit) else ActionResult.NOT_YOURS
