"""Roles: who has which, given once, ended by those within whose reach they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import moment, stored
from bot.store.office.acting import Acting
from bot.store.office.aftermath import Aftermath, Consequence
from bot.store.office.journal import StoredJournal
from bot.store.office.reaching import reaching
from bot.store.powers import genuine_grants, grant_seal
from bot.store.reading import readable_text
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
        return tuple(self._grant(row) for row in genuine_grants(self.acting.keyring, rows))

    def _grant(self, row: Sequence[Any]) -> Grant:
        grant, role, unit, label = row[:4]
        return Grant(grant, Role(role), unit, self._label(grant, label))

    def _label(self, grant: str, sealed: bytes | None) -> str:
        return readable_text(self.acting.keyring, sealed, places.grant_label(grant)) or ""

    async def give(self, role: Role, unit: str | None, label: str, by: str) -> Grant:
        """A role of the person in this chat; the one they have where it is the same."""
        acting = self.acting
        grant = await acting.next_id(GRANT)
        told: dict[str, Any] = {"id": grant, "chat": acting.chat, "role": role.value, "unit": unit}
        told |= {"granted_at": stored(acting.now), "granted_by": by}
        sealed = acting.keyring.seal(label, places.grant_label(grant)) if label else None
        given = await self._insert({**told, "label": sealed, "seal": grant_seal(acting.keyring, told)})
        if given:
            return Grant(grant, role, unit, label)
        return next(one for one in await self.mine() if (one.role, one.unit) == (role, unit))

    async def _insert(self, row: Mapping[str, Any]) -> bool:
        """Whether it is new. A row in its way that gives nothing is ended first."""
        (given,) = await self.acting.ask(Call("grant", row))
        if given or any((one.role, one.unit) == (row["role"], row["unit"]) for one in await self.mine()):
            return bool(given)
        _, again = await self.acting.ask(Call("end_worthless", row), Call("grant", row))
        return bool(again)

    async def holders(self, rights: Rights) -> tuple[Holder, ...]:
        """Who has a role within reach, the newest first."""
        reach = rights.reach(Act.SEE_HOLDERS)
        if not reach:
            return ()
        where, parameters = reaching(reach)
        (rows,) = await self.acting.ask(Call("holders", parameters, where=where))
        return tuple(self._holder(row) for row in genuine_grants(self.acting.keyring, rows))

    def _holder(self, row: Sequence[Any]) -> Holder:
        grant, role, unit, label, _, since, by = row[:7]
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
            followed = await self._revoke_consequences(chat, [Grant(grant, Role(role), unit)])
            await self.journal.record(rights, Deed.END_ROLE, grant, unit=unit, spends=(grant,))
            await self._note(rights, followed)
            return None
        (standing,) = await self.acting.ask(Call("standing_grant", row, where=where))
        return Refusal.LAST_OWNER if standing else Refusal.UNKNOWN

    async def leave(self) -> None:
        """End all of the person in this chat but the last owner's, and keep nothing of what ended."""
        ended = await self._end_mine()
        followed = await self._revoke_consequences(self.acting.chat, ended) if ended else []
        await self.acting.ask(Call("erase_grants", {"chat": self.acting.chat}))
        for grant in ended:
            rights, left = Rights.of((grant,), NO_UNITS), grant.id
            await self.journal.record(rights, Deed.LEAVE_ROLE, left, unit=grant.unit, spends=(left,))
        await self._note(Rights.of(ended, NO_UNITS), followed)

    async def _end_mine(self) -> list[Grant]:
        """Those that could be ended."""
        await self.acting.ask(Call("hold_grants"))
        mine, now = await self.mine(), stored(self.acting.now)
        ends = [Call("end_grant", {"id": grant.id, "actor": grant.id, "now": now}) for grant in mine]
        answers = await self.acting.ask(*ends) if ends else []
        return [grant for grant, ended in zip(mine, answers, strict=True) if ended]

    async def _revoke_consequences(self, chat: str, ended: list[Grant]) -> list[Consequence]:
        return await (await Aftermath.of(self.acting, chat, ended)).apply()

    async def _note(self, rights: Rights, followed: list[Consequence]) -> None:
        for act, subject, unit in followed:
            spends = subject.split()[:1] if act == Deed.END_WITH_ROLE else ()
            await self.journal.record(rights, act, subject, unit=unit, spends=spends)
