"""Tells people with a role of a request that came into their scope."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.store.request_notices import RequestNoticeRepository, placing_origin, request_origin
from handlers.model import NoticeTiming, RequestContent, Watcher, mask_content, may_see_personal, select_watchers
from handlers.requests.notices import format_new_request, format_placed_requests
from locales import LANGUAGES


@dataclass(frozen=True, slots=True)
class RequestAnnouncer:
    """Tells those in whose scope a request is, each once, in the transaction that made it theirs."""

    notices: RequestNoticeRepository

    async def announce(self, code: str, content: RequestContent, *, again: bool = False) -> None:
        """Queue the notices for people who are told at once; the person in this chat is never among them."""
        place = await self.notices.place(code)
        watchers = await self.notices.watchers(place.unit)
        told = select_watchers(watchers, self.notices.context.chat, NoticeTiming.AT_ONCE)
        for chat, held in told.items():
            shown = content if may_see_personal(held) else mask_content(content)
            said = format_new_request(held[0].language or LANGUAGES[0], code, shown, again=again)
            await self.notices.queue(held[0], request_origin(code, place.revision, chat), said)

    async def announce_arrivals(self, arrived: Mapping[str, int]) -> None:
        """Queue one notice a person about all unfinished requests that came to their units together.

        It goes at once also to those who have chosen the overview of the morning: that tells of new requests only.

        Args:
            arrived: The number of requests by the unit that they came to.
        """
        numbers, people = Counter[str](), dict[str, Watcher]()
        for unit, number in arrived.items():
            watchers = await self.notices.watchers(unit)
            for timing in NoticeTiming:
                for chat, held in select_watchers(watchers, self.notices.context.chat, timing).items():
                    numbers[chat] += number
                    people[chat] = held[0]
        for chat, to in people.items():
            said = format_placed_requests(to.language or LANGUAGES[0], numbers[chat])
            await self.notices.queue(to, placing_origin(self.notices.context.now, chat), said)
