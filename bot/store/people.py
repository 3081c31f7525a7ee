"""Roles, and invitations to them."""

from dataclasses import dataclass
from datetime import datetime

from bot.store.office.acting import Acting
from bot.store.office.grants import Grants
from bot.store.office.invitations import INVITATION, Invitations
from bot.store.office.journal import StoredJournal
from handlers.office.model import Holder, Invitation, Refusal
from handlers.office.rights import Grant, Rights, Role


@dataclass(frozen=True, slots=True)
class StoredPeople:
    """Implements ``handlers.ports.People``."""

    grants: Grants
    invited: Invitations

    @classmethod
    def of(cls, acting: Acting, journal: StoredJournal) -> "StoredPeople":
        """Within a transaction."""
        grants = Grants(acting, journal)
        return cls(grants, Invitations(acting, journal, grants))

    async def mine(self) -> tuple[Grant, ...]:
        """The roles of the person in this chat."""
        return await self.grants.mine()

    async def redeem(self, code: str) -> Grant | Refusal:
        """Take an invitation."""
        return await self.invited.redeem(code)

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> Invitation | Refusal:
        """Make one."""
        return await self.invited.invite(rights, role, unit, label, expires_at)

    async def holders(self, rights: Rights) -> tuple[Holder, ...]:
        """Who has a role within reach."""
        return await self.grants.holders(rights)

    async def invitations(self, rights: Rights) -> tuple[Holder, ...]:
        """Open invitations within reach."""
        return await self.invited.list_open(rights)

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        """End a role or an invitation."""
        ends = self.invited.end if holder.startswith(INVITATION) else self.grants.end
        return await ends(rights, holder)

    async def leave(self) -> None:
        """End the roles of the person in this chat, but the last owner's."""
        await self.grants.leave()
