"""The beat of a process that serves: by it a copy put back and a clock that leapt are noticed."""

import asyncio
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from bot.cancellation import cancel_on
from bot.clock import Clock
from bot.store.continuity import DatabasePosition
from bot.store.errors import ClockLeapt, StoreError
from bot.store.owner_alerts import AbandonedRow
from bot.store.store import Store

_log = structlog.get_logger(__name__)


class Witness:
    """Keeps one small file a database in each of several folders: no restore of one folder takes them all back."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._failed: set[Path] = set()

    def farthest(self, database: str) -> DatabasePosition | None:
        """Return the farthest that was seen of a database."""
        found = [one for folder in self._folders if (one := _read_position(folder / f"{database}.json", database))]
        return max(found, key=lambda one: one.beats, default=None)

    def record(self, point: DatabasePosition) -> None:
        """Keep it, never less than before; a folder that cannot be written to is logged once, and the others serve."""
        before = self.farthest(point.database) or point
        era, journal, hashed = max((one.era, one.journal, one.hash) for one in (before, point))
        kept = {"beats": max(before.beats, point.beats), "codes": dict(point.codes)}
        text = json.dumps({**kept, "era": era, "journal": journal, "hash": hashed})
        for folder in self._folders:
            try:
                _replace_file(folder / f"{point.database}.json", text)
            except OSError as error:
                if folder not in self._failed:
                    _log.warning("witness_not_written", error=type(error).__name__)
                self._failed.add(folder)


def _read_position(path: Path, database: str) -> DatabasePosition | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(path.read_text(encoding="utf-8"))
        codes = {str(name): int(value) for name, value in found["codes"].items()}
        journal = int(found.get("era", 0)), int(found.get("journal", 0)), str(found.get("hash", ""))
        return DatabasePosition(database, int(found["beats"]), codes, *journal)
    return None


def _replace_file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


#: Seconds between two beats.
_BEAT_SECONDS = 15.0
_DAY = 86_400


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

    async def continue_from_copy(self, seen: DatabasePosition) -> None:
        """Go on from an older copy than what was seen; the owners are told what that means."""
        now = self._clock.now()
        await self._store.alerts.raise_alarm(
            AbandonedRow.RESTORED, seen.beats, now
        )  # first: nobody would notice the copy a second time
        if await self._store.continuity.continue_from_copy(seen, self._expiry_days, now):
            _log.error("database_restored", beats_behind=seen.beats)

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop; a beat that fails is missed."""
        while not stop.is_set():
            await cancel_on(stop, self._clock.sleep(_BEAT_SECONDS))
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
                await self._store.alerts.raise_alarm(AbandonedRow.CLOCK, days, now)
            self.leapt = True
        else:
            self.leapt = False
