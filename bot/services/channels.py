"""The channels of one person within the transaction of a turn."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store import PersonChannelRepository
from handlers.channels.service import Addressee, ChannelService
from handlers.core import Reply
from handlers.model import Grant, LinkedChat, LinkOffer


@dataclass(frozen=True, slots=True)
class StoredChannels(ChannelService):
    """Implements ``handlers.core.ports.OwnChannels`` over the rows of the store."""

    kept: PersonChannelRepository

    @property
    def chat(self) -> str:
        return self.kept.context.chat

    async def _chats(self, chat: str) -> Sequence[LinkedChat]:
        return await self.kept.mine(chat)

    async def _lock(self, other: str) -> None:
        await self.kept.lock(other)

    async def _requests_of(self, chat: str) -> int:
        return await self.kept.requests_of(chat)

    async def _grants_of(self, chat: str) -> tuple[Grant, ...]:
        return await self.kept.grants_of(chat)

    async def _show_code(self) -> str:
        return await self.kept.show_code()

    async def _is_own_code(self, code: str) -> bool:
        return await self.kept.is_own_code(code)

    async def _may_guess(self) -> bool:
        return await self.kept.may_guess()

    async def _take_code(self, code: str) -> str | None:
        return await self.kept.take_code(code)

    async def _offer(self) -> LinkOffer | None:
        return await self.kept.offer()

    async def _agree(self, giver: str) -> bool:
        return await self.kept.agree(giver)

    async def _use_offer(self, taker: str) -> bool:
        return await self.kept.use_offer(taker)

    async def _end_offer(self) -> None:
        await self.kept.end_offer()

    async def _link(self, chats: Sequence[str]) -> None:
        await self.kept.link(chats)

    async def _reorder(self, chats: Sequence[str], person: str) -> None:
        await self.kept.reorder(chats, person)

    async def _part(self, channels: Sequence[LinkedChat], chat: str) -> None:
        await self.kept.part(channels, chat)

    async def _remove_mailbox(self, owner: str) -> None:
        await self.kept.remove_mailbox(owner)

    async def _tell(self, to: Addressee, mark: str, said: Reply) -> None:
        await self.kept.tell(to[0], to[1], mark, said)

    async def _owners(self) -> Sequence[Addressee]:
        return await self.kept.owners()
