"""What goes on with broadcasts by itself: checks, rows, starts, steps, pauses, ends, and telling their authors."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import structlog

from bot.delivery.backoff import Backoff
from bot.delivery.clock import Clock
from bot.delivery.heralding.campaigns import Campaigns
from bot.delivery.heralding.daily import Daily
from bot.delivery.heralding.sending import Sending
from bot.delivery.heralding.telling import Teller
from bot.delivery.heralding.terms import Terms
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts import notice_words
from handlers.broadcasts.model import STANDING, Broadcast, Life
from handlers.voice import Voice

#: Seconds between looks at the store, while something is open and while nothing is.
_LOOK, _IDLE = 1.0, 30.0
#: What a step is in before it sends; while its campaign is paused it stays there.
_BEGINNING = frozenset({Life.APPROVED, Life.SCHEDULED})

_Look = Callable[[], Awaitable[bool]]

_log = structlog.get_logger(__name__)


class Herald:
    """``work()``: idempotent over the rows of broadcasts; several processes may do it at once."""

    def __init__(self, book: BroadcastBook, terms: Terms, clock: Clock, queued: Callable[[], None]) -> None:
        """``queued`` is told whenever there may be something to send."""
        self._book = book
        self._terms = terms
        self._clock = clock
        self._queued = queued
        self._wake = asyncio.Event()
        self._teller = Teller(book, clock)
        self._sending = Sending(book, self._teller, terms, clock)
        self._campaigns = Campaigns(book, self._teller, terms)
        self._daily = Daily(book, terms)
        self._failing: set[str] = set()
        self._idle = False

    def notify(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is under way then is gone on with by the next start."""
        stopping = asyncio.create_task(_then(stop, self.notify))
        backoff = Backoff()
        while not stop.is_set():
            self._wake.clear()
            try:
                again = await self.work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the turns of the process go on
                _log.error("herald_failed", kind=type(error).__name__)
                await self._rest(backoff.next())
            else:
                backoff.reset()
                await self._rest(0.0 if again else _IDLE if self._idle else _LOOK)
        await stopping

    async def work(self) -> bool:
        """One look at everything that is open; True: there is more to do at once."""
        now = self._clock.now()
        broadcasts = {one.id: one for one in await self._book.open()}
        self._forget(set(broadcasts))
        looks: dict[str, _Look] = {name: partial(self._look, one, broadcasts, now) for name, one in broadcasts.items()}
        looks["expiring"] = partial(self._daily.expiring, now)
        looks["later"] = partial(self._daily.later, broadcasts, now)
        again = any([await self._apart(what, look) for what, look in looks.items()])
        self._idle = not (broadcasts.keys() - {STANDING})
        if broadcasts or again:
            self._queued()
        return again

    def _forget(self, broadcasts: set[str]) -> None:
        for part in (self._teller, self._sending, self._campaigns):
            part.forget(broadcasts)

    async def _apart(self, what: str, look: _Look) -> bool:
        """What is wrong with one must not stop the others; it is logged once, until it goes well again."""
        try:
            again = await look()
        except Exception as error:  # noqa: BLE001 - as above
            if what not in self._failing:
                _log.error("look_failed", about=what, kind=type(error).__name__)
            self._failing.add(what)
            return False
        self._failing.discard(what)
        return again

    async def _look(self, one: Broadcast, broadcasts: dict[str, Broadcast], now: datetime) -> bool:
        parent = broadcasts.get(one.parent or "")
        waits = parent is not None and parent.state is Life.PAUSED and one.state in _BEGINNING
        if one.id == STANDING or waits:
            return False
        if one.checking:
            await self._check(one, now)
        match one.state:
            case Life.APPROVED:
                return await self._sending.approved(one, now)
            case Life.SCHEDULED:
                return await self._sending.scheduled(one, now)
            case Life.RUNNING if one.draft.plan is not None:
                steps_open = any(other.parent == one.id for other in broadcasts.values())
                return await self._campaigns.running(one, one.draft.plan, now, steps_open=steps_open)
            case Life.RUNNING:
                await self._sending.running(one, now)
            case Life.PAUSED if one.draft.plan is None:
                await self._sending.paused(one, now)
            case Life.CANCELLED:
                return await self._sending.cancelled(one, now)
        return False

    async def _check(self, one: Broadcast, now: datetime) -> None:
        found = await self._book.check(one.id, now)
        second_person = found.recipients > self._terms.approval_above
        said = notice_words.checked(Voice(one.draft.language), one, found, second_person=second_person)
        await self._book.tell(one.id, said, f"checked:{one.changed_at.isoformat()}", now)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()


async def _then(event: asyncio.Event, call: Callable[[], None]) -> None:
    await event.wait()
    call()
