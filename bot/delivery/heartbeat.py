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
        here = await self._store.continuity.standpoint()
        seen = self._witness.seen(here.database)
        if seen is not None and here.beats < seen.beats:
            await self.take_up(seen)
        await self._beat()

    async def take_up(self, seen: Standpoint) -> None:
        """Go on from an older copy than what was seen; the owners are told what that means."""
        now = self._clock.now()
        if await self._store.continuity.take_up(seen, self._expiry_days, now):
            _log.error("database_restored", beats_behind=seen.beats)
            await self._store.alarm(SetAside.RESTORED, seen.beats, now)

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop; a beat that fails is missed."""
        while not stop.is_set():
            await unless(stop, self._clock.sleep(_BEAT))
            try:
                await self._beat()
            except StoreError as error:
                _log.warning("beat_missed", error=type(error).__name__)

    async def _beat(self) -> None:
        now = self._clock.now()
        self._witness.note(await self._store.continuity.beat(now))
        try:
            await self._store.continuity.require_steady_clock(now)
        except ClockLeapt as error:
            if not self.leapt:
                _log.error("clock_leapt", days=error.leap.days)
                await self._store.alarm(SetAside.CLOCK, error.leap.days, now)
            self.leapt = True
        else:
            self.leapt = False
