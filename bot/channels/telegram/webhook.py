"""Receive updates by webhook: Telegram calls, the update is stored, and only then answered with 200.

``TimedConnection`` drops slow senders, so that they cannot use up the connections.
"""

import asyncio
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

import h11
import structlog
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.cancellation import cancel_on, run_in_background
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.identity import announce_commands, register_bot
from bot.channels.telegram.updates import CHANNEL, UPDATE_KINDS, UpdateReceiver
from bot.errors import SettingsError, TrolyError, to_reason
from bot.settings import host_and_port
from locales import N_

#: A request, head and body, must arrive in full within so many seconds.
RECEIVING_SECONDS = 10.0
#: The most open connections. Beyond it the one is dropped that has waited longest for its request, so that senders of
#: whole requests are always served and the process never runs out of file descriptors.
MOST_CONNECTIONS = 200

_RECEIVED = frozenset({h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR})

#: The largest body read, in bytes; an update has a few thousand.
_BODY_LIMIT = 1024 * 1024
#: Seconds that the store may take before Telegram is asked to come again.
_STORING_TIMEOUT = 20.0
_SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header

_log = structlog.get_logger(__name__)


class TimedConnection(H11Protocol):
    """Drops a sender that does not send a whole request in time, be it the first or a later one."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start waiting for the request; make room first if too many connections are open."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            _drop_longest_awaited(self.connections)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Receive some more of the request; once it is complete, stop the timer."""
        super().data_received(data)
        if self.conn.their_state in _RECEIVED:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self.conn.their_state not in _RECEIVED:
            self._stop_waiting()
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    @property
    def receive_deadline(self) -> float | None:
        """Return the loop's time at which this connection is dropped; ``None`` while a request is being answered."""
        return self._timer.when() if self._timer else None

    def drop(self) -> None:
        """Close the connection without an answer."""
        self._stop_waiting()
        self.transport.abort()

    def _wait(self) -> None:
        self._timer = self.loop.call_later(RECEIVING_SECONDS, self.drop)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _drop_longest_awaited(connections: set[Any]) -> None:
    waiting = [one for one in connections if isinstance(one, TimedConnection) and one.receive_deadline is not None]
    if waiting:
        min(waiting, key=lambda one: one.receive_deadline or 0.0).drop()


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The address that Telegram calls, the secret it sends, and where calls arrive on this machine (``host:port``)."""

    url: str
    secret: SecretStr
    listen: str

    def address(self) -> tuple[str, int]:
        """Return the host and port to listen on.

        Raises:
            SettingsError: ``listen`` is not ``host:port``.
        """
        try:
            return host_and_port(self.listen)
        except ValueError:
            message = N_("TROLY_TELEGRAM_WEBHOOK_LISTEN must be host:port, such as 127.0.0.1:8443")
            raise SettingsError(message) from None


class WebhookEndedError(TrolyError):
    """The webhook's server ended by itself; nothing from Telegram would be heard."""

    def __init__(self) -> None:
        super().__init__(N_("The webhook server stopped unexpectedly. Start the assistant again."))


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to its process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebhookReceiver:
    """Registers the webhook and serves it until ``stop`` is set."""

    def __init__(
        self, api: TelegramApi, front: UpdateReceiver, settings: WebhookSettings, more: Sequence[Route] = ()
    ) -> None:
        self._more = more
        self._api = api
        self._front = front
        self._settings = settings
        self._host, self._port = settings.address()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set; Telegram learns the address once this machine listens.

        Raises:
            SettingsError: the address cannot be listened on, or Telegram does not accept it.
            Refused: Telegram does not accept the token.
            WebhookEndedError: the server ended by itself.
        """
        listener = self._listen()
        server = _Server(
            uvicorn.Config(self.app(), http=TimedConnection, log_config=None, access_log=False, lifespan="off")
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await cancel_on(stop, self._register())
            async with run_in_background((announce_commands(self._api),)):
                await cancel_on(stop, asyncio.wait([serving]))
        finally:
            server.should_exit = True
            await asyncio.wait([serving])
            listener.close()
            await self._front.close()
        if not stop.is_set():
            raise WebhookEndedError from serving.exception()

    def app(self) -> Starlette:
        """Return the application: one address with one method, and the additional routes."""
        path = urlsplit(self._settings.url).path or "/"
        return Starlette(routes=[Route(path, self._handle_request, methods=["POST"]), *self._more])

    def _listen(self) -> socket.socket:
        """Open the socket here, because uvicorn would end the process if the port is taken."""
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            return socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            message = N_("Nobody can listen on TROLY_TELEGRAM_WEBHOOK_LISTEN={address}: {reason}")
            raise SettingsError(message, address=self._settings.listen, reason=to_reason(error)) from None

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
            update = None  # counted as ignored: a repeated call would not make it readable
        try:
            async with asyncio.timeout(_STORING_TIMEOUT):
                await self._front.receive([update])
        except TimeoutError:
            _log.warning("update_not_stored", channel=CHANNEL)
            return Response(status_code=503)
        except Exception as error:  # noqa: BLE001 - not acknowledged, so it comes again
            _log.error("update_not_stored", channel=CHANNEL, error=type(error).__name__)
            return Response(status_code=503)
        return Response(status_code=200)


async def _read_body(request: Request) -> bytes | None:
    """Read the body; return None if it is over the limit, whatever length it announced."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT:
            return None
    return bytes(body)
