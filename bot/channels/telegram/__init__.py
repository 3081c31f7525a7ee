"""Open Telegram as the settings say: its API, its pace, and how updates come, by webhook or polling.

The store keeps the state, the order and the deliveries.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from bot.channels import (
    AcceptUpdates,
    ChannelError,
    Conflict,
    ListenAddress,
    Receiver,
    RecordBlockChange,
    RetryLater,
    ServedChannel,
    Unsupported,
)
from bot.channels.http import read_call, store_call
from bot.channels.pace import Pace, Rate
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.identity import (
    BotIdentity,
    announce_commands,
    get_acquainted,
    register_bot,
    remove_webhook,
    show_chat_menu,
)
from bot.channels.telegram.updates import CHANNEL, UPDATE_KINDS, UpdateReceiver
from bot.concurrency import Backoff, cancel_on, run_in_background
from bot.errors import SettingsError
from bot.settings import TELEGRAM, TELEGRAM_FREE, Settings
from locales import N_

if TYPE_CHECKING:  # loaded where it is served: who polls needs no web framework
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

#: Messages that may go to one chat at once: one fewer than Telegram lets through, for two that leave a second apart may
#: arrive closer together.
_CHAT_BURST = 4
#: Broadcast messages under way: for answers that take so long, within these bounds.
_ANSWER_SECONDS = 0.25
_FEWEST, _MOST = 8, 256
#: Connections for everything else.
_CONNECTIONS = 32


@asynccontextmanager
async def open_telegram(settings: Settings) -> AsyncIterator[ServedChannel]:
    """Open Telegram with the token of the settings; nothing is asked of it yet.

    Raises:
        SettingsError: the token is not set, or cannot be one.
    """
    if settings.telegram_token is None:
        raise SettingsError(N_("TROLY_TELEGRAM_TOKEN is not set"))
    at_once = _broadcast_concurrency(settings.telegram_messages_per_second)
    async with AsyncExitStack() as closing:
        api = TelegramApi(settings.telegram_token, settings.telegram_api_url, connections=_CONNECTIONS + at_once)
        closing.push_async_callback(api.close)

        def receive(accept: AcceptUpdates, record_block_change: RecordBlockChange) -> Receiver:
            updates = UpdateReceiver(api, accept, record_block_change)
            closing.push_async_callback(updates.close)
            return _receiver(settings, api, updates)

        yield ServedChannel(
            channel=TelegramChannel(api, paid=settings.telegram_paid_broadcasts),
            pace=_sending_pace(settings),
            broadcasts_at_once=at_once,
            prepare=partial(get_acquainted, api),
            receive=receive,
            stand_by=BotIdentity(api).run,
            show_menu=partial(show_chat_menu, api),
            is_accepted=lambda: not api.is_refused,
            probe=partial(api.call, "getMe", {}),
        )


def _receiver(settings: Settings, api: TelegramApi, updates: UpdateReceiver) -> Receiver:
    """The webhook where its address is set, else long polling."""
    url, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
    if url is None or secret is None:
        return Receiver(Poller(api, updates).run)
    webhook = WebhookReceiver(api, updates, WebhookSettings(url, secret))
    listen = ListenAddress("TROLY_TELEGRAM_WEBHOOK_LISTEN", settings.telegram_webhook_listen)
    return Receiver(webhook.run, webhook.routes(), listen)


def _sending_pace(settings: Settings) -> Pace:
    """Only paid broadcasts go beyond what Telegram takes free of charge; other servers have their own mind."""
    overall, chat = settings.telegram_messages_per_second, settings.telegram_chat_messages_per_second
    limited = settings.telegram_paid_broadcasts and settings.telegram_api_url.rstrip("/") == TELEGRAM
    urgent = min(overall, TELEGRAM_FREE) if limited else None
    return Pace(overall, Rate(chat, max(_CHAT_BURST, chat)), urgent)


def _broadcast_concurrency(messages_per_second: float) -> int:
    """Broadcast messages under way side by side, so that the pace is reached where an answer takes a while."""
    return max(_FEWEST, min(_MOST, int(messages_per_second * _ANSWER_SECONDS)))


#: Seconds that the store may take before Telegram is asked to come again.
_STORING_TIMEOUT = 20.0
_SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The address that Telegram calls, and the secret it sends."""

    url: str
    secret: SecretStr


