"""A broadcast that sends, on its way from approval to its end."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from bot.delivery.clock import Clock
from bot.delivery.heralding.telling import Teller
from bot.delivery.heralding.terms import Terms
from bot.delivery.heralding.watching import Watch
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts import notice_words, progress_words
from handlers.broadcasts.model import Broadcast, Life, Tally, Trouble, Why
from handlers.voice import Voice

#: Steps that come with their rows; where these are not complete, the next day's look for them goes on.
_MADE_WHOLE = "expiry:"
#: What stands against a draft, but not against a step: who was on the list may be gone when its day comes.
_PASSES = frozenset({Trouble.NOBODY, Trouble.PAST, Trouble.UNKNOWN})


class Sending:
    """Idempotent over rows: every move names the state it begins from."""

    def __init__(self, book: BroadcastBook, teller: Teller, terms: Terms, clock: Clock) -> None:
        self._book = book
        self._teller = teller
        self._terms = terms
        self._clock = clock
        self._watches: defaultdict[str, Watch] = defaultdict(Watch)
        self._stands: set[str] = set()  #: steps whose check found nothing against them

    def forget(self, broadcasts: set[str]) -> None:
        """All but these have ended."""
        self._stands &= broadcasts
        for name in self._watches.keys() - broadcasts:
            del self._watches[name]

    async def approved(self, broadcast: Broadcast, now: datetime) -> bool:
        """Make rows, a batch a look; True: look again at once."""
        if (broadcast.step or "").startswith(_MADE_WHOLE):
            return False
        if await self._passes(broadcast, now):
            await self.hold(broadcast, now)
            if not await self._book.freeze(broadcast.id, now) and not broadcast.is_campaign:
                await self._tell_where_nobody_is_left(broadcast, now)
        return True

    async def scheduled(self, broadcast: Broadcast, now: datetime) -> bool:
        """Start what is due; True: look again at once."""
        starts = broadcast.starts_at or broadcast.draft.starts_at
        if broadcast.parent is None and not self._teller.has_told(broadcast, "ready"):
            tally = await self._book.tally(broadcast.id)
            await self._teller.once(broadcast, "ready", notice_words.ready(_voice(broadcast), broadcast, tally), now)
        await self.hold(broadcast, now)
        due = broadcast.parent is not None or (starts is not None and starts <= now)
        if not due or not self._terms.hours.open_at(now):
            return False
        return await self._book.move(broadcast.id, Life.SCHEDULED, Life.RUNNING, now)

    async def running(self, broadcast: Broadcast, now: datetime) -> None:
        """Hold it, pause it, end it, and show how far it is."""
        await self.hold(broadcast, now)
        watch = self._watches[broadcast.id]
        if self._clock.monotonic() < watch.next_count:
            return
        tally = await self._counted(broadcast, watch)
        if not tally.open:
            await self._finish(broadcast, tally, now)
        elif (share := watch.errors(tally)) > self._terms.error_share:
            await self._pause(broadcast, tally, share, now)
        else:
            speed = None if broadcast.held_until else watch.speed(tally, now)
            await self._teller.move(broadcast, progress_words.moving(_voice(broadcast), broadcast, tally, speed), now)

    async def paused(self, broadcast: Broadcast, now: datetime) -> None:
        """What went wrong so far is forgiven when somebody lets it go on."""
        await self.hold(broadcast, now)
        watch = self._watches[broadcast.id]
        if self._clock.monotonic() < watch.next_count:
            return
        tally = await self._counted(broadcast, watch)
        watch.rested(tally)
        await self._teller.move(broadcast, progress_words.moving(_voice(broadcast), broadcast, tally), now)

    async def cancelled(self, broadcast: Broadcast, now: datetime) -> bool:
        """Withdraw what is queued, a batch a look; True: look again at once."""
        if await self._book.withdraw(broadcast.id, now):
            return True
        tally = await self._book.tally(broadcast.id)
        await self._teller.end(broadcast, progress_words.moving(_voice(broadcast), broadcast, tally), now)
        return False

    async def hold(self, broadcast: Broadcast, now: datetime) -> None:
        """Keep it until the hours are open; also what may be started or let go on by hand at any moment."""
        because = self._terms.hours.why_closed(now)
        until = self._terms.hours.next_open(now) if because else None
        if broadcast.held_until != until:
            await self._book.hold(broadcast.id, until, because, now)

    async def _passes(self, broadcast: Broadcast, now: datetime) -> bool:
        """A step is checked before it gets rows: its audience is not that of the day on which it was approved."""
        if broadcast.parent is None or broadcast.id in self._stands:
            return True
        found = await self._book.check(broadcast.id, now)
        against = tuple(one for one in found.problems if one.trouble not in _PASSES)
        if not against:
            self._stands.add(broadcast.id)
            return True
        said = notice_words.not_sent(_voice(broadcast), broadcast, found.model_copy(update={"problems": against}))
        await self._teller.once(broadcast, "not_sent", said, now)
        await self._book.move(broadcast.id, Life.APPROVED, Life.CANCELLED, now, Why.PROBLEMS)
        return False

    async def _tell_where_nobody_is_left(self, broadcast: Broadcast, now: datetime) -> None:
        """Without rows it has ended already."""
        tally = await self._book.tally(broadcast.id)
        if not tally.total:
            said = notice_words.finished(_voice(broadcast), broadcast, tally)
            await self._teller.once(broadcast, "nobody", said, now)

    async def _counted(self, broadcast: Broadcast, watch: Watch) -> Tally:
        began = self._clock.monotonic()
        tally = await self._book.tally(broadcast.id)
        watch.counted(tally, began, self._clock.monotonic())
        return tally

    async def _finish(self, broadcast: Broadcast, tally: Tally, now: datetime) -> None:
        """Told before it is done: whoever is killed in between says it once more, and the store knows it."""
        ended, voice = replace(broadcast, state=Life.FINISHED, held_until=None), _voice(broadcast)
        await self._teller.end(broadcast, progress_words.moving(voice, ended, tally), now)
        summary = notice_words.finished(voice, ended, tally)
        await self._teller.once(broadcast, f"finished:{broadcast.revision}", summary, now)
        await self._book.move(broadcast.id, Life.RUNNING, Life.FINISHED, now, None if tally.total else Why.NOBODY)

    async def _pause(self, broadcast: Broadcast, tally: Tally, share: float, now: datetime) -> None:
        said = notice_words.paused(_voice(broadcast), broadcast, tally, round(100 * share))
        await self._teller.once(broadcast, f"errors:{broadcast.revision}", said, now)
        await self._book.move(broadcast.id, Life.RUNNING, Life.PAUSED, now, Why.ERRORS)


def _voice(broadcast: Broadcast) -> Voice:
    return Voice(broadcast.draft.language)
