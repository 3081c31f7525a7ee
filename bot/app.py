"""The composition root: the one place where settings become parts and parts become a program."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module

from bot.certificates import LIMITS
from bot.certificates.reader import CertificateReader
from bot.channels import (
    AcceptUpdates,
    BackgroundService,
    Channel,
    OpenChannel,
    Receiver,
    RehearsalChannel,
    ServedChannel,
)
from bot.channels.file_links import LinkingChannel
from bot.channels.pace import Rate
from bot.charts import Charts
from bot.clock import Clock
from bot.concurrency import cancel_on, run_in_background
from bot.delivery.background import CommandMenuLoop, RequestDigests, Retention, ShortRetention
from bot.delivery.broadcast_scheduler import BroadcastScheduler
from bot.delivery.broadcast_sending import SchedulerSettings
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.dossier_maker import DossierMaker, find_in_store
from bot.delivery.event_preparation import EventPreparer, ListReader, ReportMaker, may_import_by_role
from bot.delivery.exporter import Exporter, OwnDataExporter
from bot.delivery.form_making import FormMaker
from bot.delivery.intake import Intake, Throttle, WaitingCalls
from bot.delivery.pacing import Pacer
from bot.delivery.runner import ChannelService, Runner
from bot.delivery.turn_pool import TurnPool
from bot.delivery.turns import Conversation, TurnHandler
from bot.delivery.watch import AlarmWatch, BackupLoop
from bot.delivery.worker_lease import Heartbeat, WorkerLease, open_heartbeat
from bot.errors import SettingsError
from bot.exports.process import ExportChildren
from bot.messages import Chat
from bot.metrics import NO_METRICS, Metrics, Prometheus, read_memory
from bot.pdf import log_missing_converter
from bot.services.broadcasts import BroadcastOperations
from bot.services.channels import EmailTerms
from bot.services.links import FileLinks
from bot.services.opening import open_store_from_settings, wait_for_database
from bot.services.request_notices import DigestSender
from bot.settings import Settings
from bot.store import DataIsMadeUp, LeaseDuration, Store, TurnClaims, hold_serving_lock
from handlers.conversation import respond, wants_certificate_list, wants_file
from handlers.model import CHANNEL_LABELS, WEB
from locales import N_
from rules.loading import load_pack
from rules.pack import Pack

_MEGABYTE = 1_000_000
SYSTEM_CLOCK = Clock()
#: Seconds that a file may take before it is read apart from others'.
_QUICK_SECONDS = 1.0
_DEMO_DATA_REFUSED = N_(
    "The data of this folder are made up (troly demo): nobody real is served over them."
    " Choose another folder with TROLY_DATA_DIR, or leave TROLY_TELEGRAM_TOKEN, TROLY_ZALO_OA_APP_ID,"
    " TROLY_ZALO_BOT_TOKEN and TROLY_EMAIL_HOST unset."
)


_NOT_MADE_UP = N_(
    "A rehearsal needs made-up data, and this folder holds other data. Choose an empty folder with TROLY_DATA_DIR."
)


@dataclass(frozen=True, slots=True)
class Components:
    """The parts that every channel of this process shares."""

    settings: Settings
    store: Store
    reader: CertificateReader
    slow_reader: CertificateReader
    conversation: Conversation
    clock: Clock
    heartbeat: Heartbeat
    metrics: Metrics = NO_METRICS

    def turn_handler(
        self,
        channels: Mapping[str, Channel],
        queued: Callable[[Chat], None] = lambda _: None,
        outlets: Mapping[str, Dispatcher] | None = None,
    ) -> TurnHandler:
        """Build what handles the turns of these channels, whose answers the outlets send.

        ``queued`` is told of a message for a chat between turns.
        """
        draw = Charts(self.settings.data_dir / "charts").draw
        folder = self.settings.data_dir / "exports" / "reports"
        report = ReportMaker(self.store, self.clock, folder, self.settings.export_part_mb * _MEGABYTE).make
        lists = ListReader(may_import_by_role(self.store))
        preparer = EventPreparer(
            channels, self.reader, lists, draw, report=report, slow=self.slow_reader, clock=self.clock,
            templates=self.settings.form_templates, forms=FormMaker(self.settings.form_templates).make,
            dossiers=self._dossier_maker(queued),
        )  # fmt: skip
        return TurnHandler(
            self.store, self.conversation, preparer, channels, self.clock, outlets=outlets, metrics=self.metrics
        )

    def _dossier_maker(self, queued: Callable[[Chat], None]) -> DossierMaker:
        known, store = self.conversation, self.store
        return DossierMaker(
            find_in_store(store, self.clock), self.clock, known.pack, known.office, self.settings.form_templates,
            asyncio.Semaphore(1), store.inbox.waiting_events, store.outbox, queued, pdf=True,
        )  # fmt: skip

    def exporters(self, channel: Channel, queued: Callable[[], None]) -> tuple[Exporter | OwnDataExporter, ...]:
        """Return what writes the lists, and the own data, that people order in a channel, or on its admin pages.

        ``queued`` is told when there is something to send.
        """
        name = channel.name.replace(":", "-")
        lists, pages, own = (self.settings.data_dir / kind / name for kind in ("exports", "page-exports", "own-data"))
        limit = self.settings.export_part_mb * _MEGABYTE
        made = (
            Exporter(self.store, channel, ExportChildren(self.settings, lists), self.clock, queued),
            OwnDataExporter(self.store, channel, own, limit, self.clock, queued),
        )
        if channel.name != WEB:
            return made
        children = ExportChildren(self.settings, pages)
        return (*made, Exporter(self.store, channel, children, self.clock, queued, for_pages=True))

    def broadcast_scheduler(self, queued: Callable[[], None], *, certificates: bool = True) -> BroadcastScheduler:
        """Return what goes on with broadcasts by itself; ``queued`` is told when there may be something to send.

        Without ``certificates`` nobody is reminded of the end of theirs.
        """
        terms = SchedulerSettings.of(self.settings)
        kept = terms if certificates else replace(terms, expiry_days=())
        return BroadcastScheduler(
            BroadcastOperations.over(self.store), kept, self.clock, queued, lambda: self.heartbeat.leapt
        )


@asynccontextmanager
async def open_components(
    settings: Settings, metrics: Metrics = NO_METRICS, clock: Clock = SYSTEM_CLOCK
) -> AsyncIterator[Components]:
    """Open keys, store, rules and the certificate reader, and close them in order.

    Raises:
        SettingsError: the data folder cannot be made.
        StoreError: the database or the keys cannot be used.
        PackError: the rule pack cannot be used.
    """
    pack = load_pack(settings.pack, settings.offices)
    async with open_store_from_settings(settings) as opened:
        trust = settings.data_dir / "trust"
        quick, slow = CertificateReader(trust, replace(LIMITS, seconds=_QUICK_SECONDS)), CertificateReader(trust)
        try:
            heartbeat = open_heartbeat(settings, opened.store, clock)
            await heartbeat.begin()
            yield Components(
                settings, opened.store, quick, slow, _build_conversation(settings, pack), clock, heartbeat, metrics
            )
        finally:
            await quick.close()
            await slow.close()


def _build_conversation(settings: Settings, pack: Pack) -> Conversation:
    return Conversation(
        respond=respond,
        wants_file=wants_file,
        wants_list=wants_certificate_list,
        pack=pack,
        office=settings.receiving_office,
        retention_days=settings.retention_days,
        identity_days=settings.identity_kept_days,
        language=settings.language,
        web_address=settings.web_address,
        email=EmailTerms(settings.email_domains, settings.web_address) if settings.email_host else None,
    )


_NO_CHANNEL = N_(
    "None of TROLY_TELEGRAM_TOKEN, TROLY_ZALO_OA_APP_ID and TROLY_ZALO_BOT_TOKEN is set, and TROLY_WEB_LISTEN is empty"
)


def has_channel(settings: Settings) -> bool:
    """Tell whether these settings configure a channel."""
    return any((settings.telegram_token, settings.zalo_oa_app_id, settings.zalo_bot_token, settings.email_host))


def configured_channels(components: Components) -> tuple[OpenChannel, ...]:
    """Return what opens the channels that the settings configure."""
    return channels_of(components.settings, components.store, components.clock)


def channels_of(settings: Settings, store: Store, clock: Clock) -> tuple[OpenChannel, ...]:
    """Return what opens the channels that the settings configure, a line for each kind."""
    # Imported where it is served: a chat in the terminal starts without it.
    wanted: list[OpenChannel] = []
    if settings.telegram_token is not None:
        from bot.channels.telegram import open_telegram  # noqa: PLC0415

        wanted.append(partial(open_telegram, settings))
    if settings.zalo_oa_app_id is not None:
        from bot.channels.zalo.oa import open_zalo_oa  # noqa: PLC0415

        wanted.append(partial(open_zalo_oa, settings, store, clock))
    if settings.zalo_bot_token is not None:
        from bot.channels.zalo.bot_platform import open_zalo_bot  # noqa: PLC0415

        wanted.append(partial(open_zalo_bot, settings, store, clock))
    if settings.email_host is not None:
        from bot.channels.email import open_email  # noqa: PLC0415

        wanted.append(partial(open_email, settings, store, clock))
    return tuple(wanted)


def _web_chat(components: Components) -> tuple[OpenChannel, ...]:
    """Return what opens the web chat, where browsers reach this process."""
    if not components.settings.web_listen:
        return ()
    from bot.channels.web import open_web  # noqa: PLC0415

    return (partial(open_web, components.settings, components.store, components.clock),)


async def _load_telegram(settings: Settings) -> None:
    """Load what reaches Telegram while rules and database are opened: it reads all authorities' certificates twice.

    That is half of its time, and needs no interpreter. Nothing else is imported meanwhile.
    """
    if settings.telegram_token is not None:
        await asyncio.to_thread(import_module, "bot.channels.telegram")


async def _check_data(store: Store, settings: Settings, *, rehearsal: bool) -> None:
    """Raise where real people would be served over made-up data, or a rehearsal be held over real ones."""
    made_up = await store.status.is_made_up()
    if made_up and not rehearsal and (has_channel(settings) or settings.web_url is not None):
        raise DataIsMadeUp(_DEMO_DATA_REFUSED)
    if rehearsal and not made_up:
        raise SettingsError(_NOT_MADE_UP)


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    *,
    receiving: bool = True,
    rehearsal: bool = False,
    told: Callable[[], None] = lambda: None,
) -> None:
    """Run the configured channels until ``stop`` is set; not ``receiving``, it helps one that does.

    A wish to stop counts from the beginning: what is opened then is closed again. A ``rehearsal`` runs over the data of
    a demo only, and every message of it says so. ``told`` is called once the sockets listen.

    Raises:
        AlreadyServed: another process serves the same SQLite database.
        DataIsMadeUp: nobody real is served over the data of a demo.
        SettingsError: no channel is configured, or a setting cannot be used.
        ChannelError: a platform does not accept the assistant's credentials.
        StoreError: the store cannot be used.
    """
    await cancel_on(stop, wait_for_database(settings, gc.enable))  # a start begins without the collector
    metrics = Prometheus(partial(read_memory, settings.memory_limit_mb))
    async with AsyncExitStack() as opened:
        await cancel_on(stop, opened.enter_async_context(hold_serving_lock(settings)))
        await opened.enter_async_context(run_in_background((_load_telegram(settings),)))
        components = await cancel_on(stop, opened.enter_async_context(open_components(settings, metrics)))
        if components is None or stop.is_set():
            return
        await _check_data(components.store, settings, rehearsal=rehearsal)
        log_missing_converter()  # now, not when the first paper is made

        def begun() -> None:
            gc.freeze()  # the collector's look at all that a start has made would hold up every answer for 50 ms
            gc.enable()
            told()

        await serve_channels(components, stop, receiving=receiving, rehearsal=rehearsal, told=begun)


async def serve_channels(  # noqa: PLR0913 - all but the first have a usual value
    components: Components,
    stop: asyncio.Event | None = None,
    *,
    receiving: bool = True,
    rehearsal: bool = False,
    channels: Sequence[OpenChannel] | None = None,
    told: Callable[[], None] = lambda: None,
) -> None:
    """Serve several channels in one process until ``stop`` is set.

    One that is not ``receiving`` handles and delivers what others receive over the same store. The ``channels`` are
    those of the settings where none are given; ``told`` is as for ``serve``. Raises as it does.
    """
    stop = stop or asyncio.Event()
    wanted = (*configured_channels(components), *_web_chat(components)) if channels is None else channels
    if not wanted:
        raise SettingsError(_NO_CHANNEL)
    async with AsyncExitStack() as opened:
        served = [await opened.enter_async_context(open_channel()) for open_channel in wanted]
        served = [_with_file_links(components, one) for one in served]
        if rehearsal:
            served = [
                replace(one, channel=RehearsalChannel(one.channel, components.settings.language)) for one in served
            ]
        for one in served:
            await cancel_on(stop, one.prepare())
        with ExitStack() as listening:
            runner = _build_runner(components, served, listening, receiving=receiving, rehearsal=rehearsal)
            told()
            await runner.run(stop)
    if (outdated := components.heartbeat.outdated) is not None:
        raise outdated


def _with_file_links(components: Components, one: ServedChannel) -> ServedChannel:
    """Let a channel that sends no files tell a link to each, where browsers reach the assistant."""
    address = components.settings.web_address
    able = one.channel.capabilities
    if address is None or (able.files_out and able.largest_file is None):
        return one
    links = FileLinks(components.store, components.clock, address, components.settings.language)
    return replace(one, channel=LinkingChannel(one.channel, links))


def _wake(dispatchers: Sequence[Dispatcher]) -> None:
    for one in dispatchers:
        one.notify()


def _build_runner(
    components: Components, served: Sequence[ServedChannel], listening: ExitStack, *, receiving: bool, rehearsal: bool
) -> Runner:
    """Build all loops of this process, over all of its channels."""
    settings, store, clock = components.settings, components.store, components.clock
    dispatchers: dict[str, Dispatcher] = {}

    def wake(chat: Chat) -> None:
        dispatchers[chat.channel].notify_files()

    def is_answering() -> bool:
        return workers.is_answering() or intake.is_storing

    turns = components.turn_handler({one.channel.name: one.channel for one in served}, wake, dispatchers)
    calls = WaitingCalls(clock)
    workers = TurnPool(turns.step, turns.wake_outlet, gives_way=calls.are_slow)
    services = [_channel_service(components, one, is_answering) for one in served]
    dispatchers |= {service.channel: service.dispatcher for service in services}
    wake_all = partial(_wake, tuple(dispatchers.values()))
    intake = _build_intake(components, turns, workers)
    sources = [
        one.receive(intake.accept, intake.record_block_change) if receiving else Receiver(one.stand_by)
        for one in served
    ]

    scheduler = components.broadcast_scheduler(wake_all, certificates=not rehearsal)
    hours = SchedulerSettings.of(settings).hours
    digests = RequestDigests(DigestSender(store), clock, hours, wake_all, lambda: components.heartbeat.leapt)
    background = (
        *_web_servers(components, served, sources, intake.accept, listening, calls=calls, receiving=receiving),
        *(source.service for source in sources),
        components.heartbeat.run,
        *_upkeep_loops(components, served),
        *_export_loops(components, served, dispatchers),
        scheduler.run,
        digests.run,
        *(_menu_loops(components, served) if receiving else ()),
    )
    return Runner(store, workers, services, background, moved=scheduler.notify)


def _export_loops(
    components: Components, served: Sequence[ServedChannel], dispatchers: Mapping[str, Dispatcher]
) -> list[BackgroundService]:
    """Build what writes the files that are ordered in chats, for each channel."""
    made = [components.exporters(one.channel, dispatchers[one.channel.name].notify_files) for one in served]
    return [part.run for parts in made for part in parts]


def _build_intake(components: Components, turns: TurnHandler, workers: TurnPool) -> Intake:
    """Build the way in: what arrives is handled by the pool, at once where that has a free place."""
    rate = Rate(components.settings.throttle_per_second, components.settings.throttle_burst)
    clock, claims = components.clock, TurnClaims(workers.would_begin, turns.hand_on)
    throttle = Throttle(rate, clock)
    return Intake(components.store, throttle, clock, workers.submit, components.metrics, claims=claims)


def _upkeep_loops(components: Components, served: Sequence[ServedChannel]) -> list[BackgroundService]:
    """Build the loops of upkeep: deletion, backups, alarms."""
    settings, store, clock = components.settings, components.store, components.clock
    return [
        Retention(store, clock, settings.retention_days).run,
        ShortRetention(store, clock).run,
        AlarmWatch(settings, store, served, clock).run,
        BackupLoop(settings, store, clock).run,
    ]


def _web_servers(  # noqa: PLR0913 - what it is built over
    components: Components,
    served: Sequence[ServedChannel],
    sources: Sequence[Receiver],
    accept: AcceptUpdates,
    listening: ExitStack,
    *,
    calls: WaitingCalls,
    receiving: bool,
) -> list[BackgroundService]:
    """Build the web server, imported where there is something to listen for."""
    settings = components.settings
    if not (settings.web_private_listen or settings.web_listen or any(one.listen for one in sources)):
        return []
    from bot.web import WebSurroundings, build_web_server  # noqa: PLC0415

    accepted = {CHANNEL_LABELS[one.channel.name]: one.is_accepted for one in served}
    troubles = {CHANNEL_LABELS[one.channel.name]: one.trouble for one in served}
    pack = components.conversation.pack
    world = WebSurroundings(
        components.settings, components.store, components.clock, components.metrics, pack, accept, accepted,
        troubles, calls.answering,
    )  # fmt: skip
    return build_web_server(world, sources, listening, receiving=receiving)


def _menu_loops(components: Components, served: Sequence[ServedChannel]) -> list[BackgroundService]:
    """Build what shows people with a role their commands, for each channel that has menus."""
    shown = [(one.channel.name, one.show_menu) for one in served]
    return [CommandMenuLoop(components.store, name, show, components.clock).run for name, show in shown if show]


def _channel_service(components: Components, served: ServedChannel, answering: Callable[[], bool]) -> ChannelService:
    """Build the way out of a channel, at the pace that it shares with other processes."""
    settings, store, clock = components.settings, components.store, components.clock
    pacer = Pacer(served.pace, clock)
    lease = LeaseDuration(settings.worker_lease_seconds)

    def share(live: int, rank: int) -> None:
        pacer.share(live, rank)
        if served.share:
            served.share(live)

    worker_lease = WorkerLease(store.workers, served.channel.name, clock, share, lease)
    dispatcher = Dispatcher(
        store, served.channel, pacer, clock,
        broadcasts_at_once=served.broadcasts_at_once, may_send=worker_lease.may_send,
        open_at=SchedulerSettings.of(settings).hours.is_open_at, answering=answering,
        language=settings.language, metrics=components.metrics,
    )  # fmt: skip
    return ChannelService(worker_lease, dispatcher)
