"""The web server of a process: sites, each at an address with its routes, kept from slow and too many callers.

People and platforms call the public sites; what watches over the assistant has a private one.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import h11
import structlog
import uvicorn
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.channels import ListenAddress
from bot.errors import SettingsError, TrolyError, to_reason
from bot.setting_values import host_and_port
from bot.web.answers import HEADERS, PackedPages, ProblemPages, SecurityHeaders, unreadable_page
from locales import LANGUAGES, N_

_log = structlog.get_logger(__name__)

#: A request must arrive in full within so many seconds, and a body also at this pace: a photo over a slow line does.
RECEIVING_SECONDS = 10.0
_BODY_PACE = 16 * 1024  #: bytes a second
#: Bytes of a request at most, as far as they come before its answer or after it.
MOST_BYTES = 24 * 1024 * 1024
#: The most connections that wait for their request: as many as come back at once when a server starts again. Beyond it
#: the one is dropped that has waited longest, so that senders of whole requests are always served and the process never
#: runs out of file descriptors.
MOST_CONNECTIONS = 2000

#: Files and connections that the process may have open.
_FILES = 8192
#: Seconds for an answer to arrive at somebody who is still sending.
_LINGER = 1.0
#: Seconds that a stop waits for answers under way.
_GRACE = 10

_RECEIVED = frozenset({h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR})


class TimedConnection(H11Protocol):
    """Drops a sender that does not send a whole request in time, be it the first or a later one."""

    _timer: asyncio.TimerHandle | None = None
    _received = 0  #: bytes of the request that is awaited
    _credited = 0  #: bytes for which it was given more time
    _linger: asyncio.TimerHandle | None = None  #: ends whoever goes on sending what is answered already
    _refused = False  #: what came was no request; the rest of it is not looked at

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start waiting for the request; make room first if too many connections are open."""
        super().connection_made(transport)
        _drop_longest_awaited(self.connections)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Receive some more of the request; once it is complete, stop the timer."""
        if self._refused:
            return
        super().data_received(data)
        if self._linger and self.conn.their_state is not h11.SEND_BODY:  # the rest of what was answered already
            self._linger.cancel()
            self._linger = None
            self._wait()
        self._received += len(data)
        if self.conn.their_state in _RECEIVED:
            self._stop_waiting()
        elif self._received > MOST_BYTES:
            self.drop()
        elif self._received - self._credited >= _BODY_PACE:
            self._give_time()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        unread = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if unread:  # whoever goes on sending what is answered already is not listened to
            self._linger = self.loop.call_later(_LINGER, self.drop)
        elif self.conn.their_state not in _RECEIVED:
            self._stop_waiting()
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request with a page; it may be an address of ours that somebody made too long."""
        del msg
        content = unreadable_page()
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
            *((name.encode(), value.encode()) for name, value in HEADERS.items()),
        ]
        head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (head, h11.Data(data=content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.write_eof()
        self._refused = True
        self.loop.call_later(_LINGER, self.drop)  # closed at once, the answer would be lost to whoever is still sending

    @property
    def receive_deadline(self) -> float | None:
        """Return the loop's time at which this connection is dropped; ``None`` while a request is being answered."""
        return self._timer.when() if self._timer else None

    def drop(self) -> None:
        """Close the connection without an answer."""
        self._stop_waiting()
        self.transport.abort()

    def _wait(self) -> None:
        self._received = self._credited = 0
        self._timer = self.loop.call_later(RECEIVING_SECONDS, self.drop)

    def _give_time(self) -> None:
        """Wait as much longer as the bytes that came take at the slowest pace there is."""
        if self._timer is not None:
            until = self._timer.when() + (self._received - self._credited) / _BODY_PACE
            self._credited = self._received
            self._timer.cancel()
            self._timer = self.loop.call_at(until, self.drop)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _drop_longest_awaited(connections: set[Any]) -> None:
    """Make room; streams of browsers are being answered, and bounded elsewhere."""
    if len(connections) <= MOST_CONNECTIONS:
        return
    waiting = [one for one in connections if isinstance(one, TimedConnection) and one.receive_deadline is not None]
    if len(waiting) >= MOST_CONNECTIONS:
        min(waiting, key=lambda one: one.receive_deadline or 0.0).drop()


def counted(route: Route, answering: Callable[[], contextlib.AbstractContextManager[None]]) -> Route:
    """Let a route enter ``answering`` from the moment at which a request arrived as a whole until it is answered."""
    app = route.app

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.ExitStack() as answered:

            async def receive_whole() -> Message:
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body"):
                    answered.enter_context(answering())
                return message

            await app(scope, receive_whole, send)

    route.app = count
    return route


#: Hosts that stand for all addresses of their version.
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened at
_NOT_LISTENING = N_("Nobody can listen on {variable}={address}: {reason}")


_BOTH = N_(
    "{variable}={address}: whoever watches over the assistant needs an address of their own, for everybody can call"
    " this one. Choose another port."
)


@dataclass(frozen=True, slots=True)
class Site:
    """An address, and what is served there."""

    listen: ListenAddress
    routes: tuple[BaseRoute, ...]
    private: bool = False  #: for whoever watches over the assistant alone


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that is listened for."""

    site: Site
    listener: socket.socket


def raise_file_limit() -> None:
    """Let the process have as many open connections as the system lets it: the usual 1024 are soon streams."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(hard, _FILES) if hard != resource.RLIM_INFINITY else _FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_sites(sites: Sequence[Site], opened: contextlib.ExitStack) -> list[OpenSite]:
    """Listen for each of these sites, once where several addresses mean the same; ``opened`` closes the listeners.

    Raises:
        SettingsError: nobody can listen at one that is required, or a private one would be everybody's.
    """
    listening = [(site, _listen(site.listen)) for site in _distinct_sites(sites)]
    return [OpenSite(site, opened.enter_context(listener)) for site, listener in listening if listener]


def _distinct_sites(sites: Sequence[Site]) -> list[Site]:
    """Return those that no other covers, with all routes; one that covers a required one is required."""
    kept: list[Site] = []
    for site in sorted(sites, key=lambda one: not one.listen.required):
        same = [one for one in kept if _covers(one.listen, site.listen) or _covers(site.listen, one.listen)]
        for other in same:
            if other.private != site.private:
                inner = site if site.private else other
                raise SettingsError(_BOTH, variable=inner.listen.variable, address=inner.listen.address)
        kept = [*(one for one in kept if one not in same), _join(same, site)]
    return kept


def _join(same: Sequence[Site], site: Site) -> Site:
    """Make one site of several at the same address; the widest address stands for all."""
    wide = next((one.listen for one in same if _covers(one.listen, site.listen)), site.listen)
    required = site.listen.required or any(one.listen.required for one in same)
    routes: list[BaseRoute] = []
    for one in (*same, site):
        routes += (route for route in one.routes if route not in routes)
    return Site(replace(wide, required=required), tuple(routes), site.private)


def _covers(one: ListenAddress, other: ListenAddress) -> bool:
    """Return whether what calls the other address arrives at the one."""
    (host, port), (other_host, other_port) = host_and_port(one.address), host_and_port(other.address)
    everywhere = host in _EVERYWHERE and (":" in host) == (":" in other_host)
    return port == other_port and (host == other_host or everywhere)


def _listen(at: ListenAddress) -> socket.socket | None:
    """Listen; ``None`` where nobody can and it is not required.

    The socket is ours rather than uvicorn's, which ends the process where the port is taken.
    """
    host, port = host_and_port(at.address)
    try:
        opened = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no resolver takes
        reason = to_reason(error) if isinstance(error, OSError) else type(error).__name__
        if at.required:
            raise SettingsError(_NOT_LISTENING, variable=at.variable, address=at.address, reason=reason) from None
        _log.warning("web_server_not_listening", address=at.address, setting=at.variable, error=reason)
        return None
    # What is accepted here inherits it; asyncio sets it only on sockets that name their protocol. Without it the body
    # of an answer waits some 40 ms for the browser to acknowledge the head.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


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
    """Serves sites on sockets that listen already, until told to stop."""

    def __init__(
        self,
        sites: Sequence[OpenSite],
        *,
        language: str = LANGUAGES[0],
        tls: bool = False,
        proxies: Sequence[str] = (),
    ) -> None:
        """Prepare it.

        Args:
            sites: What is listened for.
            language: The language of people who come for the first time.
            tls: Browsers come over https.
            proxies: Their word on the address of a caller is taken.
        """
        self._sites = sites
        self._language = language
        self._tls = tls
        self._proxies = list(proxies)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve; requests under way are answered before it returns.

        Raises:
            WebServerEndedError: a server ended by itself.
        """
        servers = [(_Server(self._config(one.site)), one.listener) for one in self._sites]
        serving = [asyncio.create_task(server.serve(sockets=[listener])) for server, listener in servers]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*serving, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            for server, _ in servers:
                server.should_exit = True
            await asyncio.wait(serving)
            for _, listener in servers:
                listener.close()
        if not stop.is_set():
            failures = (one.exception() for one in serving)
            raise WebServerEndedError from next((failure for failure in failures if failure), None)

    def _config(self, site: Site) -> uvicorn.Config:
        pages = PackedPages(ProblemPages(site.routes, self._language, scripts_only=site.private))
        app = SecurityHeaders(pages, tls=self._tls and not site.private)
        return uvicorn.Config(
            app, http=TimedConnection, log_config=None, access_log=False, lifespan="off", server_header=False,
            proxy_headers=bool(self._proxies), forwarded_allow_ips=self._proxies, timeout_graceful_shutdown=_GRACE,
        )  # fmt: skip
