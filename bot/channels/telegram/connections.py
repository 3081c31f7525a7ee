"""Connections of the web server with time limits of our own: uvicorn waits for ever for the end of a request head."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds in which a request must have arrived in full, head and body.
RECEIVING_SECONDS = 10.0
#: Connections open at once. Beyond that the one is dropped whose request has been awaited longest, so that whoever
#: sends a whole request at once is always served, and never so many are open that files can no longer be opened.
MOST_CONNECTIONS = 200

_RECEIVED = frozenset({h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR})


class TimedConnection(H11Protocol):
    """Drops whoever does not send a whole request in time, be it the first or a later one."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin to wait for the request; make room first where too many are open."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            _drop_longest_awaited(self.connections)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take some more of the request; one that is there in full is waited for no longer."""
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
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    @property
    def receive_deadline(self) -> float | None:
        """When this connection is dropped, by the loop's clock; ``None`` while a request is being answered."""
        return self._timer.when() if self._timer else None

    def drop(self) -> None:
        """Close it without a word."""
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
