"""The chats of one person: the order of reminders, and the codes that link two chats."""

import json
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.messages import NOTICE
from bot.store.context import StoreContext
from bot.store.drivers import Query, RunQueries, from_micros, to_micros
from bot.store.messages import OutboxMessage, OutboxRecipient, message_query
from bot.store.power_seals import genuine_grants
from bot.store.sealing import sealed_columns, unseal_or_none
from handlers.core import Reply
from handlers.model import CODE_AGE, CODE_DIGITS, Grant, LinkedChat, LinkOffer, OfferState, Role

#: Wrong codes of one chat within an hour after which none is looked up.
MOST_WRONG_CODES = 5
_GUESSES_FORGOTTEN = timedelta(hours=1)


def new_person() -> str:
    """Return what the chats of one person have in common; it says nothing about them."""
    return secrets.token_hex(16)


async def remove_mailbox(ask: RunQueries, owner: str, now: datetime) -> None:
    """Forget the address that was given in a chat, and its mailbox where that is nobody's any more."""
    _, mailboxes = await ask(Query("email_removed", {"owner": owner}), Query("email_remove", {"owner": owner}))
    if mailboxes:
        these = {"now": to_micros(now), "chats": json.dumps([chat for (chat,) in mailboxes])}
        await ask(Query("forget_addresses", these, where=("unused_address",)))


class Member(NamedTuple):
    """A chat of one of several people."""

    chat: str
    channel: str
    language: str | None
    stopped: bool
    blocked: bool
    agreed: bool
    had: int  #: reminders within a week


async def read_members(ask: RunQueries, people: Collection[str], since: datetime) -> Mapping[str, Sequence[Member]]:
    """Return all chats of these people, in the order of reminders; reminders are counted from a moment on."""
    if not people:
        return {}
    asked = {"people": json.dumps(sorted(people)), "week": to_micros(since)}
    (rows,) = await ask(Query("person_members", asked))
    found: defaultdict[str, list[Member]] = defaultdict(list)
    for person, chat, channel, language, stopped, blocked, consented, had in rows:
        flags = stopped is not None, blocked is not None, consented == 1
        found[person].append(Member(chat, channel, language, *flags, had))
    return found


