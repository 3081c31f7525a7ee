"""Roles and invitations in memory."""

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from handlers.admin.exports import format_export_rights_lost
from handlers.core import MarkupTranslator
from handlers.model import (
    ACT_TO_GIVE,
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
from handlers.testing.tables import GrantRecord, InvitationRecord, MemoryContext, MemoryJournal, export_origin
from rules.calendar import to_vietnam_day

GRANT_ID, INVITATION_ID = "QT", "LM"
_CODE_BYTES = 20
#: What the files of an export show of the requests.
_EXPORT_ACTS = (Act.EXPORT_REQUESTS, Act.SEE_PERSONAL)


@dataclass(frozen=True, slots=True)
class MemoryPeople:
    """Implements ``handlers.core.admin_ports.People``."""

    acting: MemoryContext
    journal: MemoryJournal

    async def mine(self) -> tuple[Grant, ...]:
        """Look them up by the chat."""
        return self.acting.tables.grants_of(self.acting.chat)

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> NewInvitation | Refusal:
        """Check the rights given, and those that the person has by now."""
        current = self.acting.rights_of(rights.actor)
        if refusal := self._refusal(rights, role, unit) or self._refusal(current, role, unit):
            return refusal
        name = self.acting.next_id(INVITATION_ID)
        code = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
        made = InvitationRecord(name, code, role, unit, label, self.acting.now, rights.actor, expires_at)
        self.acting.tables.invitations[name] = made
        await self.journal.record(rights, AuditAction.INVITE, name, unit=unit)
        return NewInvitation(id=name, code=code, expires_at=expires_at)

    async def redeem(self, code: str) -> Grant | Refusal:
        """Give the role once, unless whoever made the invitation could not make it any more."""
        known = self.acting.tables.invitations.values()
        found = next((one for one in known if one.code == code.strip().lower()), None)
        if found is None or found.ended_at is not None:
            return Refusal.UNKNOWN
        if not found.is_open(self.acting.now):
            return Refusal.EXPIRED if found.used_at is None else Refusal.USED
        if self._refusal(self.acting.rights_of(found.created_by), found.role, found.unit):
            return Refusal.UNKNOWN
        self.acting.tables.invitations[found.id] = replace(found, used_at=self.acting.now, label="")
        grant = self._give(found)
        self.journal.add(grant.id, AuditAction.REDEEM, f"{found.id} {grant.id}", found.unit)
        return grant

    def _give(self, invited: InvitationRecord) -> Grant:
        """Give a role to the person in this chat, or return the one they have where it is the same."""
        acting, wanted = self.acting, (invited.role, invited.unit)
        name = acting.next_id(GRANT_ID)
        held = next((one for one in acting.tables.grants_of(acting.chat) if (one.role, one.unit) == wanted), None)
        if held is not None:
            return held
        grant = Grant(name, *wanted, invited.label)
        acting.tables.grants[name] = GrantRecord(grant, acting.chat, acting.now, invited.created_by)
        return grant

    def _refusal(self, rights: Rights, role: Role, unit: str | None) -> Refusal | None:
        """Return why the role cannot be given: an owner has no unit; any other role has one that is known and open."""
        if role not in ACT_TO_GIVE or not rights.may(ACT_TO_GIVE[role], unit):
            return Refusal.NOT_YOURS
        if role is Role.OWNER:
            return None if unit is None else Refusal.UNKNOWN
        known = rights.units.get(unit)
        return None if known and known.is_open(to_vietnam_day(self.acting.now)) else Refusal.UNKNOWN

    async def holders(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """List standing roles."""
        standing = [one for one in self.acting.tables.grants.values() if one.ended_at is None]
        return tuple(
            RoleHolder(
                id=one.grant.id,
                role=one.grant.role,
                unit=one.grant.unit,
                label=one.grant.label,
                since=one.granted_at,
                by=one.granted_by,
            )
            for one in reversed(standing)
            if self._is_within(rights, Act.SEE_HOLDERS, one.grant.unit)
        )

    async def invitations(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """List those that can still be taken."""
        standing = [one for one in self.acting.tables.invitations.values() if one.is_open(self.acting.now)]
        return tuple(
            RoleHolder(
                id=one.id,
                role=one.role,
                unit=one.unit,
                label=one.label,
                since=one.created_at,
                by=one.created_by,
                expires_at=one.expires_at,
            )
            for one in reversed(standing)
            if self._is_within(rights, Act.SEE_HOLDERS, one.unit)
        )

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        """End it, and with a role what its person could not do without it."""
        if not rights.reach(Act.END_ROLES):
            return Refusal.NOT_YOURS
        if holder.startswith(INVITATION_ID):
            return await self._end_invitation(rights, holder)
        known = self.acting.tables.grants.get(holder)
        if known is None or known.ended_at or not self._is_within(rights, Act.END_ROLES, known.grant.unit):
            return Refusal.UNKNOWN
        if not self._end_grant(known):
            return Refusal.LAST_OWNER
        followed = self._revoke_consequences(known.chat, [known.grant])
        await self.journal.record(rights, AuditAction.END_ROLE, holder, unit=known.grant.unit)
        for act, subject, unit in followed:
            await self.journal.record(rights, act, subject, unit=unit)
        return None

    async def leave(self) -> None:
        """End one's own roles, and keep nothing of what ended."""
        acting = self.acting
        mine = [one for one in acting.tables.grants.values() if one.chat == acting.chat and one.ended_at is None]
        ended = [one.grant for one in mine if self._end_grant(one)]
        followed = self._revoke_consequences(acting.chat, ended) if ended else []
        for name in [name for name, one in acting.tables.grants.items() if one.chat == acting.chat and one.ended_at]:
            del acting.tables.grants[name]
        for grant in ended:
            self.journal.add(grant.id, AuditAction.LEAVE_ROLE, grant.id, grant.unit)
        for act, subject, unit in followed:
            self.journal.add(ended[0].id, act, subject, unit)

    async def notice_timing(self) -> NoticeTiming:
        """Ask the roles where nothing was chosen."""
        chosen = self.acting.tables.timings.get(self.acting.chat)
        return chosen or default_timing(grant.role for grant in self.acting.tables.grants_of(self.acting.chat))

    async def choose_notice_timing(self, timing: NoticeTiming) -> None:
        """Keep it for this chat."""
        self.acting.tables.timings[self.acting.chat] = timing

    async def _end_invitation(self, rights: Rights, name: str) -> Refusal | None:
        known = self.acting.tables.invitations.get(name)
        if known is None or not known.is_open(self.acting.now):
            return Refusal.UNKNOWN
        if not self._is_within(rights, Act.END_ROLES, known.unit):
            return Refusal.UNKNOWN
        self.acting.tables.invitations[name] = replace(known, ended_at=self.acting.now)
        await self.journal.record(rights, AuditAction.END_INVITATION, name, unit=known.unit)
        return None

    def _end_grant(self, known: GrantRecord) -> bool:
        """End a role; the last owner's stays."""
        standing = [one for one in self.acting.tables.grants.values() if one.ended_at is None]
        owners = [one for one in standing if one.grant.role is Role.OWNER]
        if known.grant.role is Role.OWNER and len(owners) < 2:
            return False
        self.acting.tables.grants[known.grant.id] = replace(known, ended_at=self.acting.now)
        return True

    def _is_within(self, rights: Rights, act: Act, unit: str | None) -> bool:
        reach = rights.reach(act)
        return bool(reach) and self.acting.tables.is_within(reach, unit)

    def _revoke_consequences(self, chat: str, ended: Sequence[Grant]) -> list[tuple[str, str, str | None]]:
        """End what can no longer stand; returns acts for the journal, their subjects and units."""
        units, left = self.acting.tables.units, self.acting.tables.grants_of(chat)
        before, after = Rights.of((*left, *ended), units), Rights.of(left, units)
        cause = ended[0].id
        return [*self._revoke_invitations(chat, after, cause), *self._revoke_exports(chat, before, after, cause)]

    def _revoke_invitations(self, chat: str, after: Rights, cause: str) -> Iterable[tuple[str, str, str | None]]:
        tables = self.acting.tables
        names = {name for name, one in tables.grants.items() if one.chat == chat}
        for made in [one for one in tables.invitations.values() if one.is_open(self.acting.now)]:
            if made.created_by in names and not after.may(ACT_TO_GIVE[made.role], made.unit):
                tables.invitations[made.id] = replace(made, ended_at=self.acting.now)
                yield AuditAction.END_WITH_ROLE, f"{made.id} {cause}", made.unit

    def _revoke_exports(
        self, chat: str, before: Rights, after: Rights, cause: str
    ) -> Iterable[tuple[str, str, str | None]]:
        for task in [one for one in self.acting.tables.tasks.values() if one.chat == chat and one.order]:
            order, files = task.order, self._undelivered_files(task.id)
            if order is None or not (task.is_open or files) or _is_still_covered(order, before, after):
                continue
            if task.is_open:
                self.acting.tables.tasks[task.id] = replace(task, state="cancelled")
            for origin in files:
                queued = self.acting.tables.messages[origin].state == "queued"
                self.acting.settle(origin, "skipped" if queued else "unknown")
            said = format_export_rights_lost(MarkupTranslator(order.language))
            shown = self.acting.edit(export_origin(task.id), said)
            self.acting.queue(chat, export_origin(task.id, "lost"), shown or said)
            yield "export_cancel", f"{task.id} {cause}", order.wanted.unit

    def _undelivered_files(self, task: str) -> list[str]:
        messages = self.acting.tables.messages
        return [
            origin for origin in messages if origin.startswith(export_origin(task, "file:")) and messages[origin].waits
        ]


def _is_still_covered(order: ExportOrder, before: Rights, after: Rights) -> bool:
    """Return whether the roles that are left reach all of what it was ordered by."""
    unit = order.wanted.unit
    return bool(after.reach(Act.EXPORT_REQUESTS)) and all(
        after.covers(act, before.reach(act, unit)) for act in _EXPORT_ACTS
    )
