"""Loops of upkeep: make backups when they are due, and tell the owners what they should know."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.channels import ChannelError, Refused, ServedChannel
from bot.clock import Clock
from bot.concurrency import cancel_on
from bot.logs import scrub
from bot.metrics import read_memory
from bot.services.upkeep import disks, ending_authorities, old_key
from bot.settings import Settings
from bot.store import Alarm, BackupBusy, Store, StoreFull, Upkeep, UpkeepState
from handlers.model import AlarmKind

#: Seconds between two looks, and between two questions to a platform.
_LOOK_SECONDS, _PROBE_SECONDS = 60.0, 300.0
#: Seconds that a platform may take to answer.
_PATIENCE = 20.0
#: The time after which a platform that is not reached, and whatever waits, is worth an alarm.
_UNREACHED, _OLD_UPDATE, _OLD_MESSAGE = timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=15)
#: Retention is daily.
_RETENTION_OVERDUE = timedelta(days=3)
#: A backup that failed is tried again after so long.
_BACKUP_AGAIN = timedelta(hours=1)
_NICE = 10

_log = structlog.get_logger(__name__)


class ReachWatch:
    """Asks each platform now and then for something harmless: with nothing to send, silence looks like peace."""

    def __init__(self, served: Sequence[ServedChannel], clock: Clock) -> None:
        self._probes = {one.channel.name: one.probe for one in served if one.probe}
        self._clock = clock
        self._asked = clock.monotonic()
        self._failing: dict[str, tuple[datetime, bool]] = {}  #: channel -> since when, and whether it refuses us

    async def alarms(self) -> list[Alarm]:
        """Ask where that is due, and return the alarms of platforms that have not answered for a while."""
        if self._clock.monotonic() - self._asked >= _PROBE_SECONDS:
            self._asked = self._clock.monotonic()
            await asyncio.gather(*(self._ask(name) for name in self._probes))
        now = self._clock.now()
        return [
            Alarm(AlarmKind.REFUSED if refused else AlarmKind.CHANNEL, name, _minutes(now - since))
            for name, (since, refused) in self._failing.items()
            if refused or now - since >= _UNREACHED
        ]

    @property
    def failing(self) -> frozenset[str]:
        """Return the channels that do not answer at the moment: what waits there has its reason."""
        return frozenset(self._failing)

    async def _ask(self, name: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._probes[name]()
        except (ChannelError, TimeoutError) as error:
            since, _ = self._failing.get(name, (self._clock.now(), False))
            self._failing[name] = since, isinstance(error, Refused)
            _log.warning("channel_not_reached", channel=name, error=type(error).__name__)
        else:
            self._failing.pop(name, None)


class AlarmWatch:
    """Looks every minute, and tells the owners once of what it finds, until it is over."""

    def __init__(self, settings: Settings, store: Store, served: Sequence[ServedChannel], clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._channels = frozenset(one.channel.name for one in served)
        self._reach = ReachWatch(served, clock)
        self._house: list[Alarm] = []
        self._day: str = ""
        self._full = False  #: the database had no room, and nobody could be told of it

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; a look that fails is made again."""
        while not stop.is_set():
            await cancel_on(stop, self._clock.sleep(_LOOK_SECONDS))
            if not stop.is_set():
                await cancel_on(stop, self.work())

    async def work(self) -> list[Alarm]:
        """Look once, and return the alarms that are new."""
        try:
            found = [alarm async for alarm in self._find()]
            fresh = await self._store.upkeep.see(found, self._clock.now())
            self._full = False
        except Exception as error:  # noqa: BLE001 - whatever it is, the assistant goes on and looks again
            _log.warning("alarms_not_seen", error=type(error).__name__)
            return []
        for alarm in fresh:
            _log.error("alarm", kind=alarm.kind, about=alarm.about, figure=alarm.figure)
        return fresh

    async def _find(self) -> AsyncIterator[Alarm]:
        now, upkeep = self._clock.now(), self._store.upkeep
        if await self._was_full(now):
            yield Alarm(AlarmKind.FULL)
        for alarm in await self._reach.alarms():
            yield alarm
        limits = (AlarmKind.UPDATES, _OLD_UPDATE), (AlarmKind.MESSAGES, _OLD_MESSAGE)
        waiting = await upkeep.oldest_waiting(self._channels - self._reach.failing)
        for since, (kind, longest) in zip(waiting, limits, strict=True):
            if since is not None and now - since >= longest:
                yield Alarm(kind, figure=_minutes(now - since))
        for code in await upkeep.paused_broadcasts():
            yield Alarm(AlarmKind.PAUSED, code)
        for alarm in _overdue(await upkeep.states(), self._settings, now):
            yield alarm
        for alarm in await asyncio.to_thread(self._look_at_house, now):
            yield alarm

    async def _was_full(self, now: datetime) -> bool:
        """Tell whether the database has no room, or had none since somebody could last be told of it."""
        try:
            await self._store.status.probe_writing(now)
        except StoreFull:
            self._full = True
        return self._full

    def _look_at_house(self, now: datetime) -> list[Alarm]:
        """Look at memory and disks, and once an hour at files that change seldom."""
        hour = f"{now:%Y-%m-%d %H}"
        if hour != self._day:
            self._day, self._house = hour, list(_old_files(self._settings, now))
        low = [disk for disk in disks(self._settings) if disk.is_low]
        memory = read_memory(self._settings.memory_limit_mb)
        high = [Alarm(AlarmKind.MEMORY, figure=int(memory.share * 100))] if memory.is_high else []
        return [*self._house, *high, *(Alarm(AlarmKind.DISK, figure=int(disk.share * 100)) for disk in low[:1])]


