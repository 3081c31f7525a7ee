"""The store: its repositories over one database and one key file."""

from dataclasses import dataclass

from bot.store.audit import Audit
from bot.store.broadcasts.messages import BroadcastMessages, RenderMessage
from bot.store.broadcasts.schedule import ScheduleRepository
from bot.store.chats import Chats
from bot.store.command_menus import CommandMenus
from bot.store.continuity import Continuity
from bot.store.drivers.base import Driver
from bot.store.inbox import Inbox
from bot.store.key_rotation import KeyRotation
from bot.store.outbox import Outbox
from bot.store.own_data import OwnDataTasks
from bot.store.owner_alerts import FormatAlert, FormatDamage, OwnerAlerts
from bot.store.retention import Retention
from bot.store.sealing.keyring import Keyring
from bot.store.status import StoreStatus
from bot.store.tasks import ExportTasks
from bot.store.units import UnitReader
from bot.store.workers import WorkerRegistry
from handlers.model.broadcast import BroadcastPolicy


@dataclass(frozen=True, slots=True)
class StoreTexts:
    """The words for what the store tells people, each in the language of its reader."""

    alert: FormatAlert
    damage: FormatDamage
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
    own_data: OwnDataTasks
    broadcasts: ScheduleRepository
    units: UnitReader
    workers: WorkerRegistry  #: this process among those that serve a channel
    alerts: OwnerAlerts
    audit: Audit
    keys: KeyRotation
    continuity: Continuity  #: whether the database, and the clock, go on from where they were
    retention: Retention
    status: StoreStatus
    menus: CommandMenus

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
            own_data=OwnDataTasks(driver, keyring, alerts, workers.id),
            broadcasts=ScheduleRepository(driver, keyring, policy),
            units=UnitReader(driver),
            workers=workers,
            alerts=alerts,
            audit=Audit(driver, keyring),
            keys=KeyRotation(driver, keyring),
            continuity=Continuity(driver, keyring),
            retention=Retention(driver),
            status=StoreStatus(driver),
            menus=CommandMenus(driver, keyring),
        )

    async def close(self) -> None:
        """Release connections."""
        await self.driver.close()
