"""Give and end roles: invitations are made, taken and taken back; what a role gave ends with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.services import JournalService
from bot.store import (
    GrantRepository,
    InvitationRepository,
    RequestNoticeRepository,
    StoreContext,
    UndeliveredExport,
    UndeliveredExports,
    read_units,
)
from bot.store.links import end_sessions
from handlers.admin.exports import format_export_rights_lost
from handlers.core import MarkupTranslator
from handlers.model import (
    ACT_TO_GIVE,
    INVITATION_PREFIX,
    MACHINE,
    NO_UNITS,
    Act,
    AuditAction,
    ExportOrder,
    Grant,
    NewInvitation,
    NoticeTiming,
    Refusal,
    Rights,
    Role,
    RoleHolder,
    default_timing,
)
from rules.calendar import to_vietnam_day

#: What the files of an export show of the requests.
_EXPORT_ACTS = (Act.EXPORT_REQUESTS, Act.SEE_PERSONAL)


class Consequence(NamedTuple):
    """A row for the journal: it follows from the end of a role, by whose right does not matter."""

    act: str
    subject: str
    unit: str | None


async def revoke_consequences(context: StoreContext, chat: str, ended: Sequence[Grant]) -> list[Consequence]:
    """End what can no longer stand, and tell the person.

    Args:
        context: the transaction in which the roles ended.
        chat: whose roles they were.
        ended: the roles, at least one.

    Returns:
        What the journal has to say of it.
    """
    await end_sessions(context, chat)
    units = await read_units(context.ask)
    left = await GrantRepository(context).of_chat(chat)
    before, after = Rights.of((*left, *ended), units), Rights.of(left, units)
    revocation = _Revocation(context, chat, before, after, ended[0].id)
    return [*await revocation.end_invitations(), *await revocation.withhold_exports()]


@dataclass(frozen=True, slots=True)
class _Revocation:
    """One person before and after roles of theirs ended."""

    context: StoreContext
    chat: str
    before: Rights
    after: Rights
    cause: str  #: id of the role that ended

    async def end_invitations(self) -> list[Consequence]:
        """Take back what the person could not promise any more."""
        invitations = InvitationRepository(self.context)
        gone = [
            one
            for one in await invitations.promised_by(self.chat)
            if not self.after.may(ACT_TO_GIVE[one.role], one.unit)
        ]
        return [
            Consequence(AuditAction.END_WITH_ROLE, f"{one.invitation} {self.cause}", one.unit)
            for one in await invitations.end_all(gone)
        ]

    async def withhold_exports(self) -> list[Consequence]:
        """Call off exports that the roles left do not cover, and say so in place of their progress."""
        exports = UndeliveredExports(self.context, self.chat)
        withheld = [one for one in await exports.find_all() if not self._is_still_covered(one.order)]
        await exports.withhold(withheld)
        for one in withheld:
            await exports.replace_progress(one, format_export_rights_lost(_translator_of(one)))
        return [
            Consequence("export_cancel", f"{one.task} {self.cause}", one.order.wanted.unit if one.order else None)
            for one in withheld
        ]

    def _is_still_covered(self, order: ExportOrder | None) -> bool:
        """Return whether the roles that are left reach all of what it was ordered by."""
        if order is None or not self.after.reach(Act.EXPORT_REQUESTS):
            return False
        unit = order.wanted.unit
        return all(self.after.covers(act, self.before.reach(act, unit)) for act in _EXPORT_ACTS)


def _translator_of(export: UndeliveredExport) -> MarkupTranslator:
    return MarkupTranslator(export.order.language if export.order else "vi")


@dataclass(frozen=True, slots=True)
class PeopleService:
    """Implements ``handlers.core.admin_ports.People`` within a transaction."""

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
        """Return why the role cannot be given: an owner has no unit; any other role has one that is known and open."""
        if role not in ACT_TO_GIVE or not rights.may(ACT_TO_GIVE[role], unit):
            return Refusal.NOT_YOURS
        if role is Role.OWNER:
            return None if unit is None else Refusal.UNKNOWN
        known = rights.units.get(unit)
        return None if known and known.is_open(to_vietnam_day(self.context.now)) else Refusal.UNKNOWN

    async def _rights_of(self, actor: str) -> Rights:
        """Return all that the person may do who has or had the role ``actor``; nothing where nobody has that name."""
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
        """Explain why an invitation is not taken; one that is open and yet refused was not made by the program."""
        closed = await self.invited.find_closed(code)
        if closed is not None and closed.used:
            return Refusal.USED
        return Refusal.EXPIRED if closed is not None and closed.expired else Refusal.UNKNOWN

    async def holders(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """List the roles as far as the right to see them reaches."""
        return await self.grants.list_holders(rights.reach(Act.SEE_HOLDERS))

    async def invitations(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """List the invitations; the right to see holders covers them."""
        return await self.invited.list_open(rights.reach(Act.SEE_HOLDERS))

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        """End a role or an invitation; the prefix of the id tells which it is."""
        if not rights.reach(Act.END_ROLES):
            return Refusal.NOT_YOURS
        ends = self._end_invitation if holder.startswith(INVITATION_PREFIX) else self._end_role
        return await ends(rights, holder)

    async def _end_invitation(self, rights: Rights, invitation: str) -> Refusal | None:
        ended = await self.invited.end(invitation, rights.reach(Act.END_ROLES))
        if ended is None:
            return Refusal.UNKNOWN
        await self.journal.record(rights, AuditAction.END_INVITATION, ended.id, unit=ended.unit, spends=(ended.id,))
        return None

    async def _end_role(self, rights: Rights, grant: str) -> Refusal | None:
        """End a role, and with it everything that its person could not do without it."""
        reach = rights.reach(Act.END_ROLES)
        ended = await self.grants.end(grant, rights.actor, reach)
        if ended is None:
            return Refusal.LAST_OWNER if await self.grants.is_standing(grant, reach) else Refusal.UNKNOWN
        followed = await revoke_consequences(self.context, ended.chat, [ended.grant])
        await self.journal.record(rights, AuditAction.END_ROLE, grant, unit=ended.grant.unit, spends=(grant,))
        await self._record_consequences(rights, followed)
        return None

    async def leave(self) -> None:
        """End all roles of this person; the journal names each, as their own act."""
        chat = self.context.chat
        await self.grants.hold()
        ended = await self.grants.end_own(await self.grants.of_chat_with_labels(chat))
        followed = await revoke_consequences(self.context, chat, ended) if ended else []
        await self.grants.erase_ended(chat)
        for grant in ended:
            rights, left = Rights.of((grant,), NO_UNITS), grant.id
            await self.journal.record(rights, AuditAction.LEAVE_ROLE, left, unit=grant.unit, spends=(left,))
        await self._record_consequences(Rights.of(ended, NO_UNITS), followed)

    async def notice_timing(self) -> NoticeTiming:
        """Ask the roles where nothing was chosen."""
        chosen = await RequestNoticeRepository(self.context).timing()
        held = await self.grants.of_chat(self.context.chat)
        return chosen or default_timing(grant.role for grant in held)

    async def choose_notice_timing(self, timing: NoticeTiming) -> None:
        """Store it for this chat."""
        await RequestNoticeRepository(self.context).choose(timing)

    async def _record_consequences(self, rights: Rights, followed: Iterable[Consequence]) -> None:
        for act, subject, unit in followed:
            spends = subject.split()[:1] if act == AuditAction.END_WITH_ROLE else ()
            await self.journal.record(rights, act, subject, unit=unit, spends=spends)
