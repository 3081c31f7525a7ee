"""The use cases of linked channels, over whatever keeps them: who must agree, what is joined, who is told.

A code alone links nothing: the chat where it was typed agrees, then the chat that showed it. A role stays in the chat
that it was given in; the owners are told that its person has another channel (ADR 0015).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.channels import format_linked, format_other_agreed, format_parted, format_role_linked
from handlers.core import Journal, Reply
from handlers.model import (
    EMAIL,
    MOST_CHANNELS,
    NO_UNITS,
    AgreeAnswer,
    AuditAction,
    ChannelOffer,
    CodeAnswer,
    Grant,
    LinkedChat,
    LinkOffer,
    OfferState,
    OwnChannel,
    Rights,
    channel_handle,
    channel_kind,
)

#: Chat, channel and language of somebody who is told.
Addressee = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True)
class LinkedChannelService(ABC):
    """Implements ``handlers.core.ports.OwnChannels``; a subclass keeps whose the chats are."""

    journal: Journal

    @property
    @abstractmethod
    def chat(self) -> str:
        """Return the id of the chat that acts."""

    @abstractmethod
    async def _chats(self, chat: str) -> Sequence[LinkedChat]:
        """Return the chats of the person of a chat, in the order of reminders."""

    @abstractmethod
    async def _lock(self, other: str) -> None:
        """Keep others from changing whose these chats, and all of another person, are until the turn ends."""

    @abstractmethod
    async def _requests_of(self, chat: str) -> int:
        """Count the requests that were registered in a chat."""

    @abstractmethod
    async def _grants_of(self, chat: str) -> tuple[Grant, ...]:
        """Return the roles that were given to a chat."""

    @abstractmethod
    async def _show_code(self) -> str:
        """Keep a new code of this chat, in the place of any other, and return it."""

    @abstractmethod
    async def _is_own_code(self, code: str) -> bool:
        """Tell whether a code is shown in a chat of this very person."""

    @abstractmethod
    async def _may_guess(self) -> bool:
        """Tell whether this chat typed few enough wrong codes of late."""

    @abstractmethod
    async def _take_code(self, code: str) -> str | None:
        """Use a code and return the chat that shows it; ``None``, and counted, for any that leads nowhere."""

    @abstractmethod
    async def _offer(self) -> LinkOffer | None:
        """Return what waits for a word of this chat or of the other one."""

    @abstractmethod
    async def _agree(self, giver: str) -> bool:
        """Agree in the chat where the code was typed; false where it is late."""

    @abstractmethod
    async def _use_offer(self, taker: str) -> bool:
        """Agree in the chat that showed the code, and use the offer up; false where it is late."""

    @abstractmethod
    async def _end_offer(self) -> None:
        """Drop what waits."""

    @abstractmethod
    async def _link(self, chats: Sequence[str]) -> None:
        """Make chats one person's, in this order; what either side stopped or answered holds for all."""

    @abstractmethod
    async def _reorder(self, chats: Sequence[str], person: str) -> None:
        """Give the chats of a person another order; a chat that is not theirs any more stays as it is."""

    @abstractmethod
    async def _part(self, channels: Sequence[LinkedChat], chat: str) -> None:
        """Part a chat from the others, with the mailboxes whose addresses were given in it."""

    @abstractmethod
    async def _remove_mailbox(self, owner: str) -> None:
        """Forget the address that was given in a chat."""

    @abstractmethod
    async def _tell(self, to: Addressee, mark: str, said: Reply) -> None:
        """Queue a notice."""

    @abstractmethod
    async def _owners(self) -> Sequence[Addressee]:
        """Return the chats of the owners."""

    async def mine(self) -> tuple[OwnChannel, ...]:
        """Count what each of them holds."""
        return tuple([await self._describe(one) for one in await self._chats(self.chat)])

    async def _describe(self, one: LinkedChat) -> OwnChannel:
        return OwnChannel(
            handle=channel_handle(one.chat),
            kind=channel_kind(one.channel),
            here=one.chat == self.chat,
            address=one.address if one.channel == EMAIL else None,
            stopped=one.stopped,
            blocked=one.blocked,
            requests=await self._requests_of(one.chat),
            grants=await self._grants_of(one.chat),
        )

    async def show_code(self) -> str:
        """Show a code; an earlier one of this chat ends."""
        return await self._show_code()

    async def enter(self, code: str) -> CodeAnswer:
        """Look at the guesses first: behind too many wrong ones a right one is not told apart."""
        if not await self._may_guess():
            return CodeAnswer.TOO_OFTEN
        if await self._is_own_code(code):
            return CodeAnswer.OWN
        return CodeAnswer.ASKED if await self._take_code(code) else CodeAnswer.WRONG

    async def offer(self) -> ChannelOffer | None:
        """Tell the chat where the code was typed nothing of what the other one holds."""
        found = await self._offer()
        if found is None:
            return None
        shown_here = found.giver == self.chat
        other = await self._find(found.taker if shown_here else found.giver)
        here = await self._find(self.chat)
        if other is None or here is None:
            return None
        agreed = found.state is OfferState.AGREED
        return ChannelOffer(
            waits_here=shown_here == agreed,
            shown_here=shown_here,
            here=await self._describe(here),
            other=await self._describe(other) if shown_here and agreed else _to_own_channel(other),
        )

    async def _find(self, chat: str) -> LinkedChat | None:
        return next((one for one in await self._chats(chat) if one.chat == chat), None)

    async def agree(self, handle: str) -> AgreeAnswer:
        """Agree to link: first the chat where the code was typed; the other one then links both."""
        found = await self._offer()
        other = None if found is None else found.taker if found.giver == self.chat else found.giver
        if found is None or other is None or channel_handle(other) != handle:
            return AgreeAnswer.LATE
        if found.taker == self.chat:
            return await self._ask_giver(found)
        return await self._link_both(found)

    async def _ask_giver(self, found: LinkOffer) -> AgreeAnswer:
        giver, here = await self._find(found.giver), await self._find(self.chat)
        if giver is None or here is None or not await self._agree(found.giver):
            return AgreeAnswer.LATE
        said = format_other_agreed(giver.language, channel_kind(here.channel))
        await self._tell((giver.chat, giver.channel, giver.language), "asked", said)
        return AgreeAnswer.ASKED

    async def _link_both(self, found: LinkOffer) -> AgreeAnswer:
        await self._lock(found.taker)
        mine, theirs = await self._chats(self.chat), await self._chats(found.taker)
        together = {one.chat: one for one in (*mine, *theirs)}
        if len(together) > MOST_CHANNELS:
            return AgreeAnswer.TOO_MANY
        if not await self._use_offer(found.taker):
            return AgreeAnswer.LATE
        await self._link(tuple(together))
        await self._tell_of_link(mine, theirs)
        return AgreeAnswer.LINKED

    async def _tell_of_link(self, mine: Sequence[LinkedChat], theirs: Sequence[LinkedChat]) -> None:
        """Tell every chat but this one, and the owners where somebody with a role has another channel now."""
        for side, other in ((mine, theirs), (theirs, mine)):
            kind = channel_kind(next(one.channel for one in other if one.channel != EMAIL))
            for one in side:
                if one.chat != self.chat and one.channel != EMAIL:
                    said = format_linked(one.language, kind)
                    await self._tell((one.chat, one.channel, one.language), "linked", said)
            grants = [grant for one in side for grant in await self._grants_of(one.chat)]
            for grant in grants:
                await self._tell_owners(grant, kind, {one.chat for one in (*mine, *theirs)})

    async def _tell_owners(self, grant: Grant, kind: str, own: set[str]) -> None:
        for owner in await self._owners():
            if owner[0] not in own:
                await self._tell(owner, f"role:{grant.id}", format_role_linked(owner[2], kind, grant.id))
        rights = Rights.of((grant,), NO_UNITS)
        await self.journal.record(rights, AuditAction.LINK_CHANNEL, f"{grant.id} {kind}", unit=grant.unit)

    async def decline(self) -> None:
        """Decline to link; the code is used up either way."""
        await self._end_offer()

    async def move_up(self, handle: str) -> bool:
        """Change places with the one before, among the chats that are theirs once nobody else can change that."""
        await self._lock(self.chat)
        chats = list(await self._chats(self.chat))
        place = next((number for number, one in enumerate(chats) if channel_handle(one.chat) == handle), 0)
        person = next((one.person for one in chats if one.person), None)
        if place == 0 or person is None:
            return False
        chats[place - 1], chats[place] = chats[place], chats[place - 1]
        await self._reorder([one.chat for one in chats], person)
        return True

    async def part(self, handle: str) -> bool:
        """Forget a mailbox; part any other channel, and tell every chat that is concerned."""
        await self._lock(self.chat)
        chats = await self._chats(self.chat)
        found = next((one for one in chats if channel_handle(one.chat) == handle), None)
        if found is None or len(chats) == 1:
            return False
        if found.channel == EMAIL:
            await self._remove_mailbox(found.owner or self.chat)
            return True
        rest = [one for one in chats if found.chat not in {one.chat, one.owner}]
        await self._part(chats, found.chat)
        for one in (found, *rest):
            if one.chat == self.chat or one.channel == EMAIL:
                continue
            away = found if one is not found else next(at for at in rest if at.channel != EMAIL)
            said = format_parted(one.language, channel_kind(away.channel))
            await self._tell((one.chat, one.channel, one.language), "parted", said)
        return True


def _to_own_channel(one: LinkedChat) -> OwnChannel:
    return OwnChannel(handle=channel_handle(one.chat), kind=channel_kind(one.channel), here=False)
