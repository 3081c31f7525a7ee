"""Roles given and ended: invitations are made, taken and taken back, roles are ended and left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.services.journal import JournalService
from bot.services.role_revocation import Consequence, revoke_consequences
from bot.store.context import StoreContext
from bot.store.invitations import InvitationRepository
from bot.store.roles import GrantRepository
from bot.store.units import read_units
from handlers.model import codes
from handlers.model.journal import AuditAction
from handlers.model.request_list import NewInvitation, Refusal, RoleHolder
from handlers.model.rights import ACT_TO_GIVE, MACHINE, Act, Grant, Rights, Role
from handlers.model.unit_directory import NO_UNITS
from rules.calendar import to_vietnam_day


@dataclass(frozen=True, slots=True)
class PeopleService:
    """Implements ``handlers.core.ports.People`` within a transaction."""

    context: StoreContext
    journal: JournalService
    grants: GrantRepository
    invited: InvitationRepository

    @classmethod
    def of(cls, context: StoreContext, journal: JournalService) -> "PeopleService":
        """Build it over the repositories of a transaction."""
        return cls(context, journal, GrantRepository(context), InvitationRepository(context))

    async def mine(self) -> tuple[Grant, ...]:
        """Read them anew: they may have ended since the last message."""
        return await self.grants.of_chat_with_labels(self.context.chat)

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> NewInvitation | Refusal:
        """Read the roles once more while nobody can end one: ``rights`` may be older than this transaction."""
        refusal = self._refusal(rights, role, unit)
        if refusal is None:
            await self.grants.hold()
            refusal = self._refusal(await self._rights_of(rights.actor), role, unit)
        if refusal:
            return refusal
        made = await self.invited.add(role, unit, label, rights.actor, expires_at)
        await self.journal.record(rights, AuditAction.INVITE, made.id, unit=unit)
        return made

    def _refusal(self, rights: Rights, role: Role, unit: str | None) -> Refusal | None:
        """An owner has no unit; any other role has one that is known and open."""
        if role not in ACT_TO_GIVE or not rights.may(ACT_TO_GIVE[role], unit):
            return Refusal.NOT_YOURS
        if role is Role.OWNER:
            return None if unit is None else Refusal.UNKNOWN
        known = rights.units.get(unit)
        return None if known and known.is_open(to_vietnam_day(self.context.now)) else Refusal.UNKNOWN

    async def _rights_of(self, actor: str) -> Rights:
        """All that the person may do who has or had the role ``actor``; nothing where nobody has that name."""
        units = await read_units(self.context.ask)
        return Rights.operator(units) if actor == MACHINE else Rights.of(await self.grants.of_actor(actor), units)

    async def redeem(self, code: str) -> Grant | Refusal:
        """Refuse it as well where its inviter could not make it any more."""
        await self.grants.hold()
        found = await self.invited.find_open(code)
        if found is None:
            return await self._explain_failure(code)
        if self._refusal(await self._rights_of(found.inviter), found.role, found.unit):
            return Refusal.UNKNOWN
        if not await self.invited.use(found.id):
            return await self._explain_failure(code)
        grant = await self.grants.add(found.role, found.unit, found.label, found.inviter)
        taker = Rights.of((grant,), NO_UNITS)
        subject = f"{found.id} {grant.id}"
        await self.journal.record(taker, AuditAction.REDEEM, subject, unit=found.unit, spends=(found.id,))
        return grant

    async def _explain_failure(self, code: str) -> Refusal:
        """One that stands open all the same is not the program's."""
        closed = await self.invited.find_closed(code)
        if closed is not None and closed.used:
            return Refusal.USED
        return Refusal.EXPIRED if closed is not None and closed.expired else Refusal.UNKNOWN

    async def holders(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """The right to see them decides how far it looks."""
        return await self.grants.list_holders(rights.reach(Act.SEE_HOLDERS))

    async def invitations(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """The right to see holders covers them."""
        return await self.invited.list_open(rights.reach(Act.SEE_HOLDERS))

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        """The prefix of the id tells a role from an invitation."""
        if not rights.reach(Act.END_ROLES):
            return Refusal.NOT_YOURS
        ends = self._end_invitation if holder.startswith(codes.INVITATION) else self._end_role
        return await ends(rights, holder)

    async def _end_invitation(self, rights: Rights, invitation: str) -> Refusal | None:
        ended = await self.invited.end(invitation, rights.reach(Act.END_ROLES))
        if ended is None:
            return Refusal.UNKNOWN
        await self.journal.record(rights, AuditAction.END_INVITATION, ended.id, unit=ended.unit, spends=(ended.id,))
        return None

    async def _end_role(self, rights: Rights, grant: str) -> Refusal | None:
        """Everything ends with it that its person could not do without it."""
        reach = rights.reach(Act.END_ROLES)
        ended = await self.grants.end(grant, rights.actor, reach)
        if ended is None:
            return Refusal.LAST_OWNER if await self.grants.is_standing(grant, reach) else Refusal.UNKNOWN
        followed = await revoke_consequences(self.context, ended.chat, [ended.grant])
        await self.journal.record(rights, AuditAction.END_ROLE, grant, unit=ended.grant.unit, spends=(grant,))
        await self._record_consequences(rights, followed)
        return None

    async def leave(self) -> None:
        """The journal names each role that ended, as the act of its own person."""
        chat = self.context.chat
        await self.grants.hold()
        ended = await self.grants.end_own(await self.grants.of_chat_with_labels(chat))
        followed = await revoke_consequences(self.context, chat, ended) if ended else []
        await self.grants.erase_ended(chat)
        for grant in ended:
            rights, left = Rights.of((grant,), NO_UNITS), grant.id
            await self.journal.record(rights, AuditAction.LEAVE_ROLE, left, unit=grant.unit, spends=(left,))
        await self._record_consequences(Rights.of(ended, NO_UNITS), followed)

    async def _record_consequences(self, rights: Rights, followed: Iterable[Consequence]) -> None:
        for act, subject, unit in followed:
            spends = subject.split()[:1] if act == AuditAction.END_WITH_ROLE else ()
            await self.journal.record(rights, act, subject, unit=unit, spends=spends)
