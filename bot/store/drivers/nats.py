"""Signals over a NATS server: one worker of the channel hears each, and no commit of the database waits for another.

The channel is a part of the subject, so that a signal goes to somebody who serves it. Whoever has its hands full passes
it on. Nothing is kept there. While the server is away everything goes on, only later: every process looks by itself.
"""

import asyncio
import re
from collections.abc import Collection

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from bot.store.drivers.signals import Listener, Signal

#: Tables of whose rows one worker of their channel is told. Of other tables, and of rows whose channel is not known,
#: all are.
_FOR_ONE = frozenset({"inbox", "outbox"})
_QUEUE = "workers"
#: How often a signal is passed on by workers that have their hands full: the last one looks when it has room.
_HOPS = 3
#: Seconds to wait for the server, and between two signs of life of it.
_PATIENCE, _PING = 2, 10
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9_-]+")


class NatsSignals:
    """One connection, opened when it is needed; who listens opens it again where it broke."""

    def __init__(self, url: str, database: str) -> None:
        """Keep the address of the server, and the database whose workers tell each other something.

        Databases of the same name on one server would only make each other's workers look in vain.
        """
        self._url = url
        self._prefix = f"troly.{_to_word(database)}"
        self._client: Client | None = None
        self._opening = asyncio.Lock()
        self._broken = asyncio.Event()

    async def send(self, signals: Collection[Signal]) -> None:
        """See ``Signals``; raises ConnectionError where the server cannot be reached."""
        try:
            client = await self._connect()
            for signal in signals:
                await client.publish(self._subject(signal), b"0")
            await client.flush(_PATIENCE)
        except (Error, OSError, TimeoutError) as error:
            raise ConnectionError(type(error).__name__) from None

    def _subject(self, signal: Signal) -> str:
        """Return where workers of a channel listen as one, or all workers where it is for all."""
        if signal.table in _FOR_ONE and signal.channel:
            return f"{self._prefix}.one.{signal.table}.{_to_word(signal.channel)}"
        return f"{self._prefix}.all.{signal.table}"

    async def listen(self, listener: Listener) -> None:
        """See ``Signals``; raises ConnectionError where the server cannot be reached, or went away."""
        try:
            client = await self._connect()
            for channel in listener.channels:
                for table in _FOR_ONE:
                    await self._share(client, Signal(table, channel), listener)

            async def on_signal_for_all(message: Msg) -> None:
                listener.heard(message.subject.rpartition(".")[2])

            await client.subscribe(f"{self._prefix}.all.*", cb=on_signal_for_all)
            await client.flush(_PATIENCE)
        except (Error, OSError, TimeoutError) as error:
            raise ConnectionError(type(error).__name__) from None
        listener.heard("")
        await self._broken.wait()
        raise ConnectionError

    async def _share(self, client: Client, signal: Signal, listener: Listener) -> None:
        """Hear a signal as one of a group; where there is no room for it, perhaps another of them has."""

        async def on_signal(message: Msg) -> None:
            listener.heard(signal.table)
            hops = int(message.data) if message.data.isdigit() else _HOPS
            if hops < _HOPS and not listener.takes(signal):
                await client.publish(message.subject, str(hops + 1).encode())

        await client.subscribe(self._subject(signal), queue=_QUEUE, cb=on_signal)

    async def _connect(self) -> Client:
        async with self._opening:
            if self._client is None or not self._client.is_connected:
                client, broken = Client(), asyncio.Event()

                async def on_closed() -> None:
                    broken.set()

                async with asyncio.timeout(_PATIENCE):  # where nobody listens, the client tries for two minutes
                    await client.connect(
                        self._url, name="troly", no_echo=True, allow_reconnect=False, connect_timeout=_PATIENCE,
                        ping_interval=_PING, error_cb=_ignore, closed_cb=on_closed, disconnected_cb=on_closed,
                    )  # fmt: skip
                self._client, self._broken = client, broken
            return self._client

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None and not self._client.is_closed:
            await self._client.close()


async def _ignore(_: Exception) -> None:
    """Leave an error to whoever waits for it: its text may hold the address with its password."""


def _to_word(name: str) -> str:
    """Return a name as one word of a subject."""
    return _NOT_A_WORD.sub("_", name) or "_"
