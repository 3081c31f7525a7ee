"""Lists that are gone through: whole, to check them, and in batches, to make rows."""

from datetime import datetime

from bot.delivery.heralding.asking import ask_second_person
from bot.delivery.heralding.holding import Holding
from bot.delivery.heralding.telling import Teller
from bot.delivery.heralding.terms import Terms
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts import notice_words
from handlers.broadcasts.model import STANDING, Broadcast, Life, Trouble, Why
from handlers.voice import Voice

#: What stands against a draft, but not against a step: who was on the list may be gone when its day comes.
_PASSES = frozenset({Trouble.NOBODY, Trouble.PAST, Trouble.UNKNOWN})


class Preparing:
    """Idempotent over rows."""

    def __init__(self, book: BroadcastBook, teller: Teller, terms: Terms) -> None:
        self._book = book
        self._teller = teller
        self._terms = terms
        self._holding = Holding(book, terms)
        self._stands: set[str] = set()  #: steps whose check found nothing against them

    def forget(self, broadcasts: set[str]) -> None:
        """All but these have ended."""
        self._stands &= broadcasts

    async def check_list(self, broadcast: Broadcast, now: datetime) -> bool:
        """Go through the whole list, and tell the author what was found."""
        found = await self._book.check(broadcast.id, now)
        second_person = found.recipients > self._terms.approval_above
        said = notice_words.checked(_voice(broadcast), broadcast, found, second_person=second_person)
        await self._teller.notify_once(broadcast, f"checked:{broadcast.changed_at.isoformat()}", said, now)
        if second_person and not found.problems:
            await ask_second_person(self._book, broadcast, found.recipients, now)
        return False

    async def request_second_person(self, broadcast: Broadcast, now: datetime) -> bool:
        """Tell the author that a second person has to decide, and ask those who may."""
        mark = f"second_person:{broadcast.revision}"
        if not self._teller.has_told(broadcast, mark):
            await ask_second_person(self._book, broadcast, broadcast.recipients, now)
            said = notice_words.needs_another(_voice(broadcast), broadcast)
            await self._teller.notify_once(broadcast, mark, said, now)
        return False

    async def make_rows(self, broadcast: Broadcast, now: datetime) -> bool:
        """Make rows, a batch a look; True: there is more to do at once."""
        if not await self._passes_check(broadcast, now):
            return True
        await self._holding.update_hold(broadcast, now)
        if await self._book.freeze(broadcast.id, now):
            return True
        if not broadcast.is_campaign:
            await self._tell_where_nobody_is_left(broadcast, now)
        return broadcast.parent != STANDING  # what is made there comes with its rows, and may wait for them

    async def _passes_check(self, broadcast: Broadcast, now: datetime) -> bool:
        """A step is checked before it gets rows: its audience is not that of the day on which it was approved."""
        if broadcast.parent in {None, STANDING} or broadcast.id in self._stands:
            return True
        found = await self._book.check(broadcast.id, now)
        against = tuple(one for one in found.problems if one.trouble not in _PASSES)
        if not against:
            self._stands.add(broadcast.id)
            return True
        said = notice_words.not_sent(_voice(broadcast), broadcast, found.model_copy(update={"problems": against}))
        await self._teller.notify_once(broadcast, "not_sent", said, now)
        await self._book.move(broadcast.id, Life.APPROVED, Life.CANCELLED, now, Why.PROBLEMS)
        return False

    async def _tell_where_nobody_is_left(self, broadcast: Broadcast, now: datetime) -> None:
        """Without rows it has ended already, unless it waits for a second person."""
        tally = await self._book.tally(broadcast.id)
        if not tally.total and broadcast.id not in {one.id for one in await self._book.list_open()}:
            await self._teller.notify_finished(
                broadcast, notice_words.finished(_voice(broadcast), broadcast, tally), now
            )


def _voice(broadcast: Broadcast) -> Voice:
    return Voice(broadcast.draft.language)
