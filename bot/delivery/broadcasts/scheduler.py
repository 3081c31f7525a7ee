"""What goes on with broadcasts by itself: checks, rows, starts, steps, pauses, ends, and telling their authors."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

import structlog

from bot.delivery.clock import Clock
from bot.delivery.heralding.campaigns import Campaigns
from bot.delivery.heralding.daily import Daily
from bot.delivery.heralding.looking import Looks
from bot.delivery.heralding.preparing import Preparing
from bot.delivery.heralding.sending import Sending
from bot.delivery.heralding.telling import Teller
from bot.delivery.heralding.terms import Terms
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts.model import STANDING, Broadcast, Life, Why

#: Before it sends.
_BEGINNING = frozenset({Life.APPROVED, Life.SCHEDULED})

_Look = Callable[[], Awaitable[bool]]

_log = structlog.get_logger(__name__)


class Herald:
    """``work()``: idempotent over the rows of broadcasts; several processes may do it at once.

    Lists are gone through beside everything else: however long one is, what runs is held and paused in time.
    """

    def __init__(
        self,
        book: BroadcastBook,
        terms: Terms,
        clock: Clock,
        queued: Callable[[], None],
        rests: Callable[[], bool] = lambda: False,
    ) -> None:
        """``queued`` is told whenever there may be something to send; nothing is done while it ``rests``.

        It rests while the clock cannot be trusted: by a wrong day people would be reminded of what is not due.
        """
        self._rests = rests
        self._book = book
        self._clock = clock
        self._queued = queued
        teller = Teller(book, clock)
        self._preparing = Preparing(book, teller, terms)
        self._sending = Sending(book, teller, terms, clock)
        self._campaigns = Campaigns(book, teller, terms)
        self._daily = Daily(book, terms)
        self._remembering = (teller, self._preparing, self._sending, self._campaigns)
        self._failing: set[str] = set()
        self._prepares, self._conducts = Looks(self.prepare), Looks(self.conduct)

    def notify(self) -> None:
        """There may be something to do."""
        self._prepares.notify()
        self._conducts.notify()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is under way then is gone on with by the next start."""
        await asyncio.gather(self._prepares.run(stop), self._conducts.run(stop))

    async def work(self) -> bool:
        """One look at everything; True: there is more to do at once."""
        prepared = await self.prepare()
        return await self.conduct() or prepared

    async def prepare(self) -> bool:
        """Go through lists, and certificates that end; True: there is more to do at once."""
        if self._rests():
            return False
        broadcasts, now = await self._open_broadcasts(), self._clock.now()
        looks: dict[str, _Look] = {"expiring": partial(self._daily.remind_of_expiry, broadcasts, now)}
        looks |= {name: partial(self._prepare, one, broadcasts, now) for name, one in broadcasts.items()}
        return self._wake_other(self._conducts, again=await self._run_all(looks))

    async def conduct(self) -> bool:
        """Start, hold, pause and end, and make steps; True: there is more to do at once."""
        if self._rests():
            return False
        broadcasts, now = await self._open_broadcasts(), self._clock.now()
        for part in self._remembering:
            part.forget(set(broadcasts))
        looks: dict[str, _Look] = {one: partial(self._conduct, broadcasts[one], broadcasts, now) for one in broadcasts}
        looks["later"] = partial(self._daily.remind_postponed, broadcasts, now)
        again = await self._run_all(looks)
        if broadcasts or again:
            self._queued()
        return self._wake_other(self._prepares, again=again)

    @staticmethod
    def _wake_other(other: Looks, *, again: bool) -> bool:
        """What one kind of look has done is there for the other."""
        if again:
            other.notify()
        return again

    async def _open_broadcasts(self) -> dict[str, Broadcast]:
        return {one.id: one for one in await self._book.list_open()}

    async def _run_all(self, looks: Mapping[str, _Look]) -> bool:
        return any([await self._run_isolated(what, look) for what, look in looks.items()])

    async def _run_isolated(self, what: str, look: _Look) -> bool:
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

    async def _prepare(self, one: Broadcast, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        if one.checking:
            return await self._preparing.check_list(one, now)
        if one.state is Life.CHECKED and one.why == Why.SECOND_PERSON:
            return await self._preparing.request_second_person(one, now)
        if one.state is not Life.APPROVED or _waits(one, broadcasts):
            return False
        return await self._preparing.make_rows(one, now)

    async def _conduct(self, one: Broadcast, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        if one.id == STANDING or _waits(one, broadcasts):
            return False
        if one.draft.plan is None:
            return await self._sending.advance(one, now)
        if one.state is Life.RUNNING:
            steps = [other for other in broadcasts.values() if other.parent == one.id]
            return await self._campaigns.run_due_steps(one, one.draft.plan, now, steps)
        return False


def _waits(one: Broadcast, broadcasts: Mapping[str, Broadcast]) -> bool:
    """A step that has not begun to send does not begin while its campaign is paused."""
    parent = broadcasts.get(one.parent or "")
    return parent is not None and parent.state is Life.PAUSED and one.state in _BEGINNING
