"""In which transaction, over which channel and when something is done."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.store.drivers import Call
from bot.store.request_book import Ask
from bot.store.sealing import Keyring
from handlers.broadcasts.policy import Policy
from handlers.office.rights import MACHINE


@dataclass(frozen=True, slots=True)
class Acting:
    """What every part of the office needs."""

    ask: Ask
    keyring: Keyring
    now: datetime
    channel: str  #: of the one who acts; "machine" on the command line
    chat: str = ""  #: id of the chat of the one who acts; empty on the command line
    policy: Policy = field(default_factory=Policy)  #: of broadcasts

    async def next_id(self, prefix: str) -> str:
        """A new id such as ``QT-000012``."""
        (((number,),),) = await self.ask(Call("next_number", {"name": prefix}))
        return f"{prefix}-{number:06d}"

    async def person(self, actor: str) -> str:
        """The person who acts by a role, whichever of theirs it is, as a keyed digest; the machine is one person."""
        if actor == MACHINE:
            return MACHINE
        (rows,) = ([(self.chat,)],) if self.chat else await self.ask(Call("who_has", {"id": actor}))
        return self.keyring.lookup("person", *(str(chat) for (chat,) in rows))
