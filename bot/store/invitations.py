"""Invitations to roles: made by those who may give the role, taken once."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import from_micros, to_micros
from bot.store.journal import StoredJournal
from bot.store.power_seals import genuine_invitations, seal_invitation
from bot.store.request_filter import scope_conditions
from bot.store.roles import GrantRepository, rights_of_actor
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import unseal_or_none
from handlers.access.journal_text import AuditAction
from handlers.model import codes
from handlers.model.request_list import NewInvitation, Refusal, RoleHolder
from handlers.model.rights import ACT_TO_GIVE, Act, Grant, Rights, Role
from handlers.model.unit_directory import NO_UNITS
from rules.calendar import to_vietnam_day

#: 160 bits: 32 letters and digits, which a person can also type.
_CODE_BYTES = 20


@dataclass(frozen=True, slots=True)
class InvitationRepository:
    """The invitations of everybody, within a transaction."""

    acting: StoreContext
    journal: StoredJournal
    grants: GrantRepository

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> NewInvitation | Refusal:
        """Make one; of its code only a keyed hash is kept.

        The roles are read once more while nobody can end one: ``rights`` may be older than this.
        """
        refusal = self._refusal(rights, role, unit) or await self._current_refusal(rights.actor, role, unit)
        if refusal:
            return refusal
        invitation, code = await self.acting.next_id(codes.INVITATION), _new_code()
        told = {
            "id": invitation,
            "code": self._hash_code(code),
            "role": role.value,
            "unit": unit,
            "created_at": to_micros(self.acting.now),
            "created_by": rights.actor,
            "expires_at": to_micros(expires_at),
        }
        seal = seal_invitation(self.acting.keyring, told)
        await self.acting.ask(Query("invite", {**told, "label": self._seal_label(invitation, label), "seal": seal}))
        await self.journal.record(rights, AuditAction.INVITE, invitation, unit=unit)
        return NewInvitation(id=invitation, code=code, expires_at=expires_at)

    async def _current_refusal(self, maker: str, role: Role, unit: str | None) -> Refusal | None:
        await self.acting.ask(Query("hold_grants"))
        return self._refusal(await rights_of_actor(self.acting, maker), role, unit)

    def _refusal(self, rights: Rights, role: Role, unit: str | None) -> Refusal | None:
        """An owner has no unit; any other role has one that is known and open."""
        if role not in ACT_TO_GIVE or not rights.may(ACT_TO_GIVE[role], unit):
            return Refusal.NOT_YOURS
        if role is Role.OWNER:
            return None if unit is None else Refusal.UNKNOWN
        known = rights.units.get(unit)
        return None if known and known.is_open(to_vietnam_day(self.acting.now)) else Refusal.UNKNOWN

    def _hash_code(self, code: str) -> str:
        return self.acting.keyring.lookup("invitation", code.strip().lower())

    def _seal_label(self, invitation: str, label: str) -> bytes | None:
        return self.acting.keyring.seal(label, sealed_columns.invitation_label(invitation)) if label else None

    def _label(self, invitation: str, sealed: bytes | None) -> str:
        return unseal_or_none(self.acting.keyring, sealed, sealed_columns.invitation_label(invitation)) or ""

    async def redeem(self, code: str) -> Grant | Refusal:
        """Take one, for the person in this chat: unless whoever made it could not make it any more."""
        asked = {"code": self._hash_code(code), "now": to_micros(self.acting.now)}
        _, rows = await self.acting.ask(Query("hold_grants"), Query("open_invitation", asked))
        if not rows:
            return await self._explain_failure(asked)
        found = list(genuine_invitations(self.acting.keyring, rows))
        if not found:
            return Refusal.UNKNOWN
        invitation, role, unit, label, _, _, inviter = found[0][:7]
        if self._refusal(await rights_of_actor(self.acting, inviter), Role(role), unit):
            return Refusal.UNKNOWN
        (taken,) = await self.acting.ask(Query("use_invitation", {"id": invitation, "now": asked["now"]}))
        if not taken:
            return await self._explain_failure(asked)
        grant = await self.grants.give(Role(role), unit, self._label(invitation, label), inviter)
        taker = Rights.of((grant,), NO_UNITS)
        subject = f"{invitation} {grant.id}"
        await self.journal.record(taker, AuditAction.REDEEM, subject, unit=unit, spends=(invitation,))
        return grant

    async def _explain_failure(self, asked: dict[str, Any]) -> Refusal:
        (known,) = await self.acting.ask(Query("spent_invitation", asked))
        if not known:
            return Refusal.UNKNOWN
        ((used_at,),) = known
        return Refusal.EXPIRED if used_at is None else Refusal.USED

    async def list_open(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Those within reach that can still be taken, the newest first."""
        reach = rights.reach(Act.SEE_HOLDERS)
        if not reach:
            return ()
        where, parameters = scope_conditions(reach)
        timed = {**parameters, "now": to_micros(self.acting.now)}
        (rows,) = await self.acting.ask(Query("open_invitations", timed, where=where))
        return tuple(self._holder(row) for row in genuine_invitations(self.acting.keyring, rows))

    def _holder(self, row: Sequence[Any]) -> RoleHolder:
        invitation, role, unit, label, _, since, by, expires = row[:8]
        return RoleHolder(
            id=invitation,
            role=role,
            unit=unit,
            label=self._label(invitation, label),
            since=from_micros(since),
            by=by,
            expires_at=from_micros(expires),
        )

    async def end(self, rights: Rights, invitation: str) -> Refusal | None:
        """Take one back that is within reach."""
        reach = rights.reach(Act.END_ROLES)
        if not reach:
            return Refusal.NOT_YOURS
        where, parameters = scope_conditions(reach)
        row = {**parameters, "id": invitation, "now": to_micros(self.acting.now)}
        (ended,) = await self.acting.ask(Query("end_invitation", row, where=where))
        if not ended:
            return Refusal.UNKNOWN
        ((unit,),) = ended
        await self.journal.record(rights, AuditAction.END_INVITATION, invitation, unit=unit, spends=(invitation,))
        return None


def _new_code() -> str:
    return base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
