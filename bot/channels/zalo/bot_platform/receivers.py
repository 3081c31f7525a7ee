"""Receive updates by webhook or by polling: each is stored before the platform hears that it arrived."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.cancellation import cancel_on
from bot.channels import AcceptUpdates, ChannelError, Invalid, RetryLater
from bot.channels.zalo.bot_platform.api import BotApi, QuotaUsedUp
from bot.channels.zalo.bot_platform.events import ReadUpdate, parse_body, read_update
from bot.clock import Clock
from bot.retry import Backoff
from bot.store import Store
from handlers.model import ZALO_BOT

#: The largest body read, in bytes; an update has a few thousand.
_BODY_LIMIT = 1024 * 1024
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
        body = await _read_body(request)
        if body is None:
            return Response(status_code=413)
        try:
            async with asyncio.timeout(_STORING_TIMEOUT):
                await self._updates.receive(parse_body(body))
        except Exception as error:  # noqa: BLE001 - the platform may come again where it hears of a failure
            _log.error("update_not_stored", channel=ZALO_BOT, error=type(error).__name__)
            return Response(status_code=503)
        return Response(status_code=200)


def _warn_of_probe(answer: object) -> None:
    """Zalo tries the address at once, and keeps it also where that failed."""
    tried = answer.get("verification") if isinstance(answer, dict) else None
    if isinstance(tried, dict) and tried.get("ok") is False:
        _log.warning("webhook_not_reached", channel=ZALO_BOT, outcome=str(tried.get("outcome", ""))[:40])


async def _read_body(request: Request) -> bytes | None:
    """Read the body; return None if it is over the limit, whatever length it announced."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT:
            return None
    return bytes(body)