@dataclass(frozen=True, slots=True)
class PersonChannelRepository:
    """The chats of the person who acts, within a transaction."""

    context: StoreContext

    async def mine(self, chat: str | None = None) -> list[LinkedChat]:
        """Return the chats of a person in the order of reminders; of the one who acts, unless another is named."""
        (rows,) = await self.context.ask(Query("own_channels", {"chat": chat or self.context.chat}))
        return [self._channel(row) for row in rows]

    def _channel(self, row: tuple[Any, ...]) -> LinkedChat:
        chat, channel, sealed, language, person, linked, stopped, blocked, owner = row
        return LinkedChat(
            chat=chat,
            channel=channel,
            address=unseal_or_none(self.context.keyring, sealed, sealed_columns.address(chat)),
            language=language,
            person=person,
            linked_at=None if linked is None else from_micros(linked),
            stopped=stopped is not None,
            blocked=blocked is not None,
            owner=owner,
        )

    async def lock(self, other: str) -> None:
        """Keep others from changing whose these chats, and all of another person, are until the transaction ends."""
        await self.context.ask(Query("hold_channels", {"chat": self.context.chat, "other": other}))

    async def requests_of(self, chat: str) -> int:
        """Count the requests that were registered in a chat."""
        (((number,),),) = await self.context.ask(Query("channels_held", {"chat": chat}))
        return int(number)

    async def grants_of(self, chat: str) -> tuple[Grant, ...]:
        """Return the roles that were given to a chat."""
        (rows,) = await self.context.ask(Query("my_grants", {"chat": chat}))
        return tuple(Grant(row[0], Role(row[1]), row[2]) for row in genuine_grants(self.context.keyring, rows))

    async def show_code(self) -> str:
        """Return a new code, which is kept as a digest alone; an earlier one of this chat ends."""
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        shown = {"chat": self.context.chat, "digest": self._digest(code), "expires": self._after(CODE_AGE)}
        await self.context.ask(Query("show_code", shown))
        return code

    def _digest(self, code: str) -> str:
        return self.context.keyring.lookup("channel code", code)

    def _after(self, age: timedelta) -> int:
        return to_micros(self.context.now + age)

    async def is_own_code(self, code: str) -> bool:
        """Tell whether a code is shown in a chat of this very person."""
        mine = {"chat": self.context.chat, "digest": self._digest(code)}
        (rows,) = await self.context.ask(Query("own_code", mine))
        return bool(rows)

    async def may_guess(self) -> bool:
        """Tell whether this chat typed few enough wrong codes of late."""
        guessed = {"chat": self.context.chat, "since": to_micros(self.context.now - _GUESSES_FORGOTTEN)}
        (rows,) = await self.context.ask(Query("wrong_codes", guessed))
        return not rows or rows[0][0] < MOST_WRONG_CODES

    async def take_code(self, code: str) -> str | None:
        """Use a code and return the chat that shows it; ``None``, and counted, for any that leads nowhere."""
        chat, now, digest = self.context.chat, to_micros(self.context.now), self._digest(code)
        taken = {"chat": chat, "digest": digest, "now": now, "expires": self._after(CODE_AGE)}
        (rows,) = await self.context.ask(Query("take_code", taken))
        if rows:
            await self.context.ask(Query("drop_other_offers", {"chat": chat, "digest": digest}))
            return str(rows[0][0])
        since = to_micros(self.context.now - _GUESSES_FORGOTTEN)
        await self.context.ask(Query("count_wrong_code", {"chat": chat, "now": now, "since": since}))
        return None

    async def offer(self) -> LinkOffer | None:
        """Return what waits for a word of this chat or of the other one."""
        open_now = {"chat": self.context.chat, "now": to_micros(self.context.now)}
        (rows,) = await self.context.ask(Query("open_offer", open_now))
        return LinkOffer(rows[0][0], rows[0][1], OfferState(rows[0][2])) if rows else None

    async def agree(self, giver: str) -> bool:
        """Agree in the chat where the code was typed; false where it is late."""
        word = {"chat": self.context.chat, "other": giver, "now": to_micros(self.context.now)}
        (rows,) = await self.context.ask(Query("agree_to_offer", {**word, "expires": self._after(CODE_AGE)}))
        return bool(rows)

    async def use_offer(self, taker: str) -> bool:
        """Agree in the chat that showed the code, and use the offer up; false where it is late."""
        word = {"chat": self.context.chat, "other": taker, "now": to_micros(self.context.now)}
        (rows,) = await self.context.ask(Query("use_offer", word))
        return bool(rows)

    async def end_offer(self) -> None:
        """Drop what waits."""
        await self.context.ask(Query("end_offer", {"chat": self.context.chat}))

    async def link(self, chats: Sequence[str]) -> None:
        """Make these chats one person's, in this order; what either side stopped or answered holds for all."""
        person = new_person()
        joined = {"person": person}
        await self.context.ask(
            *(self._place_query(chat, person, place) for place, chat in enumerate(chats, 1)),
            Query("join_stops", joined),
            Query("join_marks", joined),
            Query("hold_reminders", joined),
            Query("join_reminders", joined),
        )

    def _place_query(self, chat: str, person: str, place: int) -> Query:
        return Query(
            "place_channel", {"chat": chat, "person": person, "place": place, "now": to_micros(self.context.now)}
        )

    async def reorder(self, chats: Sequence[str], person: str) -> None:
        """Give the chats of a person another order; a chat that is not theirs any more stays as it is."""
        placed = [{"chat": chat, "person": person, "place": place} for place, chat in enumerate(chats, 1)]
        await self.context.ask(*(Query("reorder_channel", one) for one in placed))

    async def part(self, channels: Sequence[LinkedChat], chat: str) -> None:
        """Part a chat from the others, with the mailboxes whose addresses were given in it."""
        left = [one.chat for one in channels if chat in {one.chat, one.owner}]
        rest = [one.chat for one in channels if one.chat not in left]
        sides = {"left": json.dumps(left), "rest": json.dumps(rest)}
        await self.context.ask(Query("part_reminders", sides))
        for side in (left, rest):
            if len(side) == 1:
                await self.context.ask(Query("leave_person", {"chat": side[0]}))
        if len(left) > 1:
            person = new_person()
            await self.context.ask(*(self._place_query(one, person, place) for place, one in enumerate(left, 1)))

    async def remove_mailbox(self, owner: str) -> None:
        """Forget the address that was given in a chat."""
        await remove_mailbox(self.context.ask, owner, self.context.now)

    async def tell(self, chat: str, channel: str, mark: str, said: Reply) -> None:
        """Queue a notice to a chat; the same mark at the same moment is queued once."""
        origin = f"channels:{mark}:{to_micros(self.context.now)}:{chat}"
        message = OutboxMessage(OutboxRecipient(chat, channel), origin, said, NOTICE)
        await self.context.ask(message_query(self.context.keyring, message, self.context.now))

    async def owners(self) -> list[tuple[str, str, str | None]]:
        """Return the chats of the owners, each with its channel and language."""
        (rows,) = await self.context.ask(Query("owners"))
        return sorted({(row[4], row[-2], row[-1]) for row in genuine_grants(self.context.keyring, rows)}, key=str)
