"""Rows of ``grants`` and ``invitations``, each with the seal that proves that the program made it."""

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from bot.store.conditions import scope_conditions
from bot.store.context import StoreContext
from bot.store.drivers import Query, Rows, from_micros, to_micros
from bot.store.messages import EXPORT_TASK, FILE_MARK, format_task_edit, task_message_query, task_origin
from bot.store.power_seals import genuine_grants, genuine_invitations, seal_grant, seal_invitation
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns, unseal_or_none
from handlers.core import Reply
from handlers.model import INVITATION_PREFIX, ROLE_PREFIX, ExportOrder, Grant, NewInvitation, Reach, Role, RoleHolder


def to_grants(keyring: Keyring, rows: Rows) -> tuple[Grant, ...]:
    """Return rows of ``{grant}`` as roles, where they give any; the names of their people stay sealed."""
    return tuple(Grant(row[0], Role(row[1]), row[2]) for row in genuine_grants(keyring, rows))


class EndedGrant(NamedTuple):
    """A role that has just ended, and whose it was."""

    grant: Grant
    chat: str


@dataclass(frozen=True, slots=True)
class GrantRepository:
    """The roles of everybody, within a transaction."""

    context: StoreContext

    async def hold(self) -> None:
        """Let everybody else who ends, promises or gives a role wait until the transaction ends."""
        await self.context.ask(Query("hold_grants"))

    async def of_chat(self, chat: str) -> tuple[Grant, ...]:
        """Return the roles of a person, without names."""
        (rows,) = await self.context.ask(Query("my_grants", {"chat": chat}))
        return to_grants(self.context.keyring, rows)

    async def of_chat_with_labels(self, chat: str) -> tuple[Grant, ...]:
        """Return the roles of a person, each with the name that the inviter wrote."""
        (rows,) = await self.context.ask(Query("my_grants", {"chat": chat}))
        return tuple(self._grant(row) for row in genuine_grants(self.context.keyring, rows))

    async def of_actor(self, actor: str) -> tuple[Grant, ...]:
        """Return all roles of the person who has or had the role ``actor``, without names."""
        (rows,) = await self.context.ask(Query("grants_behind", {"id": actor}))
        return to_grants(self.context.keyring, rows)

    def _grant(self, row: Sequence[Any]) -> Grant:
        grant, role, unit, label = row[:4]
        return Grant(grant, Role(role), unit, self._label(grant, label))

    def _label(self, grant: str, sealed: bytes | None) -> str:
        return unseal_or_none(self.context.keyring, sealed, sealed_columns.grant_label(grant)) or ""

    async def add(self, role: Role, unit: str | None, label: str, by: str) -> Grant:
        """Give a role to the person in this chat; return the one they have where it is the same."""
        context = self.context
        grant = await context.next_id(ROLE_PREFIX)
        row: dict[str, Any] = {"id": grant, "chat": context.chat, "role": role.value, "unit": unit}
        row |= {"granted_at": to_micros(context.now), "granted_by": by}
        sealed = context.keyring.seal(label, sealed_columns.grant_label(grant)) if label else None
        if await self._insert({**row, "label": sealed, "seal": seal_grant(context.keyring, row)}):
            return Grant(grant, role, unit, label)
        held = await self.of_chat_with_labels(context.chat)
        return next(one for one in held if (one.role, one.unit) == (role, unit))

    async def _insert(self, row: Mapping[str, Any]) -> bool:
        """Store a role, and return whether it is new. A row in its way that gives nothing is ended first."""
        (given,) = await self.context.ask(Query("grant", row))
        held = await self.of_chat(self.context.chat) if not given else ()
        if given or any((one.role, one.unit) == (row["role"], row["unit"]) for one in held):
            return bool(given)
        _, again = await self.context.ask(Query("end_worthless", row), Query("grant", row))
        return bool(again)

    async def list_holders(self, reach: Reach) -> tuple[RoleHolder, ...]:
        """Return all roles within a reach, the newest first."""
        if not reach:
            return ()
        where, parameters = scope_conditions(reach)
        (rows,) = await self.context.ask(Query("holders", parameters, where=where))
        return tuple(self._holder(row) for row in genuine_grants(self.context.keyring, rows))

    def _holder(self, row: Sequence[Any]) -> RoleHolder:
        grant, role, unit, label, _, since, by = row[:7]
        return RoleHolder(
            id=grant, role=role, unit=unit, label=self._label(grant, label), since=from_micros(since), by=by
        )

    async def end(self, grant: str, actor: str, reach: Reach) -> EndedGrant | None:
        """End a role within a reach; ``None`` where there is none, or it is the last owner's."""
        where, parameters = scope_conditions(reach)
        row = {**parameters, "id": grant, "actor": actor, "now": to_micros(self.context.now)}
        _, ended = await self.context.ask(Query("hold_grants"), Query("end_grant", row, where=where))
        if not ended:
            return None
        ((_, role, unit, chat),) = ended
        return EndedGrant(Grant(grant, Role(role), unit), chat)

    async def is_standing(self, grant: str, reach: Reach) -> bool:
        """Return whether there is such a role within reach that has not ended."""
        where, parameters = scope_conditions(reach)
        (standing,) = await self.context.ask(Query("standing_grant", {**parameters, "id": grant}, where=where))
        return bool(standing)

    async def end_own(self, grants: Sequence[Grant]) -> list[Grant]:
        """End roles of one person by their own wish; return those that ended, the last owner's is not among them."""
        now = to_micros(self.context.now)
        ends = [Query("end_grant", {"id": grant.id, "actor": grant.id, "now": now}) for grant in grants]
        answers = await self.context.ask(*ends) if ends else []
        return [grant for grant, ended in zip(grants, answers, strict=True) if ended]

    async def erase_ended(self, chat: str) -> None:
        """Keep nothing of the roles of a person that have ended."""
        await self.context.ask(Query("erase_grants", {"chat": chat}))


