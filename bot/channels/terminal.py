"""The terminal as a channel: one line one message, numbered menus, ``/tep PATH`` sends a file."""

import asyncio
import html
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from rich.console import Console as RichConsole
from rich.markup import escape

from bot.channels.base import Capabilities
from bot.channels.errors import Gone, TooLarge
from bot.channels.markup import plain
from bot.channels.rendering import text_of
from bot.delivery.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.intake import Intake
from bot.delivery.pacing import Rate
from bot.delivery.throttle import Throttle
from bot.delivery.turns import Turns
from bot.store.api import Chat, Incoming, OutboxRow, Store
from handlers.events import Event, FileSent, Said

_FILE = re.compile(r"/tep(?:\s+(?P<path>.+))?", re.IGNORECASE)
#: A script may be as long as it likes.
_UNHURRIED = Rate(1e6, 1e6)
#: HTML subset -> rich's markup.
_TAGS = {"b": "bold", "i": "italic", "u": "underline", "code": "cyan"}


class Console:
    """Where replies are printed: styled on a tty, plain text elsewhere."""

    def __init__(self, *, rich: bool) -> None:
        self._console = RichConsole(highlight=False, soft_wrap=not rich)
        self._rich = rich

    def show(self, text: str) -> None:
        """One message, set off by an empty line."""
        if self._rich:
            self._console.print(_styled(text), end="\n\n")
        else:
            self._console.out(plain(text), end="\n\n", highlight=False)


def _styled(text: str) -> str:
    styled = escape(text)
    for tag, style in _TAGS.items():
        styled = styled.replace(f"<{tag}>", f"[{style}]").replace(f"</{tag}>", f"[/{style}]")
    return html.unescape(re.sub(r"</?a[^>]*>", "", styled))


class TerminalChannel:
    """Prints what it is given and reads files from the disk."""

    name = "terminal"
    capabilities = Capabilities(text_limit=1_000_000, files_in=True, markup=True)

    def __init__(self, console: Console) -> None:
        self._console = console

    async def send(self, row: OutboxRow) -> str | None:
        """Print it."""
        self._console.show(text_of(row.reply, self.capabilities))
        return None

    async def fetch(self, reference: str, limit: int) -> bytes:
        """The bytes of a file of this machine.

        Raises:
            TooLarge: it has more than ``limit`` bytes.
            Gone: it cannot be read.
        """
        return await asyncio.to_thread(_read, Path(reference), limit)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Gone(error.strerror or "unreadable") from None
    if len(data) > limit:
        raise TooLarge
    return data


class TerminalChat:
    """One person's conversation: every line goes the way of every message, through inbox, turn and outbox."""

    def __init__(self, store: Store, turns: Turns, dispatcher: Dispatcher, clock: Clock, address: str) -> None:
        self._store = store
        self._turns = turns
        self._dispatcher = dispatcher
        self._address = address
        self._chats: list[Chat] = []
        self._intake = Intake(store, Throttle(_UNHURRIED, clock), clock, self._chats.extend)

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Greet, then answer line by line until the input ends."""
        await self._store.recover(TerminalChannel.name)
        await self._take(Said(text="/start"))
        async for line in lines:
            if line.strip():
                await self._take(_event(line))

    async def _take(self, event: Event) -> None:
        update = Incoming(TerminalChannel.name, uuid.uuid4().hex, self._address, event)
        await self._intake.accept([update])
        while self._chats:
            await self._turns.handle(self._chats.pop(0))
        await self._dispatcher.deliver()


def _event(line: str) -> Event:
    asked = _FILE.fullmatch(line.strip())
    if asked is None or asked["path"] is None:
        return Said(text=line)
    path = Path(asked["path"].strip().strip("\"'")).expanduser()
    return FileSent(reference=str(path.resolve()), name=path.name)