class WebhookReceiver:
    """Tells Telegram the address to call, and stores the updates of its calls; the web server serves ``routes``."""

    def __init__(self, api: TelegramApi, updates: UpdateReceiver, settings: WebhookSettings) -> None:
        self._api = api
        self._updates = updates
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Register the address, which must be listened at by now, and stay until ``stop`` is set.

        Raises:
            SettingsError: Telegram does not accept the address.
            Refused: Telegram does not accept the token.
        """
        await cancel_on(stop, self._register())
        async with run_in_background((announce_commands(self._api),)):
            await stop.wait()

    def routes(self) -> "list[Route]":
        """Return the routes: one address with one method."""
        from starlette.routing import Route  # noqa: PLC0415 - as above

        return [Route(urlsplit(self._settings.url).path or "/", self._handle_request, methods=["POST"])]

    async def _register(self) -> None:
        webhook = {
            "url": self._settings.url,
            "secret_token": self._settings.secret.get_secret_value(),
            "allowed_updates": list(UPDATE_KINDS),
        }
        await register_bot(self._api, webhook)

    async def _handle_request(self, request: "Request") -> "Response":
        from starlette.responses import Response  # noqa: PLC0415 - as above

        given = request.headers.get(_SECRET_HEADER, "")
        if not compare_digest(given.encode(), self._settings.secret.get_secret_value().encode()):
            return Response(status_code=403)
        body = await read_call(request)
        if body is None:
            return Response(status_code=413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            update = None  # counted as ignored: a repeated call would not make it readable
        return Response(status_code=await store_call(self._updates.receive([update]), _STORING_TIMEOUT, CHANNEL))


_POLL_SECONDS = 50  #: seconds that Telegram holds a request open
_BATCH = 100  #: the most updates of one answer
_HEAD_START = 1.0  #: seconds to remove a webhook before the first request; after that both continue side by side


class Poller:
    """Polls for updates until ``stop`` is set.

    Telegram keeps the offset: an update that was not acknowledged comes again after a restart, and the store knows it.
    """

    def __init__(self, api: TelegramApi, updates: UpdateReceiver, *, hold: int = _POLL_SECONDS) -> None:
        self._api = api
        self._updates = updates
        self._hold = hold
        self._offset: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Register the bot and poll until ``stop`` is set.

        Raises:
            Refused: Telegram does not accept the token.
        """
        await cancel_on(stop, register_bot(self._api, {}))
        if not stop.is_set():
            async with run_in_background((remove_webhook(self._api), announce_commands(self._api))) as tasks:
                await cancel_on(stop, asyncio.wait(tasks[:1], timeout=_HEAD_START))
                await self._poll(stop, tasks)

    async def _poll(self, stop: asyncio.Event, beside: Sequence[asyncio.Task[None]]) -> None:
        """Poll again and again; a failed request never ends the loop."""
        backoff = Backoff()
        while not stop.is_set():
            try:
                await self.poll_once(stop)
            except ChannelError as error:
                await cancel_on(stop, self._recover(error, backoff, webhook=not beside[0].done()))
            except Exception as error:  # noqa: BLE001 - an update that was not stored is not acknowledged and comes again
                _log.error("updates_not_taken", channel=CHANNEL, error=type(error).__name__)
                await cancel_on(stop, asyncio.sleep(backoff.next()))
            else:
                backoff.reset()
                beside[0].cancel()  # a poll is only answered without a webhook

    async def poll_once(self, stop: asyncio.Event) -> None:
        """Make one request: acknowledge stored updates, receive new ones, and store them.

        Raises:
            ChannelError: nothing was received and nothing is lost.
        """
        wanted = {"offset": self._offset, "limit": _BATCH, "timeout": self._hold, "allowed_updates": list(UPDATE_KINDS)}
        request = self._api.call("getUpdates", wanted, read_timeout=self._hold + 10.0)
        batch = await cancel_on(stop, request)
        if batch is None:
            return
        if not isinstance(batch, list):
            raise ChannelError
        highest = await self._updates.receive(batch)
        if highest is not None:
            self._offset = highest + 1
        elif batch:
            raise ChannelError  # updates without numbers cannot be acknowledged: wait before asking again

    async def _recover(self, error: ChannelError, backoff: Backoff, *, webhook: bool) -> None:
        """Log a failed poll and wait; ``webhook`` tells that one may still be set."""
        if isinstance(error, Unsupported):
            _log.error("no_updates", channel=CHANNEL, method="getUpdates", hint="this server wants a webhook")
        elif isinstance(error, Conflict) and webhook:
            _log.warning("webhook_still_set", channel=CHANNEL, method="deleteWebhook")
        elif isinstance(error, Conflict):
            _log.error("another_program_receives_this_bot", channel=CHANNEL, hint="stop it, or use another token")
        else:
            _log.warning("no_updates", channel=CHANNEL, error=type(error).__name__)
        await asyncio.sleep(max(backoff.next(), error.after if isinstance(error, RetryLater) else 0.0))
