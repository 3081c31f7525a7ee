"""Receive updates by webhook or by polling: each is read, and stored before the platform hears that it arrived.

Reading never fails, and keeps no person's name.
"""

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Literal
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import AcceptUpdates, ChannelError, Invalid, RetryLater
from bot.channels.http import read_call, store_call
from bot.channels.zalo.bot_platform.channel import BotApi, QuotaUsedUp
from bot.clock import Clock
from bot.concurrency import Backoff, cancel_on
from bot.messages import Incoming
from bot.store import Store
from handlers.core import Event, TextReceived, UnreadableReceived
from handlers.interview.secrets import has_secret
from handlers.model import ZALO_BOT

_UNREADABLE: Mapping[str, Literal["photo", "audio", "sticker", "other"]] = {
    "message.image.received": "photo",
    "message.voice.received": "audio",
    "message.sticker.received": "sticker",
}
_TEXTS = frozenset({"message.text.received", "message.link.received"})
#: A file, a video, a contact, or whatever somebody sends whose messages Zalo withholds by law: nothing of it is told.
WITHHELD = "message.unsupported.received"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ReadUpdate:
    """The content of an update; ``ignored`` names in a word why there is nothing to do."""

    incoming: Incoming | None = None
    unreadable: bool = False  #: nothing in it can be read, or Zalo does not tell what it was
    ignored: str = ""


def parse_body(body: bytes) -> object:
    """Read the body of a call; ``None`` where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_update(raw: object) -> ReadUpdate:
    """Read one update, with the wrapper that the documents show or without it, as the platform sends it."""
    update = _mapping(raw)
    if "event_name" not in update:
        update = _mapping(update.get("result"))
    name, message = _text(update.get("event_name")), _mapping(update.get("message"))
    chat = _mapping(message.get("chat"))
    address = _id(chat.get("id")) or _id(_mapping(message.get("from")).get("id"))
    if not address or _mapping(message.get("from")).get("is_bot") is True:
        return ReadUpdate(ignored="no_chat" if name else "not_readable")
    number = _id(message.get("message_id"))
    event = _read_event(name, message, number, group=_text(chat.get("chat_type")).upper() == "GROUP")
    if event is None:
        return ReadUpdate(ignored="other_kind")
    silent = isinstance(event, UnreadableReceived) and not (event.caption or event.secret or event.group)
    return ReadUpdate(Incoming(ZALO_BOT, number or _digest(update), address, event), silent)


def _read_event(name: str, message: Mapping[str, Any], number: str, *, group: bool) -> Event | None:
    words = _text(message.get("text")) or _text(message.get("caption"))
    if name in _TEXTS:
        words = words or _text(message.get("url"))
        return TextReceived(text=words, message=number, group=group, secret=has_secret(words)) if words else None
    if name not in _UNREADABLE and name != WITHHELD:
        return None
    secret, what = has_secret(words), _UNREADABLE.get(name, "other")
    return UnreadableReceived(what=what, message=number, caption="" if secret else words, secret=secret, group=group)


def _digest(update: Mapping[str, Any]) -> str:
    """Tell an update without a number from every other."""
    whole = json.dumps(update, sort_keys=True, ensure_ascii=True)
    return f"d-{hashlib.sha256(whole.encode()).hexdigest()[:40]}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Return a text that can be stored: lone surrogates and NUL become the replacement character."""
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else ""


def _id(value: object) -> str:
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found if _ID.fullmatch(found) else ""


#: Seconds that the store may take before the platform is told that it failed.
_STORING_TIMEOUT = 5.0
_SECRET_HEADER = "x-bot-api-secret-token"  # noqa: S105 - the name of a header
#: Seconds to wait after the platform said that it is enough.
_QUOTA_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class UpdateReceiver:
    """Takes updates in; ``ignored`` counts those that brought nothing, by reason."""

    def __init__(self, accept: AcceptUpdates, store: Store, clock: Clock) -> None:
        self._accept = accept
        self._store = store
        self._clock = clock
        self.ignored: Counter[str] = Counter()

    async def receive(self, raw: object) -> None:
        """Store one update; it is stored when this returns. Raises StoreError."""
        found = self._read(raw)
        if found.incoming is None:
            self.ignored[found.ignored] += 1
            _log.info("update_ignored", channel=ZALO_BOT, reason=found.ignored, total=self.ignored[found.ignored])
            return
        chat = self._store.chats.at(ZALO_BOT, found.incoming.address).id
        if found.unreadable and not await self._store.channel_use.may_guide(chat):
            self.ignored["guided_already"] += 1
            return
        await self._accept([found.incoming])
        if found.unreadable:
            await self._store.channel_use.note_guided(chat, self._clock.now())
        else:
            await self._store.channel_use.forget_guided(chat)

    def _read(self, raw: object) -> ReadUpdate:
        try:
            return read_update(raw)
        except Exception as error:  # noqa: BLE001 - a poison update must not hold up those behind it
            _log.error("update_not_readable", channel=ZALO_BOT, error=type(error).__name__)
            return ReadUpdate(ignored="not_readable")


