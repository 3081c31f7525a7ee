"""The store: its repositories over one database and one key file, and its state as a whole."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from bot.metrics import QueueDepths, StoreFigures
from bot.store.audit import Audit
from bot.store.broadcasts.lifecycle import ScheduleRepository
from bot.store.broadcasts.messages import BroadcastMessages, RenderMessage
from bot.store.channel_use import ChannelUseRepository
from bot.store.context import Chats, CommandMenus
from bot.store.continuity import Continuity
from bot.store.desk_sessions import DeskSessionRepository
from bot.store.drivers import Driver, Query
from bot.store.email import EmailRepository
from bot.store.encoding import to_micros
from bot.store.inbox import Inbox
from bot.store.key_rotation import KeyRotation
from bot.store.links import OneTimeLinkRepository
from bot.store.messages import EXPORT_TASK, FormatAlert, FormatDamage, OwnerAlerts
from bot.store.offices import OfficeReader
from bot.store.outbox import Outbox
from bot.store.own_data import OwnDataTasks
from bot.store.page_exports import PageExportTasks
from bot.store.retention import Retention
from bot.store.sealing import Keyring
from bot.store.tasks import ExportTasks
from bot.store.units import UnitReader
from bot.store.upkeep import FormatAlarm, UpkeepRepository
from bot.store.web_chat import WebChatRepository
from bot.store.workers import WorkerRegistry
from bot.store.zalo import ZaloRepository
from handlers.model import BroadcastPolicy

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


@dataclass(frozen=True, slots=True)
class StoreTexts:
    """The words for what the store tells people, each in the language of its reader."""

    alert: FormatAlert
    damage: FormatDamage
    alarm: FormatAlarm
    broadcast: RenderMessage


@dataclass(frozen=True, slots=True)
class Store:
    """The repositories of one process. ``bot.services`` opens the store and the transactions over it.

    Times are aware and in UTC. All methods of the repositories raise ``StoreError`` (``bot.store.errors``); where it is
    ``retryable`` nothing was changed and the same call may be made again.
    """

    driver: Driver
    keyring: Keyring
    policy: BroadcastPolicy  #: of broadcasts
    chats: Chats
    inbox: Inbox
    outbox: Outbox
    tasks: ExportTasks
    page_exports: PageExportTasks
    own_data: OwnDataTasks
    broadcasts: ScheduleRepository
    units: UnitReader
    offices: OfficeReader  #: receiving offices that admins set in the chat
    workers: WorkerRegistry  #: this process among those that serve a channel
    alerts: OwnerAlerts
    audit: Audit
    keys: KeyRotation
    continuity: Continuity  #: whether the database, and the clock, go on from where they were
    retention: Retention
    status: StoreStatus
    upkeep: UpkeepRepository  #: work on the house itself, and alarms
    menus: CommandMenus
    zalo: ZaloRepository
    channel_use: ChannelUseRepository
    email: EmailRepository
    links: OneTimeLinkRepository  #: what is fetched once through a browser
    web: WebChatRepository  #: the conversations of the web chat
    desk: DeskSessionRepository  #: browsers that are signed in to the admin pages

    @classmethod
    def over(cls, driver: Driver, keyring: Keyring, policy: BroadcastPolicy, texts: StoreTexts) -> "Store":
        """Put the repositories together over a database that is ready for use."""
        alerts = OwnerAlerts(driver, keyring, texts.alert, texts.damage)
        workers = WorkerRegistry(driver, keyring, alerts)
        letters = BroadcastMessages(driver, keyring, policy.reminders_per_week, texts.broadcast)
        return cls(
            driver=driver,
            keyring=keyring,
            policy=policy,
            chats=Chats(driver, keyring),
            inbox=Inbox(driver, keyring, alerts, workers.id),
            outbox=Outbox(driver, keyring, alerts, letters, workers.id),
            tasks=ExportTasks(driver, keyring, alerts, workers.id),
            page_exports=PageExportTasks(driver, keyring, alerts, workers.id),
            own_data=OwnDataTasks(driver, keyring, alerts, workers.id),
            broadcasts=ScheduleRepository(driver, keyring, policy),
            units=UnitReader(driver),
            offices=OfficeReader(driver, keyring),
            workers=workers,
            alerts=alerts,
            audit=Audit(driver, keyring),
            keys=KeyRotation(driver, keyring),
            continuity=Continuity(driver, keyring),
            retention=Retention(driver, keyring),
            status=StoreStatus(driver),
            upkeep=UpkeepRepository(driver, keyring, texts.alarm),
            menus=CommandMenus(driver, keyring),
            zalo=ZaloRepository(driver, keyring),
            channel_use=ChannelUseRepository(driver),
            email=EmailRepository(driver, keyring),
            links=OneTimeLinkRepository(driver, keyring),
            web=WebChatRepository(driver, keyring),
            desk=DeskSessionRepository(driver, keyring),
        )

    async def close(self) -> None:
        """Release connections."""
        await self.driver.close()
