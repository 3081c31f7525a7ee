"""Upkeep, done by one process at a time; alarms, told once; figures of the whole store."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_hex

from bot.messages import NOTICE
from bot.metrics import QueueDepths, StoreFigures
from bot.store.drivers import Driver, Query, from_micros, to_micros
from bot.store.messages import EXPORT_TASK, OutboxMessage, OutboxRecipient, message_query
from bot.store.power_seals import genuine_grants
from bot.store.sealing import Keyring
from handlers.core import Reply
from handlers.model import AlarmKind
from locales import LANGUAGES

#: An alarm is over when its reason was gone for so long: one that comes and goes is told once.
CALM = timedelta(minutes=15)
#: Ends the name of the row that tells when work was begun first.
_FIRST = "/first"


class Upkeep(StrEnum):
    """A kind of work."""

    BACKUP = "backup"
    RETENTION = "retention"


@dataclass(frozen=True, slots=True)
class UpkeepState:
    """The last tries of a kind of work."""

    since: datetime  #: it was begun for the first time
    done_at: datetime | None
    failed_at: datetime | None  #: of the last one, where it failed


@dataclass(frozen=True, slots=True)
class Alarm:
    """The reason of an alarm."""

    kind: AlarmKind
    about: str = ""  #: name of a channel, code of a broadcast; tells alarms of a kind apart
    figure: int = 0  #: minutes, days or percent, as its sentence says

    @property
    def name(self) -> str:
        """Return what stands for it in the database."""
        return f"{self.kind}:{self.about}" if self.about else self.kind.value


#: Words an alarm in a language.
FormatAlarm = Callable[[str, AlarmKind, str, int], Reply]


@dataclass(frozen=True, slots=True)
class UpkeepRepository:
    """Every method raises StoreError."""

    driver: Driver
    keyring: Keyring
    format_alarm: FormatAlarm

    async def begin(self, work: Upkeep, now: datetime, *, every: timedelta, again: timedelta) -> bool:
        """Take work for this process where it is due.

        Args:
            work: The kind.
            now: The moment.
            every: The time from one success to the next.
            again: The time from one try to the next, whoever made it.
        """
        row = {"name": work, "now": to_micros(now), "due": to_micros(now - every), "tried": to_micros(now - again)}
        (rows,) = await self.driver.run(Query("begin_upkeep", row))
        if rows:
            await self.note_first(work, now)
        return bool(rows)

    async def note_first(self, work: Upkeep, now: datetime) -> None:
        """Note that work is begun, where it never was before: from then on its end is awaited."""
        await self.driver.run(Query("upkeep_first", {"name": f"{work}{_FIRST}", "now": to_micros(now)}))

    async def note(self, work: Upkeep, now: datetime, *, done: bool) -> None:
        """Note how work ended."""
        row = {"name": work, "now": to_micros(now)}
        await self.driver.run(Query("upkeep_done", row) if done else Query("upkeep_failed", row))

    async def states(self) -> Mapping[Upkeep, UpkeepState]:
        """Return how each kind of work went last."""
        rows, firsts = await self.driver.run(Query("upkeep"), Query("upkeep_firsts"))
        begun, ends = {name: moment for name, moment, *_ in rows}, {name: tuple(moments) for name, _, *moments in rows}
        since = begun | {str(name).removesuffix(_FIRST): moment for name, moment in firsts}
        return {
            work: UpkeepState(from_micros(since[work]), *map(_moment, ends.get(work, (None, None))))
            for work in Upkeep
            if work in since
        }

    async def paused_broadcasts(self) -> list[str]:
        """Return the broadcasts that paused by themselves, because too many messages could not be delivered."""
        (rows,) = await self.driver.run(Query("paused_by_errors"))
        return [str(code) for (code,) in rows]

    async def oldest_waiting(self, channels: Collection[str]) -> tuple[datetime | None, datetime | None]:
        """Return since when the oldest update of these channels waits, and the oldest message that was to leave."""
        found = await self.driver.run(Query("oldest_updates"), Query("oldest_messages"))
        updates, messages = (min((since for name, since in rows if name in channels), default=None) for rows in found)
        return _moment(updates), _moment(messages)

    async def see(self, alarms: Collection[Alarm], now: datetime) -> list[Alarm]:
        """Tell the owners of the alarms that they were not told of yet, and end those whose reason is gone.

        Where there are no owners nothing is noted: the first one is told.

        Returns:
            The alarms that are new.
        """
        fresh = []
        async with self.driver.transaction() as transaction:
            await transaction.run(Query("end_alarms", {"before": to_micros(now - CALM)}))
            (rows,) = await transaction.run(Query("owners"))
            owners = sorted({(str(row[4]), *row[-2:]) for row in genuine_grants(self.keyring, rows)})
            for alarm in alarms if owners else ():
                (((since,),),) = await transaction.run(Query("see_alarm", {"name": alarm.name, "now": to_micros(now)}))
                if since == to_micros(now):
                    fresh.append(alarm)
                    await transaction.run(*(self._notice(alarm, owner, now) for owner in owners))
            await transaction.run(commit=True)
        return fresh

    def _notice(self, alarm: Alarm, owner: tuple[str, str, str | None], now: datetime) -> Query:
        chat, channel, language = owner
        said = self.format_alarm(language or LANGUAGES[0], alarm.kind, alarm.about, alarm.figure)
        origin = f"alarm:{alarm.name}:{to_micros(now)}:{chat}"
        return message_query(self.keyring, OutboxMessage(OutboxRecipient(chat, channel), origin, said, NOTICE), now)


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


_MICROS = 1_000_000
#: Bytes that show whether a disk that was full has room again.
_MUCH = 200_000


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Questions about all rows at once. Every method raises StoreError."""

    driver: Driver

    async def depths(self) -> QueueDepths:
        """Count the updates, messages and tasks that wait."""
        calls = Query("inbox_waiting"), Query("outbox_queued"), Query("tasks_waiting", {"kind": EXPORT_TASK})
        inbox, outbox, tasks = await self.driver.look(*calls)
        return QueueDepths(inbox[0][0], dict(outbox), tasks[0][0])

    async def figures(self) -> StoreFigures:
        """Return all that monitoring is told of the store."""
        depths = await self.depths()
        states, updates, messages, workers, upkeep, (consents,), (unreadable,) = await self.driver.look(
            Query("broadcasts_by_state"),
            Query("oldest_updates"),
            Query("oldest_messages"),
            Query("processes_of_channels"),
            Query("upkeep"),
            Query("consents_needed"),
            Query("unreadable_values"),
        )
        oldest = {("inbox", name): since for name, since in updates}
        oldest |= {("outbox", name): since for name, since in messages}
        return StoreFigures(
            depths, dict(states), {key: since / _MICROS for key, since in oldest.items()},
            {name: count for name, count, _ in workers},
            {name: (done and done / _MICROS, failed is not None) for name, _, done, failed in upkeep},
            consents[0], unreadable[0],
        )  # fmt: skip

    async def probe_writing(self, now: datetime) -> None:
        """Write something.

        Raises:
            StoreLocked: another program is writing all the time.
            StoreFull: there is no room.
            StoreError: the database cannot be written to for another reason.
        """
        await self.driver.run(Query("write_something", {"now": to_micros(now)}))
        if self.driver.was_full:  # a row that is there already finds its place on a full disk as well
            value = token_hex(_MUCH)
            async with self.driver.transaction() as transaction:
                await transaction.run(Query("write_much", {"now": to_micros(now), "value": value}))

    async def is_made_up(self) -> bool:
        """Tell whether the data are those of ``troly demo``."""
        (rows,) = await self.driver.run(Query("made_up"))
        return bool(rows)
