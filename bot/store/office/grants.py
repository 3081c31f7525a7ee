"""Roles: who has which, given once, ended by those within whose reach they are."""

from dataclasses import dataclass
from typing import Any

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import moment, stored
from bot.store.office.acting import Acting
from bot.store.office.aftermath import Aftermath, Consequence
from bot.store.office.journal import StoredJournal
from bot.store.office.reaching import reaching
from handlers.office.journal_words import Deed
from handlers.office.model import Holder, Refusal
from handlers.office.rights import Act, Grant, Rights, Role
from handlers.office.units import NO_UNITS

#: What ids of roles begin with.
GRANT = "QT"


@dataclass(frozen=True, slots=True)
class Grants:
    """The roles of everybody, within a transaction."""

    acting: Acting
    journal: StoredJournal

    async def mine(self) -> tuple[Grant, ...]:
        """Those of the person in this chat."""
        (rows,) = await self.acting.ask(Call("my_grants", {"chat": self.acting.chat}))
        return tuple(self._grant(row) for row in rows)

    def _grant(self, row: tuple[Any, ...]) -> Grant:
        grant, role, unit, label = row
        return Grant(grant, Role(role), unit, self._label(grant, label))

    def _label(self, grant: str, sealed: bytes | None) -> str:
        return self.acting.keyring.unseal(sealed, places.grant_label(grant)) if sealed else ""

    async def give(self, role: Role, unit: str | None, label: str, by: str) -> Grant:
        """A role of the person in this chat; the one they have where it is the same."""
        acting = self.acting
        grant = await acting.next_id(GRANT)
        row = {
            "id": grant,
            "chat": acting.chat,
            "role": role.value,
            "unit": unit,
            "label": acting.keyring.seal(label, places.grant_label(grant)) if label else None,
            "now": stored(acting.now),
            "actor": by,
        }
        (given,) = await acting.ask(Call("grant", row))
        if given:
            return Grant(grant, role, unit, label)
        return next(one for one in await self.mine() if (one.role, one.unit) == (role, unit))

    async def holders(self, rights: Rights) -> tuple[Holder, ...]:
        """Who has a role within reach, the newest first."""
        reach = rights.reach(Act.SEE_HOLDERS)
        if not reach:
            return ()
        where, parameters = reaching(reach)
        (rows,) = await self.acting.ask(Call("holders", parameters, where=where))
        return tuple(self._holder(row) for row in rows)

    def _holder(self, row: tuple[Any, ...]) -> Holder:
        grant, role, unit, label, since, by = row
        return Holder(id=grant, role=role, unit=unit, label=self._label(grant, label), since=moment(since), by=by)

    async def end(self, rights: Rights, grant: str) -> Refusal | None:
        """End one within reach, and with it what its person could not do without it."""
        reach = rights.reach(Act.END_ROLES)
        if not reach:
            return Refusal.NOT_YOURS
        where, parameters = reaching(reach)
        row = {**parameters, "id": grant, "actor": rights.actor, "now": stored(self.acting.now)}
        _, ended = await self.acting.ask(Call("hold_grants"), Call("end_grant", row, where=where))
        if ended:
            ((_, role, unit, chat),) = ended
            followed = await self._followed(chat, [Grant(grant, Role(role), unit)])
            await self.journal.record(rights, Deed.END_ROLE, grant, unit=unit)
            await self._note(rights, followed)
            return None
        (standing,) = await self.acting.ask(Call("standing_grant", row, where=where))
        return Refusal.LAST_OWNER if standing else Refusal.UNKNOWN

    async def leave(self) -> None:
        """End all of the person in this chat but the last owner's, and keep nothing of what ended."""
        ended = await self._end_mine()
        followed = await self._followed(self.acting.chat, ended) if ended else []
        await self.acting.ask(Call("erase_grants", {"chat": self.acting.chat}))
        for grant in ended:
            await self.journal.record(Rights.of((grant,), NO_UNITS), Deed.LEAVE_ROLE, grant.id, unit=grant.unit)
        await self._note(Rights.of(ended, NO_UNITS), followed)

    async def _end_mine(self) -> list[Grant]:
        """Those that could be ended."""
        await self.acting.ask(Call("hold_grants"))
        mine, now = await self.mine(), stored(self.acting.now)
        ends = [Call("end_grant", {"id": grant.id, "actor": grant.id, "now": now}) for grant in mine]
        answers = await self.acting.ask(*ends) if ends else []
        return [grant for grant, ended in zip(mine, answers, strict=True) if ended]

    async def _followed(self, chat: str, ended: list[Grant]) -> list[Consequence]:
        return await (await Aftermath.of(self.acting, chat, ended)).settle()

    async def _note(self, rights: Rights, followed: list[Consequence]) -> None:
        for act, subject, unit in followed:
            await self.journal.record(rights, act, subject, unit=unit)
