"""Roles: who has which, given once, ended by those within whose reach they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import from_micros, to_micros
from bot.store.journal import StoredJournal
from bot.store.messages import EXPORT_TASK, FILE_MARK, format_task_edit, task_message_query, task_origin
from bot.store.power_seals import genuine_grants, seal_grant
from bot.store.request_filter import scope_conditions
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import UNREADABLE_ERRORS, unseal_or_none
from bot.store.units import read_units
from handlers.access.journal_text import AuditAction
from handlers.admin.exports.text import format_export_rights_lost
from handlers.core.text import MarkupTranslator
from handlers.model import codes
from handlers.model.exports import ExportOrder
from handlers.model.request_list import Refusal, RoleHolder
from handlers.model.rights import ACT_TO_GIVE, MACHINE, Act, Grant, Rights, Role
from handlers.model.unit_directory import NO_UNITS


async def rights_of_actor(acting: StoreContext, actor: str) -> Rights:
    """By all the roles of the person who has or had the role ``actor``; none where nobody is known by that name."""
    units = await read_units(acting.ask)
    if actor == MACHINE:
        return Rights.operator(units)
    (rows,) = await acting.ask(Query("grants_behind", {"id": actor}))
    return Rights.of(to_grants(acting.keyring, rows), units)


def to_grants(keyring: Keyring, rows: Rows) -> tuple[Grant, ...]:
    """Rows of ``{grant}`` as roles, where they give any; how their people are called stays sealed."""
    return tuple(Grant(row[0], Role(row[1]), row[2]) for row in genuine_grants(keyring, rows))


#: What the files of an export show of the requests.
_EXPORT_ACTS = (Act.EXPORT_REQUESTS, Act.SEE_PERSONAL)


class Consequence(NamedTuple):
    """A row for the journal: it follows from the end of a role, by whose right does not matter."""

    act: str
    subject: str
    unit: str | None


class _WithheldExport(NamedTuple):
    """An export that is called off, or the files of which are not delivered any more."""

    task: str
    channel: str
    order: ExportOrder | None  #: ``None``: it cannot be read


@dataclass(frozen=True, slots=True)
class RoleRevocation:
    """Of roles of one chat that ended in the present transaction."""

    acting: StoreContext
    chat: str
    before: Rights
    after: Rights
    cause: str  #: id of the role that ended

    @classmethod
    async def of(cls, acting: StoreContext, chat: str, ended: Sequence[Grant]) -> "RoleRevocation":
        """With what is left to the person."""
        units = await read_units(acting.ask)
        (rows,) = await acting.ask(Query("my_grants", {"chat": chat}))
        left = to_grants(acting.keyring, rows)
        return cls(acting, chat, Rights.of((*left, *ended), units), Rights.of(left, units), ended[0].id)

    async def apply(self) -> list[Consequence]:
        """End what can no longer stand."""
        return [*await self._invitations(), *await self._exports()]

    async def _invitations(self) -> list[Consequence]:
        now = to_micros(self.acting.now)
        (rows,) = await self.acting.ask(Query("invitations_of", {"chat": self.chat, "now": now}))
        gone = [(name, unit) for name, role, unit in rows if not self.after.may(ACT_TO_GIVE[Role(role)], unit)]
        ends = [Query("end_invitation", {"id": name, "now": now}) for name, _ in gone]
        ended = await self.acting.ask(*ends) if ends else []
        return [
            Consequence(AuditAction.END_WITH_ROLE, f"{name} {self.cause}", unit)
            for (name, unit), done in zip(gone, ended, strict=True)
            if done
        ]

    async def _exports(self) -> list[Consequence]:
        asked = {"chat": self.chat, "kind": EXPORT_TASK, "files": f":{FILE_MARK}:%"}
        (rows,) = await self.acting.ask(Query("undelivered_exports", asked))
        withheld = [one for one in map(self._read, rows) if not self._is_still_covered(one.order)]
        if withheld:
            await self.acting.ask(*self._cancel_queries(withheld))
        for one in withheld:
            await self._notify(one)
        return [
            Consequence("export_cancel", f"{one.task} {self.cause}", one.order.wanted.unit if one.order else None)
            for one in withheld
        ]

    def _read(self, row: tuple[Any, ...]) -> _WithheldExport:
        task, channel, spec = row
        try:
            order = ExportOrder.model_validate_json(self.acting.keyring.unseal(spec, sealed_columns.task(task)))
        except UNREADABLE_ERRORS:
            return _WithheldExport(task, channel, None)
        return _WithheldExport(task, channel, order)

    def _is_still_covered(self, order: ExportOrder | None) -> bool:
        """Whether the roles that are left reach all of what it was ordered by."""
        if order is None or not self.after.reach(Act.EXPORT_REQUESTS):
            return False
        unit = order.wanted.unit
        return all(self.after.covers(act, self.before.reach(act, unit)) for act in _EXPORT_ACTS)

    def _cancel_queries(self, withheld: Iterable[_WithheldExport]) -> Iterable[Query]:
        """A task first, then its files: whoever completes it meanwhile has queued them before the second looks."""
        for one in withheld:
            row = {"id": one.task, "chat": self.chat, "now": to_micros(self.acting.now)}
            yield Query("end_task", {**row, "state": "cancelled"})
            yield Query("withhold_files", {**row, "files": task_origin(one.task, f"{FILE_MARK}:%")})

    async def _notify(self, one: _WithheldExport) -> None:
        """In place of the message that shows how far it is."""
        theirs = replace(self.acting, chat=self.chat, channel=one.channel)
        said = format_export_rights_lost(MarkupTranslator(one.order.language) if one.order else MarkupTranslator("vi"))
        await theirs.ask(
            task_message_query(theirs, one.task, "lost", await format_task_edit(theirs, one.task, said) or said)
        )


@dataclass(frozen=True, slots=True)
class GrantRepository:
    """The roles of everybody, within a transaction."""

    acting: StoreContext
    journal: StoredJournal

    async def mine(self) -> tuple[Grant, ...]:
        """Those of the person in this chat."""
        (rows,) = await self.acting.ask(Query("my_grants", {"chat": self.acting.chat}))
        return tuple(self._grant(row) for row in genuine_grants(self.acting.keyring, rows))

    def _grant(self, row: Sequence[Any]) -> Grant:
        grant, role, unit, label = row[:4]
        return Grant(grant, Role(role), unit, self._label(grant, label))

    def _label(self, grant: str, sealed: bytes | None) -> str:
        return unseal_or_none(self.acting.keyring, sealed, sealed_columns.grant_label(grant)) or ""

    async def give(self, role: Role, unit: str | None, label: str, by: str) -> Grant:
        """A role of the person in this chat; the one they have where it is the same."""
        acting = self.acting
        grant = await acting.next_id(codes.ROLE)
        told: dict[str, Any] = {"id": grant, "chat": acting.chat, "role": role.value, "unit": unit}
        told |= {"granted_at": to_micros(acting.now), "granted_by": by}
        sealed = acting.keyring.seal(label, sealed_columns.grant_label(grant)) if label else None
        given = await self._insert({**told, "label": sealed, "seal": seal_grant(acting.keyring, told)})
        if given:
            return Grant(grant, role, unit, label)
        return next(one for one in await self.mine() if (one.role, one.unit) == (role, unit))

    async def _insert(self, row: Mapping[str, Any]) -> bool:
        """Whether it is new. A row in its way that gives nothing is ended first."""
        (given,) = await self.acting.ask(Query("grant", row))
        if given or any((one.role, one.unit) == (row["role"], row["unit"]) for one in await self.mine()):
            return bool(given)
        _, again = await self.acting.ask(Query("end_worthless", row), Query("grant", row))
        return bool(again)

    async def holders(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Who has a role within reach, the newest first."""
        reach = rights.reach(Act.SEE_HOLDERS)
        if not reach:
            return ()
        where, parameters = scope_conditions(reach)
        (rows,) = await self.acting.ask(Query("holders", parameters, where=where))
        return tuple(self._holder(row) for row in genuine_grants(self.acting.keyring, rows))

    def _holder(self, row: Sequence[Any]) -> RoleHolder:
        grant, role, unit, label, _, since, by = row[:7]
        return RoleHolder(
            id=grant, role=role, unit=unit, label=self._label(grant, label), since=from_micros(since), by=by
        )

    async def end(self, rights: Rights, grant: str) -> Refusal | None:
        """End one within reach, and with it what its person could not do without it."""
        reach = rights.reach(Act.END_ROLES)
        if not reach:
            return Refusal.NOT_YOURS
        where, parameters = scope_conditions(reach)
        row = {**parameters, "id": grant, "actor": rights.actor, "now": to_micros(self.acting.now)}
        _, ended = await self.acting.ask(Query("hold_grants"), Query("end_grant", row, where=where))
        if ended:
            ((_, role, unit, chat),) = ended
            followed = await self._revoke_consequences(chat, [Grant(grant, Role(role), unit)])
            await self.journal.record(rights, AuditAction.END_ROLE, grant, unit=unit, spends=(grant,))
            await self._note(rights, followed)
            return None
        (standing,) = await self.acting.ask(Query("standing_grant", row, where=where))
        return Refusal.LAST_OWNER if standing else Refusal.UNKNOWN

    async def leave(self) -> None:
        """End all of the person in this chat but the last owner's, and keep nothing of what ended."""
        ended = await self._end_mine()
        followed = await self._revoke_consequences(self.acting.chat, ended) if ended else []
        await self.acting.ask(Query("erase_grants", {"chat": self.acting.chat}))
        for grant in ended:
            rights, left = Rights.of((grant,), NO_UNITS), grant.id
            await self.journal.record(rights, AuditAction.LEAVE_ROLE, left, unit=grant.unit, spends=(left,))
        await self._note(Rights.of(ended, NO_UNITS), followed)

    async def _end_mine(self) -> list[Grant]:
        """Those that could be ended."""
        await self.acting.ask(Query("hold_grants"))
        mine, now = await self.mine(), to_micros(self.acting.now)
        ends = [Query("end_grant", {"id": grant.id, "actor": grant.id, "now": now}) for grant in mine]
        answers = await self.acting.ask(*ends) if ends else []
        return [grant for grant, ended in zip(mine, answers, strict=True) if ended]

    async def _revoke_consequences(self, chat: str, ended: list[Grant]) -> list[Consequence]:
        return await (await RoleRevocation.of(self.acting, chat, ended)).apply()

    async def _note(self, rights: Rights, followed: list[Consequence]) -> None:
        for act, subject, unit in followed:
            spends = subject.split()[:1] if act == AuditAction.END_WITH_ROLE else ()
            await self.journal.record(rights, act, subject, unit=unit, spends=spends)
