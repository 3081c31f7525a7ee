"""The store: its repositories over one database and one key file, its state as a whole, and what is past its time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.metrics import QueueDepths
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
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from bot.store.tasks import ExportTasks
from bot.store.units import UnitReader
from bot.store.web_chat import WebChatRepository
from bot.store.workers import WorkerRegistry
from bot.store.zalo import ZaloRepository
from handlers.core import Session
from handlers.model import BroadcastPolicy
from rules.calendar import to_vietnam_day

#: What somebody chose or sent before they agreed (a language, a file) is kept for so long; then all of it goes.
UNDECIDED_AGE = timedelta(hours=1)
#: In this order: a chat can go only when its requests did, a standing when its session did, a broadcast when its
#: messages did.
_EXPIRY = {
    "requests": "expire_requests",
    "sessions": "expire_sessions",
    "standings": "expire_standings",
    "inbox": "expire_inbox",
    "outbox": "expire_outbox",
    "broadcasts": "expire_broadcasts",
    "roles": "expire_grants",
    "invitations": "expire_invitations",
    "dossiers": "expire_dossiers",
    "chats": "expire_chats",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes rows by their age."""

    driver: Driver
    keyring: Keyring

    async def erase_identities(self, now: datetime) -> int:
        """Erase the personal numbers whose time is over from sessions, and what may hold one and was not delivered.

        Returns:
            How many chats it was.

        Raises:
            StoreError: nothing more was erased.
        """
        (rows,) = await self.driver.run(Query("due_identities", {"now": to_micros(now)}))
        for chat, sealed in rows:
            await self.driver.run(*self._erase_queries(chat, sealed))
        return len(rows)

    def _erase_queries(self, chat: str, sealed: bytes) -> list[Query]:
        """A session that cannot be opened stays as it is: nobody else can open it either, and its key may come."""
        place, mine = sealed_columns.session(chat), {"chat": chat}
        session = unseal_or_none(self.keyring, sealed, place)
        gone = [Query("erase_failed_updates", mine), Query("erase_failed_messages", mine)]
        if session is None:
            return gone
        fresh = self.keyring.seal(Session.load(session).without_identity_deadline().model_dump_json(), place)
        return [*gone, Query("erase_identities", {**mine, "fresh": fresh, "stale": sealed})]

    async def delete_expired(self, now: datetime, days: int, *, dry_run: bool = False) -> dict[str, int]:
        """Delete what is older than ``days``, as one transaction. A dry run only counts.

        Returns:
            How many requests, sessions, standings, updates, messages, broadcasts, roles, invitations, dossiers and
            chats went, by these names.

        Raises:
            StoreError: nothing was deleted.
        """
        if not dry_run:
            await self.erase_identities(now)
        before = {
            "before": to_micros(now - timedelta(days=days)),
            "undecided": to_micros(now - UNDECIDED_AGE),
            "day": to_micros(now - timedelta(days=1)),
            "today": to_vietnam_day(now).toordinal(),
        }
        async with self.driver.transaction() as transaction:
            # not counted: nobody asks for them
            await transaction.run(
                Query("expire_tasks", before),
                Query("expire_unreadable", before),
                Query("expire_web_messages", before),
                Query("expire_web_browsers", before),
                Query("expire_receipts", before),
                Query("expire_windows", before),
                Query("expire_guided", before),
                Query("expire_channels", before),
                Query("expire_offers", before),
                Query("expire_guesses", before),
            )
            results = await transaction.run(*(Query(query, before) for query in _EXPIRY.values()), commit=not dry_run)
        return {name: len(rows) for name, rows in zip(_EXPIRY, results, strict=True)}


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Questions about all rows at once. Every method raises StoreError."""

    driver: Driver

    async def depths(self) -> QueueDepths:
        """Count the updates, messages and tasks that wait."""
        calls = Query("inbox_waiting"), Query("outbox_queued"), Query("tasks_waiting", {"kind": EXPORT_TASK})
        inbox, outbox, tasks = await self.driver.run(*calls)
        return QueueDepths(inbox[0][0], dict(outbox), tasks[0][0])

    async def is_made_up(self) -> bool:
        """Tell whether the data are those of ``troly demo``."""
        (rows,) = await self.driver.run(Query("made_up"))
        return bool(rows)


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
