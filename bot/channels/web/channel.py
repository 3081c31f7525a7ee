"""The web chat as a channel: what leaves is written into the conversation, where every browser of it reads it."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bot.channels import CHANNELS, Capabilities, Gone, TooLarge, Unreachable
from bot.channels.rendering import render_text, split_reply
from bot.clock import Clock
from bot.messages import OutboxRow
from bot.store import StoreError
from bot.store.web_chat import StoredFile, WebChatRepository, WebContent
from handlers.core import Attachment, Reply
from handlers.model import WEB

_CAPABILITIES = CHANNELS[WEB].capabilities


class WebChannel:
    """Writes messages into conversations; ``changed`` is told which one has something new."""

    name = WEB
    capabilities: Capabilities = _CAPABILITIES

    def __init__(
        self, chats: WebChatRepository, clock: Clock, address: str | None, changed: Callable[[str], None]
    ) -> None:
        """``address`` is that of the web server; ``None``: no browser reaches this process."""
        self._chats = chats
        self._clock = clock
        self._address = address
        self._changed = changed

    @property
    def start_link(self) -> str | None:
        """Return the page, which shows a button that begins with what is appended."""
        return f"{self._address}/?start=" if self._address else None

    async def send(self, row: OutboxRow) -> str | None:
        """Write a row into its conversation, once however often it is sent.

        Raises:
            Unreachable: the store does not answer.
        """
        message = None
        with _store_errors():
            for number, part in enumerate(split_reply(row.reply, _CAPABILITIES)):
                message = await self._write(row, f"{row.origin}:{number}", part)
        self._changed(row.chat.id)
        return message

    async def _write(self, row: OutboxRow, origin: str, part: Reply) -> str | None:
        target = int(part.target) if part.target and part.target.isdecimal() else None
        if part.action == "delete":
            if target is not None:
                await self._chats.change(row.chat, target, None, self._clock.now())
            return None
        if part.action == "buttons" and target is not None and await self._put_buttons(row, target, part):
            return part.target
        content, files = _to_content(part)
        editing = part.action == "edit" and target is not None
        if editing and await self._chats.change(row.chat, target or 0, content, self._clock.now()):
            return part.target
        if not (content.html or content.files or content.choices):
            return None
        return str(await self._chats.say(row.chat, origin, content, self._clock.now(), files))

    async def _put_buttons(self, row: OutboxRow, target: int, part: Reply) -> bool:
        shown = await self._chats.get(row.chat, target)
        if shown is None or shown.content is None or shown.content.side != "assistant":
            return not part.paragraphs  # a person's own message has no buttons to change
        changed = shown.content.model_copy(update={"choices": part.choices})
        return await self._chats.change(row.chat, target, changed, self._clock.now())

    async def fetch(self, reference: str, limit: int) -> bytes:
        """Return the bytes of an upload.

        Raises:
            TooLarge: it has more than ``limit`` bytes.
            Gone: it is not kept any more.
            Unreachable: the store does not answer.
        """
        chat, _, name = reference.partition(" ")
        with _store_errors():
            found = await self._chats.file(chat, name)
        if found is None:
            raise Gone
        if len(found[1]) > limit:
            raise TooLarge
        return found[1]


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise Unreachable(type(error).__name__) from None


def _to_content(part: Reply) -> tuple[WebContent, dict[str, Attachment]]:
    files = {secrets.token_urlsafe(16): file for file in part.attachments}
    stored = tuple(StoredFile(name, file.name, file.media_type, len(file.content)) for name, file in files.items())
    text = render_text(part, _CAPABILITIES)
    return WebContent(side="assistant", html=text, choices=part.choices, files=stored), files


#: Seconds between looks for what other processes wrote.
_LOOK_SECONDS = 1.0


class Streams:
    """Wakes whoever waits for something new in a conversation; one browser has one stream."""

    def __init__(self, chats: WebChatRepository, most: int) -> None:
        """``most`` is the number of streams at the same time."""
        self._chats = chats
        self._most = most
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._of_browser: dict[str, asyncio.Event] = {}
        self._known: dict[str, int] = {}
        self.closing = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Tell whether one more stream may begin."""
        return len(self._of_browser) < self._most

    def changed(self, chat: str) -> None:
        """Wake the streams of a conversation."""
        for waiting in self._waiting.get(chat, ()):
            waiting.set()

    @contextmanager
    def open(self, browser: str, chat: str) -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
        """Take part as the one stream of a browser; yield what tells of news, and of another that took over."""
        over = asyncio.Event()
        if earlier := self._of_browser.get(browser):
            earlier.set()
            self.changed(chat)
        self._of_browser[browser] = over
        try:
            with self.watch(chat) as news:
                yield news, over
        finally:
            if self._of_browser.get(browser) is over:
                del self._of_browser[browser]

    @contextmanager
    def watch(self, chat: str) -> Iterator[asyncio.Event]:
        """Yield what tells of news in a conversation, without taking the place of a browser's stream."""
        news = asyncio.Event()
        self._waiting.setdefault(chat, set()).add(news)
        try:
            yield news
        finally:
            self._waiting[chat].discard(news)
            if not self._waiting[chat]:
                del self._waiting[chat]
                self._known.pop(chat, None)

    async def run(self, stop: asyncio.Event) -> None:
        """Look, once a second, for what other processes wrote; end all streams when told to stop."""
        while not stop.is_set():
            with suppress(StoreError):  # the next look may succeed; streams look by themselves at each heartbeat
                await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await stop.wait()
        self.closing.set()
        for chat in tuple(self._waiting):
            self.changed(chat)

    async def _look(self) -> None:
        if not self._waiting or not self._chats.driver.shared:
            return
        for chat, latest in (await self._chats.latest(tuple(self._waiting))).items():
            if self._known.get(chat) != latest and chat in self._waiting:
                self._known[chat] = latest
                self.changed(chat)
