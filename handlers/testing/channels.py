"""The channels of people in memory: whose chats are one person's, and the codes that link them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from handlers.channels.service import Addressee, LinkedChannelService
from handlers.core import Reply
from handlers.model import CODE_AGE, CODE_DIGITS, EMAIL, Grant, LinkedChat, LinkOffer, OfferState, Role
from handlers.testing.tables import MarkRecord, MemoryContext, MemoryJournal, OfferRecord, PlaceRecord

#: Codes look like codes, and are the same on every run.
_STRIDE = 3_141_592_653
_MOST_WRONG = 5
_FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MemoryChannels(LinkedChannelService):
    """Implements ``handlers.core.ports.OwnChannels``; a code is kept as it is here."""

    acting: MemoryContext

    @property
    def chat(self) -> str:
        """Return the id of the chat that acts."""
        return self.acting.chat

    async def _chats(self, chat: str) -> Sequence[LinkedChat]:
        tables = self.acting.tables
        known = [tables.chats[one] for one in tables.own_chats(chat) if one in tables.chats]
        return [self._to_linked(one.id) for one in known if one.erased_at is None or one.id == chat]

    def _to_linked(self, chat: str) -> LinkedChat:
        tables = self.acting.tables
        known, placed = tables.chats[chat], tables.places.get(chat)
        return LinkedChat(
            chat=chat,
            channel=known.channel,
            address=known.address,
            language=known.language,
            person=placed.person if placed else None,
            linked_at=placed.linked_at if placed else None,
            stopped=known.stopped_at is not None,
            blocked=known.blocked_at is not None,
            owner=self._owner_of(chat) if known.channel == EMAIL else None,
        )

    def _owner_of(self, mailbox: str) -> str | None:
        tables = self.acting.tables
        address = tables.chats[mailbox].address
        return next((owner for owner, one in tables.emails.items() if one.address == address and one.confirmed), None)

    async def _lock(self, other: str) -> None:
        """Do nothing: turns come one after the other here."""

    async def _requests_of(self, chat: str) -> int:
        return len(self.acting.tables.requests_of(chat))

    async def _grants_of(self, chat: str) -> tuple[Grant, ...]:
        return self.acting.tables.grants_of(chat)

    async def _show_code(self) -> str:
        code = f"{self.acting.tables.next_number('code') * _STRIDE % 10**CODE_DIGITS:0{CODE_DIGITS}}"
        self.acting.tables.offers[self.chat] = OfferRecord(self.chat, code, self.acting.now + CODE_AGE)
        return code

    async def _is_own_code(self, code: str) -> bool:
        own = self.acting.tables.own_chats(self.chat)
        return any(one.code == code and one.giver in own for one in self.acting.tables.offers.values())

    async def _may_guess(self) -> bool:
        since, wrong = self.acting.tables.guesses.get(self.chat, (None, 0))
        return since is None or since <= self.acting.now - _FORGOTTEN or wrong < _MOST_WRONG

    async def _take_code(self, code: str) -> str | None:
        tables, now = self.acting.tables, self.acting.now
        shown = [one for one in tables.offers.values() if one.state is None and one.expires_at > now]
        found = next((one for one in shown if one.code == code), None)
        if found is None:
            since, wrong = tables.guesses.get(self.chat, (now, 0))
            tables.guesses[self.chat] = (since, wrong + 1) if since > now - _FORGOTTEN else (now, 1)
            return None
        tables.offers = {giver: one for giver, one in tables.offers.items() if one.taker != self.chat}
        typed = replace(found, taker=self.chat, state=OfferState.TYPED, expires_at=now + CODE_AGE)
        tables.offers[found.giver] = typed
        return found.giver

    async def _offer(self) -> LinkOffer | None:
        open_now = [one for one in self.acting.tables.offers.values() if one.expires_at > self.acting.now]
        mine = [one for one in open_now if self.chat in {one.giver, one.taker} and one.state is not None]
        found = max(mine, key=lambda one: one.expires_at, default=None)
        if found is None or found.taker is None or found.state is None:
            return None
        return LinkOffer(found.giver, found.taker, found.state)

    async def _agree(self, giver: str) -> bool:
        found = self.acting.tables.offers.get(giver)
        if not self._stands(found, self.chat, OfferState.TYPED) or found is None:
            return False
        agreed = replace(found, state=OfferState.AGREED, expires_at=self.acting.now + CODE_AGE)
        self.acting.tables.offers[giver] = agreed
        return True

    async def _use_offer(self, taker: str) -> bool:
        tables = self.acting.tables
        known = tables.chats.get(taker)
        present = known is not None and known.erased_at is None and known.consented
        if not present or not self._stands(tables.offers.get(self.chat), taker, OfferState.AGREED):
            return False
        del tables.offers[self.chat]
        return True

    def _stands(self, found: OfferRecord | None, taker: str, state: OfferState) -> bool:
        return found is not None and (found.taker, found.state) == (taker, state) and found.expires_at > self.acting.now

    async def _end_offer(self) -> None:
        tables = self.acting.tables
        tables.offers = {
            giver: one
            for giver, one in tables.offers.items()
            if one.state is None or self.chat not in {one.giver, one.taker}
        }

    async def _link(self, chats: Sequence[str]) -> None:
        self.link(chats)

    def link(self, chats: Sequence[str]) -> None:
        """Make chats one person's, whoever agreed."""
        self._place(chats, secrets.token_hex(16))
        self._join_stops(chats)
        self._join_marks(chats)
        self._join_reminders(chats)

    def _place(self, chats: Sequence[str], person: str) -> None:
        tables = self.acting.tables
        for place, chat in enumerate(chats, 1):
            known = tables.places.get(chat)
            since = known.linked_at if known else self.acting.now
            tables.places[chat] = PlaceRecord(person, place, since)

    def _join_stops(self, chats: Sequence[str]) -> None:
        known = self.acting.tables.chats
        talking = [known[chat] for chat in chats if known[chat].channel != EMAIL]
        first = min((one.stopped_at for one in talking if one.stopped_at), default=None)
        for one in talking:
            known[one.id] = replace(one, stopped_at=one.stopped_at or first)

    def _join_marks(self, chats: Sequence[str]) -> None:
        tables = self.acting.tables
        mine = [one for one in tables.marks.values() if one.chat in chats]
        for series in {one.series for one in mine}:
            said = [one for one in mine if one.series == series]
            done = max((one.done_at for one in said if one.done_at), default=None)
            later = max((one.later_on for one in said if one.later_on), default=None)
            for chat in chats:
                tables.marks[series, chat] = MarkRecord(series, chat, done, None if done else later)

    def _join_reminders(self, chats: Sequence[str]) -> None:
        """Keep one of the messages that wait in several chats for one broadcast: in the first chat that takes any."""
        tables = self.acting.tables
        rows = [one for one in tables.messages.values() if one.broadcast and one.chat in chats]
        for name in {one.broadcast for one in rows}:
            same = [one for one in rows if one.broadcast == name]
            left = any(one.state in {"sending", "sent", "unknown"} for one in same)
            waiting = sorted((one for one in same if one.state == "queued"), key=lambda one: self._rank(one.chat))
            for one in waiting if left else waiting[1:]:
                del tables.messages[one.origin]

    def _rank(self, chat: str) -> tuple[bool, int]:
        known = self.acting.tables.chats[chat]
        return bool(known.blocked_at or known.stopped_at), self.acting.tables.places[chat].place

    async def _reorder(self, chats: Sequence[str], person: str) -> None:
        own = [chat for chat in chats if (known := self.acting.tables.places.get(chat)) and known.person == person]
        self._place(own, person)

    async def _part(self, channels: Sequence[LinkedChat], chat: str) -> None:
        left = [one.chat for one in channels if chat in {one.chat, one.owner}]
        rest = [one.chat for one in channels if one.chat not in left]
        for side in (left, rest):
            if len(side) == 1:
                self.acting.tables.places.pop(side[0], None)
        if len(left) > 1:
            self._place(left, secrets.token_hex(16))

    async def _remove_mailbox(self, owner: str) -> None:
        self.acting.tables.remove_mailbox(owner)

    async def _tell(self, to: Addressee, mark: str, said: Reply) -> None:
        self.acting.queue(to[0], f"channels:{mark}:{self.acting.now.isoformat()}:{to[0]}", said)

    async def _owners(self) -> Sequence[Addressee]:
        tables = self.acting.tables
        holding = {one.chat for one in tables.grants.values() if one.grant.role is Role.OWNER and not one.ended_at}
        known = [tables.chats[chat] for chat in sorted(holding)]
        return [(one.id, one.channel, one.language) for one in known if not (one.erased_at or one.blocked_at)]


def link_chats(acting: MemoryContext, chats: Sequence[str]) -> None:
    """Make chats one person's, as if both had agreed."""
    MemoryChannels(MemoryJournal(acting), acting).link(chats)
