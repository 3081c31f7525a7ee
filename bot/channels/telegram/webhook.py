"""The webhook: Telegram calls, an update is stored, and only then answered with 200."""

import asyncio
import json
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.cancellation import cancel_on, run_in_background
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.identity import announce_commands, register_bot
from bot.channels.telegram.updates import CHANNEL, UPDATE_KINDS, UpdateReceiver

#: Largest body read, in bytes; an update is a few thousand.
_BODY_LIMIT = 1024 * 1024
#: Seconds the store may take before Telegram is asked to come again.
_STORING_TIMEOUT = 20.0
_SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where Telegram calls, and with which secret."""

    url: str
    secret: SecretStr


class WebhookReceiver:
    """Tells Telegram where to call, and takes what it brings; the web server of the process serves ``routes``."""

    def __init__(self, api: TelegramApi, updates: UpdateReceiver, settings: WebhookSettings) -> None:
        self._api = api
        self._updates = updates
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Register the address, which must be listened at by now, and stay until told to stop.

        Raises:
            SettingsError: Telegram does not accept the address.
            Refused: Telegram does not accept the token.
        """
        await cancel_on(stop, self._register())
        async with run_in_background((announce_commands(self._api),)):
            await stop.wait()

    def routes(self) -> list[Route]:
        """One address, one method."""
        return [Route(urlsplit(self._settings.url).path or "/", self._handle_request, methods=["POST"])]

    async def _register(self) -> None:
        webhook = {
            "url": self._settings.url,
            "secret_token": self._settings.secret.get_secret_value(),
            "allowed_updates": list(UPDATE_KINDS),
        }
        await register_bot(self._api, webhook)

    async def _handle_request(self, request: Request) -> Response:
        given = request.headers.get(_SECRET_HEADER, "")
        if not compare_digest(given.encode(), self._settings.secret.get_secret_value().encode()):
            return Response(status_code=403)
        body = await _read_body(request)
        if body is None:
            return Response(status_code=413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            update = None  # counted as ignored: asking for it again would not make it readable
        try:
            async with asyncio.timeout(_STORING_TIMEOUT):
                await self._updates.receive([update])
        except TimeoutError:
            _log.warning("update_not_stored", channel=CHANNEL)
            return Response(status_code=503)
        except Exception as error:  # noqa: BLE001 - not acknowledged: it comes again
            _log.error("update_not_stored", channel=CHANNEL, error=type(error).__name__)
            return Response(status_code=503)
        return Response(status_code=200)


async def _read_body(request: Request) -> bytes | None:
    """The body; None where it is over the limit, whatever length it announced."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT:
            return None
    return bytes(body)
