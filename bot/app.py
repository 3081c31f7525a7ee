"""The composition root: the one place where settings become parts and parts become a program."""

import gc
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.certificates.errors import LIMITS
from bot.certificates.reader import CertificateReader
from bot.channels.base import Channel
from bot.channels.terminal import Console, TerminalChannel, TerminalChat, input_lines
from bot.charts.renderer import Charts
from bot.clock import Clock, SystemClock
from bot.delivery.broadcasts.scheduler import BroadcastScheduler
from bot.delivery.broadcasts.sending import SchedulerSettings
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.event_preparation import EventPreparer, ListReader, ReportMaker, may_import_by_role
from bot.delivery.exporter import Exporter, OwnDataExporter
from bot.delivery.heartbeat import Heartbeat, Witness
from bot.delivery.intake import Rate
from bot.delivery.pacing import Pace, Pacer
from bot.delivery.retention import Retention
from bot.delivery.turns import Conversation, TurnHandler
from bot.exports.process import ExportChildren
from bot.metrics.base import NO_METRICS, Metrics
from bot.services.broadcasts.service import BroadcastOperations
from bot.services.opening import open_store_from_settings
from bot.settings import Settings
from bot.store.errors import DataIsMadeUp
from bot.store.serving_lock import hold_serving_lock
from bot.store.store import Store
from handlers.conversation import respond, wants_file
from locales import N_, translator
from rules.loading import load_pack
from rules.pack import Pack

_MEGABYTE = 1_000_000
SYSTEM_CLOCK = SystemClock()
#: Seconds that a file may take before it is read apart from others'.
_QUICK_SECONDS = 1.0
#: A terminal takes whatever comes.
_UNPACED = Pace(overall=1e6, chat=Rate(1e6, 1e6))
_DEMO_DATA_REFUSED = N_(
    "The data of this folder are made up (troly demo): nobody real is served over them."
    " Choose another folder with TROLY_DATA_DIR, or leave TROLY_TELEGRAM_TOKEN unset."
)


@dataclass(frozen=True, slots=True)
class Components:
    """What every channel of this process shares."""

    settings: Settings
    store: Store
    reader: CertificateReader
    slow_reader: CertificateReader
    conversation: Conversation
    clock: Clock
    heartbeat: Heartbeat
    metrics: Metrics = NO_METRICS

    def turn_handler(self, channels: Mapping[str, Channel]) -> TurnHandler:
        """The turns of these channels."""
        draw = Charts(self.settings.data_dir / "charts").draw
        folder = self.settings.data_dir / "exports" / "reports"
        report = ReportMaker(self.store, self.clock, folder, self.settings.export_part_mb * _MEGABYTE).make
        lists = ListReader(may_import_by_role(self.store))
        preparer = EventPreparer(
            channels, self.reader, lists, draw, report=report, slow=self.slow_reader, clock=self.clock
        )
        return TurnHandler(self.store, self.conversation, preparer, channels, self.clock, metrics=self.metrics)

    def exporter(self, channel: Channel, queued: Callable[[], None]) -> Exporter:
        """The exports of a channel; ``queued`` is told when there is something to send."""
        folder = self.settings.data_dir / "exports" / channel.name.replace(":", "-")
        return Exporter(self.store, channel, ExportChildren(self.settings, folder), self.clock, queued)

    def own_data_exporter(self, channel: Channel, queued: Callable[[], None]) -> OwnDataExporter:
        """Puts together what is held about people of a channel; ``queued`` as above."""
        folder = self.settings.data_dir / "own-data" / channel.name.replace(":", "-")
        limit = self.settings.export_part_mb * _MEGABYTE
        return OwnDataExporter(self.store, channel, folder, limit, self.clock, queued)

    def broadcast_scheduler(self, queued: Callable[[], None], *, certificates: bool = True) -> BroadcastScheduler:
        """What goes on with broadcasts by itself; ``queued`` is told when there may be something to send.

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
    """Keys, store, rules and the certificate reader, opened and closed in order.

    Raises:
        SettingsError: the data folder cannot be made.
        StoreError: the database or the keys cannot be used.
        PackError: the rule pack cannot be used.
    """
    pack = load_pack(settings.pack)
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


def open_heartbeat(settings: Settings, store: Store, clock: Clock) -> Heartbeat:
    """The beat of a process over this store."""
    return Heartbeat(store, _open_witness(settings), settings.expiry_reminder_days, clock)


def _open_witness(settings: Settings) -> Witness:
    """In the data folder, and outside it: a folder that is put back as a whole takes its own witness back, too."""
    outside = (settings.state_dir,) if settings.state_dir else ()
    return Witness((settings.data_dir / "witness", *outside))


def _build_conversation(settings: Settings, pack: Pack) -> Conversation:
    return Conversation(
        respond=respond,
        wants_file=wants_file,
        pack=pack,
        office=settings.receiving_office,
        retention_days=settings.retention_days,
        language=settings.language,
    )


async def serve(settings: Settings, *, receiving: bool = True) -> None:
    """Run the configured channels until the process is told to stop; not ``receiving``, it helps one that does.

    Raises:
        AlreadyServed: another process serves the same SQLite database.
    """
    from bot.channels.telegram.wiring import serve_telegram  # noqa: PLC0415 - its libraries load where it runs
    from bot.metrics.prometheus import Prometheus  # noqa: PLC0415 - as above

    async with hold_serving_lock(settings), open_components(settings, Prometheus()) as parts:
        if await parts.store.status.is_made_up():
            raise DataIsMadeUp(_DEMO_DATA_REFUSED)
        _freeze_gc()
        await serve_telegram(parts, receiving=receiving)


def _freeze_gc() -> None:
    """The garbage collector's look at all that a start has made would hold up every answer for some 50 ms."""
    gc.collect()
    gc.freeze()


async def run_terminal_chat(settings: Settings, name: str | None) -> None:
    """The chat in the terminal, over the same inbox, turns and outbox as any channel."""
    interactive = sys.stdin.isatty()
    address = name or ("local" if interactive else f"script-{uuid.uuid4().hex}")
    async with open_components(settings) as parts:
        await Retention(parts.store, parts.clock, settings.retention_days).forget()
        made_up = await parts.store.status.is_made_up()
        chat = _terminal_chat(parts, address, made_up=made_up)
        if interactive:
            chat.print_introduction(made_up=made_up)
        await chat.run(input_lines(prompt=interactive))


def _terminal_chat(parts: Components, address: str, *, made_up: bool) -> TerminalChat:
    """Who is made up is reminded of nothing."""
    console = Console(rich=sys.stdout.isatty())
    channel = TerminalChannel(console, address, translator(parts.settings.language))
    turns = parts.turn_handler({channel.name: channel})
    hours = SchedulerSettings.of(parts.settings).hours
    dispatcher = Dispatcher(
        parts.store, channel, Pacer(_UNPACED, parts.clock), parts.clock,
        open_at=hours.is_open_at, language=parts.settings.language,
    )  # fmt: skip
    chat = TerminalChat(parts.store, turns, dispatcher, parts.clock, channel)
    chat.attach_exporter(parts.exporter(channel, dispatcher.notify))
    chat.attach_own_data_exporter(parts.own_data_exporter(channel, dispatcher.notify))
    chat.attach_scheduler(parts.broadcast_scheduler(dispatcher.notify, certificates=not made_up))
    return chat
