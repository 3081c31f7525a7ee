"""The context of a transaction: its queries, its moment, and the chat that acts in it."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.store.drivers.base import Query, RunQueries
from bot.store.sealing.keyring import Keyring
from handlers.model.broadcast import BroadcastPolicy
from handlers.model.rights import MACHINE


@dataclass(frozen=True, slots=True)
class StoreContext:
    """The state of a transaction that its repositories share."""

    ask: RunQueries
    keyring: Keyring
    now: datetime
    channel: str  #: of the one who acts; "machine" on the command line
    chat: str = ""  #: id of the chat of the one who acts; empty on the command line
    policy: BroadcastPolicy = field(default_factory=BroadcastPolicy)  #: of broadcasts

    async def next_id(self, prefix: str) -> str:
        """Return a new id such as ``QT-000012``."""
        (((number,),),) = await self.ask(Query("next_number", {"name": prefix}))
        return f"{prefix}-{number:06d}"

    async def person(self, actor: str) -> str:
        """Return the person who acts by a role as a keyed digest, whichever role it is; the machine is one person."""
        if actor == MACHINE:
            return MACHINE
        (rows,) = ([(self.chat,)],) if self.chat else await self.ask(Query("who_has", {"id": actor}))
        return self.keyring.lookup("person", *(str(chat) for (chat,) in rows))
