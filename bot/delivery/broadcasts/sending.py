"""A broadcast that sends, on its way from approval to its end."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from bot.delivery.clock import Clock
from bot.delivery.heralding.holding import Holding
from bot.delivery.heralding.telling import Teller
from bot.delivery.heralding.terms import Terms
from bot.delivery.heralding.watching import Watch
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts import notice_words, progress_words
from handlers.broadcasts.model import Broadcast, Life, Tally, Why
from handlers.voice import Voice


class Sending:
    """Idempotent over rows: every move names the state it begins from."""

    def __init__(self, book: BroadcastBook, teller: Teller, terms: Terms, clock: Clock) -> None:
        self._book = book
        self._teller = teller
        self._terms = terms
        self._clock = clock
        self._holding = Holding(book, terms)
        self._watches: defaultdict[str, Watch] = defaultdict(Watch)

    def forget(self, broadcasts: set[str]) -> None:
        """All but these have ended."""
        for name in self._watches.keys() - broadcasts:
            del self._watches[name]

    async def advance(self, broadcast: Broadcast, now: datetime) -> bool:
        """Do what its state asks for; True: there is more to do at once."""
        await self._holding.update_hold(broadcast, now)
        match broadcast.state:
            case Life.SCHEDULED:
                return await self._start_if_due(broadcast, now)
            case Life.RUNNING | Life.PAUSED:
                await self._count_and_follow_up(broadcast, now)
            case Life.CANCELLED:
                return await self._withdraw_queued(broadcast, now)
        return False

    async def _start_if_due(self, broadcast: Broadcast, now: datetime) -> bool:
        """Start what is due."""
        starts = broadcast.starts_at or broadcast.draft.starts_at
        if broadcast.parent is None:
            await self._tell_that_it_is_ready(broadcast, now)
        due = broadcast.parent is not None or (starts is not None and starts <= now)
        if not due or not self._terms.hours.is_open_at(now):
            return False
        return await self._book.move(broadcast.id, Life.SCHEDULED, Life.RUNNING, now)

    async def _tell_that_it_is_ready(self, broadcast: Broadcast, now: datetime) -> None:
        if not self._teller.has_told(broadcast, "ready"):
            tally = await self._book.tally(broadcast.id)
            await self._teller.notify_once(
                broadcast, "ready", notice_words.ready(_voice(broadcast), broadcast, tally), now
            )

    async def _count_and_follow_up(self, broadcast: Broadcast, now: datetime) -> None:
        """Count it, where that is due again, and do what follows from it."""
        watch, began = self._watches[broadcast.id], self._clock.monotonic()
        if began < watch.next_count:
            return
        tally = await self._book.tally(broadcast.id)
        watch.record_count(tally, began, self._clock.monotonic())
        if watch.has_resumed(broadcast.revision) or broadcast.state is Life.PAUSED:
            watch.reset_errors(tally)
        if broadcast.state is Life.RUNNING and not tally.open:
            await self._finish(broadcast, tally, now)
            return
        if (share := watch.error_share(tally)) > self._terms.error_share:  # nothing is wrong with one that rests
            await self._pause(broadcast, tally, share, now)
            return
        said = progress_words.moving(_voice(broadcast), broadcast, tally, watch.speed(tally, now))
        await self._teller.update_progress(broadcast, said, now)

    async def _finish(self, broadcast: Broadcast, tally: Tally, now: datetime) -> None:
        """Told before it is done: whoever is killed in between says it once more, and the store knows it."""
        ended, voice = replace(broadcast, state=Life.FINISHED, held_until=None), _voice(broadcast)
        await self._teller.finish_progress(broadcast, progress_words.moving(voice, ended, tally), now)
        await self._teller.notify_finished(broadcast, notice_words.finished(voice, ended, tally), now)
        await self._book.move(broadcast.id, Life.RUNNING, Life.FINISHED, now, None if tally.total else Why.NOBODY)

    async def _pause(self, broadcast: Broadcast, tally: Tally, share: float, now: datetime) -> None:
        said = notice_words.paused(_voice(broadcast), broadcast, tally, round(100 * share))
        await self._teller.notify_once(broadcast, f"errors:{broadcast.revision}", said, now)
        await self._book.move(broadcast.id, Life.RUNNING, Life.PAUSED, now, Why.ERRORS)

    async def _withdraw_queued(self, broadcast: Broadcast, now: datetime) -> bool:
        """Withdraw what is queued, a batch a look."""
        if await self._book.withdraw(broadcast.id, now):
            return True
        tally = await self._book.tally(broadcast.id)
        await self._teller.finish_progress(broadcast, progress_words.moving(_voice(broadcast), broadcast, tally), now)
        return False


def _voice(broadcast: Broadcast) -> Voice:
    return Voice(broadcast.draft.language)
