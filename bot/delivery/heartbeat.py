"""The beat of a process that serves: by it a copy put back and a clock that leapt are noticed."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.delivery.clock import Clock
from bot.delivery.stopping import unless
from bot.delivery.witness import Witness
from bot.store.alarm import SetAside
from bot.store.api import Store
from bot.store.continuity import Standpoint
from bot.store.errors import ClockLeapt, StoreError

#: Seconds between two beats.
_BEAT = 15.0
_DAY = 86_400

_log = structlog.get_logger(__name__)


class Heartbeat:
    """``begin`` before anything is sent, then ``run``."""

    def __init__(self, store: Store, witness: Witness, expiry_days: Sequence[int], clock: Clock) -> None:
        self._store = store
        self._witness = witness
        self._expiry_days = expiry_days
        self._clock = clock
        self.leapt = False  #: by the last beat the clock is not to be trusted

    async def begin(self) -> None:
        """Look whether the database is an older copy, and go on from there; then beat.

        Raises:
            StoreError: the store cannot be used.
        """
        await self._beat()

    async def look(self, *, takes_up: bool = True) -> None:
        """Compare with the witness; at every beat: a database may be put back under a process that goes on with it.

        A command only looks at the journal: a whole copy is taken up by what serves.
        """
        continuity = self._store.continuity
        here = await continuity.position()
        seen = self._witness.farthest(here.database)
        if seen is None:
            return
        if here.beats < seen.beats:  # another process may have counted, and told the witness, between the two looks
            here = await continuity.position()
        if here.beats < seen.beats:
            if takes_up:
                await self.continue_from_copy(seen)
        elif not await continuity.keeps_journal(seen):
            _log.error("journal_put_back", row=seen.journal, hint="troly audit verify")
            await continuity.distrust_journal()

    async def continue_from_copy(self, seen: Standpoint) -> None:
        """Go on from an older copy than what was seen; the owners are told what that means."""
        now = self._clock.now()
        await self._store.raise_alarm(
            SetAside.RESTORED, seen.beats, now
        )  # first: nobody would notice the copy a second time
        if await self._store.continuity.continue_from_copy(seen, self._expiry_days, now):
            _log.error("database_restored", beats_behind=seen.beats)

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop; a beat that fails is missed."""
        while not stop.is_set():
            await unless(stop, self._clock.sleep(_BEAT))
            try:
                await self._beat()
            except StoreError as error:
                _log.warning("beat_missed", error=type(error).__name__)

    async def _beat(self) -> None:
        await self.look()
        now = self._clock.now()
        self._witness.record(await self._store.continuity.beat(now))
        try:
            await self._store.continuity.require_steady_clock(now)
        except ClockLeapt as error:
            if not self.leapt:
                days = int(error.leap.total_seconds() / _DAY)  # below nothing: it fell back
                _log.error("clock_leapt", days=days)
                await self._store.raise_alarm(SetAside.CLOCK, days, now)
            self.leapt = True
        else:
            self.leapt = False
