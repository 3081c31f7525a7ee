"""Makes the papers of a dossier between two turns, for the person who keeps it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal

import structlog

from bot.channels import Channel
from bot.clock import Clock
from bot.messages import Chat
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store, StoreUnavailable
from handlers.commands import is_stop
from handlers.core import DossierMade, MakeDossier, TextReceived
from handlers.core import Event as AnyEvent
from handlers.dossier.entries import DossierContext, decide_all
from handlers.dossier.filing import format_changes
from handlers.dossier.unit_today import UnitToday
from handlers.model import DossierRecord, Rights, UnitDirectory
from locales import translator
from rules.calendar import to_vietnam_day
from rules.offices import Office
from rules.pack import Pack

_log = structlog.get_logger(__name__)


#: Returns what a chat has waiting, the newest first, at most so many.
WaitingEvents = Callable[[Chat, int], Awaitable[list[AnyEvent]]]
#: Seconds between two looks whether the person wants it stopped, and updates that are looked at.
_LOOK, _MOST_WAITING = 0.5, 5
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
    pdf: bool = False  #: make PDFs of a dossier that is not too large, where LibreOffice is

    async def make(self, chat: Chat, wanted: MakeDossier, channel: Channel | None) -> DossierMade:
        """Return the archive, or why there is none.

        Raises:
            StoreUnavailable: the turn is tried again when the store answers.
        """
        if channel is None or not channel.capabilities.accepts("application/zip"):
            return _without(wanted, "no_files")
        try:
            async with self.turn:
                return await self._make(chat, wanted)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the dossier is kept; its papers are not worth a failed turn
            _log.error("dossier_not_made", error=type(error).__name__)
            return _without(wanted, "failed")

    async def _make(self, chat: Chat, wanted: MakeDossier) -> DossierMade:
        found = await self.find(chat, wanted.dossier)
        if found.record is None:
            return _without(wanted, "not_yours")
        stop = Event()
        making = asyncio.create_task(asyncio.to_thread(self._write, found.record, found, wanted, stop))
        try:
            while not (await asyncio.wait([making], timeout=_LOOK))[0]:
                if not stop.is_set() and await self._asks_to_stop(chat):
                    stop.set()
            return await making
        except _StoppedError:
            return _without(wanted, "stopped")
        finally:
            stop.set()

    async def _asks_to_stop(self, chat: Chat) -> bool:
        events = await self.waiting(chat, _MOST_WAITING) if self.waiting else []
        return any(isinstance(event, TextReceived) and is_stop(event.text) for event in events)

    def _write(self, record: DossierRecord, found: FoundDossier, wanted: MakeDossier, stop: Event) -> DossierMade:
        day, t = to_vietnam_day(self.clock.now()), translator(wanted.language)
        units = found.units
        unit = UnitToday(units, record.unit, day) if record.unit and units.get(record.unit) else None
        context = DossierContext(self.pack, day, unit, self.office, found.offices)
        entries = decide_all(context, record.sources, record.common, record.people)
        changes = tuple(format_changes(context, record.made, entries, t))
        from bot.dossier.making import DossierOrder, make_dossier  # noqa: PLC0415 - imported at the start of a service

        order = DossierOrder(
            context, record.sources, record.common, record.people, t, templates=self.templates, changes=changes,
            pdf=self.pdf and len(entries) <= MOST_WITH_PDF,
        )  # fmt: skip

        def told(_done: int, _total: int) -> None:
            if stop.is_set():
                raise _StoppedError

        return DossierMade.of(record.id, make_dossier(order, told).archive.content, changes)


def _without(wanted: MakeDossier, trouble: Literal["no_files", "not_yours", "failed", "stopped"]) -> DossierMade:
    return DossierMade(dossier=wanted.dossier, trouble=trouble)
