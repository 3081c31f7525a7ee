"""Hold the lease of this process among those that serve a channel; its beat notices leaps of clock and database.

The pace stays exact whoever comes and goes. Each worker takes a part of the pace by the number and the order of those
whom it counted at its last sign of life, and sends only while the *start* of that is less than a fence ago. Who joins
is written down first and then waits for a fence: from that moment on, whoever still sends has counted it, for its last
sign of life began after that. (It waits one second more, for what the others sent before they knew.) A worker that is
silent is counted until it is given up, and once it is, it must join anew. So the parts never add up to more than the
whole.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from bot.atomic_file import flush_to_disk
from bot.clock import Clock
from bot.concurrency import Backoff, cancel_on, retry_while_unavailable
from bot.settings import Settings
from bot.store import (
    AbandonedRow,
    ClockLeapt,
    DatabasePosition,
    LeaseDuration,
    Presence,
    SchemaNewer,
    Store,
    StoreError,
    WorkerRegistry,
)

#: Seconds over which the pace is counted.
_WINDOW = 1.0
#: The pause after a sign of life that failed is this part of the time between two.
_RETRY_DIVISOR = 5
#: Seconds, so that a timer does not ring before its time.
_MARGIN = 0.01

_log = structlog.get_logger(__name__)


class WorkerLease:
    """The lease of this process on one channel; ``fence`` is asked before every message."""

    def __init__(
        self,
        book: WorkerRegistry,
        channel: str,
        clock: Clock,
        share: Callable[[int, int], None],
        lease: LeaseDuration | None = None,
    ) -> None:
        """``share`` is told among how many the pace is divided, and which of them in their order this process is."""
        self.channel = channel
        self._book = book
        self._clock = clock
        self._share = share
        self._lease = lease or LeaseDuration()
        self._found: Callable[[], None] = lambda: None
        self._waits_until = self._trusted_until = float("-inf")  # of the monotonic clock
        self.alone = False  #: by the last sign of life nobody else serves the channel
        self.place = 0.0  #: of this process among those that serve the channel: above 0, below 1, another for each

    def may_send(self) -> bool:
        """Tell whether this process may send now; always where it is alone by nature."""
        if not self._book.shared:
            return True
        return self._waits_until <= self._clock.monotonic() < self._trusted_until

    async def join(self) -> None:
        """Register the worker, and take over what dead ones had in hand. Raises StoreError other than a passing one."""
        await retry_while_unavailable(self._join)

    async def _join(self) -> None:
        begun = self._clock.monotonic()
        presence = await self._book.join(self.channel, self._lease, self._clock.now())
        self._waits_until = self._clock.monotonic() + (presence.wait + _WINDOW if presence.wait else 0.0)
        _log.info("worker_joined", channel=self.channel, live=presence.live)
        self._apply_presence(begun, presence)
        self._look_when_allowed()

    async def run(self, found: Callable[[], None]) -> None:
        """Say that it lives, until cancelled; ``found`` is told when there may be work that nobody signals."""
        self._found = found
        pause = self._lease.beat
        while self._book.shared:
            await asyncio.sleep(pause)
            pause = self._lease.beat / (1 if await self._try_beat() else _RETRY_DIVISOR)
        await asyncio.Event().wait()

    async def leave(self) -> None:
        """Serve the channel no more; where that cannot be written down, the lease ends by itself."""
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(self._lease.fence):
                await self._book.leave(self.channel)
                _log.info("worker_left", channel=self.channel)

    async def _try_beat(self) -> bool:
        """Give a sign of life; False where it failed."""
        try:
            async with asyncio.timeout(self._lease.fence):
                await self._beat()
        except Exception as error:  # noqa: BLE001 - the fence closes by itself where this goes on
            _log.warning("no_sign_of_life", channel=self.channel, error=type(error).__name__)
            return False
        return True

    async def _beat(self) -> None:
        """Renew the lease. Only a fresh one lets a worker expire others: after an outage every worker looks stale."""
        begun = self._clock.monotonic()
        presence = await self._book.beat(self.channel, self._clock.now(), judge=begun < self._trusted_until)
        if presence is None:
            _log.warning("worker_given_up", channel=self.channel)
            await self._join()
        else:
            self._apply_presence(begun, presence)

    def _apply_presence(self, begun: float, presence: Presence) -> None:
        """Apply what the store knows of the workers; without ``await``, so that nobody sends with an old share."""
        might = self.may_send()
        self.alone = presence.live == 1
        self.place = (presence.rank + 1) / (presence.live + 1)
        self._share(presence.live, presence.rank)
        self._trusted_until = begun + self._lease.fence
        if presence.recovered:
            _log_presence(self.channel, presence)
        if presence.recovered or not might:
            self._found()

    def _look_when_allowed(self) -> None:
        """Wake the dispatcher at the end of the wait: no signal tells of it."""
        wait = self._waits_until - self._clock.monotonic()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait + _MARGIN, self._on_allowed)

    def _on_allowed(self) -> None:
        self._found()


def _log_presence(channel: str, presence: Presence) -> None:
    _log.info(
        "recovered",
        channel=channel,
        workers=presence.dead,
        messages=presence.messages,
        unknown=presence.unknown,
        tasks=presence.tasks,
    )


#: Seconds between two tries at most: meanwhile only the looks from time to time find what others made.
_LONGEST_RECONNECT_DELAY = 10.0


class ChangeListener:
    """Tells ``heard`` which table another process wrote to for ``channels``; "" where that may have been any."""

    def __init__(self, book: WorkerRegistry, channels: Collection[str], heard: Callable[[str], None]) -> None:
        self._book = book
        self._channels = channels
        self._heard = heard
        self._backoff = Backoff(first=0.1, longest=_LONGEST_RECONNECT_DELAY)

    async def run(self) -> None:
        """Listen until cancelled. A store of one process has nothing to tell."""
        while self._book.shared:
            try:
                await self._book.listen(self._on_change, self._channels)
            except Exception as error:  # noqa: BLE001 - without signals the looks from time to time go on
                _log.warning("signals_interrupted", error=type(error).__name__, hint="troly doctor")
            await asyncio.sleep(self._backoff.next())
        await asyncio.Event().wait()

    def _on_change(self, table: str) -> None:
        self._backoff.reset()
        self._heard(table)


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
        highest = {"beats": max(before.beats, point.beats), "codes": dict(point.codes)}
        text = json.dumps({**highest, "era": era, "journal": journal, "hash": hashed})
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
    flush_to_disk(draft)  # after a power failure it is the old one or the new one, never an empty one
    draft.replace(path)


#: Seconds between two beats, and between two looks whether a standby took over.
_BEAT_SECONDS, _LOOK_SECONDS = 15.0, 2.5
_DAY = 86_400


class Heartbeat:
    """Beats for this process: ``begin`` before anything is sent, then ``run``."""

    def __init__(self, store: Store, witness: Witness, expiry_days: Sequence[int], clock: Clock) -> None:
        self._store = store
        self._witness = witness
        self._expiry_days = expiry_days
        self._clock = clock
        self.leapt = False  #: by the last beat the clock is not to be trusted
        self.outdated: SchemaNewer | None = None  #: why this process ended: a later version has changed the tables

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
        if here.promoted and takes_up:
            await self._follow_standby(here, max(seen or here, here, key=lambda one: one.beats))
            here = await continuity.position()
        if here.put_back and takes_up:
            await self.continue_from_copy(max(seen or here, here, key=lambda one: one.beats))
            return
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

    async def _follow_standby(self, here: DatabasePosition, seen: DatabasePosition) -> None:
        """Go on with a standby that took over: as it is where commits waited for it, else as from an older copy."""
        if here.behind:
            _log.error("standby_took_over", timeline=here.line, complete=False)
            await self.continue_from_copy(seen, AbandonedRow.PROMOTED, here.line)
        elif await self._store.continuity.follow(here):
            _log.warning("standby_took_over", timeline=here.line, complete=True)

    async def continue_from_copy(
        self, seen: DatabasePosition, what: AbandonedRow = AbandonedRow.RESTORED, which: int | None = None
    ) -> None:
        """Go on from an older copy than what was seen; the owners are told what that means.

        Args:
            seen: how far the database was used, as far as anybody knows.
            what: why it is an older copy.
            which: a number that tells this copy from another one; by default the beats that were seen.
        """
        now = self._clock.now()
        # First: nobody would notice the copy a second time.
        await self._store.alerts.raise_alarm(what, seen.beats if which is None else which, now)
        if await self._store.continuity.continue_from_copy(seen, self._expiry_days, now):
            _log.error("database_restored", beats_behind=seen.beats)

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop; a beat that fails is missed. Tables of a later version end this process."""
        while not stop.is_set():
            try:
                await self._rest(stop)
                await self._store.continuity.require_known_tables()
                await self._beat()
            except SchemaNewer as error:
                _log.error("database_is_newer", hint="install the version that changed it")
                self.outdated = error
                stop.set()
            except StoreError as error:
                _log.warning("beat_missed", error=type(error).__name__)

    async def _rest(self, stop: asyncio.Event) -> None:
        """Wait for the next beat, or until a standby took over: broadcasts may wait for it."""
        if not self._store.workers.shared:
            await cancel_on(stop, self._clock.sleep(_BEAT_SECONDS))
            return
        for _ in range(round(_BEAT_SECONDS / _LOOK_SECONDS)):
            await cancel_on(stop, self._clock.sleep(_LOOK_SECONDS))
            if stop.is_set() or await self._store.continuity.is_promoted():
                return

    async def _beat(self) -> None:
        await self.look()
        now = self._clock.now()
        await asyncio.to_thread(self._witness.record, await self._store.continuity.beat(now))
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


def open_heartbeat(settings: Settings, store: Store, clock: Clock) -> Heartbeat:
    """Open the heartbeat of a process over this store."""
    return Heartbeat(store, _open_witness(settings), settings.expiry_reminder_days, clock)


def _open_witness(settings: Settings) -> Witness:
    """Open a witness in the data folder and outside it: a folder put back as a whole brings its own one back."""
    outside = (settings.state_dir,) if settings.state_dir else ()
    return Witness((settings.data_dir / "witness", *outside))
