"""Tells people with a role of a request that came into their scope."""

from dataclasses import dataclass

from bot.store.request_notices import RequestNoticeRepository, request_origin
from handlers.model import NoticeTiming, RequestContent, mask_content, may_see_personal, select_watchers
from handlers.requests.notices import format_new_request
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
