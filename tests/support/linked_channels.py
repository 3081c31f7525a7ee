"""One person on several channels, over the store or in memory."""

from dataclasses import dataclass
from datetime import datetime

from bot.store import Store
from handlers.model import AgreeAnswer, CodeAnswer, OwnChannel
from tests.support.store import NOW
from tests.support.stored_dialogue import StoredTurns


@dataclass(frozen=True)
class At:
    """A chat of somebody: its turns, and its id."""

    store: Store
    channel: str
    address: str

    @property
    def id(self) -> str:
        return self.store.chats.at(self.channel, self.address).id

    @property
    def handle(self) -> str:
        return self.id[:8]

    @property
    def turns(self) -> StoredTurns:
        return StoredTurns(self.store, self.address, self.channel)

    async def meets(self) -> "At":
        """Write once, and agree that data are kept."""
        async with self.turns():
            return self

    async def shows_code(self, now: datetime = NOW) -> str:
        async with self.turns(now) as unit:
            return await unit.channels.show_code()

    async def enters(self, code: str, now: datetime = NOW) -> CodeAnswer:
        async with self.turns(now) as unit:
            return await unit.channels.enter(code)

    async def agrees(self, other: "At", now: datetime = NOW) -> AgreeAnswer:
        async with self.turns(now) as unit:
            return await unit.channels.agree(other.handle)

    async def channels(self) -> tuple[OwnChannel, ...]:
        async with self.turns() as unit:
            return await unit.channels.mine()

    async def order(self) -> list[str]:
        """The kinds of the channels, in the order of reminders."""
        return [one.kind for one in await self.channels()]


async def link(giver: At, taker: At) -> None:
    """Link two chats as their person does."""
    await taker.meets()
    assert await taker.enters(await giver.shows_code()) is CodeAnswer.ASKED
    assert await taker.agrees(giver) is AgreeAnswer.ASKED
    assert await giver.agrees(taker) is AgreeAnswer.LINKED
