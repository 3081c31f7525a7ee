"""Roles, and invitations to them."""

from dataclasses import dataclass
from datetime import datetime

from bot.store.context import StoreContext
from bot.store.invitations import InvitationRepository
from bot.store.journal import StoredJournal
from bot.store.roles import GrantRepository
from handlers.model import codes
from handlers.model.request_list import NewInvitation, Refusal, RoleHolder
from handlers.model.rights import Grant, Rights, Role


@dataclass(frozen=True, slots=True)
class StoredPeople:
    """Implements ``handlers.core.ports.People``."""

    grants: GrantRepository
    invited: InvitationRepository

    @classmethod
    def of(cls, acting: StoreContext, journal: StoredJournal) -> "StoredPeople":
        """Within a transaction."""
        grants = GrantRepository(acting, journal)
        return cls(grants, InvitationRepository(acting, journal, grants))

    async def mine(self) -> tuple[Grant, ...]:
        """The roles of the person in this chat."""
        return await self.grants.mine()

    async def redeem(self, code: str) -> Grant | Refusal:
        """Take an invitation."""
        return await self.invited.redeem(code)

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> NewInvitation | Refusal:
        """Make one."""
        return await self.invited.invite(rights, role, unit, label, expires_at)

    async def holders(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Who has a role within reach."""
        return await self.grants.holders(rights)

    async def invitations(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Open invitations within reach."""
        return await self.invited.list_open(rights)

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        """End a role or an invitation."""
        ends = self.invited.end if holder.startswith(codes.INVITATION) else self.grants.end
        return await ends(rights, holder)

    async def leave(self) -> None:
        """End the roles of the person in this chat, but the last owner's."""
        await self.grants.leave()
