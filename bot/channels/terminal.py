"""The terminal as a channel: one line one message, numbered menus, ``/tep PATH`` sends a file."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from markupsafe import escape

from bot.channels.base import Capabilities
from bot.channels.console import Console
from bot.channels.errors import Gone, TooLarge
from bot.channels.naming import terminal_channel
from bot.channels.rendering import split, text_of
from bot.channels.saving import saved
from bot.delivery.buckets import Rate
from bot.delivery.clock import Clock
from bot.delivery.collector import Collector
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.exporter import Exporter
from bot.delivery.herald import Herald
from bot.delivery.intake import Intake
from bot.delivery.throttle import Throttle
from bot.delivery.turns import Turns
from bot.reasons import reason_of
from bot.store.api import Chat, Incoming, OutboxRow, Store
from handlers.events import Event, FileSent, Said
from handlers.replies import Attachment, Reply
from locales import N_, Translator

_FILE = re.compile(r"/tep(?:\s+(?P<path>.+))?", re.IGNORECASE)
#: A script may be as long as it likes.
_UNHURRIED = Rate(1e6, 1e6)

_INTRODUCTION = N_("Send a file with /tep PATH. Leave with Ctrl-D; /trogiup lists the commands.")
_MADE_UP = N_("All data here are made up: nobody is behind them.")
_USAGE = N_("Write the path of the file after the command: /tep PATH")
_NO_FILE = N_("No file can be read there: {path}. Please check the path and send the file again.")

_SAVED = N_("Saved as {path}")
_NOT_SAVED = N_(
    "The file {name} could not be saved yet: {reason} ({folder}). Please go to another folder and ask for it again."
)


class TerminalChannel:
    """Prints what it is given and reads files from the disk.

    Each conversation is a channel of its own: a terminal must neither print nor take up what belongs to another one.
    """

    start_link = None
    capabilities = Capabilities(text_limit=1_000_000, files_in=True, files_out=True, markup=True)

    def __init__(self, console: Console, address: str, t: Translator) -> None:
        self.name = terminal_channel(address)
        self.address = address
        self._console = console
        self._t = t

    async def send(self, row: OutboxRow) -> str | None:
        """Print it, buttons as lines; every file that comes along is saved where the program was started."""
        for part in split(row.reply, self.capabilities):  # a broadcast comes as it was written
            await self._print(part)
        return None

    async def _print(self, part: Reply) -> None:
        if part.paragraphs:
            self._console.print_message(text_of(part, self.capabilities))
        for attachment in part.attachments:
            await self._save(attachment)

    async def _save(self, attachment: Attachment) -> None:
        folder = Path()
        try:
            folder = Path.cwd()
            self.print_sentence(_SAVED, path=await asyncio.to_thread(saved, attachment, folder))
        except OSError as error:  # also where the folder itself is gone
            self.print_sentence(_NOT_SAVED, name=attachment.name, reason=self._t(reason_of(error)), folder=folder)

    def print_sentence(self, message: str, **values: object) -> None:
        """Print a sentence of the terminal's own, which is no part of the conversation."""
        self._console.print_message(escape(self._t(message, **values)))

    async def fetch(self, reference: str, limit: int) -> bytes:
        """The bytes of a file of this machine.

        Raises:
            TooLarge: it has more than ``limit`` bytes.
            Gone: it cannot be read.
        """
        return await asyncio.to_thread(_read, Path(reference), limit)


def _read(path: Path, limit: int) -> bytes:
    try:
        with _opened(path) as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Gone(type(error).__name__) from None
    if len(data) > limit:
        raise TooLarge
    return data


def _opened(path: Path) -> BinaryIO:
    """A regular file only: a pipe or a device may never end, or never begin."""
    if not path.is_file():
        raise FileNotFoundError
    return path.open("rb")


class TerminalChat:
    """One person's conversation: every line goes the way of every message, through inbox, turn and outbox."""

    def __init__(
        self,
        store: Store,
        turns: Turns,
        dispatcher: Dispatcher,
        clock: Clock,
        channel: TerminalChannel,
    ) -> None:
        self._store = store
        self._turns = turns
        self._dispatcher = dispatcher
        self._channel = channel
        self._clock = clock
        self._chats: list[Chat] = []
        self._intake = Intake(store, Throttle(_UNHURRIED, clock), clock, self._chats.extend)
        self._exporter: Exporter | None = None
        self._collector: Collector | None = None
        self._herald: Herald | None = None

    def attach_exporter(self, exporter: Exporter) -> None:
        """What is ordered in a turn is written right after it."""
        self._exporter = exporter

    def attach_own_data_exporter(self, collector: Collector) -> None:
        """What is held about the person is put together right after the turn that asked for it."""
        self._collector = collector

    def attach_scheduler(self, herald: Herald) -> None:
        """What goes on with broadcasts goes on after every turn."""
        self._herald = herald

    def print_introduction(self, *, made_up: bool = False) -> None:
        """Say how a file is sent and how to leave, to somebody who types; and that what they will see is made up."""
        if made_up:
            self._channel.print_sentence(_MADE_UP)
        self._channel.print_sentence(_INTRODUCTION)

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Greet, then answer line by line until the input ends."""
        await self._store.recover(self._channel.name, self._clock.now())
        if self._exporter:
            await self._exporter.recover()
        if self._collector:
            await self._collector.recover()
        await self._handle_event(Said(text="/start"))
        async for line in lines:
            if line.strip():
                await self._answer(line)

    async def _answer(self, line: str) -> None:
        asked = _FILE.fullmatch(line.strip())
        if asked is None:
            await self._handle_event(Said(text=line))
        elif asked["path"] is None:
            self._channel.print_sentence(_USAGE)
        else:
            await self._send_file(_path(asked["path"]))

    async def _send_file(self, path: Path) -> None:
        if await asyncio.to_thread(_readable, path):
            await self._handle_event(FileSent(reference=str(path), name=path.name))
        else:
            self._channel.print_sentence(_NO_FILE, path=path)

    async def _handle_event(self, event: Event) -> None:
        update = Incoming(self._channel.name, uuid.uuid4().hex, self._channel.address, event)
        await self._intake.accept([update])
        while self._chats:
            await self._turns.handle(self._chats.pop(0))
        await self._dispatcher.deliver()
        if self._exporter and await self._exporter.work():
            await self._dispatcher.deliver()
        if self._collector and await self._collector.work():
            await self._dispatcher.deliver()
        if self._herald:
            while await self._herald.work():
                await self._dispatcher.deliver()
            await self._dispatcher.deliver()


def _path(typed: str) -> Path:
    """The path meant; as it was typed where no home or no such path can be made of it."""
    path = Path(typed.strip().strip("\"'"))
    try:
        return path.expanduser().resolve()
    except (OSError, ValueError, RuntimeError):
        return path


def _readable(path: Path) -> bool:
    try:
        with _opened(path):
            return True
    except (OSError, ValueError):
        return False
