"""Broadcasts as they are found, within the rights of the one who looks."""

from dataclasses import dataclass
from typing import Any

from bot.store.broadcasts.rows import readable, warranted
from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.office.reaching import reaching
from bot.store.powers import Warrant
from handlers.broadcasts.model import Broadcast, Outcome
from handlers.office.rights import Act, Rights


@dataclass(frozen=True, slots=True)
class Shelf:
    """Within a transaction."""

    acting: Acting

    async def get_visible(self, rights: Rights, name: str) -> Broadcast | None:
        """One that may be seen; none where it cannot be read, which is noted."""
        (found, _) = await self._seen(rights, name)
        return found

    async def _seen(self, rights: Rights, name: str) -> tuple[Broadcast | None, Warrant | None]:
        (rows,) = await self.acting.ask(Call("broadcasts", {"id": name}, where=("broadcast_named",)))
        near = [row for row in rows if rights.may(Act.SEE_BROADCASTS, row[3])]
        found = next(readable(self.acting.keyring, near), None)
        return found, warranted(self.acting.keyring, near[0]) if found else None

    async def warrant(self, rights: Rights, name: str) -> Warrant | None:
        """What proves who wrote one that may be seen."""
        return (await self._seen(rights, name))[1]

    async def get_for_act(self, rights: Rights, act: Act, name: str) -> Broadcast | Outcome:
        """One that the act may be done to; or why it may not."""
        return (await self.get_for_act_with_warrant(rights, act, name))[0]

    async def get_for_act_with_warrant(
        self, rights: Rights, act: Act, name: str
    ) -> tuple[Broadcast | Outcome, Warrant | None]:
        """The same, with what proves who wrote it."""
        found, warrant = await self._seen(rights, name)
        if found is None:
            return Outcome.UNKNOWN, None
        return (found, warrant) if rights.may(act, found.unit) else (Outcome.NOT_YOURS, None)

    async def latest(self, rights: Rights, limit: int, before: str | None) -> tuple[Broadcast, ...]:
        """The newest that nothing else made."""
        reached = _reached(rights)
        if reached is None:
            return ()
        near, parameters = reached
        older = () if before is None else ("broadcast_before",)
        page = {**parameters, "limit": limit, "before": before}
        (rows,) = await self.acting.ask(Call("latest_broadcasts", page, where=("broadcast_alone", *older, *near)))
        return tuple(readable(self.acting.keyring, rows))

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """What one has made."""
        reached = _reached(rights)
        if reached is None:
            return ()
        near, parameters = reached
        made = {**parameters, "parent": name}
        (rows,) = await self.acting.ask(Call("broadcasts", made, where=("broadcast_made_by", *near)))
        return tuple(readable(self.acting.keyring, rows))


def _reached(rights: Rights) -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """The conditions of what may be seen; ``None``: nothing may."""
    reach = rights.reach(Act.SEE_BROADCASTS)
    return reaching(reach) if reach else None
