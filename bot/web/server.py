"""The web server of a process: one for all routes, at every address that something needs.

What platforms call and what watches over the assistant stand side by side; a proxy passes on the former alone.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import h11
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.channels import ListenAddress
from bot.errors import SettingsError, TrolyError, to_reason
from bot.metrics import Metrics, QueueDepths
from bot.settings import host_and_port
from bot.store.errors import StoreError
from bot.store.store import Store
from locales import N_

_log = structlog.get_logger(__name__)

#: A request, head and body, must arrive in full within so many seconds.
RECEIVING_SECONDS = 10.0
#: The most open connections. Beyond it the one is dropped that has waited longest for its request, so that senders of
#: whole requests are always served and the process never runs out of file descriptors.
MOST_CONNECTIONS = 200

_RECEIVED = frozenset({h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR})


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


#: Hosts that stand for all addresses of their version.
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened at
_NOT_LISTENING = N_("Nobody can listen on {variable}={address}: {reason}")


def open_listeners(addresses: Sequence[ListenAddress], opened: contextlib.ExitStack) -> list[socket.socket]:
    """Listen at each of these addresses, once where several mean the same; ``opened`` closes the listeners.

    Raises:
        SettingsError: nobody can listen at one that is required.
    """
    listeners = map(_listen, _distinct_addresses(addresses))
    return [opened.enter_context(listener) for listener in listeners if listener]


def _distinct_addresses(addresses: Sequence[ListenAddress]) -> list[ListenAddress]:
    """Return those that no other covers; one that covers a required one is required."""
    kept: list[ListenAddress] = []
    for address in sorted(addresses, key=lambda one: not one.required):
        if not any(_covers(one, address) for one in kept):
            covered = [one for one in kept if _covers(address, one)]
            required = address.required or any(one.required for one in covered)
            kept = [*(one for one in kept if one not in covered), replace(address, required=required)]
    return kept


def _covers(one: ListenAddress, other: ListenAddress) -> bool:
    """Whether what calls the other address arrives at the one."""
    (host, port), (other_host, other_port) = host_and_port(one.address), host_and_port(other.address)
    everywhere = host in _EVERYWHERE and (":" in host) == (":" in other_host)
    return port == other_port and (host == other_host or everywhere)


def _listen(at: ListenAddress) -> socket.socket | None:
    """Listen; ``None`` where nobody can and it is not required.

    The socket is ours rather than uvicorn's, which ends the process where the port is taken.
    """
    host, port = host_and_port(at.address)
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no resolver takes
        reason = to_reason(error) if isinstance(error, OSError) else type(error).__name__
        if at.required:
            raise SettingsError(_NOT_LISTENING, variable=at.variable, address=at.address, reason=reason) from None
        _log.warning("web_server_not_listening", address=at.address, setting=at.variable, error=reason)
        return None


class WebServerEndedError(TrolyError):
    """The web server ended by itself; what platforms call would not be heard."""

    def __init__(self) -> None:
        super().__init__(N_("The web server stopped unexpectedly. Start the assistant again."))


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to its process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves routes on sockets that listen already, until told to stop."""

    def __init__(self, listeners: Sequence[socket.socket], routes: Iterable[Route]) -> None:
        self._listeners = listeners
        self._app = Starlette(routes=list(routes))

    async def run(self, stop: asyncio.Event) -> None:
        """Serve; requests under way are answered before it returns.

        Raises:
            WebServerEndedError: the server ended by itself.
        """
        config = uvicorn.Config(self._app, http=TimedConnection, log_config=None, access_log=False, lifespan="off")
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=list(self._listeners)))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            server.should_exit = True
            await asyncio.wait([serving])
            for listener in self._listeners:
                listener.close()
        if not stop.is_set():
            raise WebServerEndedError from serving.exception()


#: Prometheus' text exposition format.
_METRICS_HEADERS = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
#: Seconds the store may take to answer.
_STORE_TIMEOUT = 2.0


class HealthEndpoints:
    """``/metrics``, ``/healthz`` (the process lives) and ``/readyz`` (the store answers, every platform takes us)."""

    def __init__(
        self, store: Store, metrics: Metrics, accepted: Mapping[str, Callable[[], bool]] | None = None
    ) -> None:
        """``accepted``: by the name of a platform, whether it accepts our token, as far as is known."""
        self._accepted = accepted or {}
        self._store = store
        self._metrics = metrics

    def routes(self) -> list[Route]:
        """Their addresses."""
        pages = {
            "/metrics": self._metrics_response,
            "/healthz": self._liveness_response,
            "/readyz": self._readiness_response,
        }
        return [Route(path, page, methods=["GET"]) for path, page in pages.items()]

    async def _metrics_response(self, _: Request) -> Response:
        return Response(self._metrics.expose(await self._depths()), headers=_METRICS_HEADERS)

    async def _liveness_response(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _readiness_response(self, _: Request) -> Response:
        if await self._depths() is None:
            return PlainTextResponse("the store does not answer\n", status_code=503)
        refusing = [name for name, accepts in self._accepted.items() if not accepts()]
        if refusing:
            told = "".join(f"{name} does not accept the token\n" for name in refusing)
            return PlainTextResponse(told, status_code=503)
        return PlainTextResponse("ok\n")

    async def _depths(self) -> QueueDepths | None:
        """How much waits; ``None`` where the store does not say so in time."""
        try:
            async with asyncio.timeout(_STORE_TIMEOUT):
                return await self._store.status.depths()
        except (StoreError, TimeoutError) as error:
            _log.warning("store_unavailable", error=type(error).__name__)
            return None
