"""The store: its repositories over one database and one key file, sealed, on SQLite or PostgreSQL."""

from dataclasses import dataclass

from bot.store.audit import Audit, Proof, seal_powers
from bot.store.broadcasts import BroadcastRepository, BroadcastSnapshot, ProvenBroadcast, read_snapshot
from bot.store.broadcasts.audience import PAGE_SIZE, AudienceReader, ChatName, Person, find_chats, find_known
from bot.store.broadcasts.lifecycle import LifecycleRepository, ScheduleRepository, StateChange, Step
from bot.store.broadcasts.messages import (
    SHOWN_MARK,
    ApproverRole,
    AuthorRole,
    BroadcastAuthor,
    BroadcastMessage,
    BroadcastMessages,
    NoticeRepository,
    RenderMessage,
    kind_of_reminder,
)
from bot.store.broadcasts.recipients import (
    ExpiryReminder,
    FailedMessage,
    FallbackRepository,
    NewRecipient,
    RecipientRepository,
    RecipientRow,
    ResultRepository,
    Withheld,
)
from bot.store.broadcasts.reminders import ExpiringCertificate, ExpiryRepository, ReminderDistance, StoredReminders
from bot.store.channel_use import ChannelUse, ChannelUseRepository
from bot.store.conditions import QueryConditions
from bot.store.contents import (
    MOVED,
    PUT_BACK,
    ReadableTables,
    Row,
    TableDigest,
    contents_of,
    digest_table,
    digest_tables,
    holds_data,
    require_same,
)
from bot.store.contents.opening import (
    LiveTables,
    copy_table,
    create_statements,
    keys_of_values,
    open_tables,
    require_unserved,
    sealing_keys,
)
from bot.store.contents.sqlite_tables import SqliteTables
from bot.store.context import (
    Chats,
    CommandMenus,
    DueMenu,
    SessionFacts,
    StoreContext,
    backfill_consents,
    chat_at,
    chat_row,
    has_consent,
    session_language,
)
from bot.store.continuity import CLOCK_LEAP, Continuity, DatabasePosition, check_all_keys
from bot.store.counts import StatisticsRepository, count_audience, to_channel_counts
from bot.store.dossiers import DossierRepository
from bot.store.drivers import (
    Driver,
    Migration,
    Query,
    Rows,
    RunQueries,
    SharedUse,
    Transaction,
    from_micros,
    load_migrations,
    missing_migrations,
    needs_postgresql,
    split_statements,
    sqlite_path,
    to_micros,
)
from bot.store.drivers.sqlite import has_database, open_sqlite
from bot.store.email import EmailRepository, import_queries, offer_queries, read_contact, read_reached
from bot.store.errors import (
    BackupBusy,
    BackupError,
    ClockLeapt,
    DatabaseMoved,
    DatabaseUnusable,
    DataIsMadeUp,
    FolderHoldsData,
    KeyFileError,
    KeyFileMismatch,
    LooksAtEverybody,
    ReadingOnly,
    SchemaNewer,
    SessionTooLarge,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreUnavailable,
    TargetHoldsData,
    TooMuchToKeep,
    TurnTakenOver,
)
from bot.store.inbox import Inbox, TurnClaims
from bot.store.journal import (
    ChainFault,
    JournalEnd,
    JournalRepository,
    Verdict,
    chain_hash,
    head_to_continue,
    journal_columns,
)
from bot.store.key_rotation import RETIREMENT_GRACE, KeyCheck, KeyRotation, Retirement
from bot.store.links import SESSION_AGE, DeskSessionRepository, FileFacts, OneTimeLinkRepository
from bot.store.messages import (
    AbandonedRow,
    FormatAlert,
    FormatDamage,
    OutboxMessage,
    OutboxRecipient,
    OwnerAlerts,
    claimed_reply,
    message_query,
    reply_queries,
)
from bot.store.offices import OfficeReader, OfficeRepository
from bot.store.outbox import Outbox
from bot.store.own_data import OwnDataRepository, OwnDataTask, OwnDataTasks
from bot.store.page_exports import PageExport, PageExportRepository, PageExportTasks, PageFile
from bot.store.people import GrantRepository, InvitationRepository, UndeliveredExport, UndeliveredExports
from bot.store.person_channels import PersonChannelRepository, remove_mailbox
from bot.store.power_seals import seal_grant
from bot.store.request_list import ImportRepository, MovableRequest, RequestListRepository
from bot.store.request_notices import (
    DigestPerson,
    RequestNoticeRepository,
    digest_origin,
    placing_origin,
    request_origin,
    since_yesterday,
)
from bot.store.requests import (
    CODES_A_YEAR,
    SUBSCRIBER,
    StoredOwnRequests,
    add_words_queries,
    index_requests,
    open_columns,
)
from bot.store.retention import Retention
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, open_keyring
from bot.store.sealing.keyfile import KeyFile, StoredKey, read_key_file, replace_key_file
from bot.store.tasks import (
    Completion,
    ExportReaderRepository,
    ExportRepository,
    ExportTask,
    ExportTasks,
    TaskResult,
    UnreadableTask,
)
from bot.store.units import UNITS_COUNTER, StoredInterviewRegister, UnitReader, UnitRepository, read_units
from bot.store.upkeep import Alarm, FormatAlarm, StoreStatus, Upkeep, UpkeepRepository, UpkeepState
from bot.store.web_chat import WebChatRepository
from bot.store.workers import LeaseDuration, Presence, WorkerRegistry, hold_serving_lock
from bot.store.zalo import ZaloAccount, ZaloEvent, ZaloRepository, ZaloTokens, can_send
from handlers.model import BroadcastPolicy


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
    upkeep: UpkeepRepository  #: backups, retention and alarms
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


