"""Makes the papers of a dossier between two turns, shows how far they are, and stops where the person wants it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Literal

import structlog

from bot.channels import Channel
from bot.clock import Clock
from bot.messages import Chat
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store, StoreError, StoreUnavailable
from bot.store.outbox import Outbox
from handlers.commands import is_stop
from handlers.core import DossierMade, MakeDossier, Reply, TextReceived
from handlers.core import Event as AnyEvent
from handlers.dossier import DossierContext, decide_all
from handlers.dossier.filing import format_changes
from handlers.dossier.notices import format_progress, format_progress_end, stops_order
from handlers.model import DossierRecord, Rights, UnitDirectory, UnitToday, locate_unit
from locales import translator
from rules.calendar import to_vietnam_day
from rules.offices import Office
from rules.pack import Pack

_log = structlog.get_logger(__name__)


#: Returns what a chat has waiting, the newest first, at most so many.
WaitingEvents = Callable[[Chat, int], Awaitable[list[AnyEvent]]]
#: Seconds between two looks whether the person wants it stopped, and updates that are looked at: more than anybody
#: sends between two looks, so that what is sent after the command does not hide it.
_LOOK, _MOST_WAITING = 0.5, 100
#: Seconds between two states of the message that shows how far it is.
_STEP = 2.0
#: Certificates up to which papers are made as PDF too: LibreOffice takes several seconds,
MOST_WITH_PDF = 100


@dataclass(frozen=True, slots=True)
class FoundDossier:
    """A dossier with what it is decided by today."""

    record: DossierRecord | None  #: ``None``: the person has none of this id within their rights
    units: UnitDirectory
    offices: tuple[Office, ...] = ()  #: receiving offices that admins have set


#: Returns a dossier of the person in a chat as far as their rights reach.
FindDossier = Callable[[Chat, str], Awaitable[FoundDossier]]


class _StoppedError(Exception):
    """The person does not want the papers any more."""


@dataclass(slots=True)
class _Making:
    """One order that is being carried out. The thread that makes the papers counts; the loop looks and shows."""

    wanted: MakeDossier
    turn: int | None  #: the turn that gave the order; ``None`` where its message cannot be changed
    count: int = 0  #: certificates, once the dossier is found
    stop: Event = field(default_factory=Event)
    typed: bool = False  #: it is to be stopped by the command
    far: tuple[int, int] = (0, 0)  #: files that are made, of how many
    shown: tuple[int, int] = (0, 0)
    shown_at: float = float("-inf")  #: of the monotonic clock

    def tell(self, done: int, total: int) -> None:
        """Note how far it is; raises ``_StoppedError`` once it is to be stopped."""
        self.far = done, total
        if self.stop.is_set():
            raise _StoppedError

    def is_due(self, now: float) -> bool:
        """Return whether there is something new to show, and the message has stood long enough."""
        return self.turn is not None and self.far != self.shown and now - self.shown_at >= _STEP


def find_in_store(store: Store, clock: Clock) -> FindDossier:
    """Read it in a transaction of its own, by the rights of that moment."""

    async def find(chat: Chat, dossier: str) -> FoundDossier:
        units, at = await store.units.read(), {"chat": chat.id, "channel": chat.channel}
        offices = await store.offices.read()
        async with open_admin_transaction(store, clock.now(), **at, reading=True) as office:
            rights = Rights.of(await office.admin.people.mine(), units)
            return FoundDossier(await office.admin.dossiers.get(rights, dossier), units, offices)

    return find


@dataclass(frozen=True, slots=True)
class DossierMaker:
    """Makes one dossier at a time; its files are never on the disk."""

    find: FindDossier
    clock: Clock
    pack: Pack
    office: str | None
    templates: Path | None
    turn: asyncio.Semaphore
    waiting: WaitingEvents | None = None  #: without it nothing is stopped
    outbox: Outbox | None = None  #: without it no message shows how far it is
    queued: Callable[[Chat], None] = lambda _: None  #: is told of a message that is to leave
    pdf: bool = False  #: make PDFs of a dossier that is not too large, where LibreOffice is

    async def make(
        self, chat: Chat, wanted: MakeDossier, channel: Channel | None, turn: int | None = None
    ) -> DossierMade:
        """Return the archive, or why there is none.

        Args:
            chat: the chat of the person who keeps it.
            wanted: the order.
            channel: the channel of the chat.
            turn: the turn that gave the order; where the channel can edit, its message shows how far the papers are.

        Raises:
            StoreUnavailable: the turn is tried again when the store answers.
        """
        making = _Making(wanted, turn if channel and channel.capabilities.editing else None)
        try:
            if channel is None or not channel.capabilities.accepts("application/zip"):
                made = _without(wanted, "no_files")
            else:
                async with self.turn:
                    made = await self._make(chat, making)
        except StoreUnavailable:  # they are made again when it answers
            raise
        except Exception as error:  # noqa: BLE001 - the dossier is kept; its papers are not worth a failed turn
            _log.error("dossier_not_made", error=type(error).__name__)
            made = _without(wanted, "failed")
        await self._show_end(chat, making, made)
        return made

    async def _make(self, chat: Chat, making: _Making) -> DossierMade:
        wanted = making.wanted
        found = await self.find(chat, wanted.dossier)
        if found.record is None:
            return _without(wanted, "not_yours")
        making.count = len(found.record.sources)
        task = asyncio.create_task(asyncio.to_thread(self._write, found.record, found, making))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # also where nobody waits any more
        try:
            while not (await asyncio.wait([task], timeout=_LOOK))[0]:
                if not making.stop.is_set():
                    await self._look(chat, making)
                await self._show(chat, making)
            return await task
        except _StoppedError:
            return DossierMade(dossier=wanted.dossier, trouble="stopped", typed=making.typed)
        finally:
            making.stop.set()

    async def _look(self, chat: Chat, making: _Making) -> None:
        """Look whether the person wants it stopped, by the command or by the button of this order."""
        events = await self.waiting(chat, _MOST_WAITING) if self.waiting else []
        making.typed = any(isinstance(event, TextReceived) and is_stop(event.text) for event in events)
        if making.typed or any(stops_order(event, making.wanted.order) for event in events):
            making.stop.set()

    async def _show(self, chat: Chat, making: _Making) -> None:
        """Move the message that gave the order, where something new is to be shown."""
        if not making.is_due(self.clock.monotonic()):
            return
        making.shown, making.shown_at, wanted = making.far, self.clock.monotonic(), making.wanted
        await self._move(chat, making, format_progress(wanted.language, making.count, *making.far, wanted.order))

    async def _show_end(self, chat: Chat, making: _Making, made: DossierMade) -> None:
        """Move the message to its end, however the order ended: its button stops nothing any more."""
        end = (made.trouble or "made") if making.count else "none"
        await self._move(chat, making, format_progress_end(making.wanted.language, making.count, end), ending=True)

    async def _move(self, chat: Chat, making: _Making, said: Reply, *, ending: bool = False) -> None:
        if self.outbox is None or making.turn is None:
            return
        try:
            await self.outbox.move_answer(chat, making.turn, said, self.clock.now(), ending=ending)
        except StoreError as error:  # how far they are is not worth the papers
            _log.warning("progress_not_shown", error=type(error).__name__)
        self.queued(chat)

    def _write(self, record: DossierRecord, found: FoundDossier, making: _Making) -> DossierMade:
        day, t = to_vietnam_day(self.clock.now()), translator(making.wanted.language)
        units = found.units
        unit = UnitToday(units, record.unit, day) if record.unit and units.get(record.unit) else None
        context = DossierContext(
            self.pack.covering(locate_unit(units, record.unit)), day, unit, self.office, found.offices
        )
        entries = decide_all(context, record.sources, record.common, record.people, record.answers)
        changes = tuple(format_changes(context, record.made, entries, t))
        from bot.dossier.making import DossierOrder, make_dossier  # noqa: PLC0415 - in a thread of its own

        order = DossierOrder(
            context, record.sources, record.common, record.people, t, record.answers,
            templates=self.templates, changes=changes, pdf=self.pdf and len(entries) <= MOST_WITH_PDF,
        )  # fmt: skip
        return DossierMade.of(record.id, make_dossier(order, making.tell).archive.content, changes)


def _without(wanted: MakeDossier, trouble: Literal["no_files", "not_yours", "failed"]) -> DossierMade:
    return DossierMade(dossier=wanted.dossier, trouble=trouble)