class UndeliveredExport(NamedTuple):
    """An export that is not written yet, or the files of which have not left."""

    task: str
    channel: str
    order: ExportOrder | None  #: ``None``: it cannot be read


@dataclass(frozen=True, slots=True)
class UndeliveredExports:
    """Exports that one person ordered and has not received, within a transaction."""

    context: StoreContext
    chat: str

    async def find_all(self) -> tuple[UndeliveredExport, ...]:
        """Return them in the order in which they were asked for."""
        asked = {"chat": self.chat, "kind": EXPORT_TASK, "files": f":{FILE_MARK}:%"}
        (rows,) = await self.context.ask(Query("undelivered_exports", asked))
        return tuple(self._read(row) for row in rows)

    def _read(self, row: tuple[Any, ...]) -> UndeliveredExport:
        task, channel, spec = row
        try:
            order = ExportOrder.model_validate_json(self.context.keyring.unseal(spec, sealed_columns.task(task)))
        except UNREADABLE_ERRORS:
            return UndeliveredExport(task, channel, None)
        return UndeliveredExport(task, channel, order)

    async def withhold(self, exports: Iterable[UndeliveredExport]) -> None:
        """Cancel exports, and let none of their files leave.

        A task comes first, then its files: whoever completes it meanwhile has queued them before the second looks.
        """
        queries = []
        for one in exports:
            row = {"id": one.task, "chat": self.chat, "now": to_micros(self.context.now)}
            queries.append(Query("end_task", {**row, "state": "cancelled"}))
            queries.append(Query("withhold_files", {**row, "files": task_origin(one.task, f"{FILE_MARK}:%")}))
        if queries:
            await self.context.ask(*queries)

    async def replace_progress(self, export: UndeliveredExport, said: Reply) -> None:
        """Say something in place of the message that shows how far an export is."""
        theirs = replace(self.context, chat=self.chat, channel=export.channel)
        shown = await format_task_edit(theirs, export.task, said) or said
        await theirs.ask(task_message_query(theirs, export.task, "lost", shown))


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
        invitation, code = await self.context.next_id(INVITATION_PREFIX), _new_code()
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
