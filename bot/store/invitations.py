"""Invitations to roles: rows of ``invitations``, each with the seal that proves that the program made it."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import from_micros, to_micros
from bot.store.power_seals import genuine_invitations, seal_invitation
from bot.store.request_filter import scope_conditions
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import unseal_or_none
from handlers.model import codes
from handlers.model.request_list import NewInvitation, RoleHolder
from handlers.model.rights import Reach, Role

#: 160 bits: 32 letters and digits, which a person can also type.
_CODE_BYTES = 20


class OpenInvitation(NamedTuple):
    """An invitation that can still be taken."""

    id: str
    role: Role
    unit: str | None
    inviter: str  #: id of the role by which it was made
    label: str  #: how the inviter calls the person


class PromisedRole(NamedTuple):
    """The role that an open invitation promises, whether or not it can be proven."""

    invitation: str
    role: Role
    unit: str | None


class EndedInvitation(NamedTuple):
    """An invitation that was just taken back."""

    id: str
    unit: str | None


class ClosedInvitation(NamedTuple):
    """An invitation that cannot be taken, though nobody took it back."""

    used: bool
    expired: bool


@dataclass(frozen=True, slots=True)
class InvitationRepository:
    """The invitations of everybody, within a transaction."""

    context: StoreContext

    async def add(self, role: Role, unit: str | None, label: str, by: str, expires_at: datetime) -> NewInvitation:
        """Make one; of its code only a keyed hash is kept."""
        invitation, code = await self.context.next_id(codes.INVITATION), _new_code()
        row = {
            "id": invitation,
            "code": self._hash_code(code),
            "role": role.value,
            "unit": unit,
            "created_at": to_micros(self.context.now),
            "created_by": by,
            "expires_at": to_micros(expires_at),
        }
        seal = seal_invitation(self.context.keyring, row)
        await self.context.ask(Query("invite", {**row, "label": self._seal_label(invitation, label), "seal": seal}))
        return NewInvitation(id=invitation, code=code, expires_at=expires_at)

    def _hash_code(self, code: str) -> str:
        return self.context.keyring.lookup("invitation", code.strip().lower())

    def _seal_label(self, invitation: str, label: str) -> bytes | None:
        return self.context.keyring.seal(label, sealed_columns.invitation_label(invitation)) if label else None

    def _label(self, invitation: str, sealed: bytes | None) -> str:
        return unseal_or_none(self.context.keyring, sealed, sealed_columns.invitation_label(invitation)) or ""

    async def find_open(self, code: str) -> OpenInvitation | None:
        """Return what a code opens; ``None`` also where the program did not write the row so."""
        (rows,) = await self.context.ask(Query("open_invitation", self._code_parameters(code)))
        for row in genuine_invitations(self.context.keyring, rows):
            invitation, role, unit, label, _, _, inviter = row[:7]
            return OpenInvitation(invitation, Role(role), unit, inviter, self._label(invitation, label))
        return None

    async def find_closed(self, code: str) -> ClosedInvitation | None:
        """Return why a code opens nothing; ``None`` where there is no such invitation, or it was taken back."""
        (rows,) = await self.context.ask(Query("spent_invitation", {"code": self._hash_code(code)}))
        if not rows:
            return None
        ((used_at, expires_at),) = rows
        return ClosedInvitation(used_at is not None, expires_at <= to_micros(self.context.now))

    def _code_parameters(self, code: str) -> dict[str, Any]:
        return {"code": self._hash_code(code), "now": to_micros(self.context.now)}

    async def use(self, invitation: str) -> bool:
        """Take one, while it is open; False for whoever comes second."""
        (taken,) = await self.context.ask(
            Query("use_invitation", {"id": invitation, "now": to_micros(self.context.now)})
        )
        return bool(taken)

    async def list_open(self, reach: Reach) -> tuple[RoleHolder, ...]:
        """Return those within a reach that can still be taken, the newest first."""
        if not reach:
            return ()
        where, parameters = scope_conditions(reach)
        timed = {**parameters, "now": to_micros(self.context.now)}
        (rows,) = await self.context.ask(Query("open_invitations", timed, where=where))
        return tuple(self._holder(row) for row in genuine_invitations(self.context.keyring, rows))

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

    async def promised_by(self, chat: str) -> tuple[PromisedRole, ...]:
        """Return what a person promises by open invitations, by any role they have or had."""
        (rows,) = await self.context.ask(Query("invitations_of", {"chat": chat, "now": to_micros(self.context.now)}))
        return tuple(PromisedRole(name, Role(role), unit) for name, role, unit in rows)

    async def end(self, invitation: str, reach: Reach) -> EndedInvitation | None:
        """Take one back that is open and within a reach."""
        where, parameters = scope_conditions(reach)
        row = {**parameters, "id": invitation, "now": to_micros(self.context.now)}
        (ended,) = await self.context.ask(Query("end_invitation", row, where=where))
        return EndedInvitation(invitation, ended[0][0]) if ended else None

    async def end_all(self, promised: Sequence[PromisedRole]) -> list[PromisedRole]:
        """Take back all of these that are still open, and return them."""
        now = to_micros(self.context.now)
        ends = [Query("end_invitation", {"id": one.invitation, "now": now}) for one in promised]
        ended = await self.context.ask(*ends) if ends else []
        return [one for one, done in zip(promised, ended, strict=True) if done]


def _new_code() -> str:
    return base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
