"""The composition root: the one place where settings become parts and parts become a program."""

import gc
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.certificates import LIMITS, CertificateReader
from bot.channels.base import Channel
from bot.channels.console import Console, typed_lines
from bot.channels.terminal import TerminalChannel, TerminalChat
from bot.charts import Charts
from bot.delivery import (
    Clock,
    Collector,
    Conversation,
    Dispatcher,
    Exporter,
    Pace,
    Pacer,
    Preparer,
    Rate,
    Retention,
    SystemClock,
    Turns,
)
from bot.delivery.heartbeat import Heartbeat
from bot.delivery.herald import Herald
from bot.delivery.heralding.terms import Terms
from bot.delivery.lists import Lists, importers
from bot.delivery.reporting import Reports
from bot.delivery.witness import Witness
from bot.exports.child import ExportChildren
from bot.metrics import NO_METRICS, Metrics
from bot.settings import Settings
from bot.store import store_of
from bot.store.api import Store
from bot.store.errors import MadeUp
from bot.store.serving_lock import serving_alone
from handlers import respond, wants_file
from locales import N_, translator
from rules import Pack, load_pack

_MEGABYTE = 1_000_000
SYSTEM_CLOCK = SystemClock()
#: Seconds that a file may take before it is read apart from others'.
_QUICK_SECONDS = 1.0
#: A terminal takes whatever comes.
_UNPACED = Pace(overall=1e6, chat=Rate(1e6, 1e6))
_MADE_UP = N_(
    "The data of this folder are made up (troly demo): nobody real is served over them."
    " Choose another folder with TROLY_DATA_DIR, or leave TROLY_TELEGRAM_TOKEN unset."
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every channel of this process shares."""

    settings: Settings
    store: Store
    reader: CertificateReader
    slow_reader: CertificateReader
    conversation: Conversation
    clock: Clock
    heartbeat: Heartbeat
    metrics: Metrics = NO_METRICS

    def turn_handler(self, channels: Mapping[str, Channel]) -> Turns:
        """The turns of these channels."""
        draw = Charts(self.settings.data_dir / "charts").draw
        folder = self.settings.data_dir / "exports" / "reports"
        report = Reports(self.store, self.clock, folder, self.settings.export_part_mb * _MEGABYTE).make
        lists = Lists(importers(self.store))
        preparer = Preparer(channels, self.reader, lists, draw, report=report, slow=self.slow_reader, clock=self.clock)
        return Turns(self.store, self.conversation, preparer, channels, self.clock, metrics=self.metrics)

    def exporter(self, channel: Channel, queued: Callable[[], None]) -> Exporter:
        """The exports of a channel; ``queued`` is told when there is something to send."""
        folder = self.settings.data_dir / "exports" / channel.name.replace(":", "-")
        return Exporter(self.store, channel, ExportChildren(self.settings, folder), self.clock, queued)

    def own_data_exporter(self, channel: Channel, queued: Callable[[], None]) -> Collector:
        """Puts together what is held about people of a channel; ``queued`` as above."""
        folder = self.settings.data_dir / "own-data" / channel.name.replace(":", "-")
        limit = self.settings.export_part_mb * _MEGABYTE
        return Collector(self.store, channel, folder, limit, self.clock, queued)

    def broadcast_scheduler(self, queued: Callable[[], None], *, certificates: bool = True) -> Herald:
        """What goes on with broadcasts by itself; ``queued`` is told when there may be something to send.

        Without ``certificates`` nobody is reminded of the end of theirs.
        """
        terms = Terms.of(self.settings)
        kept = terms if certificates else replace(terms, expiry_days=())
        return Herald(self.store.broadcasts, kept, self.clock, queued, lambda: self.heartbeat.leapt)


@asynccontextmanager
async def assembled(
    settings: Settings, metrics: Metrics = NO_METRICS, clock: Clock = SYSTEM_CLOCK
) -> AsyncIterator[Parts]:
    """Keys, store, rules and the certificate reader, opened and closed in order.

    Raises:
        SettingsError: the data folder cannot be made.
        StoreError: the database or the keys cannot be used.
        PackError: the rule pack cannot be used.
    """
    pack = load_pack(settings.pack)
    async with store_of(settings) as opened:
        trust = settings.data_dir / "trust"
        quick, slow = CertificateReader(trust, replace(LIMITS, seconds=_QUICK_SECONDS)), CertificateReader(trust)
        try:
            heartbeat = heartbeat_of(settings, opened.store, clock)
            await heartbeat.begin()
            yield Parts(settings, opened.store, quick, slow, _conversation(settings, pack), clock, heartbeat, metrics)
        finally:
            await quick.close()
            await slow.close()


def heartbeat_of(settings: Settings, store: Store, clock: Clock) -> Heartbeat:
    """The beat of a process over this store."""
    return Heartbeat(store, _witness(settings), settings.expiry_reminder_days, clock)


def _witness(settings: Settings) -> Witness:
    """In the data folder, and outside it: a folder that is put back as a whole takes its own witness back, too."""
    outside = (settings.state_dir,) if settings.state_dir else ()
    return Witness((settings.data_dir / "witness", *outside))


def _conversation(settings: Settings, pack: Pack) -> Conversation:
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
    from bot.channels.telegram import serve_telegram  # noqa: PLC0415 - its libraries load where it runs
    from bot.metrics.prometheus import Prometheus  # noqa: PLC0415 - as above

    async with serving_alone(settings), assembled(settings, Prometheus()) as parts:
        if await parts.store.is_made_up():
            raise MadeUp(_MADE_UP)
        _spare_what_stays()
        await serve_telegram(parts, receiving=receiving)


def _spare_what_stays() -> None:
    """The garbage collector's look at all that a start has made would hold up every answer for some 50 ms."""
    gc.collect()
    gc.freeze()


async def talk(settings: Settings, name: str | None) -> None:
    """The chat in the terminal, over the same inbox, turns and outbox as any channel."""
    interactive = sys.stdin.isatty()
    address = name or ("local" if interactive else f"script-{uuid.uuid4().hex}")
    async with assembled(settings) as parts:
        await Retention(parts.store, parts.clock, settings.retention_days).forget()
        made_up = await parts.store.is_made_up()
        chat = _terminal_chat(parts, address, made_up=made_up)
        if interactive:
            chat.print_introduction(made_up=made_up)
        await chat.run(typed_lines(prompt=interactive))


def _terminal_chat(parts: Parts, address: str, *, made_up: bool) -> TerminalChat:
    """Who is made up is reminded of nothing."""
    console = Console(rich=sys.stdout.isatty())
    channel = TerminalChannel(console, address, translator(parts.settings.language))
    turns = parts.turn_handler({channel.name: channel})
    hours = Terms.of(parts.settings).hours
    dispatcher = Dispatcher(
        parts.store, channel, Pacer(_UNPACED, parts.clock), parts.clock,
        open_at=hours.is_open_at, language=parts.settings.language,
    )  # fmt: skip
    chat = TerminalChat(parts.store, turns, dispatcher, parts.clock, channel)
    chat.attach_exporter(parts.exporter(channel, dispatcher.notify))
    chat.attach_own_data_exporter(parts.own_data_exporter(channel, dispatcher.notify))
    chat.attach_scheduler(parts.broadcast_scheduler(dispatcher.notify, certificates=not made_up))
    return chat
