"""What a turn needs from outside is fetched before its transaction opens: the bytes of a file, read into a result."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog

from bot.channels.base import Channel
from bot.channels.errors import ChannelError, Gone, Invalid, TooLarge, Unsupported
from bot.delivery.backoff import retry
from bot.delivery.clock import Clock, SystemClock
from bot.delivery.drawing import Draw, drawn
from bot.delivery.lists import Lists
from bot.delivery.readers import Reader, Readers, giving_way
from bot.delivery.reporting import Report, reported
from bot.delivery.workers import Kind
from bot.store.api import Chat
from handlers.certificate import SECRETS, Problem, Reading, Trouble
from handlers.events import DrawChart, Event, FileRead, FileSent, MakeReport, Said, SheetRead
from handlers.office.importing import Sheet, SheetTrouble
from handlers.office.table_kinds import TableKind
from handlers.pasted import holds_certificate

FILE_LIMIT = 20 * 1024 * 1024  #: bytes; also what Telegram lets a bot download
_FETCHES = 3  #: tries before a file counts as unavailable
_AT_ONCE, _SLOW_AT_ONCE = 4, 2  #: files in memory at the same time
#: What is no list but may be signed: what is said of a certificate file fits it better.
_DOCUMENTS = {TableKind.DOCX, TableKind.WORD, TableKind.PDF, TableKind.PICTURE, TableKind.ARCHIVE}

_log = structlog.get_logger(__name__)


class Preparer:
    """Turns a file, or a pasted certificate, into what it says."""

    def __init__(  # noqa: PLR0913 - the composition root names each of them
        self,
        channels: Mapping[str, Channel],
        reader: Reader,
        lists: Lists | None = None,
        draw: Draw | None = None,
        *,
        report: Report | None = None,
        slow: Reader | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Without ``lists`` nobody may import one; without ``draw`` and ``report`` there are no charts and reports.

        ``reader`` gives up soon where there is a ``slow`` one, which takes up what takes long.
        """
        self._lists = lists or Lists()
        self._draw = draw
        self._report = report
        self._channels = channels
        self._readers = Readers(reader, slow, clock or SystemClock())
        self._room, self._room_apart = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_SLOW_AT_ONCE)

    def kind(self, chat: Chat, event: Event) -> Kind | None:
        """What an event waits for where it is to be prepared; ``None`` for one that is taken as it is."""
        if isinstance(event, DrawChart | MakeReport):
            return Kind.MADE
        if isinstance(event, FileSent) or (isinstance(event, Said) and holds_certificate(event.text)):
            return Kind.SLOW if self._readers.apart(chat) else Kind.FILE
        return None

    @staticmethod
    def gives_way(event: Event) -> float:
        """Seconds for which others of its kind go first that come later: a large file keeps no small one waiting."""
        if not isinstance(event, FileSent):
            return 0.0
        return giving_way(FILE_LIMIT if event.size is None else max(0, event.size))

    async def prepare(self, chat: Chat, event: Event) -> Event:
        """The event as the conversation takes it: what was sent is read, what was asked for is made.

        Raises:
            ReadApart: it takes long: to be prepared once more, among what takes long.
        """
        if isinstance(event, DrawChart):
            return await drawn(event, self._channels.get(chat.channel), self._draw)
        if isinstance(event, MakeReport):
            return await reported(chat, event, self._channels.get(chat.channel), self._report)
        if isinstance(event, FileSent):
            found = await self._read_file(chat, event)
            if isinstance(found, Sheet):
                return SheetRead(sheet=found, **_origin(event))
            return FileRead(name=event.name, reading=found, album=event.album, **_origin(event))
        if isinstance(event, Said) and holds_certificate(event.text):
            return FileRead(reading=await self._readers.read(chat, event.text.encode(), ""), **_origin(event))
        return event

    async def _read_file(self, chat: Chat, event: FileSent) -> Reading | Sheet:
        if event.size is not None and event.size > FILE_LIMIT:
            return await self._too_large(chat, event)
        async with self._room_for(chat):
            data = await self._fetch_or_explain(chat, event)
            if not isinstance(data, bytes):
                return data
            if not await self._lists.is_wanted(chat, event.name, data):
                return await self._readers.read(chat, data, event.name)
        return await self._read_list(chat, data, event.name)  # outside: a list keeps no certificate waiting

    async def _fetch_or_explain(self, chat: Chat, event: FileSent) -> bytes | Reading | Sheet:
        """Or why there are none."""
        channel = self._channels.get(chat.channel)
        if channel is None or not channel.capabilities.files_in:
            return _problem(Trouble.UNAVAILABLE)
        try:
            return await self._fetch(channel, event.reference)
        except TooLarge:
            return await self._too_large(chat, event)
        except ChannelError as error:
            _log.warning("file_unavailable", channel=channel.name, error=type(error).__name__)
            return _problem(Trouble.UNAVAILABLE)

    async def _too_large(self, chat: Chat, event: FileSent) -> Reading | Sheet:
        wanted = await self._lists.is_wanted(chat, event.name)
        return Sheet(trouble=SheetTrouble.TOO_LARGE) if wanted else _problem(Trouble.TOO_LARGE)

    def _room_for(self, chat: Chat) -> asyncio.Semaphore:
        return self._room_apart if self._readers.apart(chat) else self._room

    async def _read_list(self, chat: Chat, data: bytes, name: str) -> Reading | Sheet:
        """An exported list; whatever else it is, it may hold a certificate, or what must not be sent."""
        sheet = await self._lists.read(data)
        if sheet.trouble in (None, SheetTrouble.TOO_MANY_ROWS):
            return sheet
        async with self._room_for(chat):
            reading = await self._readers.read(chat, data, name)
        told = reading.certificates or SECRETS & {problem.trouble for problem in reading.problems}
        return reading if told or sheet.trouble in _DOCUMENTS else sheet

    async def _fetch(self, channel: Channel, reference: str) -> bytes:
        return await retry(partial(channel.fetch, reference, FILE_LIMIT), _may_pass, attempts=_FETCHES)


def _may_pass(error: Exception) -> bool:
    """Whether a file may be had at the next try."""
    return isinstance(error, ChannelError) and not isinstance(error, TooLarge | Gone | Invalid | Unsupported)


def _origin(event: FileSent | Said) -> dict[str, Any]:
    """Where what was read of an event came from."""
    return {"message": event.message, "group": event.group, "secret": event.secret}


def _problem(trouble: Trouble) -> Reading:
    return Reading(problems=(Problem(trouble=trouble),))