class Poller:
    """Polls for updates, for a desk: the platform never hands one over twice, so a server has a webhook instead."""

    def __init__(self, api: BotApi, updates: UpdateReceiver, clock: Clock) -> None:
        self._api = api
        self._updates = updates
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Take a webhook away and poll, until told to stop; a token that is refused may be accepted again."""
        backoff, cleared = Backoff(), False
        while not stop.is_set():
            try:
                if not cleared:
                    await cancel_on(stop, self._api.call("deleteWebhook", {}))
                    cleared = True
                for found in await cancel_on(stop, self._api.poll()) or ():
                    await self._store(stop, found)
                backoff.reset()
            except ChannelError as error:
                _log.warning("no_updates", channel=ZALO_BOT, error=type(error).__name__)
                await cancel_on(stop, self._clock.sleep(max(backoff.next(), _seconds(error))))

    async def _store(self, stop: asyncio.Event, found: object) -> None:
        """Keep an update in hand until it is stored, for it would never come again."""
        backoff = Backoff(longest=10.0)
        while True:
            try:
                await self._updates.receive(found)
            except Exception as error:  # noqa: BLE001 - whatever it is, trying again is all that can be done
                _log.error("update_not_stored", channel=ZALO_BOT, error=type(error).__name__)
                if stop.is_set():
                    return
                await cancel_on(stop, self._clock.sleep(backoff.next()))
            else:
                return


def _seconds(error: ChannelError) -> float:
    if isinstance(error, RetryLater):
        return error.after
    return _QUOTA_SECONDS if isinstance(error, QuotaUsedUp) else 0.0


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The address that the platform calls, and the secret it sends."""

    url: str
    secret: SecretStr


class WebhookReceiver:
    """Tells the platform the address to call, and stores the updates of its calls."""

    def __init__(self, api: BotApi, updates: UpdateReceiver, settings: WebhookSettings, clock: Clock) -> None:
        self._api = api
        self._updates = updates
        self._settings = settings
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes: one address with one method."""
        return [Route(urlsplit(self._settings.url).path or "/", self._handle, methods=["POST"])]

    async def run(self, stop: asyncio.Event) -> None:
        """Register the address, which must be listened at by now, and stay until told to stop."""
        webhook = {"url": self._settings.url, "secret_token": self._settings.secret.get_secret_value()}
        backoff = Backoff(longest=60.0)
        while not stop.is_set():
            try:
                _warn_of_probe(await cancel_on(stop, self._api.call("setWebhook", webhook)))
                break
            except ChannelError as error:
                hint = "it must be https, with a name that others can look up" if isinstance(error, Invalid) else None
                _log.error("webhook_not_set", channel=ZALO_BOT, error=type(error).__name__, hint=hint)
                await cancel_on(stop, self._clock.sleep(backoff.next()))
        await stop.wait()

    async def _handle(self, request: Request) -> Response:
        given = request.headers.get(_SECRET_HEADER, "")
        if not compare_digest(given.encode(), self._settings.secret.get_secret_value().encode()):
            self._updates.ignored["secret"] += 1
            return Response(status_code=403)
        body = await read_call(request)
        if body is None:
            return Response(status_code=413)
        storing = self._updates.receive(parse_body(body))
        return Response(status_code=await store_call(storing, _STORING_TIMEOUT, ZALO_BOT))


def _warn_of_probe(answer: object) -> None:
    """Zalo tries the address at once, and keeps it also where that failed."""
    tried = answer.get("verification") if isinstance(answer, dict) else None
    if isinstance(tried, dict) and tried.get("ok") is False:
        _log.warning("webhook_not_reached", channel=ZALO_BOT, outcome=str(tried.get("outcome", ""))[:40])
