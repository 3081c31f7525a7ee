"""Roles, and invitations to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import places
from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from handlers.office.model import Holder, Invitation, Refusal
from handlers.office.rights import Grant, Rights, Role


@dataclass(frozen=True, slots=True)
class StoredPeople:
    """Implements ``handlers.ports.People``."""

    acting: Acting
    journal: StoredJournal

    async def mine(self) -> tuple[Grant, ...]:
        """The roles of the person in this chat."""
        (rows,) = await self.acting.ask(Call("my_grants", {"chat": self.acting.chat}))
        return tuple(self._grant(row) for row in rows)

    def _grant(self, row: tuple[Any, ...]) -> Grant:
        grant, role, unit, label = row
        opened = self.acting.keyring.unseal(label, places.grant_label(grant)) if label else ""
        return Grant(grant, Role(role), unit, opened)

    async def redeem(self, code: str) -> Grant | Refusal:
        raise NotImplementedError

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> Invitation | Refusal:
        raise NotImplementedError

    async def holders(self, rights: Rights) -> tuple[Holder, ...]:
        raise NotImplementedError

    async def invitations(self, rights: Rights) -> tuple[Holder, ...]:
        raise NotImplementedError

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        raise NotImplementedError
