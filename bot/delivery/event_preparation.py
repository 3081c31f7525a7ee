"""Fetches what a turn needs from outside before its transaction opens: the bytes of a file, read into a result."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import structlog

from bot.certificates.reader import CertificateReader, Readers, giving_way
from bot.channels import Channel, ChannelError, Gone, Invalid, TooLarge, Unsupported
from bot.charts import ChartsMissing
from bot.clock import Clock
from bot.concurrency import retry
from bot.delivery.dossier_maker import DossierMaker
from bot.delivery.form_making import (
    MakeFormFiles,
    make_requested_forms,
    make_requested_list,
    print_requested_answer,
    sends_files,
)
from bot.delivery.turn_pool import SlowTaskKind
from bot.errors import Forbidden
from bot.exports.process import is_own_archive, is_spreadsheet, read_sheet
from bot.messages import Chat
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store, StoreUnavailable
from handlers.core import (
    CertificatesListed,
    ChartDrawn,
    DrawChart,
    Event,
    FileRead,
    FileSent,
    MakeDossier,
    MakeForms,
    MakeList,
    MakeReport,
    Order,
    ReportMade,
    SheetRead,
    TextReceived,
)
from handlers.model import (
    SECRET_PROBLEMS,
    XLSX,
    Act,
    Chart,
    FileProblem,
    FileProblemKind,
    ImportSheet,
    Reading,
    Rights,
    SheetProblem,
    TableFormat,
    holds_certificate,
    may_any_role,
)
from locales import translator

if TYPE_CHECKING:
    from bot.dossier.list_reader import ListReading
    from bot.exports.broadcast_report import ReportOrder

#: ``bot.charts.Charts.draw``: a PNG file.
DrawCallback = Callable[[Chart], Awaitable[bytes]]

_log = structlog.get_logger(__name__)


async def draw_requested_chart(event: DrawChart, channel: Channel | None, draw: DrawCallback | None) -> ChartDrawn:
    """Return the event with its picture, or with why there is none; never an error, for the turn goes on."""
    if not sends_files(channel, "image/png"):
        return _chart_without(event, "no_files")
    try:
        picture = await draw(event.chart) if draw else None
    except ChartsMissing:
        return _chart_without(event, "not_installed")
    except Exception as error:  # noqa: BLE001 - the numbers were told; the picture is not worth a failed turn
        _log.error("chart_not_drawn", error=type(error).__name__)
        return _chart_without(event, "failed")
    return ChartDrawn.of(event.chart.title, picture) if picture else _chart_without(event, "not_installed")


def _chart_without(event: DrawChart, trouble: Literal["no_files", "not_installed", "failed"]) -> ChartDrawn:
    return ChartDrawn(title=event.chart.title, trouble=trouble)


#: Whether the person of a chat holds a role that may import lists.
MayImport = Callable[[Chat], Awaitable[bool]]
ReadSheet = Callable[[bytes], Awaitable[ImportSheet]]
#: How a list is called, or what is sent in its place.
_TABLE_SUFFIXES = (".xlsx", ".xlsm", ".csv", ".tsv")
_LIST_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv", ".jsonl", ".docx")


async def nobody_may_import(chat: Chat) -> bool:
    """Refuse to everybody that they import lists."""
    del chat
    return False


def may_import_by_role(store: Store) -> MayImport:
    """Return a check of who may import lists, by the roles that the store knows at that moment."""

    async def may_import(chat: Chat) -> bool:
        return may_any_role(await store.chats.roles(chat), Act.IMPORT_REQUESTS)

    return may_import


class ListReader:
    """Reads one list at a time: it may take a hundred times what a certificate takes."""

    def __init__(self, may_import: MayImport = nobody_may_import, sheets: ReadSheet = read_sheet) -> None:
        self._may_import = may_import
        self._sheets = sheets
        self._turn = asyncio.Semaphore(1)

    async def is_wanted(self, chat: Chat, name: str, data: bytes = b"") -> bool:
        """Tell whether a file is a list, or named like one, and its sender may import it. Raises StoreError."""
        called = name.lower().endswith(_LIST_SUFFIXES)
        return (called or is_spreadsheet(data) or is_own_archive(data)) and await self._may_import(chat)

    async def read(self, data: bytes) -> ImportSheet:
        """Read a list, once every list that came before is read."""
        async with self._turn:
            return await self._sheets(data)


#: Rows of a report in a chat; a longer one takes seconds, and is the command line's.
MOST_REPORT_ROWS = 20_000
#: ``ReportMaker.make``, or another maker of a report for the person of a chat.
ReportCallback = Callable[[Chat, MakeReport], Awaitable[ReportMade]]


class ReportMaker:
    """Makes one report at a time."""

    def __init__(
        self, store: Store, clock: Clock, folder: Path, most_bytes: int, most_rows: int = MOST_REPORT_ROWS
    ) -> None:
        """``folder`` is for files under way, ``most_bytes`` the size of a file that a chat is sent at most."""
        self._folder = folder
        self._store = store
        self._clock = clock
        self._most_bytes = most_bytes
        self._most_rows = most_rows
        self._turn = asyncio.Semaphore(1)

    async def make(self, chat: Chat, wanted: MakeReport) -> ReportMade:
        """Return the file, or why there is none.

        Raises:
            OutputError: there is no writing on this machine.
            StoreError: the recipients cannot be read.
        """
        async with self._turn:
            try:
                return await self._make(chat, wanted)
            except Forbidden:
                return _report_without(wanted, "not_yours")

    async def _make(self, chat: Chat, wanted: MakeReport) -> ReportMade:
        await asyncio.to_thread(import_module, "bot.exports.broadcast_report")
        order, rows = await self._prepare_order(chat, wanted)
        if rows > self._most_rows:
            return _report_without(wanted, "too_much")
        from bot.exports.broadcast_report import make_report_bytes  # noqa: PLC0415 - heavy: loaded where a report is made

        content, totals = await make_report_bytes(self._store, order, self._folder)
        if len(content) > self._most_bytes:
            return _report_without(wanted, "too_much")
        roles = frozenset(grant.id for grant in order.rights.grants)
        return ReportMade.of(wanted.broadcast, content, totals.count, roles)

    async def _prepare_order(self, chat: Chat, wanted: MakeReport) -> "tuple[ReportOrder, int]":
        """Make the report as far as the person may have it, and count its rows."""
        units, now = await self._store.units.read(), self._clock.now()
        async with open_admin_transaction(self._store, now, chat=chat.id, channel=chat.channel, reading=True) as office:
            rights = Rights.of(await office.admin.people.mine(), units)
            book = office.admin.broadcasts
            found = await book.get(rights, wanted.broadcast)
            if found is None:
                raise Forbidden
            steps, t = await book.steps(rights, found.id), translator(wanted.language)
            from bot.exports.broadcast_report import ReportOrder  # noqa: PLC0415 - imported by ``_make``

            order = ReportOrder(rights, found, steps, t, now, chat=chat.id, channel=chat.channel)
            tallies = [await book.tally(rights, one.id) for one in order.sources]
        return order, sum(tally.total for tally in tallies)


async def make_requested_report(
    chat: Chat, event: MakeReport, channel: Channel | None, report: ReportCallback | None
) -> ReportMade:
    """Return the event with its file, or with why there is none.

    Raises:
        StoreUnavailable: the turn is tried again when the store answers.
    """
    if not sends_files(channel, XLSX):
        return _report_without(event, "no_files")
    try:
        return await report(chat, event) if report else _report_without(event, "failed")
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - the numbers were told; the file is not worth a failed turn
        _log.error("report_not_made", error=type(error).__name__)
        return _report_without(event, "failed")


def _report_without(event: MakeReport, trouble: Literal["no_files", "too_much", "not_yours", "failed"]) -> ReportMade:
    return ReportMade(broadcast=event.broadcast, trouble=trouble)


FILE_LIMIT = 20 * 1024 * 1024  #: bytes; also what Telegram lets a bot download
_FETCH_ATTEMPTS = 3  #: tries before a file counts as unavailable
_FILES_IN_MEMORY, _SLOW_AT_ONCE = 4, 2  #: files in memory at the same time
#: What is no list but may be signed: what is said of a certificate file fits it better.
_DOCUMENTS = {TableFormat.DOCX, TableFormat.WORD, TableFormat.PDF, TableFormat.PICTURE, TableFormat.ARCHIVE}


class EventPreparer:
    """Turns a file, or a pasted certificate, into what it says."""

    def __init__(  # noqa: PLR0913 - the composition root names each of them
        self,
        channels: Mapping[str, Channel],
        reader: CertificateReader,
        lists: ListReader | None = None,
        draw: DrawCallback | None = None,
        *,
        report: ReportCallback | None = None,
        forms: MakeFormFiles | None = None,
        slow: CertificateReader | None = None,
        clock: Clock | None = None,
        templates: Path | None = None,
        dossiers: DossierMaker | None = None,
    ) -> None:
        """Without ``lists`` nobody may import one; without ``draw``, ``report`` and ``forms`` none of those is made.

        ``reader`` gives up soon where there is a ``slow`` one. ``templates`` are the office's own forms.
        """
        self._dossiers = dossiers
        self._lists = lists or ListReader()
        self._draw, self._templates = draw, templates
        self._report = report
        self._forms = forms
        self._channels = channels
        self._readers = Readers(reader, slow, clock or Clock())
        self._room, self._room_apart = asyncio.Semaphore(_FILES_IN_MEMORY), asyncio.Semaphore(_SLOW_AT_ONCE)

    def kind(self, chat: Chat, event: Event) -> SlowTaskKind | None:
        """Return what an event waits for when it is prepared; ``None`` for one that is taken as it is."""
        if isinstance(event, Order):
            return SlowTaskKind.MADE
        if isinstance(event, FileSent) or (isinstance(event, TextReceived) and holds_certificate(event.text)):
            return SlowTaskKind.SLOW if self._readers.apart(chat) else SlowTaskKind.FILE
        return None

    @staticmethod
    def gives_way(event: Event) -> float:
        """Return the seconds for which later events of its kind go first: a large file keeps no small one waiting."""
        if not isinstance(event, FileSent):
            return 0.0
        return giving_way(FILE_LIMIT if event.size is None else max(0, event.size))

    async def prepare(self, chat: Chat, event: Event, *, listing: bool = False, turn: int | None = None) -> Event:
        """Return the event as the conversation takes it: what was sent is read, what was asked for is made.

        Args:
            chat: the chat it came from.
            event: the event.
            listing: a spreadsheet is read as a list of certificates, for an open dossier.
            turn: of an order, the turn that gave it; the last message of that turn says how far it is.

        Raises:
            ReadApart: it takes long: to be prepared once more, among what takes long.
        """
        if isinstance(event, Order):
            return await self._make(chat, event, turn)
        if isinstance(event, FileSent):
            found = await self._read_file(chat, event, listing=listing)
            if not isinstance(found, Reading | ImportSheet):
                listed = {"rows": found.rows, "trouble": found.trouble, "values": found.values}
                return CertificatesListed(name=event.name, caption=event.caption, **listed, **_event_origin(event))
            if isinstance(found, ImportSheet):
                return SheetRead(sheet=found, caption=event.caption, **_event_origin(event))
            beside = {"album": event.album, "caption": event.caption}
            return FileRead(name=event.name, reading=found, **beside, **_event_origin(event))
        if isinstance(event, TextReceived) and holds_certificate(event.text):
            return FileRead(reading=await self._readers.read(chat, event.text.encode(), ""), **_event_origin(event))
        return event

    async def _make(self, chat: Chat, event: Order, turn: int | None) -> Event:
        channel = self._channels.get(chat.channel)
        if isinstance(event, MakeDossier):
            return await self._dossiers.make(chat, event, channel, turn) if self._dossiers else event
        if isinstance(event, MakeList):
            return await make_requested_list(channel)
        if isinstance(event, DrawChart):
            return await draw_requested_chart(event, channel, self._draw)
        if isinstance(event, MakeReport):
            return await make_requested_report(chat, event, channel, self._report)
        if isinstance(event, MakeForms):
            return await make_requested_forms(event, channel, self._forms)
        return await print_requested_answer(event, channel, self._templates)

    async def _read_file(self, chat: Chat, event: FileSent, *, listing: bool) -> "Reading | ImportSheet | ListReading":
        if event.size is not None and event.size > FILE_LIMIT:
            return await self._too_large(chat, event)
        async with self._room_for(chat):
            data = await self._fetch_or_explain(chat, event)
            if not isinstance(data, bytes):
                return data
            if not listing and not await self._lists.is_wanted(chat, event.name, data):
                return await self._readers.read(chat, data, event.name)
            if listing and not (is_spreadsheet(data) or event.name.lower().endswith(_TABLE_SUFFIXES)):
                return await self._readers.read(chat, data, event.name)
        if listing:
            await asyncio.to_thread(import_module, "bot.dossier.reading")
            from bot.dossier.reading import read_list  # noqa: PLC0415 - only whoever keeps dossiers sends lists

            return await read_list(data)  # outside: a list keeps no certificate waiting
        return await self._read_list(chat, data, event.name)  # outside: a list keeps no certificate waiting

    async def _fetch_or_explain(self, chat: Chat, event: FileSent) -> bytes | Reading | ImportSheet:
        """Return the bytes of the file, or why there are none."""
        channel = self._channels.get(chat.channel)
        if channel is None or not channel.capabilities.files_in:
            return _problem_reading(FileProblemKind.UNAVAILABLE)
        try:
            return await self._fetch(channel, event.reference)
        except TooLarge:
            return await self._too_large(chat, event)
        except ChannelError as error:
            _log.warning("file_unavailable", channel=channel.name, error=type(error).__name__)
            return _problem_reading(FileProblemKind.UNAVAILABLE)

    async def _too_large(self, chat: Chat, event: FileSent) -> Reading | ImportSheet:
        wanted = await self._lists.is_wanted(chat, event.name)
        return ImportSheet(trouble=SheetProblem.TOO_LARGE) if wanted else _problem_reading(FileProblemKind.TOO_LARGE)

    def _room_for(self, chat: Chat) -> asyncio.Semaphore:
        return self._room_apart if self._readers.apart(chat) else self._room

    async def _read_list(self, chat: Chat, data: bytes, name: str) -> Reading | ImportSheet:
        """Read an exported list; whatever else the file is, it may hold a certificate, or what must not be sent."""
        sheet = await self._lists.read(data)
        if sheet.trouble in (None, SheetProblem.TOO_MANY_ROWS):
            return sheet
        async with self._room_for(chat):
            reading = await self._readers.read(chat, data, name)
        is_certificate = reading.certificates or SECRET_PROBLEMS & {problem.trouble for problem in reading.problems}
        return reading if is_certificate or sheet.trouble in _DOCUMENTS else sheet

    async def _fetch(self, channel: Channel, reference: str) -> bytes:
        return await retry(partial(channel.fetch, reference, FILE_LIMIT), _may_pass, attempts=_FETCH_ATTEMPTS)


def _may_pass(error: Exception) -> bool:
    """Tell whether a file may be had at the next try."""
    return isinstance(error, ChannelError) and not isinstance(error, TooLarge | Gone | Invalid | Unsupported)


def _event_origin(event: FileSent | TextReceived) -> dict[str, Any]:
    """Return the place that the contents of an event came from."""
    return {"message": event.message, "group": event.group, "secret": event.secret}


def _problem_reading(trouble: FileProblemKind) -> Reading:
    return Reading(problems=(FileProblem(trouble=trouble),))