def _old_files(settings: Settings, now: datetime) -> Iterator[Alarm]:
    for name, end in ending_authorities(settings, now).items():
        yield Alarm(AlarmKind.AUTHORITY, name, max(0, (end - now).days))
    if (age := old_key(settings, now)) is not None:
        yield Alarm(AlarmKind.KEYS, figure=age.days)


def _overdue(states: Mapping[Upkeep, UpkeepState], settings: Settings, now: datetime) -> Iterator[Alarm]:
    """Find what failed the last time, or should have been done long ago."""
    limits = {Upkeep.RETENTION: (AlarmKind.RETENTION, _RETENTION_OVERDUE)}
    if settings.backup_every_hours:
        limits[Upkeep.BACKUP] = (AlarmKind.BACKUP, 2 * timedelta(hours=settings.backup_every_hours))
    for work, (kind, longest) in limits.items():
        state = states.get(work)
        if state and (state.failed_at or now - (state.done_at or state.since) > longest):
            yield Alarm(kind)


def _minutes(passed: timedelta) -> int:
    return int(passed.total_seconds() // 60)


class BackupLoop:
    """Looks every minute whether a backup is due; one process makes it, in a child that gives way to answers."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Make backups until told to stop; where none are wanted, wait."""
        while self._settings.backup_every_hours and not stop.is_set():
            await cancel_on(stop, self.work())
            await cancel_on(stop, self._clock.sleep(_LOOK_SECONDS))
        await stop.wait()

    async def work(self) -> bool:
        """Make a backup where one is due, and return whether one was made."""
        every = timedelta(hours=self._settings.backup_every_hours)
        upkeep = self._store.upkeep
        try:
            if not await upkeep.begin(Upkeep.BACKUP, self._clock.now(), every=every, again=_BACKUP_AGAIN):
                return False
            made = await self._make()
            if made is not None:
                await upkeep.note(Upkeep.BACKUP, self._clock.now(), done=made)
        except Exception as error:  # noqa: BLE001 - whatever it is, the assistant goes on and tries again
            _log.error("backup_failed", error=type(error).__name__)
            return False
        return bool(made)

    async def _make(self) -> bool | None:
        """Do as ``_run_child``; where no child can be run, or says something else, that is a failure as well."""
        try:
            return await self._run_child()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is noted
            _log.error("backup_failed", error=type(error).__name__)
            return False

    async def _run_child(self) -> bool | None:
        """Return whether a backup was made; ``None`` where somebody else is making one by hand."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "backup", "create", "--json",
            env=_environment(self._settings), stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        try:
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICE)
            said, wrong = await child.communicate()
        except BaseException:
            child.kill()
            await child.wait()
            raise
        if child.returncode == BackupBusy.exit_code:
            return None
        if child.returncode != 0:
            last = wrong.decode(errors="replace").strip().splitlines()[-1:]
            _log.error("backup_failed", status=child.returncode, said=scrub("".join(last)))
            return False
        made = json.loads(said)
        _log.info("backup_made", rows=made["rows"], bytes=made["bytes"])
        return True


def _environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a child that has the same settings, wherever this process has them from."""
    given = {
        "TROLY_DATA_DIR": settings.data_dir.absolute(),
        "TROLY_BACKUP_DIR": settings.backup_dir.absolute() if settings.backup_dir else "",
        "TROLY_BACKUP_KEEP": settings.backup_keep,
        "TROLY_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
    }
    return {**os.environ, **{name: str(value) for name, value in given.items()}}