# fmt: off
__all__ = [
    "CLOCK_LEAP", "CODES_A_YEAR", "MOVED", "PAGE_SIZE", "PUT_BACK", "RETIREMENT_GRACE", "SESSION_AGE", "SHOWN_MARK",
    "SUBSCRIBER", "UNITS_COUNTER", "UNREADABLE_ERRORS", "AbandonedRow", "Alarm", "ApproverRole", "AudienceReader",
    "AuthorRole", "BackupBusy", "BackupError", "BroadcastAuthor", "BroadcastMessage", "BroadcastRepository",
    "BroadcastSnapshot", "ChainFault", "ChannelUse", "ChannelUseRepository", "ChatName", "ClockLeapt", "Completion",
    "DataIsMadeUp", "DatabaseMoved", "DatabasePosition", "DatabaseUnusable", "DigestPerson", "DossierRepository",
    "Driver", "DueMenu", "ExpiringCertificate", "ExpiryReminder", "ExpiryRepository", "ExportReaderRepository",
    "ExportRepository", "ExportTask", "ExportTasks", "FailedMessage", "FallbackRepository", "FileFacts",
    "FolderHoldsData", "GrantRepository", "ImportRepository", "InvitationRepository", "JournalEnd",
    "JournalRepository", "KeyCheck", "KeyFile", "KeyFileError", "KeyFileMismatch", "KeyRotation", "Keyring",
    "LeaseDuration", "LifecycleRepository", "LiveTables", "LooksAtEverybody", "Migration", "MovableRequest",
    "NewRecipient", "NoticeRepository", "OfficeRepository", "OutboxMessage", "OutboxRecipient", "OwnDataRepository",
    "OwnDataTask", "OwnDataTasks", "PageExport", "PageExportRepository", "PageExportTasks", "PageFile", "Person",
    "PersonChannelRepository", "Presence", "Proof", "ProvenBroadcast", "Query", "QueryConditions", "ReadableTables",
    "ReadingOnly", "RecipientRepository", "RecipientRow", "ReminderDistance", "RequestListRepository",
    "RequestNoticeRepository", "ResultRepository", "Retirement", "Row", "Rows", "RunQueries", "ScheduleRepository",
    "SchemaNewer", "SessionFacts", "SessionTooLarge", "SharedUse", "SqliteTables", "StateChange",
    "StatisticsRepository", "Step", "Store", "StoreContext", "StoreError", "StoreFull", "StoreLocked", "StoreTexts",
    "StoreUnavailable", "StoredInterviewRegister", "StoredKey", "StoredOwnRequests", "StoredReminders",
    "TableDigest", "TargetHoldsData", "TaskResult", "TooMuchToKeep", "Transaction", "TurnClaims", "TurnTakenOver",
    "UndeliveredExport", "UndeliveredExports", "UnitRepository", "UnreadableTask", "Upkeep", "UpkeepState",
    "Verdict", "Withheld", "WorkerRegistry", "ZaloAccount", "ZaloEvent", "ZaloRepository", "ZaloTokens",
    "add_words_queries", "backfill_consents", "can_send", "chain_hash", "chat_at", "chat_row", "check_all_keys",
    "claimed_reply", "contents_of", "copy_table", "count_audience", "create_statements", "digest_origin",
    "digest_table", "digest_tables", "find_chats", "find_known", "from_micros", "has_consent", "has_database",
    "head_to_continue", "hold_serving_lock", "holds_data", "import_queries", "index_requests", "journal_columns",
    "keys_of_values", "kind_of_reminder", "load_migrations", "message_query", "missing_migrations", "needs_postgresql",
    "offer_queries", "open_columns", "open_keyring", "open_sqlite", "open_tables", "placing_origin", "read_contact",
    "read_key_file", "read_reached", "read_snapshot", "read_units", "remove_mailbox", "replace_key_file",
    "reply_queries", "request_origin", "require_same", "require_unserved", "seal_grant", "seal_powers",
    "sealing_keys", "session_language", "since_yesterday", "split_statements", "sqlite_path", "to_channel_counts",
    "to_micros",
]
# fmt: on
