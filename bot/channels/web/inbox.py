"""Take what browsers send, a line, a tap, a file: it stands in the conversation, then it is handled.

Each comes under a key that the browser chose: a request that is sent again, because its answer was lost, changes
nothing.
"""

import hashlib
import re
import secrets
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from ipaddress import IPv6Address, ip_address
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from bot.channels import AcceptUpdates
from bot.clock import Clock
from bot.messages import Chat, Incoming
from bot.store.web_chat import StoredFile, WebChat, WebChatRepository, WebContent
from handlers.core import Attachment, ButtonTapped, Event, FileSent, TextReceived, UnreadableReceived
from handlers.interview.secrets import has_secret, has_secret_in_name
from handlers.model import WEB
from locales import N_, translator

#: Characters of a line that are looked at: more than the inbox keeps of one.
LONGEST_TEXT = 20_000
_LONGEST_NAME = 255
_COOKIE_BYTES = 16
#: The form of what a browser may choose to tell its messages apart.
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: Signs that no database takes, and those that only end a line.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SECRET = N_("(removed: it held a secret)")
_UNREADABLE: Mapping[str, Literal["photo", "video", "audio"]] = {"image": "photo", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Sent:
    """Carries one post of a browser: a line with or without a file, or a tap."""

    key: str  #: by which it is known again
    text: str = ""
    tap: str = ""  #: id of the message, a colon, and the data of its button
    file: Attachment | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to be answered."""
        return not (self.text.strip() or self.tap or self.file)


def new_key() -> str:
    """Return a key for the form of a page."""
    return secrets.token_urlsafe(12)


class WebInbox:
    """Begins conversations, and brings into them what browsers send. Every method raises StoreError."""

    def __init__(self, chats: WebChatRepository, clock: Clock, accept: AcceptUpdates, language: str) -> None:
        self._chats = chats
        self._clock = clock
        self._accept = accept
        self._language = language

    async def find(self, cookie: str | None) -> WebChat | None:
        """Return the conversation of a browser."""
        return await self._chats.find(cookie) if cookie else None

    async def begin(self) -> tuple[str, Chat]:
        """Begin a conversation; return the cookie of its browser, and the chat."""
        return await self.join(self._chats.new_chat())

    async def join(self, chat: Chat) -> tuple[str, Chat]:
        """Let another browser go on with a conversation, under a cookie of its own that nobody has seen."""
        cookie = secrets.token_urlsafe(_COOKIE_BYTES)
        await self._chats.admit(cookie, chat, self._clock.now())
        return cookie, chat

    async def take(self, chat: Chat, sent: Sent) -> None:
        """Write it into the conversation and hand it over to be answered; again, it changes nothing."""
        key = sent.key if _KEY.fullmatch(sent.key) else new_key()
        update = hashlib.sha256(f"{chat.id} {key}".encode()).hexdigest()[:32]
        now = self._clock.now()
        if sent.file is not None:
            event = await self._take_file(chat, update, sent, now)
        elif sent.tap:
            found = await self._take_tap(chat, update, key, sent.tap, now)
            if found is None:
                return
            event = found
        else:
            event = await self._take_text(chat, update, key, sent.text, now)
        await self._accept([Incoming(WEB, update, chat.address, event)])

    async def _take_text(self, chat: Chat, update: str, key: str, text: str, now: datetime) -> Event:
        line = _clean(text)
        shown = translator(self._language)(_SECRET) if has_secret(line) else line
        content = WebContent(side="person", html=escape(shown[:LONGEST_TEXT], quote=False), key=key)
        message = str(await self._chats.say(chat, f"in:{update}", content, now))
        if len(line) > LONGEST_TEXT:
            return UnreadableReceived(what="text", message=message)
        return TextReceived(text=line, message=message)

    async def _take_tap(self, chat: Chat, update: str, key: str, tap: str, now: datetime) -> Event | None:
        """Show the words of the button; ``None`` for a button that was never there."""
        number, _, data = tap.partition(":")
        shown = await self._chats.get(chat, int(number)) if number.isdecimal() and len(number) < 19 else None
        choices = shown.content.choices if shown and shown.content else ()
        label = next((choice.label for choice in choices if choice.tap == data), None)
        if label is None and not (shown and shown.content and shown.content.side == "assistant" and len(data) <= 64):
            return None
        if label is not None:
            content = WebContent(side="person", html=escape(label, quote=False), key=key)
            await self._chats.say(chat, f"in:{update}", content, now)
        return ButtonTapped(data=data, message=number)

    async def _take_file(self, chat: Chat, update: str, sent: Sent, now: datetime) -> Event:
        assert sent.file is not None  # noqa: S101 - for the type checker
        file, caption = sent.file, _clean(sent.text)
        name = _clean(file.name).replace("/", "_").replace("\\", "_")[:_LONGEST_NAME]
        t = translator(self._language)
        shown_name = t(_SECRET) if has_secret_in_name(name) else name
        words = t(_SECRET) if has_secret(caption) else caption
        stored = StoredFile("", shown_name, file.media_type, len(file.content))
        html = escape(words[:LONGEST_TEXT], quote=False)
        content = WebContent(side="person", html=html, files=(stored,), key=sent.key)
        message = str(await self._chats.say(chat, f"in:{update}", content, now))
        if kind := _UNREADABLE.get(file.media_type.partition("/")[0]):
            return UnreadableReceived(what=kind, caption=caption, message=message)
        await self._chats.keep_upload(chat, update, file.model_copy(update={"name": shown_name}), now)
        reference = f"{chat.id} {update}"
        return FileSent(reference=reference, name=name, size=len(file.content), caption=caption, message=message)


def _clean(text: str) -> str:
    return _UNSTORABLE.sub("", text).replace("\r\n", "\n").strip()


#: Bytes of a file, and of a form without one.
LARGEST_FILE = 20 * 1024 * 1024
LARGEST_FORM = 256 * 1024
_MOST_FIELDS = 40


class FormTooLarge(Exception):  # noqa: N818 - what happened
    """More bytes came than are taken."""


class FormUnreadable(Exception):  # noqa: N818 - what happened
    """No form can be read in what came."""


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The fields of a form, and its file."""

    fields: Mapping[str, str]
    file: Attachment | None = None

    def get(self, name: str) -> str:
        """Return a field, empty where it is missing."""
        return self.fields.get(name, "")


async def read_form(request: Request, *, file: bool = False) -> PostedForm:
    """Read a form as it comes; what is over the limit is not read to its end.

    Args:
        request: the request.
        file: a file may come with it; otherwise only as much is taken as fields need.

    Raises:
        FormTooLarge: it is over the limit.
        FormUnreadable: it is no form.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return await _read_multipart(request, LARGEST_FORM + (LARGEST_FILE if file else 0))
    if media_type != "application/x-www-form-urlencoded":
        raise FormUnreadable
    body = bytearray()
    async for chunk in _read_bounded(request, LARGEST_FORM):
        body += chunk
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormUnreadable from None
    return PostedForm(_storable(pairs))


def _storable(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return fields without the signs that no database takes."""
    return {name: _UNSTORABLE.sub("", value) for name, value in pairs}


async def _read_multipart(request: Request, most: int) -> PostedForm:
    parser = MultiPartParser(
        request.headers, _read_bounded(request, most),
        max_files=1, max_fields=_MOST_FIELDS, max_part_size=LARGEST_FORM,
    )  # fmt: skip
    parser.spool_max_size = most  # in memory: nothing of a person lies open on a disk
    try:
        form = await parser.parse()
    except (MultiPartException, MultipartParseError, KeyError, UnicodeDecodeError):
        raise FormUnreadable from None
    try:
        return await _to_posted(form)
    finally:
        await form.close()


async def _to_posted(form: FormData) -> PostedForm:
    fields = _storable((name, value) for name, value in form.items() if isinstance(value, str))
    uploads = [value for value in form.values() if isinstance(value, UploadFile) and (value.filename or value.size)]
    if not uploads:
        return PostedForm(fields)
    (upload,) = uploads
    content = await upload.read()
    if len(content) > LARGEST_FILE:
        raise FormTooLarge
    media_type = (upload.content_type or "application/octet-stream").lower()[:100]
    return PostedForm(fields, Attachment.of(upload.filename or "", media_type, content))


async def _read_bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise FormTooLarge
    read = 0
    try:
        async for chunk in request.stream():
            read += len(chunk)
            request.state.received = read  # how fast it comes decides who makes way, where there is no room for all
            if read > most:
                raise FormTooLarge
            yield chunk
    except ClientDisconnect:  # nobody is there any more to be told
        raise FormUnreadable from None


def is_from_elsewhere(request: Request, own: str) -> bool:
    """Tell whether another site made the browser post this; ``own`` is our address."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin not in {None, "null"} and origin != own and urlsplit(origin or "").netloc != request.url.netloc


def caller_of(request: Request) -> str:
    """Return whoever asks: an IPv4 address, or a customer's whole network of IPv6."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(int(address) >> 64)
    return str(address)
